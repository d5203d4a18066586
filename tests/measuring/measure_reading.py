"""Measures gates, shading and white cells for docs/measurements/reading.md and prints Markdown tables.

    python -m tests.measuring.measure_reading --data ../shared/data

The device's own code reads real fields at the scale of the shipped model. It takes half an hour on two cores.
"""

from __future__ import annotations

from concurrent.futures import ProcessPoolExecutor

from tests.measuring.brightness_gates import tabulate_brightness_gates
from tests.measuring.cell_gate import tabulate_cell_gate
from tests.measuring.command_line import parse_arguments, print_tables
from tests.measuring.false_verdicts import tabulate_false_verdicts
from tests.measuring.light_gate import tabulate_light_gate
from tests.measuring.refusals import tabulate_refusals
from tests.measuring.shading import tabulate_shading
from tests.measuring.white_cells import tabulate_white_cells

PARTS = ("refusals", "not-smears", "light", "exposure", "cells", "shading", "white-cells")


def main() -> None:
    """Measure, and print."""
    arguments = parse_arguments(__doc__, parts=PARTS)
    data, only = arguments.data, arguments.only
    with ProcessPoolExecutor(arguments.workers) as workers:
        if only in (None, "refusals"):
            real, rendered = tabulate_refusals(data, workers)
            print_tables("Refused, real fields", real)
            print_tables("Refused, rendered fields", rendered)
        if only in (None, "not-smears"):
            fields, slides = tabulate_false_verdicts(data, workers)
            print_tables("Pictures that are no smear: single fields", fields)
            print_tables("Pictures that are no smear: slides of ten fields", slides)
        if only in (None, "light"):
            rises, lights = tabulate_light_gate(workers)
            print_tables("Light gate: rise of the mean level", rises)
            print_tables("Light gate: limits", lights)
        if only in (None, "exposure"):
            by_light, dark, bright, clipped = tabulate_brightness_gates(workers)
            print_tables("Exposure and clipping: effect on fields", by_light)
            print_tables("Exposure: too dark", dark)
            print_tables("Exposure: too bright", bright)
            print_tables("Clipping", clipped)
        if only in (None, "cells"):
            cells, stains = tabulate_cell_gate(data, workers)
            print_tables("White-cell gate", cells)
            print_tables("White-cell gate: limits", stains)
        if only in (None, "shading"):
            by_set, by_slide = tabulate_shading(data, workers)
            print_tables("Shading by set", by_set)
            print_tables("Shading by slide of chula-pi, not chosen on", by_slide)
        if only in (None, "white-cells"):
            print_tables("White cells", tabulate_white_cells(data, workers))


if __name__ == "__main__":
    main()
