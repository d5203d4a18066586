"""What docs/measurements/reading.md says of focus: measured here, printed as Markdown.

    python -m tests.measuring.measure_focus --data ../shared/data

Compares measures of sharpness on rendered focus stacks and on real fields blurred by known amounts, finds the blur
that starts to change verdicts, plays focusing sessions to the meter, and measures its bar out to 20 µm. Two cores take
eight minutes.
"""

from __future__ import annotations

import argparse
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from tests.measuring.focus_bar import agreement, bars
from tests.measuring.focus_cost import loop_cost
from tests.measuring.focus_limit import rates, separation, threshold, verdict_changes
from tests.measuring.focus_looks import blur_series, list_real_tasks, render_series
from tests.measuring.focus_sessions import hints
from tests.measuring.focus_stacks import stacks
from tests.measuring.pictures import CLASSES

VERDICT_SEEDS = range(40000, 40010)


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--workers", type=int, default=2)
    arguments = parser.parse_args()
    print("### Focus loop\n", loop_cost(), sep="\n", flush=True)
    with ProcessPoolExecutor(arguments.workers) as workers:
        shapes, followed = stacks(workers)
        print("### Rendered focus stacks\n", shapes, sep="\n")
        print("### What measures follow beside focus\n", followed, sep="\n", flush=True)
        print("### Hints\n", hints(workers), sep="\n", flush=True)
        lengths, falls = bars(workers, arguments.data)
        print("### The bar\n", falls, lengths, sep="\n", flush=True)
        print("### Live frame and captured field\n", agreement(), sep="\n", flush=True)
        rendered = [(diagnosis, seed) for seed in VERDICT_SEEDS for diagnosis in CLASSES]
        series = list(workers.map(render_series, rendered))
        series += workers.map(blur_series, list(list_real_tasks(arguments.data)))
    changes, onsets = verdict_changes(series)
    print("### Verdicts by blur\n", changes, sep="\n")
    print("### Blur at which changes exceed those by noise by 5 points\n", onsets, sep="\n")
    print("### Good fields from blurred ones, by one limit\n", separation(series), sep="\n")
    chosen, refused, passed = threshold(series)
    print("### Good fields refused, %, by limit\n", refused, sep="\n")
    print(f"### The limit: {chosen:g}\n", passed, sep="\n")
    print("### The limit in force\n", rates(series), sep="\n")


if __name__ == "__main__":
    main()
