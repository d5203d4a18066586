"""Make the fields ready for training and measuring.

python -m models.training.prepare splits      write the lists in splits/ anew
python -m models.training.prepare fields      make every set ready, below --cache
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PIL import Image

from device.field import Field

from .cache import make_ready, save
from .rendered import SEEDS, rendered_fields
from .sources import ENTRIES_OF, UM_PER_PX, Source, Split, read_split, sha256_of, write_split


def real_fields(name: str, split: Split, data: Path) -> Iterator[Source]:
    """The fields of a set's split, each checked against its SHA-256 in the committed list.

    Raises ValueError when a file is not the one that was listed.
    """
    for entry in read_split(name):
        if entry.split is not split:
            continue
        path = data / name / entry.image
        if sha256_of(path) != entry.sha256:
            raise ValueError(
                f"{path} is not the file listed in splits/{name}.csv (SHA-256 differs)"
            )
        rgb = np.asarray(Image.open(path).convert("RGB"))
        yield Source(Field(rgb, UM_PER_PX[name]), entry.image, entry.label, entry.group)


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("what", choices=["splits", "fields"])
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--cache", type=Path, default=Path("build/training"))
    arguments = parser.parse_args()
    if arguments.what == "splits":
        for name, entries in ENTRIES_OF.items():
            write_split(name, entries(arguments.data / name))
        return
    arguments.cache.mkdir(parents=True, exist_ok=True)
    for name in ENTRIES_OF:
        for split in sorted({entry.split for entry in read_split(name)}, key=lambda s: s.value):
            _report(name, split, real_fields(name, split, arguments.data), arguments.cache)
    for split in SEEDS:
        _report("rendered", split, rendered_fields(split), arguments.cache)


def _report(name: str, split: Split, sources: Iterator[Source], cache: Path) -> None:
    path = cache / f"{name}-{split.value}.npz"
    if path.exists():
        print(f"{path.name} exists", flush=True)
        return
    ready = make_ready(sources)
    save(ready, path)
    print(f"{path.name}: {len(ready)} fields, {len(ready.refused)} refused", flush=True)


if __name__ == "__main__":
    main()
