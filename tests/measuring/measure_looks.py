"""What device/simulator says of how real and rendered cells look: measured here, printed as Markdown.

    python -m tests.measuring.measure_looks --data ../shared/data

Real: bccd for overlapping red cells; the Large Leukemia Dataset and Chulalongkorn University's fields for white cells.
"""

from __future__ import annotations

import argparse
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from tests.measuring.looks import overlaps, white_cell_looks


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--workers", type=int, default=2)
    arguments = parser.parse_args()
    print("### Overlapping red cells\n", overlaps(arguments.data), sep="\n", flush=True)
    with ProcessPoolExecutor(arguments.workers) as workers:
        colours, shapes = white_cell_looks(arguments.data, workers)
    print("### Neutrophils: density relative to green\n", colours, sep="\n")
    print("### Monocytes\n", shapes, sep="\n")


if __name__ == "__main__":
    main()
