"""BCCD with its pictures in one folder."""

from __future__ import annotations

from pathlib import Path

from leukoscope_training.data.importers.files import (
    NO_PATIENTS,
    layout_error,
    list_pictures,
    make_own_group,
    relative_path,
)
from leukoscope_training.data.manifest import Sample

NAME = "bccd"
TITLE = "BCCD, 364 fields"
LICENCE = "MIT"
TERMS = "MIT licence. https://github.com/Shenggan/BCCD_Dataset"
LAYOUT = "fields/*.jpg, as in ../shared/data/bccd"
NOTE = f"{NO_PATIENTS} The donors' health is not stated; the cells are of normal types."
UM_PER_PX: float | None = 0.08  # from the size of its red cells


def list_samples(folder: Path, um_per_px: float) -> list[Sample]:
    """See `Importer`."""
    common = Sample("", "normal", "", um_per_px, NAME, LICENCE)
    found = [
        make_own_group(relative_path(path, folder), common)
        for path in list_pictures(folder / "fields")
    ]
    if not found:
        raise layout_error(folder, "fields/ with pictures")
    return found
