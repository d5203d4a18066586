"""A manifest: a list of pictures with their labels and patients, as CSV or Parquet."""

from __future__ import annotations

import csv
import hashlib
import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path, PurePosixPath
from types import ModuleType
from typing import Any

from leukoscope.reading.results import LABELS

from leukoscope_training.shared.errors import TrainingError

SAMPLE_TYPES = (
    "neutrophil",
    "eosinophil",
    "basophil",
    "lymphocyte",
    "monocyte",
    "lymphoblast",
    "myeloblast",
    "promyelocyte",
    "myelocyte",
    "atypical_lymphocyte",
    "smudge",
    "artefact",
)
"""The names of cell types in manifests."""


class ManifestError(TrainingError):
    """A manifest is not valid. The message names file, line and column."""


@dataclass(frozen=True)
class Sample:
    """One picture, or one cell of a set of single cells.

    Attributes:
        image: Its path below the manifest's root, with "/".
        label: One of `LABELS`, or "" when unknown.
        group: Its patient or slide, unique over all sets ("lld-40x/patient-01").
        um_per_px: Its scale, above 0.
        source: Its set.
        licence: Of its set.
        sha256: Of the file, 64 hexadecimal digits; "" until hashed.
        cell_type: One of `SAMPLE_TYPES`; "" for a field, and for a type that has no name there.
    """

    image: str
    label: str
    group: str
    um_per_px: float
    source: str
    licence: str
    sha256: str = ""
    cell_type: str = ""


COLUMNS = tuple(field.name for field in fields(Sample))


@dataclass(frozen=True)
class Manifest:
    """Samples and the folder that their paths start from."""

    root: Path
    samples: tuple[Sample, ...]

    def path(self, sample: Sample) -> Path:
        """Return the path of the sample's file."""
        return self.root / sample.image


def read_manifest(path: Path, root: Path | None = None) -> Manifest:
    """Read a .csv or .parquet file.

    Args:
        path: The file.
        root: Where its paths start; by default the file's own folder.

    Raises:
        ManifestError: The file is not a valid manifest.
        OSError: The file can't be read.
    """
    rows = _read_parquet(path) if _is_parquet(path) else _read_csv(path)
    samples = []
    line_of: dict[str, int] = {}
    for line, row in rows:
        sample = _sample(row, f"{path}, line {line}")
        if sample.image in line_of:
            first = line_of[sample.image]
            raise ManifestError(
                f"{path}, line {line}, column image: {sample.image} is already in line {first}"
            )
        line_of[sample.image] = line
        samples.append(sample)
    return Manifest(path.parent if root is None else root, tuple(samples))


def write_manifest(manifest: Manifest, path: Path) -> None:
    """Write a .csv or .parquet file.

    Raises:
        ManifestError: `read_manifest` would refuse the file.
    """
    parquet = _is_parquet(path)
    rows = [asdict(sample) for sample in manifest.samples]
    seen: set[str] = set()
    for line, (row, sample) in enumerate(zip(rows, manifest.samples, strict=True), 2):
        _sample(row, f"{path}, line {line}")
        if sample.image in seen:
            raise ManifestError(f"{path}, line {line}, column image: {sample.image} is there twice")
        seen.add(sample.image)
    if parquet:
        _write_parquet(rows, path)
        return
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _is_parquet(path: Path) -> bool:
    if path.suffix not in {".csv", ".parquet"}:
        raise ManifestError(f"{path}: a manifest's name must end in .csv or .parquet")
    return path.suffix == ".parquet"


def _read_csv(path: Path) -> Iterable[tuple[int, dict[str, Any]]]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file, strict=True)
            _require_columns(reader.fieldnames or (), path)
            rows = []
            for row in reader:
                if None in row or None in row.values():
                    raise ManifestError(
                        f"{path}, line {reader.line_num}: not {len(reader.fieldnames or ())} values"
                    )
                rows.append((reader.line_num, row))
    except UnicodeDecodeError as error:
        raise ManifestError(f"{path}: not UTF-8: {error.reason} at byte {error.start}") from error
    except csv.Error as error:
        raise ManifestError(f"{path}, line {reader.line_num}: not CSV: {error}") from error
    return rows


def _read_parquet(path: Path) -> Iterable[tuple[int, dict[str, Any]]]:
    pyarrow, parquet = _pyarrow(path)
    try:
        table = parquet.read_table(path)
    except pyarrow.ArrowException as error:
        raise ManifestError(f"{path}: not a Parquet file: {error}") from error
    _require_columns(table.column_names, path)
    # Lines are counted as in a CSV file, where line 1 is the heading.
    return enumerate(table.select(COLUMNS).to_pylist(), 2)


def _write_parquet(rows: list[dict[str, Any]], path: Path) -> None:
    pyarrow, parquet = _pyarrow(path)
    kinds = {"um_per_px": pyarrow.float64()}
    schema = pyarrow.schema([(name, kinds.get(name, pyarrow.string())) for name in COLUMNS])
    parquet.write_table(pyarrow.Table.from_pylist(rows, schema=schema), path)


def _pyarrow(path: Path) -> tuple[ModuleType, ModuleType]:
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError as error:
        raise ManifestError(
            f"{path}: Parquet needs pyarrow: pip install pyarrow, or use a .csv"
        ) from error
    return pyarrow, pyarrow.parquet


def _require_columns(found: Iterable[str], path: Path) -> None:
    present = set(found)
    missing = [name for name in COLUMNS if name not in present]
    if missing:
        raise ManifestError(
            f"{path}, line 1: no column {', '.join(missing)}; needed are {', '.join(COLUMNS)}"
        )


def _sample(row: Mapping[str, Any], where: str) -> Sample:
    values = {name: row[name] for name in COLUMNS}
    for name in COLUMNS:
        if name != "um_per_px" and not isinstance(values[name], str):
            raise ManifestError(f"{where}, column {name}: {values[name]!r} is not text")
    for name in ("group", "source"):
        if not values[name]:
            raise ManifestError(f"{where}, column {name}: empty")
    _require_inside(values["image"], f"{where}, column image")
    _require_one_of(values["label"], LABELS, f"{where}, column label")
    _require_one_of(values["cell_type"], SAMPLE_TYPES, f"{where}, column cell_type")
    if values["sha256"] and not re.fullmatch(r"[0-9a-f]{64}", values["sha256"]):
        raise ManifestError(f"{where}, column sha256: not 64 hexadecimal digits, nor empty")
    try:
        um_per_px = float(values["um_per_px"])
    except (TypeError, ValueError):
        um_per_px = math.nan
    if not (math.isfinite(um_per_px) and um_per_px > 0):
        raise ManifestError(
            f"{where}, column um_per_px: {values['um_per_px']!r} is not a number above 0"
        )
    return Sample(**{**values, "um_per_px": um_per_px})


def _require_inside(image: str, where: str) -> None:
    path = PurePosixPath(image)
    if not path.parts or path.is_absolute() or ".." in path.parts or "\\" in image or "\0" in image:
        raise ManifestError(
            f"{where}: {image!r} is no path below the root, e.g. slide-1/field-7.jpg"
        )


def _require_one_of(value: str, known: Iterable[str], where: str) -> None:
    if value and value not in known:
        raise ManifestError(f"{where}: {value!r} is not known; known are {', '.join(known)}")
