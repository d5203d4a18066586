"""BCCD with its pictures in one folder."""

from __future__ import annotations

from pathlib import Path

from leukoscope_training.data.importers.files import (
    NO_PATIENTS,
    alone,
    not_as_expected,
    pictures_in,
    relative,
)
from leukoscope_training.data.manifest import Sample

NAME = "bccd"
TITLE = "BCCD, 364 fields"
LICENCE = "MIT"
TERMS = "MIT licence. https://github.com/Shenggan/BCCD_Dataset"
LAYOUT = "fields/*.jpg, as in ../shared/data/bccd"
NOTE = f"{NO_PATIENTS} The donors' health is not stated; the cells are of normal types."
UM_PER_PX: float | None = 0.08  # from the size of its red cells


def samples(folder: Path, um_per_px: float) -> list[Sample]:
    """See `Importer`."""
    common = Sample("", "normal", "", um_per_px, NAME, LICENCE)
    found = [alone(relative(path, folder), common) for path in pictures_in(folder / "fields")]
    if not found:
        raise not_as_expected(folder, "fields/ with pictures")
    return found
