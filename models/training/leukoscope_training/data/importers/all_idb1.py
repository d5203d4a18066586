"""ALL-IDB1: fields."""

from __future__ import annotations

import re
from pathlib import Path

from leukoscope_training.data.importers.files import (
    NO_PATIENTS,
    ImporterError,
    find_start,
    layout_error,
    list_pictures,
    make_own_group,
    relative_path,
)
from leukoscope_training.data.manifest import Sample

NAME = "all-idb1"
TITLE = "ALL-IDB1, 108 fields"
LICENCE = "not stated here: see the authors' page"
TERMS = "The authors' page calls it public and free; its terms were not checked. https://homes.di.unimi.it/scotti/all"
LAYOUT = (
    "im/ImNNN_Y.jpg, Y 1 for ALL and 0 for healthy, in the folder or below ALL_IDB1. Names as on the authors' page, "
    "folders as in public code; not checked against a download"
)
NOTE = (
    f"{NO_PATIENTS} Magnifications differ (300 to 500, says the authors' page): "
    "one scale for all files is a rough one."
)
UM_PER_PX: float | None = None


def list_samples(folder: Path, um_per_px: float) -> list[Sample]:
    """See `Importer`."""
    start = find_start(folder, "ALL_IDB1")
    pictures = list_pictures(find_start(start, "im", "img"))
    if not pictures:
        raise layout_error(start, "im/ with pictures such as Im001_1.jpg")
    common = Sample("", "", "", um_per_px, NAME, LICENCE)
    return [read_labelled(path, folder, common, lymphoblasts=False) for path in pictures]


def read_labelled(path: Path, folder: Path, common: Sample, *, lymphoblasts: bool) -> Sample:
    """Make the sample of ImNNN_Y in this set or in ALL-IDB2. Y = 1 means a lymphoblast."""
    match = re.fullmatch(r"Im\d+_(?P<truth>[01])", path.stem, re.IGNORECASE)
    if match is None:
        raise ImporterError(f"{path}: expected a name such as Im001_1 or Im001_0")
    leukaemia = match["truth"] == "1"
    label = "ALL" if leukaemia else "normal"
    cell_type = "lymphoblast" if leukaemia and lymphoblasts else ""
    sample = Sample("", label, "", common.um_per_px, common.source, common.licence)
    return make_own_group(relative_path(path, folder), sample, cell_type)
