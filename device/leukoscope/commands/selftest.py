"""`leukoscope selftest`: the self-test of the appliance, run once by a person, and the button.

Not the OLED: a person sees by themselves whether it shows something.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from leukoscope import assembly
from leukoscope.appliance.parts import Parts
from leukoscope.appliance.self_test import Finding, SelfTest
from leukoscope.errors import LeukoscopeError
from leukoscope.records.reader import RecordReader
from leukoscope.settings.settings import Settings


@dataclass(frozen=True)
class PartResult:
    """What the test of one part found.

    Attributes:
        part: Its name.
        text: What was found, or the error.
        fault: The number of its fault, "" for none.
    """

    part: str
    text: str
    fault: str

    def __str__(self) -> str:
        return f"{self.part:<12}{self.fault or 'ok':<4} {self.text}"


def selftest(settings: Settings) -> Iterator[PartResult]:
    """Test one part after the other; a part that fails does not keep the next from its test.

    The appliance must not run meanwhile: it has the camera, the button and the records.
    """
    parts = Parts(assembly.part_factories(settings))
    try:
        for test in SelfTest(parts, lambda: _test_records(settings)).tests:
            yield _result(test.part, test.run)
    finally:
        parts.close_microscope()
    yield _result("button", lambda: _test_button(settings))


def _result(part: str, test: Callable[[], Finding]) -> PartResult:
    try:
        finding = test()
    except LeukoscopeError as error:
        return PartResult(part, str(error), error.fault.code)
    warning = f"; the panel warns: {finding.warning}" if finding.warning else ""
    return PartResult(part, finding.text + warning, "")


def _test_records(settings: Settings) -> Finding:
    # Only read: opened for writing by root, they get files that the appliance's own user cannot write.
    with closing(RecordReader(Path(settings.storage.directory))) as records:
        return Finding(f"{len(records.slides())} slides in {settings.storage.directory}")


def _test_button(settings: Settings) -> Finding:
    button = assembly.open_button(settings, lambda _gesture: None)
    try:
        return Finding("pressed" if button.held() is not None else "not pressed")
    finally:
        button.close()
