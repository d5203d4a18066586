"""The sets of fields: their scale, their labels, and the committed lists that split them."""

from __future__ import annotations

import csv
import enum
import hashlib
import re
from collections.abc import Iterable
from dataclasses import astuple, dataclass, fields
from pathlib import Path

from device.field import Field

SPLITS = Path(__file__).parent / "splits"

UM_PER_PX = {"lld-40x": 0.14, "chula-pi": 0.094, "bccd": 0.08}
"""Micrometres per pixel of each set's files, from the size of their red cells."""

LABEL_OF_FOLDER = {"ALL": "ALL", "AML": "AML", "APML": "AML", "CML": "CML", "CLL": "CLL"}

LLD_TEST_PATIENTS = frozenset({4, 15, 21, 23, 28})
"""The authors' own test patients; the other five are their training patients."""

CHULA_TEST_SLIDES = frozenset(
    f"slide_{name}" for name in ["3B", "4B", "5B", "5Bb", "9", "12", "13", "15", "30", "53", "57"]
)
"""Chosen so that each of the five normal cell types is on both sides; no slide is on both."""

CHULA_VAL_SLIDES = frozenset(f"slide_{name}" for name in ["1B", "10", "14", "42"])

LLD_VAL_SHARE = 0.2


class Split(enum.Enum):
    """What a field may be used for."""

    TRAIN = "train"
    VAL = "val"
    TEST = "test"
    EXTERNAL = "external"
    """Another laboratory's, for measuring only."""


@dataclass(frozen=True)
class Entry:
    """One field's file. image: path below its set's folder; group: its patient or slide."""

    image: str
    sha256: str
    label: str
    group: str
    split: Split


@dataclass(frozen=True)
class Source:
    """A field with what is known of it; group: its patient, slide or seed."""

    field: Field
    name: str
    label: str
    group: str


def sha256_of(path: Path) -> str:
    """The SHA-256 of a file, in hexadecimal."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def lld_entries(folder: Path) -> list[Entry]:
    """The leukaemia fields: test by patient, validation the last fifth of each training patient.

    "Last" is by the source's own field number, the third in a file's name. Files that share that
    number may show the same glass and are never parted.
    """
    entries: list[Entry] = []
    for patient in sorted(folder.glob("*/patient-*")):
        paths = sorted(patient.glob("*.jpg"), key=lambda p: (_field_number(p), p.name))
        if int(patient.name.removeprefix("patient-")) in LLD_TEST_PATIENTS:
            splits = [Split.TEST] * len(paths)
        else:
            first_val = _field_number(paths[round(len(paths) * (1 - LLD_VAL_SHARE))])
            splits = [Split.TRAIN if _field_number(p) < first_val else Split.VAL for p in paths]
        entries += [
            Entry(
                image=str(path.relative_to(folder)),
                sha256=sha256_of(path),
                label=LABEL_OF_FOLDER[patient.parent.name],
                group=patient.name,
                split=split,
            )
            for path, split in zip(paths, splits, strict=True)
        ]
    return entries


def _field_number(path: Path) -> int:
    match = re.match(r"\d+_\d+_(\d+)_", path.name)
    if match is None:
        raise ValueError(f"{path.name}: not a name of the leukaemia set, e.g. 1_11_114_400_ALL.jpg")
    return int(match.group(1))


def chula_entries(folder: Path) -> list[Entry]:
    """The normal fields of the Raspberry Pi camera, by slide."""
    entries = []
    with (folder / "fields.csv").open(newline="") as file:
        for row in csv.DictReader(file):
            slide = row["slide"]
            if slide in CHULA_TEST_SLIDES:
                split = Split.TEST
            else:
                split = Split.VAL if slide in CHULA_VAL_SLIDES else Split.TRAIN
            sha256 = sha256_of(folder / row["image"])
            entries.append(Entry(row["image"], sha256, "normal", slide, split))
    return entries


def bccd_entries(folder: Path) -> list[Entry]:
    """The fields of BCCD: normal, for measuring only; donors unknown, so each is its own group."""
    return [
        Entry(f"fields/{path.name}", sha256_of(path), "normal", path.stem, Split.EXTERNAL)
        for path in sorted((folder / "fields").glob("*.jpg"))
    ]


ENTRIES_OF = {"lld-40x": lld_entries, "chula-pi": chula_entries, "bccd": bccd_entries}


def write_split(name: str, entries: Iterable[Entry], folder: Path = SPLITS) -> None:
    """Write the list of a set, one line a file."""
    with (folder / f"{name}.csv").open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(field.name for field in fields(Entry))
        writer.writerows((*astuple(entry)[:-1], entry.split.value) for entry in entries)


def read_split(name: str, folder: Path = SPLITS) -> list[Entry]:
    """The committed list of a set."""
    with (folder / f"{name}.csv").open(newline="") as file:
        return [
            Entry(**{**row, "split": Split(row["split"])})  # type: ignore[arg-type]
            for row in csv.DictReader(file)
        ]
