"""Bounds on a share that hold however often they are looked at."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from leukoscope.reading.confidence_sequence import LOWER_LEVEL, UPPER_LEVEL, is_above, is_below


@pytest.mark.parametrize(("seen", "cells"), [(0, 19), (1, 31), (2, 41), (3, 50), (5, 67)])
def test_ok__cells_that_exclude_a_share_of_20_percent(seen: int, cells: int) -> None:
    assert is_below(0.2, seen, cells)
    assert not is_below(0.2, seen, cells - 1)


@pytest.mark.parametrize(("seen", "cells"), [(4, 4), (6, 10), (14, 50), (22, 100)])
def test_ok__cells_that_show_more_than_10_percent(seen: int, cells: int) -> None:
    assert is_above(0.1, seen, cells)
    assert not is_above(0.1, seen - 1, cells)


@pytest.mark.parametrize("cells", range(4))
def test_ok__a_few_cells_show_nothing(cells: int) -> None:
    for seen in range(cells + 1):
        assert not is_above(0.1, seen, cells)
        assert not is_below(0.1, seen, cells)


@pytest.mark.parametrize("share", [0.1, 0.2, 0.4])
def test_ok__looked_at_after_every_cell_a_bound_is_rarely_wrong(share: float) -> None:
    rng = np.random.default_rng(0)
    below = above = 0
    for _ in range(300):
        counts = np.cumsum(rng.random(300) < share)
        looks = [(int(seen), cells) for cells, seen in enumerate(counts, 1)]
        below += any(is_below(share, seen, cells) for seen, cells in looks)
        above += any(is_above(share, seen, cells) for seen, cells in looks)
    # 15 and 3 of 300 at most on average, and three standard deviations of chance.
    assert below <= UPPER_LEVEL * 300 + 12
    assert above <= LOWER_LEVEL * 300 + 6


@given(st.floats(0.15, 0.9), st.floats(0, 1), st.floats(0, 1000), st.floats(0.001, 50))
def test_ok__more_of_them_never_lower_a_bound(
    limit: float, share: float, cells: float, more: float
) -> None:
    seen = share * cells
    assert is_below(limit, seen, cells) or not is_below(limit, seen + more, cells + more)
    assert not (is_below(limit, seen, cells) and is_above(limit, seen, cells))
