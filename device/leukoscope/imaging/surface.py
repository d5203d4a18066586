"""Fits smooth surfaces to the values of a grid: Legendre polynomials of two variables."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from numpy.polynomial import legendre

Degrees: TypeAlias = tuple[tuple[int, int], ...]
"""Terms of a surface: for each, its degree down and its degree across."""

_ROUNDS = 10
_TUKEY = 4.685
"""A value this many standard deviations off gets no weight (Holland & Welsch, Commun. Stat. A 6, 1977, 813-827)."""


def total_degree(degree: int) -> Degrees:
    """Return all terms whose two degrees have a sum of at most `degree`."""
    return tuple((i, j) for i in range(degree + 1) for j in range(degree + 1 - i))


def degrees_for(rows: int, columns: int, degree: int) -> Degrees:
    """Return the terms, of total degree `degree` at most, that a grid of `rows` x `columns` values can determine.

    The total degree is lowered until there are three values for each term. The degree down is below `rows`, the
    degree across below `columns`.
    """
    while degree and (degree + 1) * (degree + 2) // 2 * 3 > rows * columns:
        degree -= 1
    return tuple((i, j) for i, j in total_degree(degree) if i < rows and j < columns)


def surface_basis(rows: int, columns: int, degrees: Degrees) -> npt.NDArray[np.float64]:
    """Return the value of each term at the middle of each grid cell, shape (rows * columns, terms).

    The grid covers -1..1 in both directions.
    """
    highest = max(max(pair) for pair in degrees)
    down, across = (
        legendre.legvander(2 * (np.arange(n) + 0.5) / n - 1, highest) for n in (rows, columns)
    )
    return np.stack([np.outer(down[:, i], across[:, j]).ravel() for i, j in degrees], axis=1)


def fit_weighted(
    basis: npt.NDArray[np.float64],
    values: npt.NDArray[np.floating],
    weights: npt.NDArray[np.floating],
    held_to: npt.NDArray[np.floating],
    hold: float,
) -> npt.NDArray[np.float64]:
    """Fit one surface per channel by weighted least squares, pulled a little towards an earlier surface.

    Args:
        basis: Terms of the grid (see `surface_basis`), shape (cells, terms).
        values: Values to fit, shape (cells, channels).
        weights: Weights of the cells, shape (cells,), 0 or more.
        held_to: The earlier surface, shape (cells, channels).
        hold: Weight of `held_to` in each cell, above 0. Where a cell's weight is 0 only `held_to` counts.

    Returns:
        Coefficients, shape (terms, channels).
    """
    weighted = basis * weights[:, None]
    squares = weighted.T @ basis + hold * basis.T @ basis
    return np.linalg.solve(squares, weighted.T @ values + hold * basis.T @ held_to)


def fit_robust(
    basis: npt.NDArray[np.float64], values: npt.NDArray[np.floating], least_spread: float
) -> npt.NDArray[np.float64]:
    """Fit one surface per channel to most of the values and ignore the outliers.

    The method is least squares, reweighted by Tukey's biweight.

    Args:
        basis: Terms of the grid (see `surface_basis`), shape (cells, terms).
        values: Values to fit, shape (cells, channels).
        least_spread: The standard deviation of good values is taken to be at least this.

    Returns:
        Coefficients, shape (terms, channels). Each channel has its own weights.
    """
    found = np.empty((basis.shape[1], values.shape[1]))
    for channel in range(values.shape[1]):
        wanted = values[:, channel].astype(np.float64)
        weights = np.ones_like(wanted)
        for _ in range(_ROUNDS):
            weighted = basis * weights[:, None]
            # `lstsq`, not `solve`: there may be fewer cells with weight than terms.
            fitted = np.linalg.lstsq(weighted.T @ basis, weighted.T @ wanted, rcond=None)[0]
            off = np.abs(wanted - basis @ fitted)
            limit = _TUKEY * max(1.4826 * float(np.median(off)), least_spread)
            weights = np.maximum(1 - (off / limit) ** 2, 0) ** 2
        found[:, channel] = fitted
    return found
