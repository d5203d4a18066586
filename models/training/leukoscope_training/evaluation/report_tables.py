"""The tables of an evaluation's report."""

from __future__ import annotations

import math
from collections.abc import Sequence

from leukoscope.reading.results import LABELS, GateName
from leukoscope.reading.wording import decimal

from leukoscope_training.evaluation.html_parts import Html, element, joined, section, table, text
from leukoscope_training.evaluation.intervals import Estimate
from leukoscope_training.evaluation.judgements import JUDGEMENTS, EvaluatedSlide
from leukoscope_training.evaluation.measures import NAMES, ClassMeasures, Measures
from leukoscope_training.evaluation.scoring import Evaluation, Scores

INTACT, ABLATION = "As taken", "White cells cut out"


def overview(intact: Scores, ablation: Scores) -> Html:
    """The main numbers, as taken beside the ablation."""
    rows = zip(_main_numbers(intact), _main_numbers(ablation), strict=True)
    return section(
        "Overview",
        table(
            ("", INTACT, ABLATION),
            [(name, cell, other) for (name, cell), (_, other) in rows],
            "Shares, each with its 95 % interval over patients and slides.",
        ),
    )


def _main_numbers(numbers: Scores) -> list[tuple[str, object]]:
    leukaemia = numbers.measures.leukaemia
    slides = numbers.slide_counts()
    return [
        ("Fields read", f"{numbers.fields:,}"),
        ("Patients and slides", f"{len(numbers.slides):,}"),
        ("Accuracy", value(numbers.measures.accuracy)),
        ("Mean recall of the classes", value(numbers.measures.macro.recall)),
        ("Leukaemia against normal: recall", value(leukaemia.recall) if leukaemia else "–"),
        (
            "Leukaemia against normal: specificity",
            value(leukaemia.specificity) if leukaemia else "–",
        ),
        ("Leukaemia against normal: area under ROC", value(numbers.area)),
        ("Pattern right", value(numbers.patterns.accuracy)),
        ("Class named", value(numbers.named)),
        ("Class right when named", value(numbers.right_when_named)),
        ("Pattern named", value(numbers.pattern_named)),
        ("Pattern right when named", value(numbers.pattern_right_when_named)),
        ("Confidently wrong fields", f"{len(numbers.wrong):,}"),
        ("Calibration error", share(numbers.calibration_error)),
        *((f"Patients and slides: {name}", f"{count:,}") for name, count in slides.items()),
    ]


def value(measured: Estimate) -> Html:
    """A number and its interval; one patient or slide has none, which is said."""
    if math.isnan(measured.value):
        return text("–")
    interval = "no interval" if measured.groups > 1 else "one group"
    if not math.isnan(measured.low):
        interval = f"{measured.low:.3f}–{measured.high:.3f}"
    return joined((share(measured.value), " ", element("span", interval, class_="interval")))


def share(number: float) -> str:
    """Three decimals, a dash for what is not a number."""
    return "–" if math.isnan(number) else f"{number:.3f}"


def classes(measures: Measures, title: str) -> Html:
    """The five measures of each class that is there or was said, of leukaemia, and their means."""
    sizes = measures.confusion.sum(1)
    rows: list[tuple[object, ...]] = [
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
    names = (name.capitalize() if name != "f1" else "F1" for name in NAMES)
    return table(("", "Fields", "Patients, slides", *names), rows, f"{title}: most probable class")


def _five(measures: ClassMeasures) -> list[Html]:
    return [value(getattr(measures, name)) for name in NAMES]


def confusion(measures: Measures, title: str) -> Html:
    """Counts, shaded by their share of the true class."""
    rows = []
    for name, counts in zip(measures.classes, measures.confusion, strict=True):
        total = max(int(counts.sum()), 1)
        shaded = (
            element("td", f"{n:,}", class_="share", style=f"--share: {0.75 * n / total:.2f}")
            for n in counts
        )
        rows.append((name, *shaded))
    return table(("Truth", *measures.classes), rows, f"{title}: what was said, by column")


def slides(intact: Sequence[EvaluatedSlide], ablation: Sequence[EvaluatedSlide]) -> Html:
    """Each patient's or slide's verdict, as the device would give it; wrong ones first."""
    rows = []
    order = {name: place for place, name in enumerate(reversed(JUDGEMENTS))}
    pairs = zip(intact, ablation, strict=True)
    for slide, cut_out in sorted(pairs, key=lambda pair: order[pair[0].judgement]):
        rows.append(
            (
                slide.group,
                _name(slide.label),
                f"{slide.verdict.fields} of {slide.listed}",
                f"{slide.verdict.white_cells:,}",
                _name(slide.verdict.headline),
                decimal(slide.verdict.headline_confidence) if slide.verdict.fields else "–",
                judged(slide.judgement),
                _name(slide.verdict.reason.value if slide.verdict.reason else ""),
                _name(cut_out.verdict.headline if cut_out.verdict.fields else "not read"),
            )
        )
    heads = (
        "Patient or slide",
        heading("Truth"),
        "Fields read",
        "White cells",
        heading("Verdict"),
        "Confidence",
        heading("Judged"),
        heading("Why no class"),
        heading(f"Verdict, {ABLATION.lower()}"),
    )
    return section("Patients and slides", table(heads, rows, "Verdicts as the device gives them"))


def judged(judgement: str) -> Html:
    """One of `JUDGEMENTS` as a cell; wrong ones stand out."""
    return element("td", judgement, class_="name wrong" if judgement == "wrong" else "name")


def heading(words: str) -> Html:
    """The heading of a column of words."""
    return element("th", words, class_="name")


def _name(words: str) -> Html:
    return element("td", words, class_="name")


def refusals(evaluation: Evaluation) -> Html:
    """How many fields of each class were listed, could be read, and were refused by which gate."""
    gates = [gate.value for gate in GateName]
    unreadable = evaluation.unreadable
    rows = []
    for label in (label for label in LABELS if evaluation.listed[label]):
        refused = [evaluation.refused.get(label, {}).get(gate, 0) for gate in gates]
        read = evaluation.listed[label] - unreadable[label] - sum(refused)
        rows.append((label, evaluation.listed[label], unreadable[label], *refused, read))
    heads = ("", "Listed", "Unreadable", *(gate.replace("_", " ") for gate in gates), "Read")
    notes = [table(heads, rows, "Fields refused, by the gate that refused them")]
    if evaluation.unlabelled:
        note = f"{evaluation.unlabelled:,} pictures have no label and are not counted."
        notes.append(element("p", note, class_="note"))
    return section("Gates", *notes)


def sources(evaluation: Evaluation) -> Html:
    """The main numbers of each source."""
    rows = [
        (
            name,
            f"{intact.fields:,}",
            len(intact.slides),
            value(intact.measures.accuracy),
            value(intact.measures.macro.recall),
            value(ablation.measures.macro.recall),
            value(intact.named),
            value(intact.right_when_named),
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
    return section("Sources", table(heads, rows, "By the set that the fields come from"))
