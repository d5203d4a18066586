"""Writes the card of a cell reader's bundle."""

from __future__ import annotations

import hashlib
from pathlib import Path

import tomli_w
from leukoscope.model.card import TYPES
from leukoscope.reading.cell_view import VIEW_UM, view_px
from leukoscope.reading.reader_errors import ReaderErrors
from leukoscope.reading.results import LABELS
from leukoscope.reading.thresholds import Thresholds

from leukoscope_training.cells.preparation import UM_PER_PX

INT8, FLOAT32 = "model.tflite", "model-float32.tflite"
VERSION = "0.4.0"

THRESHOLDS = Thresholds(label=0.5, pattern=0.7)
TEMPERATURE = 1.0
"""Divides the logits. On laboratories left out the errors are those of a whole laboratory, too many blasts or too few,
and no temperature mends them. A higher one only blurs the types until normal blood is refused."""
ERRORS = ReaderErrors(
    blast_sensitivity=0.6,
    blast_sensitivity_spread=0.15,
    false_blasts=0.12,
    false_blasts_spread=0.1,
    effective_cells=100.0,
    lymphoblast_share=0.35,
    lymphoblast_spread=0.22,
    laboratories={"normal": 6, "ALL": 1, "AML": 2, "CML": 1, "CLL": 2},
)
"""Sensitivity and false blasts: about the means over laboratories left out (`leukoscope-train cells tables`). Only two
laboratories have blasts, and their sensitivities differ by more than the spread here: an unseen laboratory can lie
outside. The lymphoblasts' numbers rest on the ten patients of Lahore, with earlier networks; they decide nothing as
long as ALL was learned in one laboratory."""


def write_card(bundle: Path, command: str, seed: int) -> None:
    """Write card.toml for the model files in a bundle's folder."""
    digest = {
        name: hashlib.sha256((bundle / name).read_bytes()).hexdigest() for name in (INT8, FLOAT32)
    }
    card = {
        "schema": 1,
        "name": "cell-reader",
        "version": VERSION,
        "kind": "cells",
        "file": INT8,
        "sha256": digest[INT8],
        "labels": list(LABELS),
        "types": list(TYPES),
        "intended_use": "Research only. Not a diagnosis. Reads single white cells of stained blood smears "
        "at 40x, to study how such an instrument behaves.",
        "input": {
            "width_px": view_px(UM_PER_PX),
            "height_px": view_px(UM_PER_PX),
            "um_per_px": UM_PER_PX,
            "channels": "density",
            "scale": 1 / 255,
            "offset": 0.0,
        },
        "output": {
            "kind": "logits",
            "temperature": TEMPERATURE,
            "class_threshold": THRESHOLDS.label,
            "pattern_threshold": THRESHOLDS.pattern,
        },
        "reader": vars(ERRORS),
        "float32": {"file": FLOAT32, "sha256": digest[FLOAT32]},
        "training": {
            "network": f"{VIEW_UM} um of one cell, its surroundings masked, and five measures of shape",
            "seed": seed,
            "command": command,
            "split": "all patients and slides of six laboratories; measured on runs that left a laboratory, "
            "or half of the patients, out (docs/measurements/models.md)",
            "data": [
                "Lahore: Large Leukemia Dataset (LeukemiaAttri), 40x, Rehman et al., MICCAI 2024: no licence "
                "stated, research use, images not redistributed",
                "Baltimore: DeepAPL, Sidhom et al. 2021, copyright Johns Hopkins University, no permission "
                "stated, research use, images not redistributed",
                "Lyon: lymphocytosis, Sahasrabudhe et al.: no licence stated, research use, images not "
                "redistributed",
                "Barcelona: Acevedo et al. 2020: CC BY 4.0",
                "Bangkok: Chulalongkorn University white cells (Raspberry Pi camera): MIT",
                "BCCD: MIT",
                "rendered by the simulator, seeds 10000 to 10039",
            ],
        },
    }
    (bundle / "card.toml").write_text(tomli_w.dumps(card), encoding="utf-8")
