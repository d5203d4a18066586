"""`leukoscope selftest`: records, camera, light, calibration, model and button, opened and tried once.

Not the OLED: it shows what it can by itself, and the running appliance says on it what is wrong.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from leukoscope import assembly
from leukoscope.errors import LeukoscopeError
from leukoscope.microscope.microscope import Microscope
from leukoscope.records.reader import RecordReader
from leukoscope.settings.settings import Settings


@dataclass(frozen=True)
class PartTest:
    """A part, and what was found; fault: its number, "" when it is well."""

    part: str
    found: str
    fault: str

    def __str__(self) -> str:
        return f"{self.part:<12}{self.fault or 'ok':<4} {self.found}"


def selftest(settings: Settings) -> Iterator[PartTest]:
    """Try one part after the other; one that fails does not keep the next from being tried.

    The appliance must not run: it has the camera, the button and the records.
    """
    yield _tried("records", lambda: _records(settings))
    with _microscope(settings) as microscope:
        yield _tried("camera", lambda: _camera(microscope()))
        yield _tried("light", lambda: _light(microscope()))
    yield _tried("calibration", lambda: _calibration(settings))
    yield _tried("model", lambda: _model(settings))
    yield _tried("button", lambda: _button(settings))


def _tried(part: str, trial: Callable[[], str]) -> PartTest:
    try:
        return PartTest(part, trial(), "")
    except LeukoscopeError as error:
        return PartTest(part, str(error), error.fault.code)


@contextmanager
def _microscope(settings: Settings) -> Iterator[Callable[[], Microscope]]:
    """Gives what opens the microscope when it is first asked for; closes it in the end."""
    opened: list[Microscope] = []

    def get() -> Microscope:
        if not opened:
            opened.append(
                assembly.open_microscope(settings, assembly.find_calibration(settings).calibration)
            )
        return opened[0]

    try:
        yield get
    finally:
        for microscope in opened:
            microscope.close()


def _records(settings: Settings) -> str:
    # Only read: run by root, it would leave files behind that the appliance's own user can't write.
    with closing(RecordReader(Path(settings.storage.directory))) as records:
        return f"{len(records.slides())} slides in {settings.storage.directory}"


def _camera(microscope: Microscope) -> str:
    frame = microscope.preview()
    return f"a frame of {frame.width_px} x {frame.height_px} px"


def _light(microscope: Microscope) -> str:
    return f"raises the picture by {microscope.test_light().rise:.0f} levels"


def _calibration(settings: Settings) -> str:
    found = assembly.find_calibration(settings)
    if found.calibration is None:
        return "none: shading is estimated; run leukoscope calibrate"
    return f"{found.calibration.name} of {found.calibration.made}"


def _model(settings: Settings) -> str:
    reader = assembly.open_classifier(settings, threads=1)
    return f"{reader.card.name} {reader.card.version} on {reader.runtime}"


def _button(settings: Settings) -> str:
    button = assembly.open_button(settings, lambda _gesture: None)
    try:
        return "pressed" if button.held() is not None else "not pressed"
    finally:
        button.close()
