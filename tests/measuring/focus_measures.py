"""The measures of sharpness that were compared. Each measures a green plane at the model's scale."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

Plane = npt.NDArray[np.float32]
Measure = Callable[[Plane], float]


def power(plane: Plane) -> float:
    """Mean square."""
    flat = plane.ravel()
    return float(np.dot(flat, flat) / flat.size)


def structure(plane: Plane, distance: int) -> float:
    """Mean squared difference at `distance` pixels: the mean of both directions."""
    across = plane[:, distance:] - plane[:, :-distance]
    down = plane[distance:] - plane[:-distance]
    return (power(across) + power(down)) / 2


def brenner(plane: Plane) -> float:
    """Brenner et al., J. Histochem. Cytochem. 24, 1976: squared differences two pixels apart."""
    return structure(plane, 2)


def tenengrad(plane: Plane) -> float:
    """Tenenbaum 1970; Krotkov, Int. J. Computer Vision 1, 1987: power of the Sobel gradient."""
    across, down = plane[:, 2:] - plane[:, :-2], plane[2:] - plane[:-2]
    return power(across[:-2] + 2 * across[1:-1] + across[2:]) + power(
        down[:, :-2] + 2 * down[:, 1:-1] + down[:, 2:]
    )


def variance_of_laplacian(plane: Plane) -> float:
    """Pech-Pacheco et al., ICPR 2000."""
    around = plane[1:-1, :-2] + plane[1:-1, 2:] + plane[:-2, 1:-1] + plane[2:, 1:-1]
    return float((around - 4 * plane[1:-1, 1:-1]).var())


def variance(plane: Plane) -> float:
    """Groen et al., Cytometry 6, 1985."""
    return float(plane.var())


def vollath_f4(plane: Plane) -> float:
    """Vollath, J. Microscopy 147, 1987: autocorrelation at one pixel minus that at two."""
    return (structure(plane, 2) - structure(plane, 1)) / 2


def vollath_f5(plane: Plane) -> float:
    """Vollath, J. Microscopy 151, 1988: autocovariance at one pixel."""
    return float(
        (np.mean(plane[:, 1:] * plane[:, :-1]) + np.mean(plane[1:] * plane[:-1])) / 2
        - plane.mean() ** 2
    )


def smoothed(plane: Plane) -> Plane:
    """Smooth by a binomial 1-2-1 both ways (Burt & Adelson, IEEE Trans. Commun. 31, 1983); each edge loses a pixel."""
    plane = plane[:, :-2] + 2 * plane[:, 1:-1] + plane[:, 2:]
    return (plane[:-2] + 2 * plane[1:-1] + plane[2:]) / np.float32(16)


def band_pass(plane: Plane) -> Plane:
    """Difference of two binomials, 0.24 and 0.48 µm of standard deviation at 0.34 µm/px.

    Its peak is near 0.5 cycles per µm; compare Subbarao et al., Optical Engineering 32, 1993.
    """
    fine = smoothed(plane)
    return fine[3:-3, 3:-3] - smoothed(smoothed(smoothed(fine)))


def band_pass_power(plane: Plane) -> float:
    """Power of `band_pass`."""
    return power(band_pass(plane))


def _over(measure: Measure, divisor: Measure) -> Measure:
    def normalised(plane: Plane) -> float:
        return measure(plane) / divisor(plane)

    return normalised


def _mean_squared(plane: Plane) -> float:
    return float(plane.mean()) ** 2


def _structure_ratio(near: int, far: int) -> Measure:
    def ratio(plane: Plane) -> float:
        return structure(plane, near) / structure(plane, far)

    return ratio


def diagonal_structure(plane: Plane) -> float:
    """Mean squared difference of diagonal neighbours, mean of both diagonals."""
    return (power(plane[1:, 1:] - plane[:-1, :-1]) + power(plane[1:, :-1] - plane[:-1, 1:])) / 2


def _noise_free_ratio(near: int, far: int) -> Measure:
    """Return the ratio with S of diagonal neighbours subtracted from both parts, which removes the noise."""

    def ratio(plane: Plane) -> float:
        least = diagonal_structure(plane)
        far_structure = structure(plane, far) - least
        return (
            max(structure(plane, near) - least, 0.0) / far_structure if far_structure > 0 else 0.0
        )

    return ratio


def detail(plane: Plane) -> float:
    """(S at 0.68 µm minus S of diagonal neighbours) over the squared mean, which is free of noise."""
    return max(structure(plane, 2) - diagonal_structure(plane), 0.0) / _mean_squared(plane)


def block_median(plane: Plane) -> float:
    """Band-pass power over variance, median over blocks of 11 µm. A few specks change only few blocks."""
    side = 32
    fine = band_pass(plane)
    rows, columns = (n // side for n in fine.shape)

    def blocks(of: Plane) -> Plane:
        return of[: rows * side, : columns * side].reshape(rows, side, columns, side)

    coarse = blocks(plane[4:-4, 4:-4]).var(axis=(1, 3))
    return float(np.median((blocks(fine) ** 2).mean(axis=(1, 3)) / (coarse + 1)))


BASES: dict[str, Measure] = {
    "Brenner": brenner,
    "Tenengrad": tenengrad,
    "variance of Laplacian": variance_of_laplacian,
    "variance": variance,
    "Vollath F4": vollath_f4,
    "Vollath F5": vollath_f5,
    "band-pass power": band_pass_power,
}
"""Measures in levels squared, which depend on brightness and stain."""

MEASURES: dict[str, Measure] = {
    **BASES,
    **{f"{name} / mean²": _over(base, _mean_squared) for name, base in BASES.items()},
    **{
        f"{name} / variance": _over(base, variance)
        for name, base in BASES.items()
        if base is not variance
    },
    "S(0.68) / S(1.36)": _structure_ratio(2, 4),
    "S(0.68) / S(2.04)": _structure_ratio(2, 6),
    "S(0.68) / S(3.06)": _structure_ratio(2, 9),
    "S(0.68) / S(5.1)": _structure_ratio(2, 15),
    "band-pass / variance, median of blocks": block_median,
    "noise-free S(0.68) / mean²": detail,
    "noise-free S(0.68) / S(1.36)": _noise_free_ratio(2, 4),
    "noise-free S(0.68) / S(2.04)": _noise_free_ratio(2, 6),
    "noise-free S(0.68) / S(3.06)": _noise_free_ratio(2, 9),
    "noise-free S(1.02) / S(3.06)": _noise_free_ratio(3, 9),
}
GATE_MEASURE = "noise-free S(0.68) / S(2.04)"
