"""The control slides of this device, as the daemon and the commands use them.

They are read from their folder. Whether they are valid also depends on the time since the newest one.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path

from leukoscope.qc.folder import QcFolder, QcSlides
from leukoscope.qc.reference import FOUNDING_SLIDES
from leukoscope.qc.series import (
    QcScope,
    QcSeries,
    QcSlide,
    QcStatus,
    judge_series,
    qc_status,
)
from leukoscope.qc.slide_measures import slide_measures
from leukoscope.reading.results import FieldReading, Verdict
from leukoscope.records.provenance import Provenance
from leukoscope.settings.settings import Settings
from leukoscope.system.clock import Moment, now

_log = logging.getLogger(__name__)


class QcMonitor:
    """The control slides of one model on this device.

    They are read again only when the folder has changed: `leukoscope control` may add or remove a slide while the
    daemon runs.

    Attributes:
        made_for: The model, and whether the parts are simulated.
        found: The slides that were read last, and the problems of files that can't be used.
    """

    def __init__(self, folder: QcFolder, made_for: QcScope) -> None:
        self._folder, self.made_for = folder, made_for
        self._read_at = -1
        self.found = QcSlides((), 0, ())
        self._series = QcSeries()

    @property
    def series(self) -> QcSeries:
        """The slides that count, judged. A file that can't be used is logged once, and is in `found.problems`."""
        changed = self._folder.changed()
        if changed != self._read_at:
            self._read_at, before = changed, self.found.problems
            self.found = self._folder.load(self.made_for)
            for problem in self.found.problems:
                if problem not in before:
                    _log.warning("%s", problem)
            self._series = judge_series(self.found.slides)
        return self._series

    def status(self) -> QcStatus:
        """Return whether the control slides are valid now, and why."""
        return qc_status(self.series, now())

    def keep(
        self,
        slide: str,
        readings: Sequence[FieldReading],
        verdict: Verdict,
        provenance: Provenance,
    ) -> QcSeries:
        """Keep a slide as a control slide.

        Args:
            slide: Its name, 'S0042'.
            readings: The readings of its fields.
            verdict: The verdict of the whole slide.
            provenance: The provenance of its last field.

        Returns:
            All control slides, this one included.

        Raises:
            QcError: It can't be a control slide.
            StoreError: It can't be written.
        """
        measures = slide_measures(readings, verdict)
        self._folder.keep(QcSlide(slide, moment_of(provenance), self.made_for, measures))
        self._read_at = -1
        return self.series


def qc_folder(settings: Settings) -> QcFolder:
    """Return the folder in which control slides are kept."""
    return QcFolder(Path(settings.storage.directory) / "control")


def moment_of(provenance: Provenance) -> Moment:
    """Return the moment at which a record was made."""
    p = provenance
    return Moment(p.boot_id, p.monotonic_s, p.wall_time, p.clock_synced)


def kept_notice(series: QcSeries, slide: str) -> tuple[str, str, str]:
    """Return what the panel shows when a slide was kept: title and two lines for a `screens.NoticeScreen`."""
    point = next(point for point in series.points if point.slide.slide == slide)
    if point.rejected:
        return "DRIFTED", str(point.rejected[0]), "clean, restain, retry"
    if point.reference is None:
        have = f"{len(series.points)} of {FOUNDING_SLIDES}"
        return "CONTROL KEPT", f"{slide}: {have} slides", "press: next slide"
    if series.rejecting:
        return "CONTROL KEPT", f"{slide}: good again", "read one more control"
    return "CONTROL KEPT", f"{slide}: within limits", "press: next slide"
