"""Makes the tables of an evaluation's report, as cells. report.html.j2 lays them out."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from leukoscope.reading.results import LABELS, GateName
from leukoscope.reading.wording import decimal

from leukoscope_training.evaluation.bundle_evaluation import Evaluation, Scores
from leukoscope_training.evaluation.classification_measures import NAMES, ClassMeasures, Measures
from leukoscope_training.evaluation.intervals import Estimate
from leukoscope_training.evaluation.verdict_correctness import (
    JUDGEMENTS,
    EvaluatedSlide,
    JudgedField,
)

INTACT, ABLATION = "As taken", "White cells cut out"

NAME, LONG, WRONG, SHADED = "name", "long", "name wrong", "share"
"""CSS classes of the report: words, words that may wrap anywhere, a wrong verdict, a shaded count."""


@dataclass(frozen=True)
class Cell:
    """One cell.

    Attributes:
        text: Its text.
        interval: The interval of its number, or "".
        kind: Its CSS class, or "".
        share: How strongly it is shaded, 0..1, or None.
    """

    text: str
    interval: str = ""
    kind: str = ""
    share: float | None = None


@dataclass(frozen=True)
class Table:
    """A table. The first cell of each row is the row's heading."""

    caption: str
    heads: tuple[Cell, ...]
    rows: tuple[tuple[Cell, ...], ...]


Part = Cell | str | int
"""Values from which a cell is made."""


def _make_table(heads: Sequence[Part], rows: Iterable[Sequence[Part]], caption: str) -> Table:
    return Table(caption, _make_cells(heads), tuple(_make_cells(row) for row in rows))


def _make_cells(parts: Sequence[Part]) -> tuple[Cell, ...]:
    return tuple(part if isinstance(part, Cell) else Cell(str(part)) for part in parts)


def tabulate_overview(intact: Scores, ablation: Scores) -> Table:
    """Tabulate the main numbers of the fields as taken, beside those of the ablation."""
    rows = zip(_main_numbers(intact), _main_numbers(ablation), strict=True)
    return _make_table(
        ("", INTACT, ABLATION),
        [(name, cell, other) for (name, cell), (_, other) in rows],
        "Shares, each with its 95 % interval over patients and slides.",
    )


def _main_numbers(scores: Scores) -> list[tuple[str, Part]]:
    leukaemia = scores.measures.leukaemia
    slides = scores.slide_counts()
    return [
        ("Fields read", f"{scores.fields:,}"),
        ("Patients and slides", f"{len(scores.slides):,}"),
        ("Accuracy", show_estimate(scores.measures.accuracy)),
        ("Mean recall of the classes", show_estimate(scores.measures.macro.recall)),
        (
            "Leukaemia against normal: recall",
            show_estimate(leukaemia.recall) if leukaemia else "–",
        ),
        (
            "Leukaemia against normal: specificity",
            show_estimate(leukaemia.specificity) if leukaemia else "–",
        ),
        ("Leukaemia against normal: area under ROC", show_estimate(scores.area)),
        ("Pattern right", show_estimate(scores.patterns.accuracy)),
        ("Class named", show_estimate(scores.named)),
        ("Class right when named", show_estimate(scores.right_when_named)),
        ("Pattern named", show_estimate(scores.pattern_named)),
        ("Pattern right when named", show_estimate(scores.pattern_right_when_named)),
        ("Confidently wrong fields", f"{len(scores.wrong):,}"),
        ("Calibration error", format_share(scores.calibration_error)),
        *((f"Patients and slides: {name}", f"{count:,}") for name, count in slides.items()),
    ]


def show_estimate(estimate: Estimate) -> Cell:
    """Make a cell with a number and its interval. With one patient or slide it says that there is none."""
    if math.isnan(estimate.value):
        return Cell("–")
    interval = "no interval" if estimate.groups > 1 else "one group"
    if not math.isnan(estimate.low):
        interval = f"{estimate.low:.3f}–{estimate.high:.3f}"
    return Cell(format_share(estimate.value), interval)


def format_share(number: float) -> str:
    """Format a number with three decimals; a dash stands for NaN."""
    return "–" if math.isnan(number) else f"{number:.3f}"


def tabulate_classes(measures: Measures, title: str) -> Table:
    """Tabulate the five measures of each class that is true of or predicted for a field, their means, and leukaemia."""
    sizes = measures.confusion.sum(1)
    rows: list[tuple[Part, ...]] = [
        (name, f"{sizes[place]:,}", measures.groups[name], *_five(measures.per_class[name]))
        for place, name in enumerate(measures.classes)
        if sizes[place] or measures.confusion[:, place].any()
    ]
    total, groups = f"{sizes.sum():,}", sum(measures.groups.values())
    rows.append(("mean of the classes", total, groups, *_five(measures.macro)))
    if measures.leukaemia is not None:
        recall = measures.leukaemia.recall
        ill = ("leukaemia against normal", f"{recall.n:,}", recall.groups)
        rows.append((*ill, *_five(measures.leukaemia)))
    names = (name.capitalize() for name in NAMES)
    heads = ("", "Fields", "Patients, slides", *names)
    return _make_table(heads, rows, f"{title}: most probable class")


