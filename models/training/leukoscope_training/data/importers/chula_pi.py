"""The fields of a Raspberry Pi camera on a microscope, with a list of their slides."""

from __future__ import annotations

import csv
from pathlib import Path

from leukoscope_training.data.importers.files import ImporterError, layout_error
from leukoscope_training.data.manifest import Sample

NAME = "chula-pi"
TITLE = "Chulalongkorn University, Raspberry Pi camera (ov5647), five normal cell types"
LICENCE = "MIT"
TERMS = "MIT licence. https://github.com/singgihbekti/WBC_Dataset"
LAYOUT = "fields.csv (columns image, slide) and fields/*.jpg, as in ../shared/data/chula-pi"
NOTE = "The donors' health is not stated; the cells are of normal types. Many fields show one glass again."
UM_PER_PX: float | None = 0.094  # from the size of its red cells


def list_samples(folder: Path, um_per_px: float) -> list[Sample]:
    """See `Importer`."""
    listing = folder / "fields.csv"
    if not listing.is_file():
        raise layout_error(folder, "fields.csv and fields/")
    found = []
    with listing.open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file)
        if not {"image", "slide"} <= set(reader.fieldnames or ()):
            raise ImporterError(
                f"{listing}: expected the columns image, slide; found {reader.fieldnames}"
            )
        for row in reader:
            if not (folder / row["image"]).is_file():
                raise ImporterError(
                    f"{listing}, line {reader.line_num}: expected a file {row['image']}, found none"
                )
            found.append(
                Sample(row["image"], "normal", f"{NAME}/{row['slide']}", um_per_px, NAME, LICENCE)
            )
    if not found:
        raise ImporterError(f"{listing}: expected a line a field; found none")
    return found
