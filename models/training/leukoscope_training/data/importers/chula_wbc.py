"""The fields of a Raspberry Pi camera on a microscope, as their authors published them."""

from __future__ import annotations

import re
from pathlib import Path

from leukoscope_training.data.importers.files import (
    ImporterError,
    find_start,
    layout_error,
    list_pictures,
    relative_path,
)
from leukoscope_training.data.manifest import Sample

NAME = "chula-wbc"
TITLE = "Chulalongkorn University WBC_Dataset, as published"
LICENCE = "MIT"
TERMS = "MIT licence. https://github.com/singgihbekti/WBC_Dataset"
LAYOUT = (
    "WBC_Samples/<part>/images/<type>-<slide>_<number>.jpg, as in the public repository's list of files; "
    "not checked against a download"
)
NOTE = (
    "Its pictures are those of chula-pi: use one of the two. The donors' health is not stated; the cells are of "
    "normal types."
)
UM_PER_PX: float | None = 0.094  # as chula-pi, which has the same pictures

_FILE = re.compile(r"(?:HF-)?[A-Z]-(?P<slide>[0-9A-Za-z]+)_\d+")
"""HF means flipped from left to right."""


def list_samples(folder: Path, um_per_px: float) -> list[Sample]:
    """See `Importer`."""
    start = find_start(folder, "WBC_Samples")
    folders = [start / "images", *sorted(start.glob("*/images"))]
    found = [
        _sample(path, folder, um_per_px) for images in folders for path in list_pictures(images)
    ]
    if not found:
        raise layout_error(folder, "WBC_Samples/train/images with pictures")
    return found


def _sample(path: Path, folder: Path, um_per_px: float) -> Sample:
    match = _FILE.fullmatch(path.stem)
    if match is None:
        raise ImporterError(f"{path}: expected a name such as B-30_0047.jpg")
    group = f"{NAME}/slide_{match['slide']}"
    return Sample(relative_path(path, folder), "normal", group, um_per_px, NAME, LICENCE)
