"""Raabin-WBC, the double-labelled single cells."""

from __future__ import annotations

from pathlib import Path

from leukoscope_training.data.importers.files import NO_PATIENTS, layout_error, list_cells_by_folder
from leukoscope_training.data.manifest import Sample

NAME = "raabin-wbc"
TITLE = "Raabin-WBC, double-labelled single cells of normal blood"
LICENCE = "not stated"
TERMS = "Licence not stated; free access, says https://raabindata.com/raabin-health-database/"
LAYOUT = (
    "Train, TestA and TestB (any of them), each with <Basophil|Eosinophil|Lymphocyte|Monocyte|Neutrophil>/ and "
    "pictures, as in public code; not checked against a download"
)
NOTE = f"{NO_PATIENTS} Two microscopes and two cameras: one scale for all files is a rough one."
UM_PER_PX: float | None = None

PARTS = ("Train", "TestA", "TestB")
CELL_TYPE_OF_FOLDER = {
    name: name for name in ("basophil", "eosinophil", "lymphocyte", "monocyte", "neutrophil")
}


def list_samples(folder: Path, um_per_px: float) -> list[Sample]:
    """See `Importer`."""
    parts = [folder / part for part in PARTS if (folder / part).is_dir()]
    if not parts:
        raise layout_error(folder, f"one of the folders {', '.join(PARTS)}")
    common = Sample("", "normal", "", um_per_px, NAME, LICENCE)
    return list_cells_by_folder(folder, parts, CELL_TYPE_OF_FOLDER, common)
