"""Prepares pictures as the paper does, and the ablation: the same pictures with the white cells cut out.

The whole field, whatever its shape, is resized to 200x200 and labelled 0 to 4. The paper does not flatten fields, so
they are not flattened here. Only the cell finder gets a flattened copy, because it needs an even background.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from leukoscope.field import Field, Rgb
from leukoscope.imaging.background import DEGREE, estimate_background
from leukoscope.imaging.flat_field import flatten
from leukoscope.imaging.scaling import resample
from leukoscope.reading.results import LABELS
from leukoscope.reading.white_cells import find_white_cells
from PIL import Image

from leukoscope_training.data.manifest import Manifest
from leukoscope_training.paper.pictures import SIDE_PX, PictureSet
from leukoscope_training.shared.ablation import cut_out_cells, mask_cells
from leukoscope_training.shared.errors import TrainingError

FINDER_UM_PER_PX = 0.34
"""Scale at which the ablation's white cells are found."""


def prepare(manifests: Sequence[Manifest]) -> PictureSet:
    """Read and prepare all pictures of some manifests, in order.

    Raises:
        TrainingError: There is no picture, a sample has no label or hash, or a file is not a picture.
    """
    samples = [
        (manifest.path(sample), sample) for manifest in manifests for sample in manifest.samples
    ]
    if not samples:
        raise TrainingError("the manifests name no picture")
    whole, cut_out, cells, short_side_um = [], [], [], []
    for number, (path, sample) in enumerate(samples):
        if not (sample.label and sample.sha256):
            raise TrainingError(
                f"{path}: its manifest has no label or no SHA-256 for it; import the set again"
            )
        try:
            rgb = np.asarray(Image.open(path).convert("RGB"))
        except (OSError, ValueError) as error:
            raise TrainingError(f"{path}: can't be read as a picture: {error}") from error
        ablation, found = cut_out_white_cells(
            Field(rgb, sample.um_per_px), np.random.default_rng(number)
        )
        whole.append(squash(rgb))
        cut_out.append(squash(ablation))
        cells.append(found)
        short_side_um.append(min(rgb.shape[:2]) * sample.um_per_px)
    known = [sample for _, sample in samples]
    return PictureSet(
        whole=np.stack(whole),
        cut_out=np.stack(cut_out),
        cells=np.array(cells, np.int64),
        label=np.array([LABELS.index(sample.label) for sample in known], np.int64),
        image=np.array([sample.image for sample in known]),
        group=np.array([sample.group for sample in known]),
        sha256=np.array([sample.sha256 for sample in known]),
        short_side_um=np.array(short_side_um),
    )


def squash(rgb: Rgb, side_px: int = SIDE_PX) -> Rgb:
    """Resize the whole picture to a square, whatever its proportions: (side, side, 3), uint8."""
    resized = Image.fromarray(rgb).resize((side_px, side_px), Image.Resampling.BILINEAR)
    return np.asarray(resized)


def cut_out_white_cells(field: Field, rng: np.random.Generator) -> tuple[Rgb, int]:
    """Cut the white cells out of a field as it was taken.

    The device's cell finder gets a flattened copy at 0.34 µm/px. The gates are not checked.

    Returns:
        The picture without its white cells, and how many were found.
    """
    copy = resample(field, FINDER_UM_PER_PX)
    copy = flatten(copy, estimate_background(copy, FINDER_UM_PER_PX, DEGREE))
    cells = find_white_cells(copy, FINDER_UM_PER_PX)
    size = (field.width_px, field.height_px)
    masks = [
        np.asarray(Image.fromarray(mask).resize(size, Image.Resampling.NEAREST))
        for mask in mask_cells(copy, cells, FINDER_UM_PER_PX)
    ]
    return cut_out_cells(field.rgb, masks, rng), len(cells)
