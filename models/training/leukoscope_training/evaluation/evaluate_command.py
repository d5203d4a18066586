"""What `leukoscope-train evaluate` does: it measures a bundle on labelled fields, read as on the device."""

from __future__ import annotations

import argparse
import io
import json
import shlex
import sys
from datetime import UTC, datetime
from pathlib import Path

from leukoscope.microscope.image_files import open_field
from leukoscope.notice import NOTICE
from leukoscope.reading.wording import decimal
from PIL import Image
from tqdm import tqdm

from leukoscope_training.data.manifest import Manifest, read_manifest, sha256_of
from leukoscope_training.evaluation.bundle_evaluation import Evaluation, evaluate
from leukoscope_training.evaluation.bundle_reader import BundleReader, open_reader
from leukoscope_training.evaluation.manifest_reading import read_manifest_fields
from leukoscope_training.evaluation.report import ReportProvenance, render
from leukoscope_training.evaluation.report_sentences import state_findings

SCHEMA = 2
"""Version of the JSON. It changes when a key is removed or changes its meaning, not when one is added."""

GALLERY_MOST = 48
THUMBNAIL_PX = 360


def run(options: argparse.Namespace) -> int:
    """Measure, print, and write the report.

    Returns:
        1 when a picture could not be read, or none was read; else 0.

    Raises:
        TrainingError: The manifest is bad.
        BundleError: The bundle is bad.
        OSError: A file can't be read or written.
    """
    manifest = read_manifest(options.manifest, options.root)
    reader = open_reader(options.bundle)
    outcomes = tqdm(
        read_manifest_fields(manifest, lambda: open_reader(options.bundle), options.workers),
        total=len(manifest.samples),
        unit="field",
        disable=not sys.stderr.isatty(),
    )
    evaluation = evaluate(outcomes, reader.judge)
    provenance = ReportProvenance(
        bundle=reader.name,
        version=reader.version,
        model_sha256=reader.sha256,
        manifest=options.manifest.name,
        manifest_sha256=sha256_of(options.manifest),
        pictures=len(manifest.samples),
        date=datetime.now(UTC).isoformat(timespec="seconds"),
        command=_command(options),
    )
    for image, error in evaluation.errors:
        print(f"leukoscope-train: {image}: {error}", file=sys.stderr)
    if options.out is not None:
        _write_report(options.out, evaluation, provenance, manifest, reader)
    print(to_json(evaluation, provenance) if options.json else summarise(evaluation, provenance))
    return 1 if evaluation.errors or not evaluation.intact.fields else 0


def to_json(evaluation: Evaluation, provenance: ReportProvenance) -> str:
    """Write everything as one JSON object. models/training/README.md explains its keys."""
    document = {
        "schema": SCHEMA,
        "notice": NOTICE,
        **vars(provenance),
        "findings": state_findings(evaluation),
        **evaluation.as_dict(),
    }
    return json.dumps(document, indent=1, ensure_ascii=False, allow_nan=False)


def summarise(evaluation: Evaluation, provenance: ReportProvenance) -> str:
    """Write the main numbers as lines for people."""
    intact, ablation = evaluation.intact, evaluation.ablation
    rows = [
        ("fields read", intact.fields, ablation.fields),
        ("accuracy", intact.measures.accuracy, ablation.measures.accuracy),
        ("mean recall", intact.measures.macro.recall, ablation.measures.macro.recall),
        ("pattern right", intact.patterns.accuracy, ablation.patterns.accuracy),
        ("class named", intact.named, ablation.named),
        ("right when named", intact.right_when_named, ablation.right_when_named),
        ("confidently wrong", len(intact.wrong), len(ablation.wrong)),
    ]
    slides = (f"{count} {name}" for name, count in intact.slide_counts().items())
    return "\n".join(
        [
            NOTICE,
            f"{provenance.bundle} {provenance.version} on {provenance.manifest}, "
            f"{provenance.pictures} pictures",
            "",
            f"{'':18}  {'as taken':22}  white cells cut out",
            *(f"{name:18}  {taken!s:22}  {cut_out!s}" for name, taken, cut_out in rows),
            f"patients and slides: {', '.join(slides)}",
            "",
            *state_findings(evaluation),
            *(
                f"wrong: {field.sample.image}: {field.sample.label} read as "
                f"{field.verdict.headline}, {decimal(field.verdict.headline_confidence)}"
                for field in intact.wrong
            ),
        ]
    )


def _command(options: argparse.Namespace) -> str:
    words = ["leukoscope-train", "evaluate"]
    for name in ("bundle", "manifest", "root", "out"):
        if getattr(options, name) is not None:
            words += [f"--{name}", str(getattr(options, name))]
    return shlex.join(words + (["--json"] if options.json else []))


def _write_report(
    path: Path,
    evaluation: Evaluation,
    provenance: ReportProvenance,
    manifest: Manifest,
    reader: BundleReader,
) -> None:
    from leukoscope_training.evaluation.figures import (
        draw_reliability,  # slow to import, and only needed here
    )

    plot = io.BytesIO()
    intact = evaluation.intact
    draw_reliability(intact.reliability, intact.calibration_error, plot)
    thumbnails = {
        field.sample.image: make_thumbnail(
            manifest.path(field.sample), field.sample.um_per_px, reader.um_per_px
        )
        for field in intact.wrong[:GALLERY_MOST]
    }
    page = render(evaluation, provenance, plot.getvalue(), thumbnails)
    path.write_text(page, encoding="utf-8")


def make_thumbnail(path: Path, um_per_px: float, finest_um_per_px: float) -> bytes:
    """Make a small JPEG of a field.

    Raises:
        ImageFileError: The file can't be read any more.
    """
    field, _ = open_field(path, um_per_px, um_per_px, finest_um_per_px)
    image = Image.fromarray(field.rgb)
    image.thumbnail((THUMBNAIL_PX, THUMBNAIL_PX))
    jpeg = io.BytesIO()
    image.save(jpeg, "JPEG", quality=80)
    return jpeg.getvalue()
