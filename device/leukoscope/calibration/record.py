"""A calibration: exposure, white balance, background and scale of one microscope. Also the contents of its two files.

The files are `calibration.toml`, which people can read, and `glass.png` with the background: the level of empty glass
on a grid. The TOML holds the PNG's SHA-256. Records name a calibration by the SHA-256 of the TOML.
"""

from __future__ import annotations

import hashlib
import io
import re
import tomllib
from dataclasses import dataclass
from functools import cached_property, partial

import numpy as np
from PIL import Image

from leukoscope.errors import CalibrationError
from leukoscope.imaging.background import BackgroundMap
from leukoscope.microscope.interfaces import CameraControls
from leukoscope.notice import NOTICE
from leukoscope.settings.toml_table import TomlTable

FORMAT = 1
"""Format of the two files. Any other format is refused."""

TOML_FILE, BACKGROUND_FILE = "calibration.toml", "glass.png"

BACKGROUND_ROWS, BACKGROUND_COLUMNS = 24, 32
_PER_LEVEL = 256
"""The PNG's 16-bit values are levels times this. Red, green and blue are below one another in it."""

SCALE_SOURCES = ("micrometer", "red cells")

_damaged = partial(CalibrationError, problem="CALIBRATION", advice="damaged: calibrate")


@dataclass(frozen=True, eq=False)
class Calibration:
    """One calibration.

    Attributes:
        number: Rises with each calibration, from 1.
        made: Wall time at which it was made, ISO 8601 in UTC.
        clock_synced: Whether the clock was set then.
        software: Version of the software that made it.
        simulated: Whether it was made on a simulated microscope. It is then used only for one.
        width: Width of the fields that it is for, px.
        height: Height of the fields that it is for, px.
        sensor: Width and height in px and bits of the sensor's mode.
        nominal_um_per_px: The scale that was in the settings.
        controls: Exposure and gains of the camera.
        dark_level: Mean of a frame with the LED off at the same exposure, 0..255.
        green_level: 99.9th percentile of raw green on empty glass, 0..1.
        um_per_px: The measured scale.
        scale_source: How the scale was measured, one of `SCALE_SOURCES`.
        scale_count: Number of lines or cells by which the scale was measured.
        background: Shape (24, 32, 3), sRGB levels of empty glass with those controls.
    """

    number: int
    made: str
    clock_synced: bool
    software: str
    simulated: bool
    width: int
    height: int
    sensor: tuple[int, int, int]
    nominal_um_per_px: float
    controls: CameraControls
    dark_level: float
    green_level: float
    um_per_px: float
    scale_source: str
    scale_count: int
    background: BackgroundMap

    @property
    def name(self) -> str:
        """Its name for people, 'C0003'."""
        return f"C{self.number:04d}"

    @property
    def scale_text(self) -> str:
        """The scale and how it was measured. A scale by red cells is an estimate."""
        if self.scale_source == "micrometer":
            return f"{self.um_per_px:.4f} µm/px by a micrometer, {self.scale_count} lines"
        return (
            f"{self.um_per_px:.4f} µm/px, an estimate: the median of {self.scale_count} red cells "
            "taken as 7.5 µm"
        )

    @cached_property
    def sha256(self) -> str:
        """SHA-256 (hex) of its TOML file. Records name it by this."""
        return hashlib.sha256(to_toml(self).encode()).hexdigest()


def to_toml(calibration: Calibration) -> str:
    """Return the text of `calibration.toml`. The same calibration always gives the same bytes."""
    c, controls = calibration, calibration.controls
    digest = hashlib.sha256(encode_background(c.background)).hexdigest()
    # Written without a TOML library: records hold the SHA-256 of these bytes, and the next release of a library
    # might lay them out in another way.
    return f"""# Leukoscope calibration {c.name}. {NOTICE}
format = {FORMAT}
number = {c.number}
made = "{c.made}"
clock_synced = {_flag(c.clock_synced)}
software = "{c.software}"
simulated = {_flag(c.simulated)}

[camera]
width = {c.width}  # px
height = {c.height}  # px
sensor = {list(c.sensor)}  # px, px, bit
nominal_um_per_px = {c.nominal_um_per_px!r}
exposure_us = {controls.exposure_us}
analogue_gain = {controls.analogue_gain!r}
red_gain = {controls.red_gain!r}
blue_gain = {controls.blue_gain!r}

[levels]
dark = {c.dark_level!r}  # mean of 255, LED off
raw_green = {c.green_level!r}  # 99.9th percentile on empty glass, share of the sensor's range

[scale]
um_per_px = {c.um_per_px!r}
source = "{c.scale_source}"
count = {c.scale_count}

[glass]
file = "{BACKGROUND_FILE}"  # 16 bit: level of empty glass x {_PER_LEVEL}; red, green, blue one below the other
sha256 = "{digest}"
"""


