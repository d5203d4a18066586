"""ALL-IDB2: single cells cut out of ALL-IDB1."""

from __future__ import annotations

from pathlib import Path

from leukoscope_training.data.importers.all_idb1 import LICENCE, TERMS, read_labelled
from leukoscope_training.data.importers.files import (
    NO_PATIENTS,
    find_start,
    layout_error,
    list_pictures,
)
from leukoscope_training.data.manifest import Sample

__all__ = ["LAYOUT", "LICENCE", "NAME", "NOTE", "TERMS", "TITLE", "UM_PER_PX", "list_samples"]

NAME = "all-idb2"
TITLE = "ALL-IDB2, single cells"
LAYOUT = (
    "img/ImNNN_Y.tif, Y 1 for a lymphoblast and 0 for none, in the folder or below ALL_IDB2. As in public code; not "
    "checked against a download"
)
NOTE = (
    f"{NO_PATIENTS} Its cells are cut out of ALL-IDB1: never train on one and measure on the other."
)
UM_PER_PX: float | None = None


def list_samples(folder: Path, um_per_px: float) -> list[Sample]:
    """See `Importer`."""
    start = find_start(folder, "ALL_IDB2")
    pictures = list_pictures(find_start(start, "img", "im"))
    if not pictures:
        raise layout_error(start, "img/ with pictures such as Im001_1.tif")
    common = Sample("", "", "", um_per_px, NAME, LICENCE)
    return [read_labelled(path, folder, common, lymphoblasts=True) for path in pictures]
