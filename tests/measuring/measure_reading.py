"""What docs/measurements/reading.md says of gates, shading and white cells: measured here, printed as Markdown.

    python -m tests.measuring.measure_reading --data ../shared/data

Real fields are read at the scale of the shipped model, by the device's own code. Two cores take half an hour.
"""

from __future__ import annotations

import argparse
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from tests.measuring.brightness_gates import brightness_gates
from tests.measuring.cell_gate import cell_gate
from tests.measuring.false_verdicts import false_verdicts
from tests.measuring.light_gate import light_gate
from tests.measuring.refusals import refusals
from tests.measuring.shading import shading
from tests.measuring.white_cells import white_cells

PARTS = ("refusals", "not-smears", "light", "exposure", "cells", "shading", "white-cells")


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--only", choices=PARTS, help="one part; all without")
    arguments = parser.parse_args()
    data, only = arguments.data, arguments.only
    with ProcessPoolExecutor(arguments.workers) as workers:
        if only in (None, "refusals"):
            real, rendered = refusals(data, workers)
            show("Refused, real fields", real)
            show("Refused, rendered fields", rendered)
        if only in (None, "not-smears"):
            fields, slides = false_verdicts(data, workers)
            show("What is no smear: fields alone", fields)
            show("What is no smear: slides of ten fields", slides)
        if only in (None, "light"):
            rises, lights = light_gate(workers)
            show("Light gate: rise of the mean level", rises)
            show("Light gate: limits", lights)
        if only in (None, "exposure"):
            by_light, dark, bright, clipped = brightness_gates(workers)
            show("Exposure and clipping: what becomes of fields", by_light)
            show("Exposure: too dark", dark)
            show("Exposure: too bright", bright)
            show("Clipping", clipped)
        if only in (None, "cells"):
            cells, stains = cell_gate(data, workers)
            show("White-cell gate", cells)
            show("White-cell gate: limits", stains)
        if only in (None, "shading"):
            by_set, by_slide = shading(data, workers)
            show("Shading by set", by_set)
            show("Shading by slide of chula-pi, not chosen on", by_slide)
        if only in (None, "white-cells"):
            show("White cells", white_cells(data, workers))


def show(title: str, text: str) -> None:
    """Print a table under its title."""
    print(f"### {title}\n", text, sep="\n", flush=True)


if __name__ == "__main__":
    main()
