"""BCCD as its authors published it: Pascal VOC."""

from __future__ import annotations

from pathlib import Path

from leukoscope_training.data.importers import bccd
from leukoscope_training.data.importers.files import (
    ImporterError,
    find_start,
    layout_error,
    list_pictures,
    make_own_group,
    relative_path,
)
from leukoscope_training.data.manifest import Sample

NAME = "bccd-voc"
TITLE = "BCCD, as published (Pascal VOC)"
TERMS = bccd.TERMS
LAYOUT = (
    "BCCD/JPEGImages/*.jpg and BCCD/Annotations/*.xml, one a picture. Annotations as in the public repository's "
    "list of files, JPEGImages as VOC has it; not checked against a download"
)
NOTE = f"{bccd.NOTE} Its pictures are those of bccd: use one of the two."
UM_PER_PX = bccd.UM_PER_PX


def list_samples(folder: Path, um_per_px: float) -> list[Sample]:
    """See `Importer`."""
    start = find_start(folder, "BCCD")
    pictures = list_pictures(start / "JPEGImages")
    if not pictures:
        raise layout_error(start, "JPEGImages/ with pictures, and Annotations/")
    for path in pictures:
        if not (start / "Annotations" / f"{path.stem}.xml").is_file():
            raise ImporterError(f"{path}: expected Annotations/{path.stem}.xml; found none")
    common = Sample("", "normal", "", um_per_px, NAME, bccd.LICENCE)
    return [make_own_group(relative_path(path, folder), common) for path in pictures]
