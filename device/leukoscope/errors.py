"""The errors that the device raises, and the faults that the panel names.

Every error is a `LeukoscopeError`. Most also inherit the matching built-in error: a `CameraError` is an `OSError`.
A message says what is wrong, where, and what to do. Each error has a `Fault`: the number and the advice that the
panel, the log and docs/panel.md share. Two errors are elsewhere: `QcError` in qc/errors.py, and `UsageError`, which
is no `LeukoscopeError`, in commands/arguments.py.
"""

from __future__ import annotations

import enum


class Fault(enum.Enum):
    """A fault that the panel can name.

    Each has a number, a title of at most 14 characters, and two lines of advice of at most 21 characters.
    """

    CAMERA = (1, "CAMERA", "Check the camera", "cable, then restart")
    LIGHT = (2, "LIGHT", "LED dead or slide", "too dark: check LED")
    MODEL = (3, "MODEL", "Model missing or", "changed: reinstall")
    STORAGE = (4, "STORAGE", "Disk full or broken:", "export, free space")
    BUTTON = (5, "BUTTON", "GPIO line busy or", "wrong: see settings")
    INTERNAL = (6, "INTERNAL", "Restart; if again,", "look into its log")

    def __init__(self, number: int, title: str, advice: str, advice_more: str) -> None:
        self.number = number
        self.title = title
        self.advice = advice
        self.advice_more = advice_more

    @property
    def code(self) -> str:
        """The number as it is shown everywhere, such as 'E01'."""
        return f"E{self.number:02d}"

    @property
    def line(self) -> str:
        """Number, title and advice in one line, such as 'E02 LIGHT: LED dead or slide too dark: check LED'."""
        return f"{self.code} {self.title}: {self.advice} {self.advice_more}"


class LeukoscopeError(Exception):
    """Root of the device's errors."""

    fault: Fault = Fault.INTERNAL


class SettingsError(LeukoscopeError, ValueError):
    """A settings file has an unknown key or a bad value. The message names file, line and key."""


class CameraError(LeukoscopeError, OSError):
    """The camera is absent or broken."""

    fault = Fault.CAMERA


class CameraTimeoutError(CameraError, TimeoutError):
    """The camera did not answer in time. Its cable may be loose, or its driver hangs."""


class LightError(LeukoscopeError, OSError):
    """The light can't be switched, or switching it on changes nothing in the picture."""

    fault = Fault.LIGHT


class ButtonError(LeukoscopeError, OSError):
    """The button's GPIO line can't be opened."""

    fault = Fault.BUTTON


class DisplayError(LeukoscopeError, OSError):
    """The OLED's library is missing, or its mirrored picture can't be read.

    An OLED that does not answer raises no error: the device works without it.
    """


class CalibrationError(LeukoscopeError, ValueError):
    """A calibration step failed, or a calibration file can't be used. The message says what to do.

    Attributes:
        problem: At most 14 characters, shown large on the panel.
        advice: At most 21 characters, shown below it.
    """

    def __init__(self, message: str, problem: str, advice: str) -> None:
        super().__init__(message)
        self.problem = problem
        self.advice = advice


class BundleError(LeukoscopeError, ValueError):
    """A model bundle is missing, incomplete, or does not match its card."""

    fault = Fault.MODEL


class RuntimeMissingError(LeukoscopeError, ImportError):
    """Neither ai-edge-litert nor tflite-runtime is installed."""

    fault = Fault.MODEL


class FieldError(LeukoscopeError, ValueError):
    """An image can't be read as a field: its shape, type, size or scale is wrong."""


class ImageFileError(FieldError, OSError):
    """An image file can't be read as a field. The message says why and what to do."""


class StoreError(LeukoscopeError, OSError):
    """Records can't be written or read."""

    fault = Fault.STORAGE


class DiskFullError(StoreError):
    """There is no room for a record, even after the oldest pictures were removed."""


class UnknownSlideError(LeukoscopeError, LookupError):
    """No slide in the store has that number."""
