"""The settings, in one TOML file. Every key has a default, a meaning, a unit and a range; unknown keys are refused.

Each section is a frozen dataclass. The file is checked against the ranges, and `leukoscope settings` prints meanings,
units and ranges.
"""

from __future__ import annotations

import dataclasses
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from leukoscope.errors import SettingsError

SETTINGS_FILE = Path("/etc/leukoscope/leukoscope.toml")
"""The file that is read when no other is named. If it does not exist, the defaults hold."""

DEFAULT_BUNDLE = Path(__file__).absolute().parents[3] / "models" / "cell-reader"
"""The bundle beside the package, in a checkout and in the same layout below /opt/leukoscope. /opt/leukoscope is a link.
It is not followed, so that a path in a settings file is still right after an upgrade."""


def key(
    default: Any,
    meaning: str,
    *,
    unit: str = "",
    low: float | None = None,
    high: float | None = None,
    choices: tuple[Any, ...] = (),
    hexadecimal: bool = False,
) -> Any:
    """Return the dataclass field of one setting.

    Args:
        default: Its default.
        meaning: What it is, in a few words.
        unit: Its unit.
        low: Least value of a number.
        high: Largest value of a number.
        choices: The values allowed for a text, if only some are.
        hexadecimal: Whether it is printed as 0x3C, not 60.
    """
    about = {"meaning": meaning, "unit": unit, "low": low, "high": high, "choices": choices}
    about["hexadecimal"] = hexadecimal
    return dataclasses.field(default=default, metadata=about)


@dataclass(frozen=True)
class PartsSettings:
    """Which parts are real."""

    microscope: str = key("real", "light and camera", choices=("real", "simulated"))
    panel: str = key("real", "button and OLED", choices=("real", "simulated"))


@dataclass(frozen=True)
class LightSettings:
    """The white LED."""

    pin: int = key(17, "GPIO line of the MOSFET's gate", unit="(BCM)", low=4, high=27)


@dataclass(frozen=True)
class CameraSettings:
    """The camera and its exposure. All automatic functions of the camera are off."""

    width: int = key(1014, "width of a captured field", unit="px", low=320, high=4056)
    height: int = key(760, "height of a captured field", unit="px", low=240, high=3040)
    # The mode with the sensor's whole view. For the HQ camera (IMX477) that is the 2x2 binned mode; others crop.
    sensor_width: int = key(2028, "width of the sensor's mode", unit="px", low=320, high=9248)
    sensor_height: int = key(1520, "height of the sensor's mode", unit="px", low=240, high=6944)
    sensor_bits: int = key(12, "bits of the sensor's mode", unit="bit", low=8, high=16)
    frames: int = key(4, "frames of a field: their mean, or the sharpest", low=1, high=16)
    # A calibration's values take precedence over the following.
    um_per_px: float = key(
        0.155, "scale of a captured field on the slide", unit="µm/px", low=0.01, high=1.0
    )
    exposure_us: int = key(8000, "exposure time", unit="µs", low=100, high=200_000)
    analogue_gain: float = key(1.0, "gain before the converter", unit="×", low=1.0, high=16.0)
    red_gain: float = key(2.0, "white balance of red", unit="×", low=0.1, high=8.0)
    blue_gain: float = key(2.0, "white balance of blue", unit="×", low=0.1, high=8.0)
    # For each frame. systemd restarts the appliance after WatchdogSec=30, so a field's frames must fit into that.
    timeout_s: float = key(5.0, "longest wait for a frame", unit="s", low=0.5, high=10.0)


@dataclass(frozen=True)
class ButtonSettings:
    """The one button."""

    pin: int = key(27, "GPIO line, button to ground", unit="(BCM)", low=4, high=27)
    debounce_ms: int = key(30, "shortest press", unit="ms", low=1, high=500)


@dataclass(frozen=True)
class PanelSettings:
    """The OLED."""

    driver: str = key("ssd1306", "the OLED's controller", choices=("ssd1306", "sh1106"))
    i2c_bus: int = key(1, "number of /dev/i2c-N", low=0, high=20)
    address: int = key(0x3C, "I2C address", low=0x3C, high=0x3D, hexadecimal=True)
    mirror: str = key("/run/leukoscope", "folder of the panel's picture, for leukoscope watch")
    remote_button: bool = key(
        False, "root and the group leukoscope may press the button by leukoscope watch"
    )


@dataclass(frozen=True)
class ModelSettings:
    """The model that reads a field."""

    bundle: str = key(str(DEFAULT_BUNDLE), "folder of model.tflite and card.toml")
    threads: int = key(2, "threads of the interpreter", low=1, high=8)


@dataclass(frozen=True)
class StorageSettings:
    """Where records are kept."""

    directory: str = key("/var/lib/leukoscope", "the state directory; nothing else is written")
    min_free_mb: int = key(
        200, "below it the oldest pictures are removed", unit="MB", low=1, high=100_000
    )


@dataclass(frozen=True)
class TimingSettings:
    """How long the device waits before it sleeps, and how long a message stays."""

    sleep_after_s: float = key(
        300.0, "untouched for so long: light and panel off", unit="s", low=1.0, high=86_400.0
    )
    message_s: float = key(3.0, "how long a refusal stays", unit="s", low=0.0, high=60.0)


