"""The control slides as the daemon and the command line use them: the folder, with a clock."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path

from leukoscope.qc.folder import ControlFolder, Found
from leukoscope.qc.measures import slide_measures
from leukoscope.qc.reference import FOUNDING_SLIDES
from leukoscope.qc.series import (
    ControlSlide,
    MadeFor,
    Series,
    Standing,
    judge_series,
    standing,
)
from leukoscope.reading.results import FieldReading, Verdict
from leukoscope.records.provenance import Provenance
from leukoscope.settings.settings import Settings
from leukoscope.system.clock import Moment, now

_log = logging.getLogger(__name__)


class Controls:
    """The control slides of one model on one device.

    They are read from the disk again only when the folder has changed: `leukoscope control` may keep or
    remove one while the daemon runs.
    """

    def __init__(self, folder: ControlFolder, made_for: MadeFor) -> None:
        self._folder, self.made_for = folder, made_for
        self._read_at = -1
        self.found = Found((), 0, ())
        self._series = Series()

    @property
    def series(self) -> Series:
        """The slides that count, judged. A file that can't be used is logged once, and in `found.problems`."""
        changed = self._folder.changed()
        if changed != self._read_at:
            self._read_at, before = changed, self.found.problems
            self.found = self._folder.load(self.made_for)
            for problem in self.found.problems:
                if problem not in before:
                    _log.warning("%s", problem)
            self._series = judge_series(self.found.slides)
        return self._series

    def standing(self) -> Standing:
        """What the controls say now."""
        return standing(self.series, now())

    def keep(
        self,
        slide: str,
        readings: Sequence[FieldReading],
        verdict: Verdict,
        provenance: Provenance,
    ) -> Series:
        """Keep a slide as a control; provenance: of its last field. Returns all, this one among them.

        Raises ControlError when it can't be one, StoreError.
        """
        measures = slide_measures(readings, verdict)
        self._folder.keep(ControlSlide(slide, moment_of(provenance), self.made_for, measures))
        self._read_at = -1
        return self.series


def control_folder(settings: Settings) -> ControlFolder:
    """Where control slides are kept."""
    return ControlFolder(Path(settings.storage.directory) / "control")


def moment_of(provenance: Provenance) -> Moment:
    """When a record was made."""
    p = provenance
    return Moment(p.boot_id, p.monotonic_s, p.wall_time, p.clock_synced)


def kept_notice(series: Series, slide: str) -> tuple[str, str, str]:
    """What the panel says of a slide just kept: title and two lines, as `screens.Notice` takes them."""
    point = next(point for point in series.points if point.slide.slide == slide)
    if point.rejected:
        return "DRIFTED", str(point.rejected[0]), "clean, restain, retry"
    if point.reference is None:
        have = f"{len(series.points)} of {FOUNDING_SLIDES}"
        return "CONTROL KEPT", f"{slide}: {have} slides", "press: next slide"
    if series.rejecting:
        return "CONTROL KEPT", f"{slide}: good again", "read one more control"
    return "CONTROL KEPT", f"{slide}: within limits", "press: next slide"
