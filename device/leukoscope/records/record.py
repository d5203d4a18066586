"""The records that the store returns: of a field, of a slide, and of a slide with its fields."""

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
        record: Number of the record. It rises in the order in which records are made, also over restarts.
        slide: Number of the slide.
        number: Number of the field on its slide: 1, 2, ...
        picture: The PNG file, relative to the store's folder.
        picture_sha256: SHA-256 (hex) of that file.
        picture_removed: Whether the picture was deleted to make room.
        width_px: As in `leukoscope.field.Field`.
        height_px: As in `Field`.
        um_per_px: As in `Field`.
        off_level: As in `Field`.
        metadata: As in `Field`, in the types of JSON: a tuple is a list, and a value that JSON does not have is text.
        reading: The reading of the field.
        verdict: The verdict of this field alone; None if a gate refused the field.
        slide_verdict: The verdict of the slide up to this field.
        provenance: What made the record, and when.
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
        number: Its number.
        verdict: Its newest verdict. It is final if the slide is finished.
        ended_by: What finished the slide; None if it is not finished.
        begun: Wall time of its first field (ISO 8601, UTC).
        clock_synced: Whether the clock was set then.
        fields_kept: Number of its fields.
        fields_refused: Number of them that a gate refused.
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
    """A slide with all its fields, in the order in which they were captured."""

    slide: SlideRecord
    fields: tuple[FieldRecord, ...]
