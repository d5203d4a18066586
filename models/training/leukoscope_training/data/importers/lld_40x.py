"""LLD, the ten patients at 40x that this project was measured on."""

from __future__ import annotations

from pathlib import Path

from leukoscope_training.data.importers.files import layout_error, list_pictures, relative_path
from leukoscope_training.data.manifest import Sample

NAME = "lld-40x"
TITLE = "Large Leukemia Dataset, ten patients at 40x"
LICENCE = "not stated"
TERMS = "Licence not stated: research use, pictures not to be passed on. https://im.itu.edu.pk/sparse-leukemiaattri"
LAYOUT = "<ALL|AML|APML|CLL|CML>/patient-NN/*.jpg, as in ../shared/data/lld-40x"
NOTE = (
    "APML is AML-M3 and labelled AML. Two patients a diagnosis, one laboratory, no healthy donor."
)
UM_PER_PX: float | None = 0.14  # from the size of its red cells

LABEL_OF_DIAGNOSIS = {"ALL": "ALL", "AML": "AML", "APML": "AML", "CLL": "CLL", "CML": "CML"}


def list_samples(folder: Path, um_per_px: float) -> list[Sample]:
    """See `Importer`."""
    found = [
        Sample(
            image=relative_path(path, folder),
            label=LABEL_OF_DIAGNOSIS[patient.parent.name],
            group=f"{NAME}/{patient.name}",
            um_per_px=um_per_px,
            source=NAME,
            licence=LICENCE,
        )
        for patient in sorted(folder.glob("*/patient-*"))
        if patient.parent.name in LABEL_OF_DIAGNOSIS
        for path in list_pictures(patient)
    ]
    if not found:
        raise layout_error(folder, "folders such as ALL/patient-01 with pictures")
    return found
