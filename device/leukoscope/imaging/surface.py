"""Smooth surfaces through the values of a grid: Legendre polynomials of two variables."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from numpy.polynomial import legendre

Degrees: TypeAlias = tuple[tuple[int, int], ...]
"""Terms of a surface: the degree of each down and across."""

_ROUNDS = 10
_TUKEY = 4.685
"""Deviations beyond which a value weighs nothing (Holland & Welsch, Commun. Stat. A 6, 1977, 813-827)."""


def total_degree(degree: int) -> Degrees:
    """Return all terms whose two degrees sum up to at most `degree`."""
    return tuple((i, j) for i in range(degree + 1) for j in range(degree + 1 - i))


def degrees_for(rows: int, columns: int, degree: int) -> Degrees:
    """Return the terms that a grid of `rows` x `columns` determines, of total degree `degree` at most.

    The degree is lower where there are fewer than three values a term, or fewer values than that one way.
    """
    while degree and (degree + 1) * (degree + 2) // 2 * 3 > rows * columns:
        degree -= 1
    return tuple((i, j) for i, j in total_degree(degree) if i < rows and j < columns)


def surface_basis(rows: int, columns: int, degrees: Degrees) -> npt.NDArray[np.float64]:
    """Return each term at the middle of each cell of a grid, shape (rows * columns, terms).

    The grid covers -1..1 both ways.
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
    """Fit surfaces by weighted least squares, held a little to an earlier surface.

    Args:
        basis: Of the grid, shape (cells, terms).
        values: Shape (cells, channels).
        weights: Shape (cells,), 0 or more.
        held_to: The earlier surface, shape (cells, channels).
        hold: Weight of `held_to` in each cell, above 0: it decides where `weights` are 0.

    Returns:
        Coefficients, shape (terms, channels).
    """
    weighted = basis * weights[:, None]
    squares = weighted.T @ basis + hold * basis.T @ basis
    return np.linalg.solve(squares, weighted.T @ values + hold * basis.T @ held_to)


def fit_robust(
    basis: npt.NDArray[np.float64], values: npt.NDArray[np.floating], least_spread: float
) -> npt.NDArray[np.float64]:
    """Fit surfaces that most values lie on: least squares, reweighted by Tukey's biweight.

    Args:
        basis: Of the grid, shape (cells, terms).
        values: Shape (cells, channels).
        least_spread: Least standard deviation taken for that of good values.

    Returns:
        Coefficients, shape (terms, channels). Each channel has its own weights.
    """
    found = np.empty((basis.shape[1], values.shape[1]))
    for channel in range(values.shape[1]):
        wanted = values[:, channel].astype(np.float64)
        weights = np.ones_like(wanted)
        for _ in range(_ROUNDS):
            weighted = basis * weights[:, None]
            # Not `solve`: too few cells may have any weight.
            fitted = np.linalg.lstsq(weighted.T @ basis, weighted.T @ wanted, rcond=None)[0]
            off = np.abs(wanted - basis @ fitted)
            limit = _TUKEY * max(1.4826 * float(np.median(off)), least_spread)
            weights = np.maximum(1 - (off / limit) ** 2, 0) ** 2
        found[:, channel] = fitted
    return found
