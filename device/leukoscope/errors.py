"""Every error the device raises: one root, each also a child of the builtin a caller would expect.

A message says what is wrong, where, and what to do. Errors that stop the instrument carry a
`Fault`: the number and the one line of advice that the panel, the log and docs/panel.md share.
"""

from __future__ import annotations

import enum


class Fault(enum.Enum):
    """A fault the panel can name: number, title (14 characters), advice (2 x 21)."""

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
        """The number as it is shown everywhere, e.g. 'E01'."""
        return f"E{self.number:02d}"

    @property
    def line(self) -> str:
        """Number, title and advice in one line, e.g. 'E02 LIGHT: LED dead or slide too dark: check LED'."""
        return f"{self.code} {self.title}: {self.advice} {self.advice_more}"


class LeukoscopeError(Exception):
    """Root of all errors raised by the device package."""

    fault: Fault = Fault.INTERNAL


class SettingsError(LeukoscopeError, ValueError):
    """A settings file has an unknown key or a bad value; the message names file, line and key."""


class CameraError(LeukoscopeError, OSError):
    """The camera is absent or broken."""

    fault = Fault.CAMERA


class CameraTimeoutError(CameraError, TimeoutError):
    """The camera did not answer in time (loose cable, hung driver)."""


class LightError(LeukoscopeError, OSError):
    """The light can't be driven, or lighting it changes nothing in the picture."""

    fault = Fault.LIGHT


class ButtonError(LeukoscopeError, OSError):
    """The button's GPIO line can't be opened."""

    fault = Fault.BUTTON


class DisplayError(LeukoscopeError, OSError):
    """The OLED's library is missing, or its mirrored picture can't be read.

    An OLED that does not answer raises nothing.
    """


class CalibrationError(LeukoscopeError, ValueError):
    """A calibration step can't be done, or a calibration file can't be used; the message says what to do.

    problem: at most 14 characters, shown large on the panel. advice: at most 21 characters.
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
    """An image is not a readable field (shape, type, size or scale)."""


class ImageFileError(FieldError, OSError):
    """An image file can't be read as a field; the message says why and what to do."""


class StoreError(LeukoscopeError, OSError):
    """Records can't be written or read."""

    fault = Fault.STORAGE


class DiskFullError(StoreError):
    """No room for a record, even after the oldest pictures have gone."""


class UnknownSlideError(LeukoscopeError, LookupError):
    """No slide of that number is in the store."""
