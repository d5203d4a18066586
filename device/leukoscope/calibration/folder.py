"""Keeps calibrations, each in its own folder, which is there whole or not at all. The newest undamaged one is used."""

from __future__ import annotations

import logging
import os
import re
import shutil
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from leukoscope.calibration.record import (
    BACKGROUND_FILE,
    TOML_FILE,
    Calibration,
    encode_background,
    parse_calibration,
    to_toml,
)
from leukoscope.errors import CalibrationError, StoreError
from leukoscope.field import Rgb
from leukoscope.records.disk import numbered_entries, store_error
from leukoscope.records.png import encode_png
from leukoscope.system.durable import fsync_folder, hand_over, write_durably

UNFINISHED = "unfinished"
"""Folder of the calibration that is being made. If it is aborted, its files stay until the next one begins."""

PICTURES_OF = 3
"""The pictures of the steps are kept for so many of the newest calibrations: some 10 MB each."""

_log = logging.getLogger(__name__)

_NAME = re.compile(r"C(\d{4,6})")


@dataclass(frozen=True)
class CameraSetup:
    """The camera setup that a calibration is made for. If any of it changes, the calibration no longer applies.

    Attributes:
        width: Width of a field, px.
        height: Height of a field, px.
        sensor: Width and height in px and bits of the sensor's mode.
        um_per_px: The scale in the settings.
        analogue_gain: The camera's gain.
        simulated: Whether the microscope is simulated.
    """

    width: int
    height: int
    sensor: tuple[int, int, int]
    um_per_px: float
    analogue_gain: float
    simulated: bool

    def __str__(self) -> str:
        sensor = "{} x {} px of {} bit".format(*self.sensor)
        return (
            f"fields of {self.width} x {self.height} px at {self.um_per_px:g} µm/px, "
            f"sensor {sensor}, gain {self.analogue_gain:g}"
        )


def setup_of(calibration: Calibration) -> CameraSetup:
    """Return the camera setup that a calibration was made for."""
    return CameraSetup(
        calibration.width,
        calibration.height,
        calibration.sensor,
        calibration.nominal_um_per_px,
        calibration.controls.analogue_gain,
        calibration.simulated,
    )


@dataclass(frozen=True)
class FoundCalibration:
    """The newest calibration that can be used.

    Attributes:
        calibration: The calibration; None if there is none.
        problems: What is wrong with newer ones, one line each.
    """

    calibration: Calibration | None
    problems: tuple[str, ...]


class CalibrationFolder:
    """The folder of the calibrations.

    Args:
        root: The folder. It is made when the first calibration begins.
    """

    def __init__(self, root: Path) -> None:
        self.root = root

    def newest(self, setup: CameraSetup) -> FoundCalibration:
        """Return the newest calibration that was made for this camera setup, and what is wrong with newer ones."""
        problems: list[str] = []
        try:
            numbers = self._numbers()
        except OSError as error:
            return FoundCalibration(
                None, (f"{self.root}: can't look for calibrations: {error.strerror}",)
            )
        for number in sorted(numbers, reverse=True):
            try:
                calibration = self._read(number)
            except CalibrationError as error:
                problems.append(str(error))
                continue
            made_for = setup_of(calibration)
            if made_for.simulated is not setup.simulated:
                continue
            if made_for != setup:
                problems.append(
                    f"calibration {calibration.name} is for {made_for}, the settings say {setup}: "
                    "calibrate again"
                )
                continue
            return FoundCalibration(calibration, tuple(problems))
        return FoundCalibration(None, tuple(problems))

    def begin(self) -> None:
        """Make an empty folder for a new calibration.

        Raises:
            StoreError: The folder can't be made.
        """
        try:
            shutil.rmtree(self._unfinished, ignore_errors=True)
            self.root.mkdir(parents=True, exist_ok=True)
            hand_over(self.root, self.root.parent)
            self._unfinished.mkdir()
            hand_over(self._unfinished, self.root.parent)
        except OSError as error:
            raise _store_error("make", self._unfinished, error) from error

    def keep_picture(self, name: str, rgb: Rgb, *, simulated: bool) -> None:
        """Keep the picture of a step beside the new calibration, as `name`.png or `name`-SIMULATED.png.

        Raises:
            StoreError: The picture can't be written.
        """
        png = encode_png(Image.fromarray(rgb), {}, simulated=simulated)
        self._write(f"{name}{'-SIMULATED' if simulated else ''}.png", png)

    def next_number(self) -> int:
        """Return the number of the next calibration: one above the highest that is kept.

        Raises:
            StoreError: The folder can't be read.
        """
        try:
            return max(self._numbers(), default=0) + 1
        except OSError as error:
            raise _store_error("number", self.root, error) from error

    def finish(self, calibration: Calibration) -> None:
        """Keep the calibration. It is the newest one when this returns.

        Of older calibrations the pictures of the steps are then removed, except for the newest few.

        Raises:
            StoreError: It was not kept. The old one is still used.
        """
        self._write(BACKGROUND_FILE, encode_background(calibration.background))
        self._write(TOML_FILE, to_toml(calibration).encode())
        try:
            os.rename(self._unfinished, self.root / calibration.name)  # noqa: PTH104  # atomic
        except OSError as error:
            raise _store_error("keep", self.root / calibration.name, error) from error
        try:
            fsync_folder(self.root)
            self._remove_old_pictures()
        except OSError as error:  # it is kept, unless the power fails at this moment
            _log.warning("%s: %s", self.root, error)

    def _remove_old_pictures(self) -> None:
        for number in sorted(self._numbers())[:-PICTURES_OF]:
            for picture in (self.root / f"C{number:04d}").glob("*.png"):
                if picture.name != BACKGROUND_FILE:
                    picture.unlink()

    @property
    def _unfinished(self) -> Path:
        return self.root / UNFINISHED

    def _write(self, name: str, data: bytes) -> None:
        path = self._unfinished / name
        try:
            write_durably(path, data)
            hand_over(path, self.root.parent)
        except OSError as error:
            raise _store_error("write", path, error) from error

    def _numbers(self) -> list[int]:
        return [number for number, _ in numbered_entries(self.root, _NAME)]

    def _read(self, number: int) -> Calibration:
        folder = self.root / f"C{number:04d}"
        try:
            text = (folder / TOML_FILE).read_text(encoding="utf-8")
            png = (folder / BACKGROUND_FILE).read_bytes()
        except (OSError, UnicodeDecodeError) as error:
            raise CalibrationError(
                f"calibration {folder}: can't be read ({error}): calibrate again",
                "CALIBRATION",
                "damaged: calibrate",
            ) from error
        calibration = parse_calibration(text, png, str(folder))
        if calibration.number != number:
            raise CalibrationError(
                f"calibration {folder}: its file is of {calibration.name}: calibrate again",
                "CALIBRATION",
                "damaged: calibrate",
            )
        return calibration


def _store_error(action: str, path: Path, error: OSError) -> StoreError:
    return store_error(f"{action} the calibration (the old one stays)", path, error)
