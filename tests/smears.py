"""Rendered smears as image files, with white cells and in focus unless told otherwise."""

from __future__ import annotations

import functools
from pathlib import Path

from leukoscope.field import Rgb
from leukoscope.simulator.hematology import Diagnosis
from leukoscope.simulator.microscope import SimulatedCamera, SimulatedLight
from leukoscope.simulator.smear import SmearSlide
from leukoscope.simulator.stage import Stage
from PIL import Image

UM_PER_PX = 0.31


@functools.cache
def smear(defocus_um: float = 0.0) -> Rgb:
    """A field of view, 157 µm wide."""
    stage = Stage(SmearSlide(Diagnosis.ALL, 1))
    stage.focus(defocus_um)
    light = SimulatedLight(stage)
    light.on()
    camera = SimulatedCamera(
        stage, light, width=507, height=380, um_per_px=UM_PER_PX, timeout_s=1.0
    )
    return camera.capture()[0].rgb


def save_smear(path: Path, rgb: Rgb | None = None) -> Path:
    """Save a field with its scale in the file."""
    image = Image.fromarray(smear() if rgb is None else rgb)
    image.save(path, dpi=(25_400 / UM_PER_PX,) * 2)
    return path