@dataclass(frozen=True)
class Settings:
    """All settings, one section each."""

    parts: PartsSettings = PartsSettings()
    light: LightSettings = LightSettings()
    camera: CameraSettings = CameraSettings()
    button: ButtonSettings = ButtonSettings()
    panel: PanelSettings = PanelSettings()
    model: ModelSettings = ModelSettings()
    storage: StorageSettings = StorageSettings()
    timing: TimingSettings = TimingSettings()


def load_settings(path: Path | None = None) -> Settings:
    """Load the settings.

    Args:
        path: The file. None: `SETTINGS_FILE`, or the defaults if that does not exist.

    Raises:
        SettingsError: The file can't be read, or a line is wrong. The message names the line.
    """
    if path is None:
        try:
            return load_settings(SETTINGS_FILE)
        except SettingsError as error:
            if isinstance(error.__cause__, FileNotFoundError):
                return Settings()
            raise
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise SettingsError(f"settings {path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise SettingsError(f"settings {path}: not UTF-8 text: {error}") from error
    return parse_settings(text, str(path))


def parse_settings(text: str, where: str) -> Settings:
    """Check settings and return them.

    Args:
        text: The settings in TOML.
        where: Name of the file in error messages.

    Raises:
        SettingsError: A line is wrong. The message names the line.
    """
    try:
        document = tomllib.loads(text)
    except (
        ValueError,
        RecursionError,
    ) as error:  # tomllib also lets errors of int() and of Python through
        raise SettingsError(f"{where}: not valid TOML: {error}") from error
    sections = {field.name: field.default for field in dataclasses.fields(Settings)}
    values: dict[str, Any] = {}
    for name, table in document.items():
        at = f"{where}, line {_line_of(text, name, None)}"
        if name not in sections:
            raise SettingsError(f"{at}: unknown section [{name}]; known: {', '.join(sections)}")
        if not isinstance(table, Mapping):
            raise SettingsError(f"{at}: [{name}] must be one section of keys")
        values[name] = _check_section(sections[name], name, table, text, where)
    return Settings(**values)


def _check_section(default: Any, name: str, table: Mapping[str, Any], text: str, where: str) -> Any:
    fields = {field.name: field for field in dataclasses.fields(default)}
    for setting, value in table.items():
        at = f"{where}, line {_line_of(text, name, setting)}: {name}.{setting}"
        if setting not in fields:
            raise SettingsError(f"{at} is unknown; known: {', '.join(fields)}")
        expected = _find_problem(fields[setting], value)
        if expected:
            raise SettingsError(f"{at} must be {expected}, not {_shorten(fields[setting], value)}")
    numbers = {k: float(v) if isinstance(fields[k].default, float) else v for k, v in table.items()}
    return dataclasses.replace(default, **numbers)


def _shorten(field: dataclasses.Field[Any], value: Any) -> str:
    """Return the value for an error message, shortened."""
    try:
        text = number_text(field, value) if type(value) is int else repr(value)
    except ValueError:  # Python does not print integers of more than 4300 digits
        return "a number of thousands of digits"
    return text if len(text) <= 60 else f"{text[:59]}…"


def _find_problem(field: dataclasses.Field[Any], value: Any) -> str:
    """Return what the value should be, or '' if it is right."""
    about, default = field.metadata, field.default
    if isinstance(default, bool):
        return "" if isinstance(value, bool) else "true or false"
    if isinstance(default, str):
        if about["choices"]:
            return "" if value in about["choices"] else "one of " + ", ".join(about["choices"])
        return "" if isinstance(value, str) and value and "\0" not in value else "text"
    kinds = int if isinstance(default, int) else int | float
    low, high, unit = about["low"], about["high"], about["unit"]
    noun = "a whole number" if isinstance(default, int) else "a number"
    good = isinstance(value, kinds) and not isinstance(value, bool)
    if good and low <= value <= high:
        return ""
    return f"{noun} from {limits_text(field)}{' ' + unit if unit else ''}"


def _line_of(text: str, section: str, setting: str | None) -> int:
    """Guess the line (from 1) of a setting, or of its section; good enough for an error message."""
    here = 0
    inside = False
    for number, line in enumerate(text.split("\n"), 1):
        header = re.match(r"\s*\[+\s*[\"']?([^\]\"'.]+)", line)
        if header:
            inside = header[1].strip() == section
            if inside and not here:
                here = number
        dotted = re.match(rf"\s*[\"']?{re.escape(section)}[\"']?\s*[.=]", line)
        if dotted and not here:
            here = number
        if setting is None:
            continue
        name = re.escape(setting)
        if inside and re.match(rf"\s*[\"']?{name}[\"']?\s*[.=]", line):
            return number
        if dotted and re.search(rf"[\"']?{name}[\"']?\s*=", line):
            return number
    return here or 1


def limits_text(field: dataclasses.Field[Any]) -> str:
    """Return the range of a setting that is a number: '0x3C to 0x3D'."""
    return " to ".join(number_text(field, field.metadata[limit]) for limit in ("low", "high"))


def number_text(field: dataclasses.Field[Any], value: Any) -> str:
    """Return a value or limit of a setting that is a number, as it is written in TOML."""
    if not field.metadata["hexadecimal"]:
        return repr(value)
    return f"{'-' if value < 0 else ''}0x{abs(value):X}"
