"""Measures how real and rendered cells look, for the simulator's docstrings, and prints Markdown tables.

    python -m tests.measuring.measure_looks --data ../shared/data

The real overlapping red cells are from bccd, the real white cells from lld-40x and chula-pi.
"""

from __future__ import annotations

from concurrent.futures import ProcessPoolExecutor

from tests.measuring.command_line import parse_arguments, print_tables
from tests.measuring.looks import tabulate_overlaps, tabulate_white_cells


def main() -> None:
    """Measure, and print."""
    arguments = parse_arguments(__doc__)
    print_tables("Overlapping red cells", tabulate_overlaps(arguments.data))
    with ProcessPoolExecutor(arguments.workers) as workers:
        colours, shapes = tabulate_white_cells(arguments.data, workers)
    print_tables("Neutrophils: density relative to green", colours)
    print_tables("Monocytes", shapes)


if __name__ == "__main__":
    main()
