"""The demonstration that runs by itself: calibrate, show each slide, print the results."""

from __future__ import annotations

import logging
import sys
import threading
from operator import itemgetter
from pathlib import Path
from typing import TextIO

from leukoscope import assembly
from leukoscope.commands.demo.calibration import show_calibration
from leukoscope.commands.demo.next_commands import next_commands
from leukoscope.commands.demo.person import PATIENCE_S, Person
from leukoscope.commands.demo.settings import (
    demo_settings,
    with_short_messages,
    write_demo_settings,
)
from leukoscope.commands.demo.slides import SLIDES
from leukoscope.commands.demo.view import open_view
from leukoscope.errors import LeukoscopeError
from leukoscope.notice import NOTICE
from leukoscope.reading.wording import brief_reason, brief_text, seen_text
from leukoscope.records.reader import RecordReader
from leukoscope.records.record import EndedBy
from leukoscope.reports.slide_text import commonest_refusal
from leukoscope.reports.table import text_table
from leukoscope.settings.settings import Settings
from leukoscope.simulator.button import SimulatedButton
from leukoscope.simulator.stage import Stage
from leukoscope.system.interruption import interruptible
from leukoscope.system.journal import set_up_logging


def scripted_demo(settings: Settings, into: Path, stream: TextIO) -> int:
    """Calibrate, show `SLIDES` to the appliance as a person would, then print the results.

    Args:
        settings: Their parts and folders are replaced by the demonstration's.
        into: Folder of the records. It is made if absent.
        stream: Where to show it.

    Returns:
        The daemon's exit status.

    Raises:
        LeukoscopeError: It stopped before the last slide.
    """
    settings = demo_settings(settings, into)
    file = write_demo_settings(settings, into)
    directory = Path(settings.storage.directory)
    stage = Stage()
    with interruptible(), open_view(stream, "Ctrl-C stop") as view:
        set_up_logging(sys.stderr, logging.WARNING)
        show_calibration(settings, view, stage)
        daemon = assembly.make_daemon(with_short_messages(settings), view.display, stage)
        button = SimulatedButton(daemon.on_gesture)
        daemon.attach(button)
        person = Person(daemon, button, stage, view, directory, SLIDES)
        thread = threading.Thread(target=person.show_all, name="person", daemon=True)
        thread.start()
        status = daemon.run()
        thread.join(PATIENCE_S)
    stream.write(f"\n{_report(person, directory)}\n\n{next_commands(directory, file)}\n")
    if person.problem:
        raise LeukoscopeError(f"the demonstration stopped: {person.problem}")
    return status


def _report(person: Person, directory: Path) -> str:
    """Return the table of the slides that were shown, and where the records are."""
    with RecordReader(directory) as records:
        # After a problem the newest slide may be unfinished. It is then not among those shown.
        finished = [s for s in records.slides() if s.ended_by is EndedBy.PERSON]
        slides = finished[len(finished) - len(person.shown) :]
        refusals = [commonest_refusal(records.slide(slide.number).fields) for slide in slides]
    rows = [("SLIDE", "TRUTH", "VERDICT", "SEEN", "WHY")]
    rows += [
        (
            slide.name,
            shown.truth,
            brief_text(slide.verdict),
            seen_text(slide.verdict),
            # If no field could be read, the gate says more than the verdict.
            refusal if refusal and not slide.verdict.fields else brief_reason(slide.verdict),
        )
        for (shown, _), slide, refusal in zip(person.shown, slides, refusals, strict=True)
    ]
    times = [f"{1000 * s:.0f}" for _, s in sorted(person.shown, key=itemgetter(1))]
    return "\n".join(
        [
            *text_table(rows),
            "",
            *([f"From press to verdict: {times[0]} to {times[-1]} ms."] if times else []),
            f"Records and pictures: {directory}",
            f"SIMULATED: rendered smears show how the appliance works, not how well. {NOTICE}",
        ]
    )
