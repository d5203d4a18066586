"""One corrected picture with its scale bar, without a slide or a record."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from device.durable import write_durably
from device.errors import StoreError
from device.field import Field
from device.microscope.microscope import Microscope
from device.reading.flattening import flattened
from device.reading.glass import estimate_glass
from device.reading.results import NOTICE
from device.records.letters import write
from device.records.png import encode_png
from device.records.record import SIMULATED
from device.records.scale_bar import draw_scale_bar


@dataclass(frozen=True)
class Snapped:
    """A field, its picture with the bar, and how its shading was taken out."""

    field: Field
    picture: Image.Image
    correction: str


def snap(microscope: Microscope) -> Snapped:
    """Capture a field and correct it, by the calibration or else by an estimate; the light is off after.

    Raises LightError, CameraError, CameraTimeoutError.
    """
    try:
        field = microscope.capture()
    finally:
        microscope.light_off()
    calibration = microscope.found.calibration
    if calibration is not None:
        rgb, correction = field.rgb, f"calibration {calibration.name}, {calibration.scale_text}"
    else:
        rgb = flattened(field.rgb, estimate_glass(field.rgb, field.um_per_px))
        correction = f"not calibrated: shading estimated from the field, {field.um_per_px:g} µm/px by the settings"
    picture = Image.fromarray(rgb)
    draw_scale_bar(picture, field.um_per_px)
    if field.simulated:
        write(ImageDraw.Draw(picture), (14, 12), SIMULATED, 15, "#b3261e")
    return Snapped(field, picture, correction)


def save(snapped: Snapped, path: Path) -> None:
    """Write it as a PNG whose resolution is its scale. Raises StoreError."""
    texts = {"Comment": NOTICE, "Description": snapped.correction}
    png = encode_png(np.asarray(snapped.picture), snapped.field.um_per_px, texts)
    try:
        write_durably(path, png, path.with_name(f".{path.name}.{os.getpid()}.part"))
    except OSError as error:
        raise StoreError(f"{path}: can't write the picture: {error.strerror or error}") from error
