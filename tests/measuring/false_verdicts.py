"""Measures the device's verdicts on pictures that are not smears: on single fields, and on slides of ten."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from leukoscope.reading.results import FieldReading, GateName, QcState, Verdict
from leukoscope_training.shared.non_smear_drawing import Maker, draw_look, photograph

from tests.measuring.blurred_smears import FIELDS, Smear, blur_field, list_smears
from tests.measuring.not_smears import EMPTY, NOISE, TEXT
from tests.measuring.photographs import PHOTOGRAPHS
from tests.measuring.shipped import open_shipped_reader
from tests.measuring.tables import bootstrap_interval, markdown_table, wilson_interval
from tests.measuring.tissues import TISSUES

KINDS: dict[str, tuple[Maker, ...]] = {
    "empty": EMPTY,
    "text": TEXT,
    "noise": NOISE,
    "tissue": TISSUES,
    "photograph": PHOTOGRAPHS,
}
SLIDES = 300
"""About how many slides of each kind there are; every picture has the same number."""
FIRST_SEED = 100_000

GATES = tuple(gate.value for gate in GateName if gate is not GateName.LIGHT)
"""The gates except the light gate, because an image file has no LED-off frame."""
INCONCLUSIVE, NORMAL = "inconclusive", "normal"
REFUSED = (*GATES, INCONCLUSIVE)


@dataclass(frozen=True)
class PlayedSlide:
    """The verdicts on one slide: on each field alone, on all fields, and on all fields with a valid control slide.

    kind, picture: what it shows. A verdict is a gate's name, "inconclusive", or what is named.
    """

    kind: str
    picture: str
    fields: tuple[str, ...]
    together: str
    controlled: str


def judge_slide(kind: str, picture: str, readings: Sequence[FieldReading]) -> PlayedSlide:
    """Get the device's verdicts on these fields, alone and together."""
    judge = open_shipped_reader().judge
    return PlayedSlide(
        kind,
        picture,
        tuple(_name_verdict(judge([reading]), reading) for reading in readings),
        judge(readings).headline,
        judge(readings, QcState.VALID).headline,
    )


def _name_verdict(verdict: Verdict, reading: FieldReading) -> str:
    gate = reading.failed_gate
    return verdict.headline if gate is None else gate.name.value


def judge_drawn_slide(task: tuple[str, int, int]) -> PlayedSlide:
    """Judge one drawn slide; task: kind, number of the maker, seed."""
    kind, number, seed = task
    maker, look = KINDS[kind][number], draw_look(seed)
    fields = (photograph(maker, look, index) for index in range(FIELDS))
    name = maker.__name__.replace("_", " ")
    return judge_slide(
        kind, f"{kind}: {name}", [open_shipped_reader().read(field) for field in fields]
    )


def list_tasks(slides: int) -> list[tuple[str, int, int]]:
    """List the tasks of `judge_drawn_slide`, for about this number of slides of each kind."""
    return [
        (kind, maker, FIRST_SEED + 10_000 * place + 1000 * maker + slide)
        for place, (kind, makers) in enumerate(KINDS.items())
        for maker in range(len(makers))
        for slide in range(max(1, round(slides / len(makers))))
    ]


def judge_blurred_slides(smear: Smear) -> list[PlayedSlide]:
    """Judge one slide at every blur."""
    readings: dict[tuple[str, str], list[FieldReading]] = {}
    for index in range(FIELDS):
        for kind, name, field in blur_field(smear, index):
            readings.setdefault((kind, name), []).append(open_shipped_reader().read(field))
    return [judge_slide(kind, f"{kind}: {name}", of) for (kind, name), of in readings.items()]


def tabulate_false_verdicts(data: Path, workers: ProcessPoolExecutor) -> tuple[str, str]:
    """Make two tables, of fields read alone and of slides of ten: every picture, every kind, all kinds."""
    slides = list(workers.map(judge_drawn_slide, list_tasks(SLIDES), chunksize=8))
    for found in workers.map(judge_blurred_slides, list_smears(data)):
        slides += found
    return tabulate_fields(slides), tabulate_slides(slides)


def _group_slides(slides: Sequence[PlayedSlide]) -> Iterable[tuple[str, list[PlayedSlide]]]:
    for name in dict.fromkeys(slide.picture for slide in slides):
        yield name, [slide for slide in slides if slide.picture == name]
    for kind in dict.fromkeys(slide.kind for slide in slides):
        yield f"**{kind}**", [slide for slide in slides if slide.kind == kind]
    yield "**all**", list(slides)


def tabulate_fields(slides: Sequence[PlayedSlide]) -> str:
    """Tabulate which gates refuse fields, and what is named, in percent. Intervals are bootstrapped over slides."""
    rows = []
    for name, group in _group_slides(slides):
        said = [what for slide in group for what in slide.fields]
        counts = [(sum(f in REFUSED for f in slide.fields), len(slide.fields)) for slide in group]
        rows.append((name, len(said), *_find_shares(said, REFUSED), _format_refused(counts)))
    gates = (f"{gate.replace('_', ' ')}, %" for gate in REFUSED)
    return markdown_table(("pictures", "fields", *gates, *NAMED_HEAD), rows)


def tabulate_slides(slides: Sequence[PlayedSlide]) -> str:
    """Tabulate what is named for slides, in percent. The last columns are with a valid control slide."""
    rows = []
    for name, group in _group_slides(slides):
        said = [slide.together for slide in group]
        controlled = [slide.controlled for slide in group]
        *_, normal, leukaemia = _find_shares(controlled, (INCONCLUSIVE,))
        counts = [(int(what in REFUSED), 1) for what in said]
        rows.append(
            (
                name,
                len(said),
                *_find_shares(said, (INCONCLUSIVE,)),
                _format_refused(counts),
                normal,
                leukaemia,
            )
        )
    head = ("pictures", "slides", "inconclusive, %", *NAMED_HEAD)
    return markdown_table((*head, "controlled: normal, %", "controlled: leukaemia, %"), rows)


NAMED_HEAD = ("named normal, %", "named leukaemia, %", "refused, %")


def _find_shares(said: Sequence[str], refused: Sequence[str]) -> list[str]:
    """Find the percent of each refusal, of "normal", and of everything else that is named."""
    number = [sum(what == refusal for what in said) for refusal in (*refused, NORMAL)]
    number.append(len(said) - sum(number))
    return [f"{100 * n / len(said):.1f}" if n else "–" for n in number]


def _format_refused(counts: Sequence[tuple[int, int]]) -> str:
    """Format the percent refused with its 95 % interval; counts: refused and all, of each slide.

    The interval is Wilson's if each slide counts once, or if all or none are refused. Otherwise it is bootstrapped.
    """
    refused, number = (sum(column) for column in zip(*counts, strict=True))
    share, slides = refused / number, len(counts)
    if share in (0.0, 1.0) or number == slides:
        low, high = wilson_interval(round(share * slides), slides)
    else:
        low, high = bootstrap_interval(np.array(counts), [str(place) for place in range(slides)])
    return f"{100 * share:.1f} ({100 * low:.1f} to {100 * high:.1f})"
