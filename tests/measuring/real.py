"""Lists the real fields: their sets, their slides, and the boxes of experts."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from leukoscope.field import Field
from leukoscope_training.data.importers import IMPORTERS
from PIL import Image, ImageFilter

MODEL_UM_PER_PX, MODEL_WINDOW_PX = 0.34, 200

LLD_CLASSES = ("ALL", "AML", "APML", "CML", "CLL")

Box = tuple[float, float, float, float]


@dataclass(frozen=True)
class RealField:
    """One file. kind: its set; group: its patient or slide, or for bccd the image itself."""

    kind: str
    group: str
    path: Path

    @property
    def um_per_px(self) -> float:
        """Scale of the file, micrometres per pixel."""
        return find_scale(self.kind)


def find_scale(name: str) -> float:
    """Return the scale of a set's files, micrometres per pixel.

    Raises:
        ValueError: It is not known.
    """
    scale = IMPORTERS[name].UM_PER_PX
    if scale is None:
        raise ValueError(f"{name}: its µm per pixel are not known")
    return scale


def open_file(path: Path, um_per_px: float, blur_um: float = 0.0) -> Field:
    """Open an image file as a field, blurred by a Gaussian of standard deviation `blur_um`."""
    image = Image.open(path).convert("RGB")
    if blur_um:
        image = image.filter(ImageFilter.GaussianBlur(blur_um / um_per_px))
    return Field(np.asarray(image), um_per_px)


def read_chula_slides(data: Path) -> dict[str, str]:
    """Read the slide of each file name of chula-pi."""
    with (data / "chula-pi" / "fields.csv").open(newline="") as file:
        return {Path(row["image"]).name: row["slide"] for row in csv.DictReader(file)}


def list_sets(data: Path) -> dict[str, list[RealField]]:
    """List the real fields by set, the leukaemia set by class; each list is sorted by path."""
    found = {
        f"lld-40x/{label}": [
            RealField("lld-40x", path.parent.name, path)
            for path in sorted((data / "lld-40x" / label).glob("patient-*/*.jpg"))
        ]
        for label in LLD_CLASSES
    }
    slides = read_chula_slides(data)
    found["chula-pi"] = [
        RealField("chula-pi", slides[path.name], path)
        for path in sorted((data / "chula-pi" / "fields").glob("*.jpg"))
    ]
    found["bccd"] = [
        RealField("bccd", path.stem, path)
        for path in sorted((data / "bccd" / "fields").glob("*.jpg"))
    ]
    return found


def read_expert_boxes(folder: Path) -> dict[str, tuple[str, list[Box]]]:
    """Read cells.csv: for each image, in order, its slide (or the image itself) and its white cells' boxes."""
    images: dict[str, tuple[str, list[Box]]] = {}
    with (folder / "cells.csv").open(newline="") as file:
        for row in csv.DictReader(file):
            _, boxes = images.setdefault(row["image"], (row.get("slide", row["image"]), []))
            if row["cell_type"] not in ("red_blood_cell", "platelet"):
                x0, y0, x1, y1 = (float(row[key]) for key in ("x0", "y0", "x1", "y1"))
                boxes.append((x0, y0, x1, y1))
    return images


def is_chosen_on(group: str) -> bool:
    """Return whether limits are chosen on a patient, slide or seed (every second); they are tested on the others."""
    return sum(group.encode()) % 2 == 0
