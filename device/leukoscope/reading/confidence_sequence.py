"""Bounds on a share of cells that hold however often they are looked at.

The device judges a slide after every field, and a person may stop at any of them. An ordinary confidence limit looked
at thirty times is wrong far more often than its level says. The level of the bounds here is the largest share of slides
for which they are ever wrong.

A share p is rejected when E = B(a + k, b + n - k) / B(a, b) / (p^k (1 - p)^(n - k)) reaches 1 / level, with k cells
seen of n and the beta function B. E is the likelihood of what was seen, averaged over shares from a Beta(a, b)
distribution, over its likelihood at p (Robbins, Ann Math Stat 41, 1970, 1397-1409: mixtures; Howard et al., Ann Stat
49, 2021, 1055-1080: confidence sequences). If p is true, E is a martingale with mean 1, and by Ville's inequality it
ever reaches 20 in at most 5 % of cases, for example.

k may be a sum of probabilities. The same inequality holds for values from 0 to 1 with mean p, because the factor of
one cell is convex in its value (Waudby-Smith & Ramdas, J R Stat Soc B 86, 2024, 1-27).

E depends only on k and n, so the order of the fields makes no difference.
"""

from __future__ import annotations

from math import lgamma, log

UPPER_LEVEL, LOWER_LEVEL = 0.05, 0.01
"""Levels of the upper and of the lower bound. The lower bound is stricter, so that three cells are never enough."""

RARE = (1.0, 9.0)
"""a and b for an upper bound: shares of 10 % on average, as of blasts in blood without leukaemia. To exclude a share of
20 % it takes 19, 31, 41, 50 and 67 cells with 0, 1, 2, 3 and 5 seen. It was chosen among whole numbers."""

FREQUENT = (3.0, 6.0)
"""a and b for a lower bound: shares of 33 % on average, as of blasts in acute leukaemia. For a share above 10 % it
takes 4 of 4 cells, 6 of 10, 14 of 50 or 22 of 100."""


def is_below(limit: float, seen: float, cells: float) -> bool:
    """Return whether the upper bound on a share is below a limit.

    Args:
        limit: A share, above 0 and below 1.
        seen: Number of cells of the kind in question, 0 to `cells`; may be a sum of probabilities.
        cells: Number of cells.
    """
    return seen < limit * cells and _rejects(limit, seen, cells, RARE, UPPER_LEVEL)


def is_above(limit: float, seen: float, cells: float) -> bool:
    """Return whether the lower bound on a share is above a limit. Arguments are those of `is_below`."""
    return seen > limit * cells and _rejects(limit, seen, cells, FREQUENT, LOWER_LEVEL)


def _rejects(
    share: float, seen: float, cells: float, mixture: tuple[float, float], level: float
) -> bool:
    a, b = mixture
    averaged = _log_beta(a + seen, b + cells - seen) - _log_beta(a, b)
    likelihood = seen * log(share) + (cells - seen) * log(1 - share)
    return averaged - likelihood >= -log(level)


def _log_beta(a: float, b: float) -> float:
    return lgamma(a) + lgamma(b) - lgamma(a + b)
