"""One white cell cut out of its field: density, nucleus and cytoplasm, with nothing of what surrounds it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from device.field import Rgb
from device.reading.components import labelled
from device.reading.morphology import Mask, box_mean, grown, shrunk
from device.reading.white_cells import TISSUE_DENSITY, Nuclei, density

VIEW_UM = 21.8
"""Side of a view: the largest promyelocytes reach 20 µm."""
CYTOPLASM_UM = 3.5
"""How far cytoplasm is looked for beyond the nucleus; what lies further is left out."""
RING_UM = (1.0, 2.5)
"""Where around a nucleus its surroundings' density is taken, to draw its edge half-way between."""
RED_CELL_COSINE, RED_CELL_SHARE = 0.985, 0.5
"""A pixel whose colour is within 10 degrees of the red cells', and half as dense, is red cell and no cytoplasm."""


@dataclass(frozen=True, eq=False)
class CellView:
    """A square around a white cell.

    dense: optical density over the glass, shape (side, side, 3), R, G, B; 0 outside the picture.
    nucleus, cell: shape (side, side); the cell holds its nucleus. red_cell: density of the field's red cells.
    um_per_px: of the square. whole: whether nothing of its nucleus lies on the picture's rim.
    """

    dense: npt.NDArray[np.float32]
    nucleus: Mask
    cell: Mask
    red_cell: npt.NDArray[np.float32]
    um_per_px: float
    whole: bool

    def picture(self) -> npt.NDArray[np.uint8]:
        """What a model sees: density of the cell alone, 0..255 for 0 to 1.2, shape (side, side, 3)."""
        shown = self.dense * grown(self.cell, 1)[..., None]
        levels: npt.NDArray[np.uint8] = np.clip(
            shown * np.float32(255 / FULL_DENSITY) + np.float32(0.5), 0, 255
        ).astype(np.uint8)
        return levels


FULL_DENSITY = 1.2
"""Density that a model sees as white: a tenth of the densest nuclei exceed it somewhere."""


def view_px(um_per_px: float) -> int:
    """Side of a view in pixels, even."""
    return 2 * round(VIEW_UM / um_per_px / 2)


def cell_views(rgb: Rgb, nuclei: Nuclei, um_per_px: float) -> list[CellView]:
    """The view of each nucleus of a flattened picture; rgb: shape (height, width, 3)."""
    side = view_px(um_per_px)
    return [
        _view(rgb, nuclei, number, side, um_per_px) for number in range(1, len(nuclei.boxes) + 1)
    ]


def _view(rgb: Rgb, nuclei: Nuclei, number: int, side: int, um_per_px: float) -> CellView:
    height, width = rgb.shape[:2]
    x0, y0, x1, y1 = nuclei.boxes[number - 1]
    left, top = (x0 + x1) // 2 - side // 2, (y0 + y1) // 2 - side // 2
    # The square's part that lies in the picture, in the picture's and in its own pixels.
    rows, columns = (
        slice(max(0, top), min(height, top + side)),
        slice(max(0, left), min(width, left + side)),
    )
    here = np.s_[rows.start - top : rows.stop - top, columns.start - left : columns.stop - left]
    dense = np.zeros((side, side, 3), np.float32)
    dense[here] = density(rgb[rows, columns])
    labels = np.zeros((side, side), np.int32)
    half_rows = np.minimum(np.arange(rows.start, rows.stop) // 2, nuclei.labels.shape[0] - 1)
    half_columns = np.minimum(
        np.arange(columns.start, columns.stop) // 2, nuclei.labels.shape[1] - 1
    )
    labels[here] = nuclei.labels[np.ix_(half_rows, half_columns)]
    red_cell = np.array(nuclei.red_cell, np.float32)
    others = (labels > 0) & (labels != number)
    nucleus = _nucleus(dense, labels == number, others, um_per_px)
    return CellView(
        dense=dense,
        nucleus=nucleus,
        cell=_cell(dense, nucleus, others, red_cell, um_per_px),
        red_cell=red_cell,
        um_per_px=um_per_px,
        whole=x0 > 1 and y0 > 1 and x1 < width - 1 and y1 < height - 1,
    )


def _nucleus(dense: npt.NDArray[np.float32], found: Mask, others: Mask, um_per_px: float) -> Mask:
    """The nucleus at full size: half-way in density between what was found and what is around it."""
    dark = box_mean((dense[..., 0] + dense[..., 1]) / np.float32(2), 1)
    near, far = (round(um / um_per_px) for um in RING_UM)
    ring = grown(found, far) & ~grown(found, near) & ~others
    around = float(np.median(dark[ring])) if ring.any() else 0.0
    core = float(np.percentile(dark[found], 75))
    nucleus = grown(found, near) & ~others & (dark > (core + around) / 2)
    return nucleus if np.count_nonzero(nucleus) * 2 > np.count_nonzero(found) else found


def _cell(
    dense: npt.NDArray[np.float32],
    nucleus: Mask,
    others: Mask,
    red_cell: npt.NDArray[np.float32],
    um_per_px: float,
) -> Mask:
    """Nucleus and cytoplasm: what is stained near the nucleus, in one piece with it, and no red cell."""
    # Channel by channel: numpy is ten times as slow at summing over an axis of three.
    red_part, green, blue = (dense[..., channel] for channel in range(3))
    length = np.sqrt(red_part * red_part + green * green + blue * blue)
    scale = float(np.linalg.norm(red_cell))
    along = dense @ red_cell
    red = (along > RED_CELL_COSINE * length * scale) & (length > RED_CELL_SHARE * scale)
    reach = grown(nucleus, round(CYTOPLASM_UM / um_per_px))
    stained = np.maximum(np.maximum(red_part, green), blue) > TISSUE_DENSITY
    open_ = grown(shrunk((reach & stained & ~red & ~grown(others, 1)) | nucleus, 2), 2)
    labels, _ = labelled((open_ & reach) | nucleus)
    own = np.unique(labels[nucleus])
    cell: Mask = np.isin(labels, own[own > 0])
    return cell
