"""The slide on the stage: its number, its fields so far, and their way into the records."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from leukoscope.field import Field
from leukoscope.model.readers import SlideReader
from leukoscope.qc.series import QcStatus
from leukoscope.reading.differential import ABNORMAL
from leukoscope.reading.results import FieldReading, QcState, Reason, Verdict
from leukoscope.records.provenance import Provenance
from leukoscope.records.record import EndedBy
from leukoscope.records.slide_number import format_slide_number
from leukoscope.records.store import RecordStore


class OpenSlide:
    """The slide that the next press adds a field to.

    A captured field is in here or in the store from the moment it is added: what could not be
    recorded waits in memory, and goes into the store first when that works again.
    """

    def __init__(
        self,
        number: int,
        provenance: Callable[[], Provenance],
        qc: Callable[[], QcStatus | None],
    ) -> None:
        """number: of the slide; provenance: gathers that of a record made now.

        qc: what the controls say now, None for a model that knows none. It is asked for the last
        time when the first field is read: all fields of a slide are judged alike.
        """
        self.number = number
        self._provenance = provenance
        self._qc_status = qc
        self._qc_then: QcStatus | None = None
        self._reader: SlideReader | None = None
        self._readings: list[FieldReading] = []
        self._waiting: list[tuple[Field, FieldReading]] = []
        self._last_moved = False

    @property
    def name(self) -> str:
        """The number as people read it, 'S0042'."""
        return format_slide_number(self.number)

    @property
    def readings(self) -> tuple[FieldReading, ...]:
        """Of its fields so far, oldest first."""
        return tuple(self._readings)

    @property
    def verdict(self) -> Verdict:
        """The verdict of the fields so far."""
        return self._judged(self._readings)

    @property
    def last(self) -> FieldReading:
        """The reading of the newest field. Raises IndexError when there is none."""
        return self._readings[-1]

    @property
    def last_verdict(self) -> Verdict:
        """The verdict of the newest field alone."""
        return self._judged(self._readings[-1:])

    @property
    def last_moved(self) -> bool:
        """Whether the stage moved while the newest field was captured."""
        return self._last_moved

    @property
    def waits(self) -> bool:
        """Whether a field of it is not in the records yet."""
        return bool(self._waiting)

    @property
    def in_records(self) -> bool:
        """Whether a field of it is in the records."""
        return len(self._readings) > len(self._waiting)

    def move_to(self, number: int) -> None:
        """Go on under another number, with the fields that wait: the records know no others."""
        self.number = number
        self._readings = [reading for _, reading in self._waiting]

    def read(self, field: Field, reader: SlideReader) -> None:
        """Read a field and add it. Raises FieldError; the field is then added as unread."""
        self._reader = reader
        if not self._readings:
            self._qc_then = self._qc_status()
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
        self._last_moved = field.moved
        self._waiting.append((field, reading))

    def record(self, store: RecordStore) -> None:
        """Put what waits into the store, oldest first. Raises StoreError; the rest goes on waiting."""
        while self._waiting:
            field, reading = self._waiting[0]
            upto = self._readings[: len(self._readings) - len(self._waiting) + 1]
            store.add_field(
                self.number,
                field,
                reading,
                None if reading.probabilities is None else self._judged([reading]),
                self._judged(upto),
                replace(self._provenance(), calibration_sha256=field.calibration_sha256),
            )
            del self._waiting[0]

    def finish(self, store: RecordStore, ended_by: EndedBy) -> None:
        """Record what waits and the final verdict; nothing when the slide has no field."""
        self.record(store)
        if self._readings:
            store.finish_slide(self.number, self.verdict, ended_by)

    def _judged(self, readings: Sequence[FieldReading]) -> Verdict:
        qc = self._qc_then if self._readings else self._qc_status()
        state = qc.state if qc is not None else None
        if self._reader is None:
            return Verdict(None, None, 0.0, 0.0, (), 0, 0, Reason.NO_FIELD, qc=state)
        if qc is None:
            return self._reader.judge(readings)
        baseline = None
        # What normal looks like here is not known any more when the controls say that it has changed.
        if qc.reference is not None and qc.state is not QcState.DRIFTED:
            baseline = {name: qc.reference.centre[name] for name in ABNORMAL}
        return self._reader.judge(readings, qc.state, baseline)
