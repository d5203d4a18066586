"""AML-Cytomorphology of LMU Munich: single cells by type."""

from __future__ import annotations

from pathlib import Path

from leukoscope_training.data.importers.files import NO_PATIENTS, find_start, list_cells_by_folder
from leukoscope_training.data.manifest import Sample

NAME = "aml-lmu"
TITLE = "AML-Cytomorphology_LMU, 18,365 single cells of AML patients and others"
LICENCE = "CC BY 3.0, as others say; not checked"
TERMS = "CC BY 3.0, as others say; not checked. https://www.cancerimagingarchive.net/collection/aml-cytomorphology_lmu/"
LAYOUT = (
    "AML-Cytomorphology/<BAS|EBO|EOS|KSC|LYA|LYT|MMZ|MOB|MON|MYB|MYO|NGB|NGS|PMB|PMO>/*.tiff, as in public code; "
    "not checked against a download"
)
NOTE = (
    f"{NO_PATIENTS} Nor does it say which cells are of AML patients: no label. "
    "Erythroblasts (EBO), metamyelocytes (MMZ) and monoblasts (MOB) get no cell type."
)
UM_PER_PX: float | None = None

CELL_TYPE_OF_FOLDER = {
    "bas": "basophil",
    "ebo": "",
    "eos": "eosinophil",
    "ksc": "smudge",
    "lya": "atypical_lymphocyte",
    "lyt": "lymphocyte",
    "mmz": "",
    "mob": "",
    "mon": "monocyte",
    "myb": "myelocyte",
    "myo": "myeloblast",
    "ngb": "neutrophil",
    "ngs": "neutrophil",
    "pmb": "promyelocyte",
    "pmo": "promyelocyte",
}
"""The set's abbreviations. PMB and PMO are two kinds of promyelocyte, NGB is a band neutrophil."""


def list_samples(folder: Path, um_per_px: float) -> list[Sample]:
    """See `Importer`."""
    common = Sample("", "", "", um_per_px, NAME, LICENCE)
    start = find_start(folder, "AML-Cytomorphology")
    return list_cells_by_folder(folder, [start], CELL_TYPE_OF_FOLDER, common)
