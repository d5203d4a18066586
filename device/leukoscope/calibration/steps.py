"""The steps of a calibration: what each asks of the person, and what it measures."""

from __future__ import annotations

import enum
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from leukoscope import __version__
from leukoscope.calibration.empty_field import background_map, check_empty
from leukoscope.calibration.exposure import find_exposure, green_level
from leukoscope.calibration.folder import CalibrationFolder, CameraSetup
from leukoscope.calibration.micrometer import find_pitch
from leukoscope.calibration.record import Calibration, quantize_background
from leukoscope.calibration.white_balance import Gains, is_neutral, next_gains
from leukoscope.errors import CalibrationError
from leukoscope.field import Field, Rgb
from leukoscope.imaging.flat_field import flatten
from leukoscope.microscope.burst import merge
from leukoscope.microscope.interfaces import Camera, CameraControls, Light
from leukoscope.reading.gates import GATES_UM_PER_PX, live_gates
from leukoscope.reading.red_cells import DIAMETER_UM, median_red_cell_px
from leukoscope.system.systemd import notify

EMPTY_FIELDS = 5
"""Number of empty fields for the background. Their median ignores dust in two of them."""

MAX_DARK_LEVEL = 30.0
"""Highest level with the LED off, of 255. It is 1.3 % of the light, which shifts an optical density of 1 by 0.05."""

SHORTEST_US, LONGEST_US = 100, 200_000
"""Shortest and longest exposure that are tried. This is the range of the setting."""

BALANCING_ROUNDS = 8
"""Number of frames in which the white balance must settle. Two are usually enough, because gains act at once."""

MICROMETER_UM = 10.0
"""Distance from line to line of a stage micrometer: 1 mm in 100 parts."""

MAX_SCALE_FACTOR = 1.6
"""Largest factor between the measured scale and that of the settings. With a micrometer of 5 or 20 µm, or a 20x or 100x
objective, the factor would be 2 or more."""

MAX_LEVEL_CHANGE = 0.08
"""Largest change of raw green since the exposure was found, as a share."""


class Step(enum.Enum):
    """What a person does in each step: a title of at most 14 characters, and two lines of at most 21.

    CHECK is used when a calibration is checked, not when one is made.
    """

    DARK = ("DARK", "LED goes off: keep", "room light away")
    EXPOSURE = ("EXPOSURE", "Clean glass on the", "stage, out of focus")
    WHITE = ("WHITE", "The same clean glass,", "as it is")
    GLASS = ("GLASS", "Move to another clean", "place, out of focus")
    SCALE = ("SCALE", "Micrometer or smear:", "focus until bar long")
    CHECK = ("CHECK", "Clean glass, another", "place, out of focus")

    def __init__(self, title: str, line1: str, line2: str) -> None:
        self.title, self.line1, self.line2 = title, line1, line2


STEPS = (Step.DARK, Step.EXPOSURE, Step.WHITE, *[Step.GLASS] * EMPTY_FIELDS, Step.SCALE)


