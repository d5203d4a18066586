"""Sharpness of a field, from how contrast falls at small distances.

The structure function S(d) is the mean squared difference of two pixels d apart (Kolmogorov, Dokl.
Akad. Nauk SSSR 30, 1941); S at two pixels is the focus measure of Brenner et al., J. Histochem.
Cytochem. 24, 1976. A sharp edge has most of its contrast within a micrometre; a blurred one spreads
it, and S falls as d². The ratio S(0.68 µm) / S(2.04 µm) is 1/9 for any strongly blurred picture and
several times that in focus, whatever the brightness, the stain and the number of cells. It won a
comparison of measures (README.md beside this file), but stands still from some 4 µm out of focus:
that far `detail` still tells better from worse, of one field.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from device.field import Rgb

NEAR_UM, FAR_UM = 0.68, 2.04


@dataclass(frozen=True)
class Focus:
    """sharpness: S(near) / S(far), about 0.11 (blurred) to 0.6 (sharp). The same scale for every field.

    contrast: square root of S(far), in levels of 255: what there is to focus on.
    detail: S(near) over the squared mean level, >= 0. Falls to 8 µm out of focus, but follows stain
    and cells: to be compared with nothing but other frames of the same field.
    """

    sharpness: float
    contrast: float
    detail: float


def measure_focus(rgb: Rgb, um_per_px: float) -> Focus:
    """Focus of a picture, shape (height, width, 3), whose scale is at most 0.68 µm per pixel.

    Green is used: it carries the contrast of the stain and half of a Bayer sensor's pixels.
    A picture smaller than 2.04 µm has no focus: all values are 0.
    """
    near, far = max(1, round(NEAR_UM / um_per_px)), max(2, round(FAR_UM / um_per_px))
    if min(rgb.shape[:2]) <= far:
        return Focus(0.0, 0.0, 0.0)
    green = rgb[..., 1].astype(np.float32)
    far_structure = _structure(green, far)
    if far_structure == 0:
        return Focus(0.0, 0.0, 0.0)
    near_structure = _structure(green, near)
    return Focus(
        near_structure / far_structure,
        far_structure**0.5,
        near_structure / float(green.mean()) ** 2,
    )


def _structure(plane: npt.NDArray[np.float32], distance: int) -> float:
    """Mean squared difference at `distance` pixels, mean of both directions."""
    across = (plane[:, distance:] - plane[:, :-distance]).ravel()
    down = (plane[distance:] - plane[:-distance]).ravel()
    return float(np.dot(across, across) / across.size + np.dot(down, down) / down.size) / 2
