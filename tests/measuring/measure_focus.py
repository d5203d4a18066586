"""Makes the measurements for docs/measurements/focus.md and prints them as Markdown tables.

    python -m tests.measuring.measure_focus --data ../shared/data

It compares measures of sharpness on rendered focus stacks and on real fields blurred by known amounts. It finds the
blur that starts to change verdicts, plays focusing sessions to the meter, and measures the meter's bar up to 20 µm from
focus. It takes eight minutes on two cores.
"""

from __future__ import annotations

from concurrent.futures import ProcessPoolExecutor

from tests.measuring.command_line import parse_arguments, print_tables
from tests.measuring.focus_bar import tabulate_agreement, tabulate_bars
from tests.measuring.focus_cost import tabulate_loop_cost
from tests.measuring.focus_limit import (
    choose_threshold,
    tabulate_rates,
    tabulate_separation,
    tabulate_verdict_changes,
)
from tests.measuring.focus_looks import blur_series, list_real_tasks, render_series
from tests.measuring.focus_sessions import tabulate_hints
from tests.measuring.focus_stacks import tabulate_stacks
from tests.measuring.pictures import CLASSES

VERDICT_SEEDS = range(40000, 40010)


def main() -> None:
    """Measure, and print."""
    arguments = parse_arguments(__doc__)
    print_tables("Focus loop", tabulate_loop_cost())
    with ProcessPoolExecutor(arguments.workers) as workers:
        shapes, followed = tabulate_stacks(workers)
        print_tables("Rendered focus stacks", shapes)
        print_tables("What else the measures respond to", followed)
        print_tables("Hints", tabulate_hints(workers))
        lengths, falls = tabulate_bars(workers, arguments.data)
        print_tables("The bar", falls, lengths)
        print_tables("Live frame and captured field", tabulate_agreement())
        rendered = [(diagnosis, seed) for seed in VERDICT_SEEDS for diagnosis in CLASSES]
        series = list(workers.map(render_series, rendered))
        series += workers.map(blur_series, list(list_real_tasks(arguments.data)))
    changes, onsets = tabulate_verdict_changes(series)
    print_tables("Verdicts by blur", changes)
    print_tables("Blur from which verdicts change 5 points more often than by noise", onsets)
    print_tables("Good and blurred fields separated by one limit", tabulate_separation(series))
    chosen, refused, passed = choose_threshold(series)
    print_tables("Good fields refused, %, by limit", refused)
    print_tables(f"The limit: {chosen:g}", passed)
    print_tables("The limit in force", tabulate_rates(series))


if __name__ == "__main__":
    main()
