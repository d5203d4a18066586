"""What the store gives back: the record of a field, of a slide, and of a slide with its fields."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass

from leukoscope.reading.results import FieldReading, Verdict
from leukoscope.records.provenance import Provenance
from leukoscope.records.slide_number import format_slide_number


class EndedBy(enum.Enum):
    """What ended a slide."""

    PERSON = "person"
    POWER_OFF = "power-off"
    RESTART = "restart"


@dataclass(frozen=True)
class FieldRecord:
    """One field as it was captured, read and judged.

    record: the store's persistent counter, rising in the order in which records were made.
    slide, number: which slide, and which of its fields (1, 2, ...).
    picture: the PNG file, relative to the store's folder; picture_sha256: of its bytes, hex.
    picture_removed: the picture was taken away to make room.
    width_px, height_px, um_per_px, off_level, metadata: as in `leukoscope.field.Field`; metadata holds
    JSON values only (a tuple comes back as a list, a value JSON can't hold as text).
    verdict: of this field alone, None when a gate refused it; slide_verdict: after this field.
    """

    record: int
    slide: int
    number: int
    picture: str
    picture_sha256: str
    picture_removed: bool
    width_px: int
    height_px: int
    um_per_px: float
    off_level: float | None
    metadata: Mapping[str, object]
    reading: FieldReading
    verdict: Verdict | None
    slide_verdict: Verdict
    provenance: Provenance


@dataclass(frozen=True)
class SlideRecord:
    """One slide.

    verdict: the last one given, final when ended_by is not None (None: the slide is not finished).
    begun, clock_synced: wall time (ISO 8601, UTC) of its first field, and whether to believe it.
    fields_kept: all its fields; fields_refused: those of them that a gate refused.
    simulated: whether any of its fields was.
    """

    number: int
    verdict: Verdict
    ended_by: EndedBy | None
    begun: str
    clock_synced: bool
    fields_kept: int
    fields_refused: int
    simulated: bool

    @property
    def name(self) -> str:
        """The slide number as a person reads it, 'S0042'."""
        return format_slide_number(self.number)


@dataclass(frozen=True)
class SlideReport:
    """A slide with all its fields, in the order they were made."""

    slide: SlideRecord
    fields: tuple[FieldRecord, ...]
