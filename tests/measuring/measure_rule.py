"""Makes the measurements for docs/measurements/rule.md and prints them as Markdown tables.

    python -m tests.measuring.measure_rule

It applies the device's rule, with the card of the shipped reader, to simulated counts of cells. No picture is read. It
takes eight minutes on one core.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from leukoscope.model.bundle import load_bundle

from tests.measuring.command_line import print_tables
from tests.measuring.rule_tables import (
    tabulate_cells_for_acute,
    tabulate_cells_for_normal,
    tabulate_characteristic,
)

BUNDLE = Path(__file__).parents[2] / "models" / "cell-reader"
FALSE_BLASTS_SPREAD = 0.1


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--bundle", type=Path, default=BUNDLE, metavar="DIR", help="its card")
    parser.add_argument("--slides", type=int, default=1000, metavar="N", help="slides for each row")
    arguments = parser.parse_args()
    card = load_bundle(arguments.bundle).card
    if card.errors is None:
        parser.error(f"{arguments.bundle} reads fields, not cells: the rule does not apply to it")
    print_tables("Cells for NORMAL", tabulate_cells_for_normal(card.errors, card.thresholds))
    print_tables("Cells for ACUTE", tabulate_cells_for_acute(card.errors, card.thresholds))
    print_tables(
        f"What {arguments.slides} simulated slides are called, %",
        tabulate_characteristic(
            card.errors,
            card.thresholds,
            slides=arguments.slides,
            false_blasts_spread=FALSE_BLASTS_SPREAD,
        ),
    )


if __name__ == "__main__":
    main()
