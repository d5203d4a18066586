"""LeukemiaAttri / LLD, one subset (a microscope, a magnification, a camera) as it is downloaded."""

from __future__ import annotations

import re
from pathlib import Path

from leukoscope_training.data.importers.files import (
    ImporterError,
    layout_error,
    list_pictures,
    relative_path,
)
from leukoscope_training.data.importers.lld_40x import LABEL_OF_DIAGNOSIS
from leukoscope_training.data.manifest import Sample

NAME = "leukemia-attri"
TITLE = "LeukemiaAttri / Large Leukemia Dataset, one subset"
LICENCE = "not stated"
TERMS = "Licence not stated. https://im.itu.edu.pk/sparse-leukemiaattri and https://github.com/AttriDet/AttriDet"
LAYOUT = (
    "Images/train and Images/test (case does not matter) with files "
    "<patient>_<number>_<number>_<magnification>_<diagnosis>.jpg. "
    "Folders as described in the authors' README, names as in a published part of the set; "
    "not checked against a download"
)
NOTE = (
    "Its patients are those of lld-40x: never train on one and measure on the other. Pictures of "
    "640x640 px were squashed from 16:9: stretch them back first, or cells are ovals and the scale is wrong."
)
UM_PER_PX: float | None = None

_FILE = re.compile(r"(?P<patient>\d+)_\d+_\d+_\d+_(?P<diagnosis>[A-Za-z]+)")


def list_samples(folder: Path, um_per_px: float) -> list[Sample]:
    """See `Importer`."""
    parts = [
        part
        for images in sorted(folder.iterdir())
        if images.is_dir() and images.name.lower() == "images"
        for part in sorted(images.iterdir())
        if part.name.lower() in {"train", "test"}
    ]
    found = [_sample(path, folder, um_per_px) for part in parts for path in list_pictures(part)]
    if not found:
        raise layout_error(folder, "Images/train and Images/test with pictures")
    return found


def _sample(path: Path, folder: Path, um_per_px: float) -> Sample:
    match = _FILE.fullmatch(path.stem)
    if match is None or match["diagnosis"].upper() not in LABEL_OF_DIAGNOSIS:
        raise ImporterError(f"{path}: expected a name such as 1_11_114_400_ALL.jpg")
    return Sample(
        image=relative_path(path, folder),
        label=LABEL_OF_DIAGNOSIS[match["diagnosis"].upper()],
        group=f"{NAME}/patient-{int(match['patient']):02d}",
        um_per_px=um_per_px,
        source=NAME,
        licence=LICENCE,
    )
