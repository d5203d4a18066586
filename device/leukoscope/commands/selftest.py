"""`leukoscope selftest`: run the appliance's self-test, and test the button too.

The OLED is not tested, because a person sees whether it works.
"""

from __future__ import annotations

import argparse
import logging
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from leukoscope import assembly
from leukoscope.appliance.parts import Parts
from leukoscope.appliance.self_test import Finding, SelfTest
from leukoscope.commands.arguments import Commands, add_command
from leukoscope.errors import LeukoscopeError
from leukoscope.notice import NOTICE, SIMULATED
from leukoscope.records.reader import RecordReader
from leukoscope.reports.table import table_row
from leukoscope.settings.settings import Settings, load_settings
from leukoscope.system.interruption import interruptible
from leukoscope.system.journal import set_up_logging
from leukoscope.system.systemd import service_paused

WIDTHS = (len("calibration"), len("E01"), 0)
"""Widths of the columns for part, fault number and text."""


def add_parser(commands: Commands, meaning: str) -> None:
    """Add the command."""
    add_command(commands, "selftest", meaning, run)


def run(options: argparse.Namespace) -> int:
    """Test the parts while the service is paused. Print each result as soon as it is known."""
    settings = load_settings(options.settings)
    set_up_logging(sys.stderr, logging.ERROR)
    failed = False
    with interruptible(), service_paused():
        for result in selftest(settings):
            print(result, flush=True)
            failed = failed or bool(result.fault)
    print(NOTICE + (f" {SIMULATED}." if assembly.is_simulated(settings) else ""))
    return int(failed)


@dataclass(frozen=True)
class PartResult:
    """What the test of one part found.

    Attributes:
        part: Its name.
        text: What was found, or the error.
        fault: The number of its fault; "" if it has none.
    """

    part: str
    text: str
    fault: str

    def __str__(self) -> str:
        return table_row((self.part, self.fault or "ok", self.text), WIDTHS)


def selftest(settings: Settings) -> Iterator[PartResult]:
    """Test one part after the other. If a part fails, the next one is still tested.

    The appliance must not be running, because it uses the camera, the button and the records.
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
    # Opened only for reading: if root opened them for writing, it would make files that the appliance's own user
    # can't write.
    with closing(RecordReader(Path(settings.storage.directory))) as records:
        return Finding(f"{len(records.slides())} slides in {settings.storage.directory}")


def _test_button(settings: Settings) -> Finding:
    button = assembly.open_button(settings, lambda _gesture: None)
    try:
        return Finding("pressed" if button.held() is not None else "not pressed")
    finally:
        button.close()