def _five(measures: ClassMeasures) -> list[Cell]:
    return [show_estimate(getattr(measures, name)) for name in NAMES]


def tabulate_confusion(measures: Measures, title: str) -> Table:
    """Tabulate the counts of a confusion matrix, shaded by their share of the true class."""
    rows: list[tuple[Part, ...]] = []
    for name, counts in zip(measures.classes, measures.confusion, strict=True):
        total = max(int(counts.sum()), 1)
        shaded = (Cell(f"{n:,}", kind=SHADED, share=0.75 * n / total) for n in counts)
        rows.append((name, *shaded))
    return _make_table(
        ("Truth", *measures.classes), rows, f"{title}: columns are the most probable class"
    )


def tabulate_slides(intact: Sequence[EvaluatedSlide], ablation: Sequence[EvaluatedSlide]) -> Table:
    """Tabulate the verdict on each patient or slide as the device would give it, wrong ones first."""
    rows = []
    order = {name: place for place, name in enumerate(reversed(JUDGEMENTS))}
    pairs = zip(intact, ablation, strict=True)
    for slide, cut_out in sorted(pairs, key=lambda pair: order[pair[0].judgement]):
        verdict = slide.verdict
        rows.append(
            (
                slide.group,
                Cell(slide.label, kind=NAME),
                f"{verdict.fields} of {slide.listed}",
                f"{verdict.white_cells:,}",
                Cell(verdict.headline, kind=NAME),
                decimal(verdict.headline_confidence) if verdict.fields else "–",
                Cell(slide.judgement, kind=WRONG if slide.judgement == "wrong" else NAME),
                Cell(verdict.reason.value if verdict.reason else "", kind=NAME),
                Cell(cut_out.verdict.headline if cut_out.verdict.fields else "not read", kind=NAME),
            )
        )
    heads = (
        "Patient or slide",
        Cell("Truth", kind=NAME),
        "Fields read",
        "White cells",
        Cell("Verdict", kind=NAME),
        "Confidence",
        Cell("Judged", kind=NAME),
        Cell("Why no class", kind=NAME),
        Cell(f"Verdict, {ABLATION.lower()}", kind=NAME),
    )
    return _make_table(heads, rows, "Verdicts as the device gives them")


def tabulate_refusals(evaluation: Evaluation) -> Table:
    """Tabulate how many fields of each class were listed, unreadable, refused by each gate, and read."""
    gates = [gate.value for gate in GateName]
    rows: list[tuple[Part, ...]] = []
    for label in (label for label in LABELS if evaluation.listed[label]):
        refused = [evaluation.refused.get(label, {}).get(gate, 0) for gate in gates]
        listed, unreadable = evaluation.listed[label], evaluation.unreadable[label]
        rows.append((label, listed, unreadable, *refused, listed - unreadable - sum(refused)))
    heads = ("", "Listed", "Unreadable", *(gate.replace("_", " ") for gate in gates), "Read")
    return _make_table(heads, rows, "Fields refused, by the gate that refused them")


def tabulate_sources(evaluation: Evaluation) -> Table:
    """Tabulate the main numbers of each source."""
    rows = [
        (
            name,
            f"{intact.fields:,}",
            len(intact.slides),
            show_estimate(intact.measures.accuracy),
            show_estimate(intact.measures.macro.recall),
            show_estimate(ablation.measures.macro.recall),
            show_estimate(intact.named),
            show_estimate(intact.right_when_named),
            len(intact.wrong),
        )
        for name, (intact, ablation) in evaluation.sources.items()
    ]
    heads = (
        "",
        "Fields read",
        "Patients, slides",
        "Accuracy",
        "Mean recall",
        "Mean recall, cells cut out",
        "Named",
        "Right when named",
        "Wrong",
    )
    return _make_table(heads, rows, "By the set that the fields come from")


def tabulate_wrong(fields: Sequence[JudgedField]) -> Table:
    """Tabulate the fields with a wrong verdict."""
    rows = [
        (
            field.sample.image,
            field.sample.group,
            field.sample.label,
            field.verdict.headline,
            decimal(field.verdict.headline_confidence),
            field.verdict.white_cells,
        )
        for field in fields
    ]
    heads = ("Image", "Patient or slide", "Truth", "Verdict", "Confidence", "White cells")
    return _make_table(heads, rows, "All fields with a wrong verdict, the most confident first")


def tabulate_errors(errors: Sequence[tuple[str, str]]) -> Table:
    """Tabulate the pictures that could not be read, with the reason."""
    rows = [(image, Cell(why, kind=LONG)) for image, why in errors]
    return _make_table(("Image", Cell("Why", kind=NAME)), rows, "")
