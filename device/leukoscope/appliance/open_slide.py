"""The slide on the stage: its number, its fields so far and its verdict. It also puts them into the records."""

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
    """A field that is not in the records yet.

    Attributes:
        field: The field.
        reading: Its reading.
        verdict: The verdict of this field alone.
        slide_verdict: The verdict of the slide up to this field.
    """

    field: Field
    reading: FieldReading
    verdict: Verdict
    slide_verdict: Verdict


class OpenSlide:
    """The slide to which the next press adds a field.

    No added field is lost: each is in memory or in the store. A field that can't be recorded waits in memory, and is
    recorded first when the store works again.

    Attributes:
        number: The slide's number.
        verdict: The verdict of the fields so far. It is computed only when a field is added.
        last_verdict: The verdict of the newest field alone.
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
            number: The slide's number.
            provenance: Returns the provenance of a record made now.
            qc: Returns the state of the control slides, or None for a reader that does not use them. It is called
                once, when the first field is read, so that all fields of a slide are judged alike.
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
        """The readings of its fields so far, oldest first."""
        return tuple(self._readings)

    @property
    def last(self) -> FieldReading:
        """The reading of the newest field.

        Raises:
            IndexError: There is no field yet.
        """
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
        """Go on under another number, with only the fields that are not recorded yet.

        The new records do not hold the other fields, so the verdict may not count them.
        """
        waiting, self._waiting = self._waiting, []
        self.number = number
        self.verdict = self.last_verdict = NOTHING_READ
        self._readings = []
        for one in waiting:
            self._add(one.field, one.reading)

    def read(self, field: Field, reader: SlideReader) -> None:
        """Read a field and add it.

        Raises:
            FieldError: The field can't be read. It was added as unread.
        """
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
        """Add a field that could not be read. It gives no evidence, but it is kept."""
        self._add(field, FieldReading((), (), None, None))

    def _add(self, field: Field, reading: FieldReading) -> None:
        self._readings.append(reading)
        self.last_moved = field.moved
        self.last_verdict = self._judge([reading])
        alone = len(self._readings) == 1
        self.verdict = self.last_verdict if alone else self._judge(self._readings)
        self._waiting.append(_WaitingField(field, reading, self.last_verdict, self.verdict))

    def record(self, store: RecordStore) -> None:
        """Put the fields that wait into the store, oldest first.

        Raises:
            StoreError: A field can't be recorded. It and the later ones still wait.
        """
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
        """Record the fields that wait and the final verdict. A slide without a field is not recorded.

        Raises:
            StoreError: They can't be recorded.
        """
        self.record(store)
        if self._readings:
            store.finish_slide(self.number, self.verdict, ended_by)

    def _judge(self, readings: Sequence[FieldReading]) -> Verdict:
        qc = self._qc
        if self._reader is None:
            return NOTHING_READ
        if qc is None:
            return self._reader.judge(readings)
        # After a drift the reference no longer says how this device reads normal blood.
        if qc.reference is None or qc.state is QcState.DRIFTED:
            return self._reader.judge(readings, qc.state)
        baseline = {name: qc.reference.centre[name] for name in ABNORMAL}
        return self._reader.judge(readings, qc.state, baseline, qc.reference.spread["blasts"])
