"""The slide on the stage: its number, its fields so far, its verdict, and their way into the records."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from leukoscope.field import Field
from leukoscope.qc.series import QcStatus
from leukoscope.reading.differential import ABNORMAL
from leukoscope.reading.results import FieldReading, QcState, Verdict
from leukoscope.reading.slide_reader import SlideReader
from leukoscope.reading.stored_evidence import NOTHING_READ
from leukoscope.records.provenance import Provenance
from leukoscope.records.record import EndedBy
from leukoscope.records.slide_number import format_slide_number
from leukoscope.records.store import RecordStore


@dataclass(frozen=True)
class _WaitingField:
    """A field that is not in the records yet. verdict: of it alone; slide_verdict: up to this field."""

    field: Field
    reading: FieldReading
    verdict: Verdict
    slide_verdict: Verdict


class OpenSlide:
    """The slide that the next press adds a field to.

    A captured field is in here or in the store from the moment it is added: what could not be
    recorded waits in memory, and goes into the store first when that works again.

    Attributes:
        number: Of the slide.
        verdict: Of the fields so far. It is worked out when a field is added.
        last_verdict: Of the newest field alone.
        last_moved: Whether the stage moved while the newest field was captured.
    """

    def __init__(
        self,
        number: int,
        provenance: Callable[[], Provenance],
        qc: Callable[[], QcStatus | None],
    ) -> None:
        """Begin a slide.

        Args:
            number: Of the slide.
            provenance: Gathers the provenance of a record made now.
            qc: What the control slides say now; None for a reader that does not use them. It is asked
                when the first field is read, and not again: all fields of a slide are judged alike.
        """
        self.number = number
        self.verdict = self.last_verdict = NOTHING_READ
        self.last_moved = False
        self._provenance = provenance
        self._qc_status = qc
        self._qc: QcStatus | None = None
        self._reader: SlideReader | None = None
        self._readings: list[FieldReading] = []
        self._waiting: list[_WaitingField] = []

    @property
    def name(self) -> str:
        """The number as people read it, 'S0042'."""
        return format_slide_number(self.number)

    @property
    def readings(self) -> tuple[FieldReading, ...]:
        """Of its fields so far, oldest first."""
        return tuple(self._readings)

    @property
    def last(self) -> FieldReading:
        """The reading of the newest field. Raises IndexError when there is none."""
        return self._readings[-1]

    @property
    def waits(self) -> bool:
        """Whether a field of it is not in the records yet."""
        return bool(self._waiting)

    @property
    def in_records(self) -> bool:
        """Whether a field of it is in the records."""
        return len(self._readings) > len(self._waiting)

    def move_to(self, number: int) -> None:
        """Go on under another number, with the fields that wait only.

        The new records do not hold the others, so the verdict no longer stands on them.
        """
        waiting, self._waiting = self._waiting, []
        self.number = number
        self.verdict = self.last_verdict = NOTHING_READ
        self._readings = []
        for one in waiting:
            self._add(one.field, one.reading)

    def read(self, field: Field, reader: SlideReader) -> None:
        """Read a field and add it. Raises FieldError; the field is then added as unread."""
        self._reader = reader
        if not self._readings:
            self._qc = self._qc_status()
        try:
            reading = reader.read(field)
        except BaseException:
            self.add_unread(field)
            raise
        self._add(field, reading)

    def add_unread(self, field: Field) -> None:
        """Add a field that could not be read: it gives no evidence, but it is kept."""
        self._add(field, FieldReading((), (), None, None))

    def _add(self, field: Field, reading: FieldReading) -> None:
        self._readings.append(reading)
        self.last_moved = field.moved
        self.last_verdict = self._judge([reading])
        alone = len(self._readings) == 1
        self.verdict = self.last_verdict if alone else self._judge(self._readings)
        self._waiting.append(_WaitingField(field, reading, self.last_verdict, self.verdict))

    def record(self, store: RecordStore) -> None:
        """Put what waits into the store, oldest first. Raises StoreError; the rest goes on waiting."""
        while self._waiting:
            first = self._waiting[0]
            store.add_field(
                self.number,
                first.field,
                first.reading,
                first.verdict if first.reading.was_read else None,
                first.slide_verdict,
                replace(self._provenance(), calibration_sha256=first.field.calibration_sha256),
            )
            del self._waiting[0]

    def finish(self, store: RecordStore, ended_by: EndedBy) -> None:
        """Record what waits and the final verdict; nothing when the slide has no field."""
        self.record(store)
        if self._readings:
            store.finish_slide(self.number, self.verdict, ended_by)

    def _judge(self, readings: Sequence[FieldReading]) -> Verdict:
        qc = self._qc
        if self._reader is None:
            return NOTHING_READ
        if qc is None:
            return self._reader.judge(readings)
        baseline = None
        # A reference from before the device drifted no longer tells what normal blood is read as here.
        if qc.reference is not None and qc.state is not QcState.DRIFTED:
            baseline = {name: qc.reference.centre[name] for name in ABNORMAL}
        return self._reader.judge(readings, qc.state, baseline)
