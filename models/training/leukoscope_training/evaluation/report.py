"""Writes an evaluation as one HTML file. It loads nothing else, and is readable in light, in dark and on paper."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import jinja2
from leukoscope.notice import NOTICE
from leukoscope.reading.wording import decimal

from leukoscope_training.evaluation import report_tables as tables
from leukoscope_training.evaluation.bundle_evaluation import Evaluation
from leukoscope_training.evaluation.report_sentences import state_findings

TEMPLATE = "report.html.j2"

METHOD = (
    "Each picture was read by the device's own code: gates, white cells, model, thresholds. Accuracy, "
    "precision, recall, F1 and specificity use the most probable class of each field that was read, whether "
    "or not it was named, and compare each class with all others. A class that was never predicted has no "
    "precision and counts 0 in the mean.",
    "Intervals: 95 % percentile bootstrap, 2000 draws of whole patients and slides within their class. A "
    "class with one patient or slide has no interval for its precision, recall and F1. An interval without "
    "width means that all draws gave the same value, not that the next patient will.",
    "White cells cut out (the ablation): the same fields, with each nucleus and 4 µm around it replaced by "
    "other parts of the same picture. A model that is still right sorts by stain, light, focus, red cells or "
    "the cuts themselves.",
    "Named: the probability reached the bundle's threshold. Confidently wrong: the device's verdict on this "
    "field alone names another class or pattern than the truth. Pattern only: the pattern is right and no "
    "class is named.",
    "Calibration error: mean distance of confidence and accuracy over ten bins of equal width (Naeini et al. "
    "2015; Guo et al. 2017).",
)


@dataclass(frozen=True)
class ReportProvenance:
    """What was evaluated, on which pictures, when and how.

    Attributes:
        bundle: The bundle's name.
        version: The bundle's version.
        model_sha256: SHA-256 of the bundle's model.
        manifest: File name of the manifest.
        manifest_sha256: SHA-256 of the manifest.
        pictures: How many the manifest lists.
        date: ISO 8601, UTC.
        command: The command line.
    """

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
    """Write the page.

    Args:
        evaluation: The evaluation.
        provenance: What was evaluated, and how.
        reliability_png: The plot of `figures.draw_reliability`.
        thumbnails: JPEGs of confidently wrong fields by image. The other wrong fields are only listed.
    """
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    intact, ablation = evaluation.intact, evaluation.ablation
    both = ((intact.measures, tables.INTACT), (ablation.measures, tables.ABLATION))
    gallery = [
        {
            "image": field.sample.image,
            "jpeg": _base64(thumbnails[field.sample.image]),
            "verdict": f"{field.sample.label} read as {field.verdict.headline}, "
            f"{decimal(field.verdict.headline_confidence)}",
        }
        for field in intact.wrong
        if field.sample.image in thumbnails
    ]
    return environment.get_template(TEMPLATE).render(
        title=f"{provenance.bundle} {provenance.version} on {provenance.manifest}",
        notice=NOTICE,
        provenance=provenance,
        findings=state_findings(evaluation),
        overview=tables.tabulate_overview(intact, ablation),
        classes=[tables.tabulate_classes(*one) for one in both],
        confusion=[tables.tabulate_confusion(*one) for one in both],
        slides=tables.tabulate_slides(intact.slides, ablation.slides),
        refusals=tables.tabulate_refusals(evaluation),
        unlabelled=evaluation.unlabelled,
        sources=tables.tabulate_sources(evaluation),
        reliability=_base64(reliability_png),
        wrong=tables.tabulate_wrong(intact.wrong),
        gallery=gallery,
        errors=tables.tabulate_errors(evaluation.errors),
        method=METHOD,
    )


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()
