"""Makes Markdown tables, and shares with their intervals."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt

BOOTSTRAPS = 2000
WILSON_Z = 1.96


def markdown_table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Make a Markdown table."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(map(str, line)) + " |" for line in lines) + "\n"


def bootstrap_interval(counts: npt.NDArray[np.int_], groups: Sequence[str]) -> tuple[float, float]:
    """Return the 95 % interval of sum(counts[:, 0]) / sum(counts[:, 1]), bootstrapped over groups (percentiles).

    counts: shape (images, 2); groups: one for each image.
    """
    names = sorted(set(groups))
    sums = np.zeros((len(names), 2))
    np.add.at(sums, [names.index(group) for group in groups], counts)
    drawn = np.random.default_rng(0).integers(len(names), size=(BOOTSTRAPS, len(names)))
    top, bottom = sums[drawn].sum(axis=1).T
    low, high = np.percentile(top[bottom > 0] / bottom[bottom > 0], [2.5, 97.5])
    return float(low), float(high)


def wilson_interval(top: int, bottom: int) -> tuple[float, float]:
    """Return the 95 % interval of a share of `bottom` independent cases (Wilson, J. Am. Stat. Assoc. 22, 1927)."""
    share, square = top / bottom, WILSON_Z**2
    middle = share + square / (2 * bottom)
    reach = WILSON_Z * (share * (1 - share) / bottom + square / (4 * bottom**2)) ** 0.5
    low, high = ((middle + side * reach) / (1 + square / bottom) for side in (-1, 1))
    return max(low, 0.0), min(high, 1.0)


def format_share(hits: Sequence[bool], groups: Sequence[str]) -> str:
    """Format a share as "3/50 (2 to 12 %)", with an interval bootstrapped over groups.

    If all or none are hit, the bootstrap would give an interval without width. Then Wilson's interval is used, and each
    group counts once.
    """
    if not hits:
        return "–"
    top, bottom = sum(hits), len(hits)
    if top in (0, bottom):
        number = len(set(groups))
        low, high = wilson_interval(number if top else 0, number)
    else:
        low, high = bootstrap_interval(np.array([(hit, 1) for hit in hits], int), groups)
    return f"{top}/{bottom} ({100 * low:.0f} to {100 * high:.0f} %)"
