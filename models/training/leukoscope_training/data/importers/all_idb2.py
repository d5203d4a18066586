"""ALL-IDB2: single cells cut out of ALL-IDB1."""

from __future__ import annotations

from pathlib import Path

from leukoscope_training.data.importers.all_idb1 import LICENCE, TERMS, labelled
from leukoscope_training.data.importers.files import (
    NO_PATIENTS,
    below,
    not_as_expected,
    pictures_in,
)
from leukoscope_training.data.manifest import Sample

__all__ = ["LAYOUT", "LICENCE", "NAME", "NOTE", "TERMS", "TITLE", "UM_PER_PX", "samples"]

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


def samples(folder: Path, um_per_px: float) -> list[Sample]:
    """See `Importer`."""
    start = below(folder, "ALL_IDB2")
    pictures = pictures_in(below(start, "img", "im"))
    if not pictures:
        raise not_as_expected(start, "img/ with pictures such as Im001_1.tif")
    common = Sample("", "", "", um_per_px, NAME, LICENCE)
    return [labelled(path, folder, common, lymphoblasts=True) for path in pictures]
