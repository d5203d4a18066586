"""Decides which pictures are trained on and which are tested on: the committed splits, and new ones for any manifest.

`image-level` divides single pictures, as most published work does: a patient has pictures in all parts, so its results
say nothing about a new patient. `patient-disjoint` keeps every patient and slide in one half: train on one half, test
on the other, and report both directions. `ten-fold` is patient-disjoint too: each fold has one leukaemia patient and
two normal slides, tested after training on the other nine folds. The committed splits must stay as they are, so the
shuffling is our own and not scikit-learn's.
"""

from __future__ import annotations

import csv
import random
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from leukoscope_training.data.importers import import_samples
from leukoscope_training.data.manifest import Manifest, ManifestError, Sample
from leukoscope_training.data.near_duplicates import Pair, find_groups, find_pairs

SPLITS = Path(__file__).parent / "splits"

COMMITTED = ("image-level", "patient-disjoint", "ten-fold")

SEED = 0
"""Seed of the committed image-level split."""

SHARES = {"train": 0.70, "val": 0.15, "test": 0.15}

HALVES = ("A", "B")

EXTERNAL = "external"
"""A set of another laboratory, for testing only."""

LLD_A = frozenset(f"lld-40x/patient-{number:02d}" for number in (1, 12, 24, 27, 32))
"""The authors' training patients; the other five are their test patients."""

CHULA_B = frozenset(
    f"chula-pi/slide_{name}"
    for name in ("3B", "4B", "5B", "5Bb", "9", "12", "13", "15", "30", "53", "57")
)
"""Chosen so that each of the five normal cell types is in both halves."""

FOLDS = tuple(f"fold-{number:02d}" for number in range(1, 11))

COLUMNS = ("source", "image", "sha256", "label", "group", "part")


@dataclass(frozen=True)
class SplitRow:
    """One picture and its part."""

    sample: Sample
    part: str


def read_split(name: str) -> dict[str, str]:
    """Read a committed split: the part of each picture, by its SHA-256."""
    if name not in COMMITTED:
        raise ManifestError(f"{name}: no such split; committed are {', '.join(COMMITTED)}")
    return read_split_file(SPLITS / f"{name}.csv")


def read_split_file(path: Path) -> dict[str, str]:
    """Read a file that `write_split` wrote: the part of each picture, by its SHA-256.

    Raises:
        ManifestError: A column is missing, or a picture is in two parts.
    """
    part_of: dict[str, str] = {}
    try:
        with path.open(encoding="utf-8", newline="") as file:
            reader = csv.DictReader(file)
            if reader.fieldnames != list(COLUMNS):
                raise ManifestError(f"{path}, line 1: not the columns {', '.join(COLUMNS)}")
            for row in reader:
                if None in row or None in row.values():
                    raise ManifestError(
                        f"{path}, line {reader.line_num}: not {len(COLUMNS)} values"
                    )
                if part_of.setdefault(row["sha256"], row["part"]) != row["part"]:
                    raise ManifestError(
                        f"{path}, line {reader.line_num}: {row['image']} is in two parts"
                    )
    except UnicodeDecodeError as error:
        raise ManifestError(f"{path}: not UTF-8: {error.reason} at byte {error.start}") from error
    return part_of


