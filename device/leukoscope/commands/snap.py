"""One corrected picture with its scale bar, without a slide or a record."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageDraw

from leukoscope.field import Field
from leukoscope.imaging.background import estimate_background
from leukoscope.imaging.flat_field import flatten
from leukoscope.microscope.microscope import Microscope
from leukoscope.notice import SIMULATED
from leukoscope.records.files import store_error
from leukoscope.records.png import encode_png
from leukoscope.reports.letters import write
from leukoscope.reports.scale_bar import draw_scale_bar
from leukoscope.system.durable import write_durably


@dataclass(frozen=True)
class Snapshot:
    """A field, its picture with the bar, and how its shading was taken out."""

    field: Field
    picture: Image.Image
    correction: str


def snap(microscope: Microscope) -> Snapshot:
    """Capture a field and correct it, by the calibration or else by an estimate; the light is off after.

    Raises LightError, CameraError, CameraTimeoutError.
    """
    try:
        field = microscope.capture()
    finally:
        microscope.light_off()
    by = microscope.correction
    if by is not None:
        rgb, correction = field.rgb, f"calibration {by.name}, {by.scale_text}"
    else:
        rgb = flatten(field.rgb, estimate_background(field.rgb, field.um_per_px))
        correction = f"not calibrated: shading estimated from the field, {field.um_per_px:g} µm/px by the settings"
    picture = Image.fromarray(rgb)
    draw_scale_bar(picture, field.um_per_px)
    if field.simulated:
        write(ImageDraw.Draw(picture), (14, 12), SIMULATED, 15, "#b3261e")
    return Snapshot(field, picture, correction)


def save(snapped: Snapshot, path: Path) -> None:
    """Write it as a PNG whose resolution is its scale. Raises StoreError."""
    texts = {"Description": snapped.correction}
    png = encode_png(snapped.picture, texts, um_per_px=snapped.field.um_per_px)
    try:
        write_durably(path, png)
    except OSError as error:
        raise store_error("write the picture", path, error) from error
