"""Compares whole calibrations of a simulated microscope with its true values."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
from leukoscope import assembly
from leukoscope.calibration.empty_field import shrink_to_grid
from leukoscope.calibration.record import Calibration
from leukoscope.commands.demo.calibration import calibrate_once
from leukoscope.field import Rgb
from leukoscope.imaging.background import (
    BACKGROUND_LEVEL,
)
from leukoscope.panel.memory_display import MemoryDisplay
from leukoscope.settings.settings import CameraSettings, PartsSettings, Settings, StorageSettings
from leukoscope.simulator.calibration_slides import CLEAN_SLIDE_DEFOCUS_UM
from leukoscope.simulator.hematology import Diagnosis
from leukoscope.simulator.micrometer import MicrometerSlide
from leukoscope.simulator.microscope import EXPOSURE_S
from leukoscope.simulator.optics import (
    NEUTRAL_GAIN,
)
from leukoscope.simulator.smear import SmearSlide
from leukoscope.simulator.stage import Faults, Slide, Stage, View

from tests.measuring.calibration_fields import (
    FIRST_SEED,
    SHAPE,
    UM_PER_PX,
)
from tests.measuring.tables import markdown_table


class CalibrationStage(Stage):
    """A stage with a given shading, and with other slides for each calibration."""

    def __init__(self, seed: int, shading: float, faults: Faults) -> None:
        super().__init__(SmearSlide(Diagnosis.EMPTY, seed))
        self._seed, self._shading = seed, shading
        self.inject(faults)

    @property
    def view(self) -> View:
        """What is under the objective now."""
        return replace(super().view, shading=self._shading)

    def load(self, slide: Slide, defocus_um: float = 0.0) -> None:
        """Put another slide on the stage. A micrometer is turned a little."""
        if isinstance(slide, MicrometerSlide):
            turned = float(np.random.default_rng(self._seed).uniform(-20, 20))
            slide = replace(slide, seed=self._seed, angle_deg=turned)
        elif isinstance(slide, SmearSlide):
            slide = replace(slide, seed=FIRST_SEED + 100 * self._seed + slide.seed)
        super().load(slide, defocus_um)


@dataclass(frozen=True)
class CalibrationOffsets:
    """Errors of a calibration in percent, and levels of a clean field that was captured afterwards."""

    exposure: float
    red: float
    blue: float
    scale: float
    raw_spread: float
    spread: float
    off_white: float


MICROSCOPES = (
    ("as built", 0.15, Faults()),
    ("LED at 80 %, red × 1.1, blue × 0.8", 0.15, Faults(led_level=0.8, led_tint=(1.1, 0.8))),
    ("LED at 50 %, red × 0.9, blue × 1.2", 0.3, Faults(led_level=0.5, led_tint=(0.9, 1.2))),
    ("LED at 30 %, red × 1.2, blue × 0.6", 0.5, Faults(led_level=0.3, led_tint=(1.2, 0.6))),
)


def measure_unevenness(rgb: npt.NDArray[np.generic]) -> float:
    """Return brightest minus darkest of 16 x 12 tiles, in percent of the median, in the worst channel."""
    tiles = shrink_to_grid(rgb.astype(np.uint8), 12, 16).reshape(-1, 3)
    return float((100 * np.ptp(tiles, axis=0) / np.median(tiles, axis=0)).max())


def make_settings(directory: Path, size: tuple[int, int], um_per_px: float) -> Settings:
    """Make the settings of a simulated microscope; size: width and height, px."""
    return Settings(
        parts=PartsSettings(microscope="simulated", panel="simulated"),
        camera=CameraSettings(width=size[0], height=size[1], um_per_px=um_per_px),
        storage=StorageSettings(directory=str(directory)),
    )


def calibrate(
    seed: int, shading: float, faults: Faults, size: tuple[int, int], um_per_px: float
) -> CalibrationOffsets:
    """Calibrate a simulated microscope from DARK to SCALE, and capture a clean field after it."""
    bench = CalibrationStage(seed, shading, faults)
    with tempfile.TemporaryDirectory() as directory:
        settings = make_settings(Path(directory), size, um_per_px)
        calibrate_once(settings, MemoryDisplay(), bench, lambda _: None)
        made = assembly.find_calibration(settings).calibration
        if made is None:
            raise RuntimeError("the calibration was not kept")
        bench.load(SmearSlide(Diagnosis.EMPTY, 50), CLEAN_SLIDE_DEFOCUS_UM)
        microscope = assembly.open_microscope(settings, made, bench)
        field = microscope.capture()
        microscope.close()
    return compare_with_truth(made, faults, um_per_px, field.rgb)


def compare_with_truth(
    made: Calibration, faults: Faults, um_per_px: float, rgb: Rgb
) -> CalibrationOffsets:
    """Compare a calibration, and a field that it corrected, with the microscope's true values."""
    red_tint, blue_tint = faults.led_tint
    controls = made.controls
    middle = np.median(shrink_to_grid(rgb, 12, 16), axis=(0, 1))
    return CalibrationOffsets(
        exposure=100 * (controls.exposure_us * faults.led_level / EXPOSURE_S / 1e6 - 1),
        red=100 * (controls.red_gain * red_tint / NEUTRAL_GAIN - 1),
        blue=100 * (controls.blue_gain * blue_tint / NEUTRAL_GAIN - 1),
        scale=100 * (made.um_per_px / um_per_px - 1),
        raw_spread=measure_unevenness(made.background),
        spread=measure_unevenness(rgb),
        off_white=float(np.abs(middle - BACKGROUND_LEVEL).max()),
    )


def tabulate_calibrations(
    repeats: int = 2, size: tuple[int, int] = SHAPE[::-1], um_per_px: float = UM_PER_PX
) -> str:
    """Tabulate the errors of whole calibrations, and the fields after them, minimum to maximum."""
    rows = []
    for number, (name, shading, faults) in enumerate(MICROSCOPES):
        found = [
            calibrate(10 * number + n, shading, faults, size, um_per_px) for n in range(repeats)
        ]
        columns = [
            [vars(one)[key] for one in found]
            for key in ("exposure", "red", "blue", "scale", "raw_spread", "spread", "off_white")
        ]
        cells = [f"{min(values):.2f} to {max(values):.2f}" for values in columns]
        rows.append((f"{name}, shading {100 * shading:g} %", repeats, *cells))
    head = (
        "microscope",
        "times",
        "exposure off, %",
        "red gain off, %",
        "blue gain off, %",
        "scale off, %",
        "tiles of the raw background, %",
        "tiles of a corrected field, %",
        "background from level 225, levels",
    )
    return markdown_table(head, rows)
