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

    Attributes:
        record: The store's persistent counter; it rises in the order in which records were made.
        slide, number: Which slide, and which of its fields (1, 2, ...).
        picture: The PNG file, relative to the store's folder.
        picture_sha256: Of the file's bytes, hex.
        picture_removed: Whether the picture was deleted to make room.
        width_px, height_px, um_per_px, off_level: As in `leukoscope.field.Field`.
        metadata: The same, as JSON holds it: a tuple is a list, a value that JSON does not have is text.
        verdict: Of this field alone; None when a gate refused it.
        slide_verdict: Of the slide up to this field.
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

    Attributes:
        number: Of the slide.
        verdict: The last one given; final when the slide is finished.
        ended_by: What finished the slide; None when it is not finished.
        begun: Wall time of its first field (ISO 8601, UTC).
        clock_synced: Whether the clock was set then.
        fields_kept: How many fields it has.
        fields_refused: How many of them a gate refused.
        simulated: Whether any of its fields was simulated.
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
