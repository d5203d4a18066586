"""Reads each picture of a manifest with a bundle. A picture is read, refused by a gate, or not readable."""

from __future__ import annotations

import threading
import zlib
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from leukoscope.errors import FieldError
from leukoscope.microscope.image_files import open_field

from leukoscope_training.data.manifest import Manifest, Sample, sha256_of
from leukoscope_training.evaluation.bundle_evaluation import FieldOutcome
from leukoscope_training.evaluation.bundle_reader import BundleReader


def read_manifest_fields(
    manifest: Manifest, open_reader: Callable[[], BundleReader], workers: int
) -> Iterator[FieldOutcome]:
    """Read each picture, in order.

    Args:
        manifest: The pictures.
        open_reader: Opens a reader; called once by each thread.
        workers: The number of threads, at least 1.
    """
    mine = threading.local()

    def read(sample: Sample) -> FieldOutcome:
        if not hasattr(mine, "reader"):
            mine.reader = open_reader()
        return read_sample(sample, manifest.path(sample), mine.reader)

    with ThreadPoolExecutor(workers, thread_name_prefix="reader") as pool:
        yield from pool.map(read, manifest.samples)


def read_sample(sample: Sample, path: Path, reader: BundleReader) -> FieldOutcome:
    """Read one picture. If the file can't be read, or has changed since it was listed, the outcome has an error."""
    try:
        if sample.sha256 and sha256_of(path) != sample.sha256:
            return FieldOutcome(
                sample,
                None,
                None,
                f"{path}: its content has changed since it was listed (another SHA-256)",
            )
        scale = reader.um_per_px
        field, _ = open_field(path, sample.um_per_px, scale, scale)
        reading = reader.read(field)
        # The seed is the picture's name, so that its ablation does not depend on the rest of the manifest.
        rng = np.random.default_rng(zlib.crc32(sample.image.encode()))
        return FieldOutcome(sample, reading, reader.read_ablation(field, reading, rng))
    except (FieldError, OSError) as error:
        return FieldOutcome(sample, None, None, str(error))
