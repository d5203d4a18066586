"""Acevedo PBC: single normal cells by type."""

from __future__ import annotations

from pathlib import Path

from leukoscope_training.data.importers.files import NO_PATIENTS, find_start, list_cells_by_folder
from leukoscope_training.data.manifest import Sample

NAME = "acevedo-pbc"
TITLE = "Acevedo et al., 17,092 single cells of healthy people"
LICENCE = "CC BY 4.0, as others say; not checked"
TERMS = (
    "CC BY 4.0, as others say; not checked. https://data.mendeley.com/datasets/snkd93bnjr/1, described in "
    "https://pmc.ncbi.nlm.nih.gov/articles/PMC7182702"
)
LAYOUT = (
    "PBC_dataset_normal_DIB/<basophil|eosinophil|erythroblast|ig|lymphocyte|monocyte|neutrophil|platelet>/*.jpg, as "
    "in public code; not checked against a download"
)
NOTE = (
    f"{NO_PATIENTS} Immature granulocytes (ig: promyelocytes, myelocytes and metamyelocytes), erythroblasts and "
    "platelets get no cell type."
)
UM_PER_PX: float | None = None

CELL_TYPE_OF_FOLDER = {
    "basophil": "basophil",
    "eosinophil": "eosinophil",
    "erythroblast": "",
    "ig": "",
    "lymphocyte": "lymphocyte",
    "monocyte": "monocyte",
    "neutrophil": "neutrophil",
    "platelet": "",
}


def list_samples(folder: Path, um_per_px: float) -> list[Sample]:
    """See `Importer`."""
    common = Sample("", "normal", "", um_per_px, NAME, LICENCE)
    start = find_start(folder, "PBC_dataset_normal_DIB")
    return list_cells_by_folder(folder, [start], CELL_TYPE_OF_FOLDER, common)
