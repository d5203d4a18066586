"""The window: where most white cells are, inside the picture, the same each time."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from leukoscope.errors import FieldError
from leukoscope.reading.results import WhiteCell, Window
from leukoscope.reading.window import choose_window, cut

SIDE = 40
LENGTHS = st.integers(SIDE // 2, 150)


@st.composite
def pictures(draw: st.DrawFn) -> tuple[tuple[int, int], list[WhiteCell]]:
    height, width = draw(LENGTHS), draw(LENGTHS)
    cells = []
    for _ in range(draw(st.integers(1, 12))):
        x0, y0 = draw(st.integers(0, width - 2)), draw(st.integers(0, height - 2))
        x1, y1 = draw(st.integers(x0 + 1, width)), draw(st.integers(y0 + 1, height))
        cells.append(WhiteCell(x0, y0, x1, y1, 20.0))
    return (height, width), cells


def centre(cell: WhiteCell) -> tuple[float, float]:
    return (cell.x0 + cell.x1) / 2, (cell.y0 + cell.y1) / 2


def held(window: Window, cells: list[WhiteCell]) -> int:
    return sum(
        window.x0 <= x < window.x1 and window.y0 <= y < window.y1 for x, y in map(centre, cells)
    )


@given(pictures())
def test_ok__a_square_in_the_picture(picture: tuple[tuple[int, int], list[WhiteCell]]) -> None:
    (height, width), cells = picture
    window = choose_window((height, width), cells, SIDE)
    assert window.x1 - window.x0 == window.y1 - window.y0 == SIDE
    for low, high, length in ((window.x0, window.x1, width), (window.y0, window.y1, height)):
        if length >= SIDE:
            assert 0 <= low < high <= length
        else:
            assert low <= 0
            assert high >= length
            assert abs(-low - (high - length)) <= 1


@given(pictures())
def test_ok__no_window_around_a_cell_holds_more(
    picture: tuple[tuple[int, int], list[WhiteCell]],
) -> None:
    shape, cells = picture
    best = held(choose_window(shape, cells, SIDE), cells)
    assert best >= 1
    # A window chosen for one cell alone is the one around that cell.
    assert best == max(held(choose_window(shape, [cell], SIDE), cells) for cell in cells)


@given(pictures())
def test_ok__the_first_of_equals_each_time(
    picture: tuple[tuple[int, int], list[WhiteCell]],
) -> None:
    shape, cells = picture
    window = choose_window(shape, cells, SIDE)
    assert window == choose_window(shape, list(cells), SIDE)
    alone = [choose_window(shape, [cell], SIDE) for cell in cells]
    assert window == next(w for w in alone if held(w, cells) == held(window, cells))
    assert all(type(value) is int for value in (window.x0, window.y0, window.x1, window.y1))


def test_fail__no_cell() -> None:
    with pytest.raises(ValueError, match=r"."):
        choose_window((100, 100), [], SIDE)


# --- cutting it out ---


def numbered(height: int, width: int) -> np.ndarray:
    return np.arange(height * width * 3, dtype=np.uint32).astype(np.uint8).reshape(height, width, 3)


@given(LENGTHS, LENGTHS, st.data())
def test_ok__cut_is_the_picture_mirrored(height: int, width: int, data: st.DataObject) -> None:
    rgb = numbered(height, width)
    x = data.draw(st.integers(0, width - 1))
    y = data.draw(st.integers(0, height - 1))
    window = choose_window((height, width), [WhiteCell(x, y, x + 1, y + 1, 20.0)], SIDE)
    seen = cut(rgb, window)
    assert seen.shape == (SIDE, SIDE, 3)
    assert seen.dtype == np.uint8

    def mirrored(start: int, length: int) -> np.ndarray:
        place = np.abs(np.arange(start, start + SIDE)) % max(2 * (length - 1), 1)
        return np.where(place >= length, 2 * (length - 1) - place, place)

    assert np.array_equal(
        seen, rgb[np.ix_(mirrored(window.y0, height), mirrored(window.x0, width))]
    )


def test_ok__a_cut_is_a_copy() -> None:
    rgb = numbered(SIDE, SIDE)
    cut(rgb, Window(0, 0, SIDE, SIDE))[:] = 0
    assert np.array_equal(rgb, numbered(SIDE, SIDE))


@pytest.mark.parametrize(("height", "width"), [(SIDE // 2 - 1, 100), (100, SIDE // 2 - 1), (1, 1)])
def test_fail__less_than_half_a_window(height: int, width: int) -> None:
    window = choose_window((height, width), [WhiteCell(0, 0, 1, 1, 20.0)], SIDE)
    with pytest.raises(FieldError, match=f"{width}x{height} px .* at least {SIDE // 2} px"):
        cut(numbered(height, width), window)
