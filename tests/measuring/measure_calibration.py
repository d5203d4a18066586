"""Makes the measurements for docs/measurements/calibration.md and prints them as Markdown tables.

    python -m tests.measuring.measure_calibration --data ../shared/data

It uses the device's own code, on rendered fields at the scale that the device captures and on real fields. It takes
five minutes on one core.
"""

from __future__ import annotations

from tests.measuring.background_maps import tabulate_real_maps, tabulate_rendered_maps
from tests.measuring.bursts import tabulate_bursts
from tests.measuring.command_line import parse_arguments, print_tables
from tests.measuring.drifts import tabulate_empty_drift, tabulate_smear_drift
from tests.measuring.empty_fields import tabulate_real_fields, tabulate_rendered_fields
from tests.measuring.micrometers import tabulate_false_rulings, tabulate_pitches
from tests.measuring.red_cell_scale import tabulate_scales
from tests.measuring.whole_calibrations import tabulate_calibrations

PARTS = ("empty", "micrometer", "red-cells", "glass", "whole", "drift", "burst")


def main() -> None:
    """Measure, and print."""
    arguments = parse_arguments(__doc__, parts=PARTS, workers=False)
    data, only = arguments.data, arguments.only
    if only in (None, "empty"):
        print_tables("Empty field: rendered", tabulate_rendered_fields())
        print_tables("Empty field: real fields, none of which is empty", tabulate_real_fields(data))
    if only in (None, "micrometer"):
        print_tables("Micrometer: the scale", tabulate_pitches())
        print_tables("Micrometer: lines found in fields without any", tabulate_false_rulings(data))
    if only in (None, "red-cells"):
        print_tables("Scale by red cells", tabulate_scales(data))
    if only in (None, "glass"):
        print_tables("Background maps of five rendered fields", tabulate_rendered_maps())
        print_tables(
            "Shading that a polynomial leaves (chula-pi, a Pi camera)", tabulate_real_maps(data)
        )
    if only in (None, "whole"):
        print_tables("Whole calibrations of a simulated microscope", tabulate_calibrations())
    if only in (None, "drift"):
        print_tables("Drift measured on clean glass (calibrate --check)", tabulate_empty_drift())
        print_tables("Drift measured on a smear (self-test)", tabulate_smear_drift())
    if only in (None, "burst"):
        moved, noises = tabulate_bursts()
        print_tables("Bursts: still or moved", moved)
        print_tables("Bursts: noise", noises)


if __name__ == "__main__":
    main()