def write_split(rows: Iterable[SplitRow], path: Path) -> None:
    """Write a split, one line per picture."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        for row in rows:
            s = row.sample
            writer.writerow((s.source, s.image, s.sha256, s.label, s.group, row.part))


def sort_by_part(manifest: Manifest, split: Mapping[str, str]) -> dict[str, list[Sample]]:
    """Sort samples by their part. Samples that are not in the split are left out.

    Raises:
        ManifestError: A sample has no hash, or the split has none of them.
    """
    found: dict[str, list[Sample]] = defaultdict(list)
    for sample in manifest.samples:
        if not sample.sha256:
            raise ManifestError(f"{sample.image}: no SHA-256; import the set again")
        if sample.sha256 in split:
            found[split[sample.sha256]].append(sample)
    if not found:
        raise ManifestError(f"{manifest.root}: the split names no picture of this manifest")
    return dict(found)


def find_same_place(manifest: Manifest) -> list[Pair]:
    """Find pairs of samples that show the same place. For single cells only equal files count.

    A set is one of single cells if any of its samples has a cell type. Such pictures are centred on the cell, so they
    are similar even when they show different cells.

    Raises:
        TrainingError: A file can't be read.
    """
    cells = {sample.source for sample in manifest.samples if sample.cell_type}
    fields = [i for i, sample in enumerate(manifest.samples) if sample.source not in cells]
    pairs = find_pairs([manifest.path(manifest.samples[i]) for i in fields])
    pairs = [Pair(fields[p.first], fields[p.second], p.score, p.equal_files) for p in pairs]
    first_of: dict[str, int] = {}
    for i, sample in enumerate(manifest.samples):
        if sample.source in cells and (first := first_of.setdefault(sample.sha256, i)) != i:
            pairs.append(Pair(first, i, 1.0, equal_files=True))
    return sorted(pairs)


def split_by_image(manifest: Manifest, seed: int) -> list[SplitRow]:
    """Divide each label's pictures 70/15/15 into train, val and test, whatever their group.

    If several pictures show the same place, only the first gets a part.

    Raises:
        ManifestError: Pictures of the same place have different labels, or a label has too few pictures.
    """
    samples = manifest.samples
    first = find_groups(len(samples), find_same_place(manifest))
    for i, j in enumerate(first):
        if samples[i].label != samples[j].label:
            raise ManifestError(
                f"{samples[i].image} and {samples[j].image} show the same place with different labels"
            )
    of_label = defaultdict(list)
    for i in sorted({*first}):
        of_label[samples[i].label].append(samples[i])
    rows = []
    for label, pictures in sorted(of_label.items()):
        # Each label has its own generator, so that the pictures of one label do not change the parts of another.
        random.Random(f"{seed} {label}").shuffle(pictures)
        val, test = (round(SHARES[part] * len(pictures)) for part in ("val", "test"))
        if not (val and test and val + test < len(pictures)):
            raise ManifestError(
                f"label {label or '(none)'}: {len(pictures)} pictures are too few for three parts"
            )
        part_of = ["val"] * val + ["test"] * test + ["train"] * (len(pictures) - val - test)
        rows += [SplitRow(*pair) for pair in zip(pictures, part_of, strict=True)]
    return sorted(rows, key=lambda row: row.sample.image)


def split_by_group(manifest: Manifest, seed: int) -> list[SplitRow]:
    """Divide whole groups into halves A and B, with each label's pictures divided as evenly as its groups allow.

    Groups that have pictures of the same place stay together.

    Raises:
        ManifestError: A group, or groups that stay together, have several labels, or a label has only one group.
    """
    samples = manifest.samples
    group_of = _join_groups(samples, find_same_place(manifest))
    sizes: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    label_of: dict[str, str] = {}
    for sample in samples:
        group = group_of[sample.group]
        if label_of.setdefault(group, sample.label) != sample.label:
            raise ManifestError(f"{sample.image}: group {group} has several labels")
        sizes[sample.label][group] += 1
    half_of: dict[str, str] = {}
    for label, size_of in sorted(sizes.items()):
        if len(size_of) < len(HALVES):
            raise ManifestError(
                f"label {label or '(none)'}: only group {next(iter(size_of))}, which can't be in both halves"
            )
        groups = sorted(size_of)
        random.Random(f"{seed} {label}").shuffle(groups)
        groups.sort(key=lambda group: -size_of[group])
        filled = dict.fromkeys(HALVES, 0)
        for group in groups:
            half_of[group] = min(HALVES, key=lambda half: filled[half])
            filled[half_of[group]] += size_of[group]
    rows = [SplitRow(sample, half_of[group_of[sample.group]]) for sample in samples]
    return sorted(rows, key=lambda row: row.sample.image)


def make_committed_splits(data: Path) -> dict[str, list[SplitRow]]:
    """Make the committed splits from the folder that contains lld-40x, chula-pi and bccd."""
    sets = {
        name: import_samples(name, data / name, root=data)
        for name in ("lld-40x", "chula-pi", "bccd")
    }
    dealt = Manifest(data, tuple(sets["lld-40x"] + sets["chula-pi"]))
    disjoint = [SplitRow(s, "A" if s.group in LLD_A else "B") for s in sets["lld-40x"]]
    disjoint += [SplitRow(s, "B" if s.group in CHULA_B else "A") for s in sets["chula-pi"]]
    disjoint += [SplitRow(s, EXTERNAL) for s in sets["bccd"]]
    return {
        "image-level": split_by_image(dealt, SEED),
        "patient-disjoint": disjoint,
        "ten-fold": [row for name in ("lld-40x", "chula-pi") for row in _deal_in_turn(sets[name])],
    }


def _deal_in_turn(samples: Sequence[Sample]) -> list[SplitRow]:
    """Assign a set's groups, in the order of their names, to the folds in turn."""
    groups = sorted({sample.group for sample in samples})
    return [SplitRow(sample, FOLDS[groups.index(sample.group) % len(FOLDS)]) for sample in samples]


def _join_groups(samples: Sequence[Sample], pairs: Sequence[Pair]) -> dict[str, str]:
    """Return, for each group, the first of the groups that must stay together with it."""
    names = sorted({sample.group for sample in samples})
    place = {name: i for i, name in enumerate(names)}
    links = [
        Pair(place[samples[p.first].group], place[samples[p.second].group], p.score) for p in pairs
    ]
    return {
        name: names[first]
        for name, first in zip(names, find_groups(len(names), links), strict=True)
    }
