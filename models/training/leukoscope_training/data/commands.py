"""`leukoscope-train datasets | import | check | split`: makes a manifest and a split from a folder of pictures."""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from pathlib import Path

from PIL import Image

from leukoscope_training.data.importers import IMPORTERS, import_samples
from leukoscope_training.data.manifest import (
    Manifest,
    Sample,
    read_manifest,
    sha256_of,
    write_manifest,
)
from leukoscope_training.data.near_duplicates import read_thumbnail
from leukoscope_training.data.splits import (
    SPLITS,
    SplitRow,
    find_same_place,
    make_committed_splits,
    split_by_group,
    split_by_image,
    write_split,
)
from leukoscope_training.shared.errors import TrainingError

DATA = Path("../shared/data")


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the commands; each sets `run`."""
    command = subparsers.add_parser("datasets", help="list the sets that can be imported")
    command.set_defaults(run=_datasets)

    command = subparsers.add_parser("import", help="list a set's pictures in a manifest")
    command.add_argument("name", metavar="NAME", help="as `datasets` lists it")
    command.add_argument("folder", type=Path, metavar="FOLDER")
    command.add_argument("manifest", type=Path, metavar="OUT", help="name.csv or name.parquet")
    command.add_argument("--um-per-px", type=float, metavar="UM", help="µm per pixel of the files")
    command.add_argument(
        "--root", type=Path, metavar="DIR", help="where paths start (default: FOLDER)"
    )
    command.set_defaults(run=_import)

    command = subparsers.add_parser("check", help="check a manifest's files; exit status 1 if bad")
    _add_manifest(command)
    command.set_defaults(run=_check)

    command = subparsers.add_parser("split", help="divide a manifest's pictures")
    _add_manifest(command)
    command.add_argument("split", type=Path, metavar="OUT", help="name.csv")
    command.add_argument(
        "--by",
        choices=("group", "image"),
        required=True,
        help="group: halves A and B; image: train, val and test, with a patient in all of them",
    )
    command.add_argument("--seed", type=int, default=0)
    command.set_defaults(run=_split)

    command = subparsers.add_parser("committed-splits", help="make the committed splits again")
    command.add_argument("--data", type=Path, default=DATA, metavar="DIR")
    command.add_argument("--into", type=Path, default=SPLITS, metavar="DIR")
    command.set_defaults(run=_committed)


def _add_manifest(command: argparse.ArgumentParser) -> None:
    command.add_argument("manifest", type=Path, metavar="MANIFEST")
    command.add_argument(
        "--root", type=Path, metavar="DIR", help="where its paths start (default: its folder)"
    )


def _datasets(_: argparse.Namespace) -> int:
    for importer in IMPORTERS.values():
        scale = importer.UM_PER_PX
        print(f"{importer.NAME}: {importer.TITLE}")
        print(f"  terms:  {importer.TERMS}")
        print(f"  layout: {importer.LAYOUT}")
        print(f"  scale:  {'give --um-per-px' if scale is None else f'{scale} µm per pixel'}")
        print(f"  note:   {importer.NOTE}")
    return 0


def _import(options: argparse.Namespace) -> int:
    samples = import_samples(options.name, options.folder, options.um_per_px, options.root)
    root = options.folder if options.root is None else options.root
    write_manifest(Manifest(root, tuple(samples)), options.manifest)
    print(f"{options.manifest}: {len(samples)} pictures, {_groups(samples)} groups")
    if options.manifest.parent.resolve() != root.resolve():
        print(f"Its paths start at {root}: give --root {root} wherever it is read.")
    print(f"warning: {IMPORTERS[options.name].NOTE}", file=sys.stderr)
    return 0


def _check(options: argparse.Namespace) -> int:
    manifest = read_manifest(options.manifest, options.root)
    problems, sizes, readable = [], Counter[tuple[int, int]](), []
    for sample in manifest.samples:
        path = manifest.path(sample)
        try:
            if sample.sha256 and sha256_of(path) != sample.sha256:
                problems.append(f"{sample.image}: its content has changed (another SHA-256)")
            read_thumbnail(path)
            with Image.open(path) as picture:
                sizes[picture.size] += 1
        except (TrainingError, OSError) as error:
            problems.append(f"{sample.image}: {error}")
        else:
            readable.append(sample)
    problems += _find_shared_places(Manifest(manifest.root, tuple(readable)))
    _print_counts(manifest)
    print("sizes: " + ", ".join(f"{w}x{h} ({n})" for (w, h), n in sizes.most_common()))
    for problem in problems:
        print(f"problem: {problem}", file=sys.stderr)
    print(f"{options.manifest}: {len(manifest.samples)} pictures, {len(problems)} problems")
    return 1 if problems else 0


def _find_shared_places(manifest: Manifest) -> list[str]:
    problems = []
    for pair in find_same_place(manifest):
        one, other = manifest.samples[pair.first], manifest.samples[pair.second]
        what = [name for name in ("group", "label") if getattr(one, name) != getattr(other, name)]
        if what:
            problems.append(
                f"{one.image} and {other.image}: the same place ({pair.score:.2f}), "
                f"different {' and '.join(what)}"
            )
    return problems


def _print_counts(manifest: Manifest) -> None:
    by_class: dict[tuple[str, str, str], list[Sample]] = {}
    for sample in manifest.samples:
        key = (sample.source, sample.label, sample.cell_type)
        by_class.setdefault(key, []).append(sample)
    for (source, label, cell_type), samples in sorted(by_class.items()):
        name = " ".join(word for word in (source, label or "unlabelled", cell_type) if word)
        print(f"{name}: {len(samples)} pictures, {_groups(samples)} groups")


def _groups(samples: list[Sample]) -> int:
    return len({sample.group for sample in samples})


def _split(options: argparse.Namespace) -> int:
    manifest = read_manifest(options.manifest, options.root)
    deal = split_by_group if options.by == "group" else split_by_image
    _write(deal(manifest, options.seed), options.split)
    return 0


def _committed(options: argparse.Namespace) -> int:
    for name, rows in make_committed_splits(options.data).items():
        _write(rows, options.into / f"{name}.csv")
    return 0


def _write(rows: list[SplitRow], path: Path) -> None:
    write_split(rows, path)
    counts = Counter((row.part, row.sample.label or "unlabelled") for row in rows)
    print(
        f"{path}: "
        + ", ".join(f"{part} {label} {n}" for (part, label), n in sorted(counts.items()))
    )