class Calibrator:
    """Takes the steps, one per call. A step that fails can be taken again.

    Args:
        light: The LED.
        camera: Opened with `controls`.
        controls: The gain, and the colour gains to begin with.
        folder: Keeps each picture at once, and the calibration at the end.
        setup: What the calibration is made for.
        frames: Number of frames of a burst.

    Raises:
        StoreError: The folder of the new calibration can't be made.
    """

    def __init__(
        self,
        light: Light,
        camera: Camera,
        controls: CameraControls,
        folder: CalibrationFolder,
        setup: CameraSetup,
        *,
        frames: int,
    ) -> None:
        self._light, self._camera, self._controls = light, camera, controls
        self._folder, self._setup, self._frames = folder, setup, frames
        self._done = 0
        self._dark_level = self._green_level = 0.0
        self._fields: list[Rgb] = []
        self._um_per_px, self._scale_source, self._scale_count = 0.0, "", 0
        folder.begin()

    @property
    def step(self) -> Step | None:
        """The step that `take` takes next; None if all are done."""
        return STEPS[self._done] if self._done < len(STEPS) else None

    @property
    def done(self) -> int:
        """Number of steps done, of len(STEPS)."""
        return self._done

    def take(self) -> str:
        """Take the next step, keep its picture, and return the result in one line.

        Raises:
            CalibrationError: The step failed. It, or the step named in the message, is next again.
            LightError, CameraError, CameraTimeoutError: A part failed.
            StoreError: The picture can't be kept.
            ValueError: All steps are done.
        """
        steps: dict[Step, Callable[[], str]] = {
            Step.DARK: self._dark,
            Step.EXPOSURE: self._exposure,
            Step.WHITE: self._white,
            Step.GLASS: self._glass,
            Step.SCALE: self._scale,
        }
        if self.step is None:
            raise ValueError("all steps of the calibration are done")
        said = steps[self.step]()
        self._done += 1
        return said

    def keep(self, made: str, *, clock_synced: bool) -> Calibration:
        """Keep the calibration. It is used from now on.

        Args:
            made: Wall time, ISO 8601 in UTC.
            clock_synced: Whether the clock is set.

        Raises:
            StoreError: It was not kept. The old one stays.
            ValueError: A step is missing.
        """
        if self.step is not None:
            raise ValueError(f"the calibration lacks its step {self.step.title}")
        calibration = Calibration(
            number=self._folder.next_number(),
            made=made,
            clock_synced=clock_synced,
            software=__version__,
            simulated=self._setup.simulated,
            width=self._setup.width,
            height=self._setup.height,
            sensor=self._setup.sensor,
            nominal_um_per_px=self._setup.um_per_px,
            controls=self._controls,
            dark_level=round(self._dark_level, 2),
            green_level=round(self._green_level, 4),
            um_per_px=round(self._um_per_px, 5),
            scale_source=self._scale_source,
            scale_count=self._scale_count,
            background=quantize_background(background_map(self._fields)),
        )
        self._folder.finish(calibration)
        return calibration

    def _dark(self) -> str:
        self._check_dark()
        return f"dark: level {self._dark_level:.1f} of 255"

    def _check_dark(self) -> None:
        """Check that little other light comes in at the present exposure. The LED is switched off."""
        self._light.off()
        field = self._capture("dark")
        self._dark_level = float(field.rgb.mean())
        if self._dark_level > MAX_DARK_LEVEL:
            raise CalibrationError(
                f"with the LED off the picture is at level {self._dark_level:.0f} of 255, over "
                f"{MAX_DARK_LEVEL:.0f}: keep room light off the stage",
                "STRAY LIGHT",
                "shade the stage",
            )

    def _exposure(self) -> str:
        self._light.on()
        found = find_exposure(self._raw_green, SHORTEST_US, LONGEST_US)
        self._control(exposure_us=found.exposure_us)
        self._green_level = found.level
        self._capture("exposure")
        self._check_dark()
        return f"exposure: {found.exposure_us} µs, raw green at {found.level:.0%} of its range"

    def _check_level(self) -> None:
        """Check that clean glass is as bright as when the exposure was found. If not, EXPOSURE is next again."""
        level = green_level(self._camera.raw_green())
        if abs(level / self._green_level - 1) <= MAX_LEVEL_CHANGE:
            return
        self._done = STEPS.index(Step.EXPOSURE)
        raise CalibrationError(
            f"clean glass is at {level:.0%} of the sensor's range, but was at {self._green_level:.0%} "
            "when the exposure was found: that glass was not clean, or the light has changed; take the "
            "step EXPOSURE again",
            "EXPOSURE OFF",
            "clean glass, again",
        )

    def _raw_green(self, exposure_us: int) -> npt.NDArray[np.float32]:
        notify("WATCHDOG=1")
        self._control(exposure_us=exposure_us)
        return self._camera.raw_green()

    def _white(self) -> str:
        self._light.on()
        try:
            said = self._balance()
        except CalibrationError as error:
            if error.problem != "CELLS SEEN":
                self._check_level()  # a wrong level may be the cause, and is then the better message
            raise
        self._check_level()
        return said

    def _balance(self) -> str:
        field = self._capture("white")
        for _ in range(BALANCING_ROUNDS):
            if is_neutral(field.rgb):
                check_empty(field.rgb, field.um_per_px)
                red, blue = self._controls.red_gain, self._controls.blue_gain
                return f"white balance: red × {red:.2f}, blue × {blue:.2f}"
            gains = next_gains(field.rgb, Gains(self._controls.red_gain, self._controls.blue_gain))
            self._control(red_gain=round(gains.red, 4), blue_gain=round(gains.blue, 4))
            field = self._capture("white")
        raise CalibrationError(
            f"the colour of empty glass does not settle in {BALANCING_ROUNDS} frames: keep room "
            "light off the stage and the LED steady",
            "UNSTEADY",
            "keep the light steady",
        )

    def _glass(self) -> str:
        self._light.on()
        number = len(self._fields) + 1
        field = self._capture(f"glass-{number}")
        check_empty(field.rgb, field.um_per_px)
        self._fields.append(field.rgb)
        return f"empty glass: {number} of {EMPTY_FIELDS}"

    def _scale(self) -> str:
        self._light.on()
        field = self._capture("scale")
        rgb = flatten(field.rgb, background_map(self._fields))
        try:
            ruling = find_pitch(rgb)
        except CalibrationError as no_ruling:
            um_per_px, count = self._scale_of_red_cells(replace(field, rgb=rgb), no_ruling)
            source, what = "red cells", f"{count} red cells of {DIAMETER_UM} µm: an estimate"
        else:
            um_per_px, count = MICROMETER_UM / ruling.pitch_px, ruling.lines
            source, what = "micrometer", f"a micrometer's {count} lines"
        nominal = field.um_per_px
        if not 1 / MAX_SCALE_FACTOR <= um_per_px / nominal <= MAX_SCALE_FACTOR:
            raise CalibrationError(
                f"the measured scale is {um_per_px:.4f} µm per pixel, the settings say {nominal:g}: "
                f"use a micrometer of {MICROMETER_UM:g} µm from line to line, or set "
                "[camera] um_per_px to what the objective gives",
                "ODD SCALE",
                "see log: micrometer?",
            )
        self._um_per_px, self._scale_source, self._scale_count = um_per_px, source, count
        return f"scale: {um_per_px:.4f} µm/px by {what}"

    def _scale_of_red_cells(self, field: Field, no_ruling: CalibrationError) -> tuple[float, int]:
        *_, focus = live_gates(field, GATES_UM_PER_PX)
        if not focus.passed:
            raise CalibrationError(
                "neither a micrometer's lines nor anything else is in focus: turn the focus wheel "
                "until the bar is longest",
                focus.problem,
                focus.advice,
            ) from no_ruling
        try:
            cells = median_red_cell_px([field.rgb], field.um_per_px)
        except CalibrationError as no_cells:
            raise CalibrationError(
                f"no scale: {no_ruling}; and {no_cells}", "NO SCALE", "micrometer or smear"
            ) from no_cells
        return DIAMETER_UM / cells.diameter_px, cells.count

    def _capture(self, name: str) -> Field:
        """Capture an uncorrected field, and keep its picture."""
        notify("WATCHDOG=1")
        field = merge(self._camera.capture(self._frames))
        self._folder.keep_picture(name, field.rgb, simulated=self._setup.simulated)
        return field

    def _control(self, **changed: float) -> None:
        self._controls = replace(self._controls, **changed)  # type: ignore[arg-type]
        self._camera.control(self._controls)
