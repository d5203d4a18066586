"""An evaluation as one HTML file: nothing to load, readable light and dark, and on paper."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from leukoscope.notice import NOTICE
from leukoscope.reading.wording import decimal

from leukoscope_training.evaluation import report_tables as tables
from leukoscope_training.evaluation.findings import state_findings
from leukoscope_training.evaluation.html_parts import (
    Html,
    element,
    joined,
    page,
    picture,
    section,
    table,
)
from leukoscope_training.evaluation.judgements import JudgedField
from leukoscope_training.evaluation.scoring import Evaluation

METHOD = (
    "Each picture was read by the device's own code: gates, white cells, model, thresholds. Accuracy, "
    "precision, recall, F1 and specificity are of the most probable class of each field that was read, "
    "named or not, and of each class against all others. A class that was never said has no precision, and "
    "counts 0 in the mean.",
    "Intervals: 95 % percentile bootstrap, 2000 draws of whole patients and slides within their class. A "
    "class with one patient or slide has none for its precision, recall and F1. One without width says that "
    "no draw differed, not that the next patient is sure.",
    "White cells cut out: the same fields, with each nucleus and 4 µm around it replaced by other parts of "
    "the same picture. What can still be sorted then is sorted by stain, light, focus, red cells or the "
    "cuts themselves.",
    "Named: the probability reached the bundle's threshold. Confidently wrong: what the device would show as "
    "its verdict on this field alone is another class, or another pattern, than the truth. Pattern only: the "
    "pattern is right and no class is named.",
    "Calibration error: mean distance of confidence and accuracy over ten bins of equal width (Naeini et al. "
    "2015; Guo et al. 2017).",
)


@dataclass(frozen=True)
class ReportProvenance:
    """What was measured, on what, when and how. pictures: how many the manifest lists."""

    bundle: str
    version: str
    model_sha256: str
    manifest: str
    manifest_sha256: str
    pictures: int
    date: str
    command: str


def render(
    evaluation: Evaluation,
    provenance: ReportProvenance,
    reliability_png: bytes,
    thumbnails: Mapping[str, bytes],
) -> str:
    """The page. thumbnails: JPEGs of confidently wrong fields by image; others are only listed."""
    intact, ablation = evaluation.intact, evaluation.ablation
    title = f"{provenance.bundle} {provenance.version} on {provenance.manifest}"
    both = ((intact.measures, tables.INTACT), (ablation.measures, tables.ABLATION))
    sentences = (element("li", sentence) for sentence in state_findings(evaluation))
    return page(
        title,
        element("p", NOTICE, class_="notice"),
        element("h1", title),
        _provenance(provenance),
        section("What the numbers say", element("ul", *sentences, class_="findings")),
        tables.overview(intact, ablation),
        section("Classes", *(tables.classes(*one) for one in both)),
        section(
            "Confusion",
            element("div", *(tables.confusion(*one) for one in both), class_="beside"),
        ),
        tables.slides(intact.slides, ablation.slides),
        tables.refusals(evaluation),
        tables.sources(evaluation),
        section(
            "Confidence",
            element("figure", picture(reliability_png, "png", "Reliability"), class_="plot"),
        ),
        _wrong(intact.wrong, thumbnails),
        _errors(evaluation.errors),
        section("How it was measured", *(element("p", line, class_="note") for line in METHOD)),
    )


def _provenance(provenance: ReportProvenance) -> Html:
    rows = (
        ("Bundle", f"{provenance.bundle}, version {provenance.version}"),
        ("SHA-256 of its model", element("code", provenance.model_sha256)),
        ("Manifest", provenance.manifest),
        ("SHA-256 of it", element("code", provenance.manifest_sha256)),
        ("Pictures listed", f"{provenance.pictures:,}"),
        ("Date", provenance.date),
        ("Command", element("code", provenance.command)),
    )
    terms = (element("dt", name) + element("dd", value) for name, value in rows)
    return section("What was measured", element("dl", *map(Html, terms)))


def _wrong(fields: Sequence[JudgedField], thumbnails: Mapping[str, bytes]) -> Html:
    title = "Wrong and confident"
    if not fields:
        return section(title, element("p", "No field that was read has a wrong verdict."))
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
    shown = [field for field in fields if field.sample.image in thumbnails]
    note = (
        f"{len(shown)} of {len(fields)} are shown, from the user's own copy of the data: pass this file on "
        "only where the data may go."
    )
    return section(
        title,
        element("p", note, class_="note"),
        element(
            "div",
            *(_figure(field, thumbnails[field.sample.image]) for field in shown),
            class_="gallery",
        ),
        table(heads, rows, "All fields with a wrong verdict, the most confident first"),
    )


def _figure(field: JudgedField, jpeg: bytes) -> Html:
    sample, verdict = field.sample, field.verdict
    says = f"{sample.label} read as {verdict.headline}, {decimal(verdict.headline_confidence)}"
    return element(
        "figure",
        picture(jpeg, "jpeg", says),
        element("figcaption", element("strong", says), Html("<br>"), sample.image),
    )


def _errors(errors: Sequence[tuple[str, str]]) -> Html:
    if not errors:
        return joined(())
    return section(
        "Pictures that could not be read",
        table(
            ("Image", tables.heading("Why")),
            [(i, element("td", e, class_="long")) for i, e in errors],
            "",
        ),
    )
