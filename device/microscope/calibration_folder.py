"""Where calibrations are kept: one folder each, whole or not at all; the newest good one counts."""

from __future__ import annotations

import io
import os
import re
import shutil
from dataclasses import dataclass
from pathlib import Path

from PIL import Image
from PIL.PngImagePlugin import PngInfo

from device.durable import fsync_folder, write_durably
from device.errors import CalibrationError, StoreError
from device.field import Rgb
from device.microscope.calibration import (
    GLASS_FILE,
    TOML_FILE,
    Calibration,
    glass_png,
    parse_calibration,
    to_toml,
)
from device.reading.results import NOTICE

UNFINISHED = "unfinished"
"""The folder of one in the making. What an aborted one leaves stays to be looked at, until the next."""

_NAME = re.compile(r"C(\d{4,6})")


@dataclass(frozen=True)
class Found:
    """The newest good calibration, if any, and what is wrong with newer ones, a line each."""

    calibration: Calibration | None
    problems: tuple[str, ...]


class CalibrationFolder:
    """The calibrations below the state directory. root: made when first written to."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def newest(self, *, width: int, height: int, simulated: bool) -> Found:
        """The newest that can be used for fields of this size, on a real or a simulated microscope."""
        problems: list[str] = []
        for number in sorted(self._numbers(), reverse=True):
            try:
                calibration = self._read(number)
            except CalibrationError as error:
                problems.append(str(error))
                continue
            if calibration.simulated is not simulated:
                continue
            if (calibration.width, calibration.height) != (width, height):
                problems.append(
                    f"calibration {calibration.name} is for fields of {calibration.width} x "
                    f"{calibration.height} px, the settings say {width} x {height}: calibrate again"
                )
                continue
            return Found(calibration, tuple(problems))
        return Found(None, tuple(problems))

    def begin(self) -> None:
        """Make an empty folder for a new one. Raises StoreError."""
        try:
            shutil.rmtree(self._unfinished, ignore_errors=True)
            self.root.mkdir(parents=True, exist_ok=True)
            self._hand_over(self.root)
            self._unfinished.mkdir()
            self._hand_over(self._unfinished)
        except OSError as error:
            raise _cannot("make", self._unfinished, error) from error

    def keep_picture(self, name: str, rgb: Rgb, *, simulated: bool) -> None:
        """Keep the picture of a step as `name`.png beside the new calibration. Raises StoreError."""
        info = PngInfo()
        info.add_text("Comment", NOTICE + (" SIMULATED" if simulated else ""))
        file = io.BytesIO()
        Image.fromarray(rgb).save(file, "PNG", pnginfo=info, compress_level=1)
        self._write(f"{name}.png", file.getvalue())

    def next_number(self) -> int:
        """The number of the next one: above every one that was ever kept here."""
        return max(self._numbers(), default=0) + 1

    def finish(self, calibration: Calibration) -> None:
        """Keep it: it counts from the moment that this returns. Raises StoreError, and then it does not."""
        self._write(GLASS_FILE, glass_png(calibration.glass))
        self._write(TOML_FILE, to_toml(calibration).encode())
        try:
            os.rename(self._unfinished, self.root / calibration.name)  # noqa: PTH104  # atomic
            fsync_folder(self.root)
        except OSError as error:
            raise _cannot("keep", self.root / calibration.name, error) from error

    @property
    def _unfinished(self) -> Path:
        return self.root / UNFINISHED

    def _write(self, name: str, data: bytes) -> None:
        path = self._unfinished / name
        try:
            write_durably(path, data, path.with_suffix(".part"))
            self._hand_over(path)
        except OSError as error:
            raise _cannot("write", path, error) from error

    def _hand_over(self, path: Path) -> None:
        """To the owner of the state directory, when root calibrates: the appliance must be able to go on here."""
        if os.geteuid() == 0:
            owner = self.root.parent.stat()
            os.chown(path, owner.st_uid, owner.st_gid)

    def _numbers(self) -> list[int]:
        try:
            names = [entry.name for entry in os.scandir(self.root)]
        except OSError:  # none was made yet, or nobody may look: then there is none
            return []
        return [int(match[1]) for name in names if (match := _NAME.fullmatch(name))]

    def _read(self, number: int) -> Calibration:
        folder = self.root / f"C{number:04d}"
        try:
            text = (folder / TOML_FILE).read_text(encoding="utf-8")
            png = (folder / GLASS_FILE).read_bytes()
        except (OSError, UnicodeDecodeError) as error:
            raise CalibrationError(
                f"calibration {folder}: can't be read ({error}): calibrate again",
                "CALIBRATION",
                "damaged: make anew",
            ) from error
        calibration = parse_calibration(text, png, str(folder))
        if calibration.number != number:
            raise CalibrationError(
                f"calibration {folder}: says that it is {calibration.name}: calibrate again",
                "CALIBRATION",
                "damaged: make anew",
            )
        return calibration


def _cannot(action: str, path: Path, error: OSError) -> StoreError:
    return StoreError(
        f"{path}: can't {action} the calibration: {error.strerror or error}; the old one stays: "
        "check the disk and its permissions"
    )