def parse_calibration(text: str, png: bytes, where: str) -> Calibration:
    """Return the calibration that the contents of the two files describe.

    Args:
        text: The text of `calibration.toml`.
        png: The bytes of `glass.png`.
        where: Names the calibration in errors.

    Raises:
        CalibrationError: A key is missing or wrong, or a file is damaged. The message names it.
    """
    try:
        document = tomllib.loads(text)
    except (ValueError, RecursionError) as error:  # tomllib raises other errors than its own too
        raise _damaged(f"{where}: not valid TOML: {error}; calibrate again") from error
    top = TomlTable(document, where, _damaged)
    if top.number("format", 0, 1_000_000) != FORMAT:
        raise _damaged(f"{where}: format {document['format']} is not {FORMAT}: calibrate again")
    camera, levels, scale, background = map(top.table, ("camera", "levels", "scale", "glass"))
    digest = hashlib.sha256(png).hexdigest()
    if digest != background.text("sha256"):
        raise _damaged(
            f"{where}: {BACKGROUND_FILE} is not the one it was made with: calibrate again"
        )
    made, software = top.text("made"), top.text("software")
    if not re.fullmatch(r"[0-9T:.Z-]{20,30}", made) or not re.fullmatch(r"[\w.+-]{1,40}", software):
        raise _damaged(
            f"{where}: made or software is not as this program writes it: calibrate again"
        )
    source = scale.text("source")
    if source not in SCALE_SOURCES:
        raise _damaged(f"{where}: scale.source must be one of {SCALE_SOURCES}: calibrate again")
    sensor = camera.wholes("sensor", 3, 1, 100_000)
    calibration = Calibration(
        number=top.whole("number", 1, 999_999),
        made=made,
        clock_synced=top.flag("clock_synced"),
        software=software,
        simulated=top.flag("simulated"),
        width=camera.whole("width", 1, 100_000),
        height=camera.whole("height", 1, 100_000),
        sensor=(sensor[0], sensor[1], sensor[2]),
        nominal_um_per_px=camera.number("nominal_um_per_px", 0.001, 10.0),
        controls=CameraControls(
            exposure_us=camera.whole("exposure_us", 1, 10_000_000),
            analogue_gain=camera.number("analogue_gain", 1.0, 64.0),
            red_gain=camera.number("red_gain", 0.1, 32.0),
            blue_gain=camera.number("blue_gain", 0.1, 32.0),
        ),
        dark_level=levels.number("dark", 0.0, 255.0),
        green_level=levels.number("raw_green", 0.0, 1.0),
        um_per_px=scale.number("um_per_px", 0.001, 10.0),
        scale_source=source,
        scale_count=scale.whole("count", 1, 100_000),
        background=_decode_background(png, where),
    )
    # Records name a calibration by the hash of its text, so the text must not have been edited.
    if to_toml(calibration) != text:
        raise _damaged(f"{where}: {TOML_FILE} was changed: calibrate again")
    return calibration


def encode_background(background: BackgroundMap) -> bytes:
    """Return a background map, shape (rows, columns, 3), levels 0..255, as a 16-bit PNG."""
    stacked = np.concatenate(np.moveaxis(background, -1, 0))
    values = np.clip(np.rint(stacked * _PER_LEVEL), 0, 65535).astype(np.uint16)
    file = io.BytesIO()
    Image.fromarray(values).save(file, "PNG")
    return file.getvalue()


def quantize_background(background: BackgroundMap) -> BackgroundMap:
    """Return a background map rounded to the precision of its PNG."""
    return _decode_background(encode_background(background), BACKGROUND_FILE)


def _decode_background(png: bytes, where: str) -> BackgroundMap:
    try:
        with Image.open(io.BytesIO(png), formats=("PNG",)) as image:
            size, mode = image.size, image.mode
            values = np.asarray(image)
    # Its SHA-256 was right, so this happens only if it was written wrong. Pillow can raise almost any error.
    except Exception as error:
        raise _damaged(
            f"{where}: {BACKGROUND_FILE} is no PNG ({error}): calibrate again"
        ) from error
    if size != (BACKGROUND_COLUMNS, 3 * BACKGROUND_ROWS) or not mode.startswith("I"):
        raise _damaged(f"{where}: {BACKGROUND_FILE} is {mode} {size}: calibrate again")
    levels = values.reshape(3, BACKGROUND_ROWS, BACKGROUND_COLUMNS).astype(np.float32) / _PER_LEVEL
    if levels.min() < 1:
        raise _damaged(f"{where}: {BACKGROUND_FILE} has a black background: calibrate again")
    return np.ascontiguousarray(np.moveaxis(levels, 0, -1))


def _flag(value: bool) -> str:
    return "true" if value else "false"
