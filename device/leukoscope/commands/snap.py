"""`leukoscope snap`: take one corrected picture with a scale bar. It belongs to no slide and makes no record."""

from __future__ import annotations

import argparse
import logging
import sys
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageDraw

from leukoscope import assembly
from leukoscope.commands.arguments import Commands, add_command, check_png_path
from leukoscope.field import Field
from leukoscope.imaging.background import estimate_background
from leukoscope.imaging.flat_field import flatten
from leukoscope.microscope.microscope import Microscope
from leukoscope.notice import NOTICE, SIMULATED
from leukoscope.reading.gates import GATES_UM_PER_PX, live_gates
from leukoscope.records.disk import store_error
from leukoscope.records.png import encode_png
from leukoscope.reports.picture_text import write
from leukoscope.reports.scale_bar import draw_scale_bar
from leukoscope.settings.settings import load_settings
from leukoscope.system.durable import write_durably
from leukoscope.system.interruption import interruptible
from leukoscope.system.journal import set_up_logging
from leukoscope.system.systemd import service_paused


@dataclass(frozen=True)
class Snapshot:
    """A field, its picture with the scale bar, and how its shading was corrected."""

    field: Field
    picture: Image.Image
    correction: str


def add_parser(commands: Commands, meaning: str) -> None:
    """Add the command and its options."""
    parser = add_command(commands, "snap", meaning, run)
    parser.add_argument("picture", nargs="?", type=Path, default=Path("snap.png"), metavar="FILE")


def run(options: argparse.Namespace) -> int:
    """Take the picture while the service is paused. Print how it was corrected, and which gates fail."""
    settings = load_settings(options.settings)
    set_up_logging(sys.stderr, logging.WARNING)
    check_png_path(options.picture)
    with interruptible(), service_paused():
        microscope = assembly.open_microscope(
            settings, assembly.find_calibration(settings).calibration
        )
        try:
            snapshot = snap(microscope)
        finally:
            microscope.close()
    save(snapshot, options.picture)
    field = snapshot.field
    print(f"{options.picture}: {field.width_px} x {field.height_px} px; {snapshot.correction}")
    for gate in live_gates(field, GATES_UM_PER_PX):
        if not gate.passed:
            print(f"{gate.problem}: {gate.advice}")
    print(NOTICE + (f" {SIMULATED}." if field.simulated else ""))
    return 0


def snap(microscope: Microscope) -> Snapshot:
    """Capture a field and correct it by the calibration, or by an estimate if there is none.

    The light is off afterwards.

    Raises:
        LightError, CameraError, CameraTimeoutError: A part has failed.
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


def save(snapshot: Snapshot, path: Path) -> None:
    """Write a snapshot as a PNG. Its resolution (pixels per metre) is its scale.

    Raises:
        StoreError: The file can't be written.
    """
    texts = {"Description": snapshot.correction}
    png = encode_png(snapshot.picture, texts, um_per_px=snapshot.field.um_per_px)
    try:
        write_durably(path, png)
    except OSError as error:
        raise store_error("write the picture", path, error) from error
