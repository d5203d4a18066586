"""Smears out of focus or in motion: rendered ones are defocused, real ones blurred. Ten fields per slide."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from leukoscope.field import Field
from leukoscope.simulator.hematology import Diagnosis
from leukoscope.simulator.optics import defocus
from leukoscope.simulator.smear import SmearSlide, render_field
from leukoscope_training.shared.non_smear_drawing import Linear

from tests.measuring.pictures import CAPTURED_UM_PER_PX, CLASSES, open_real_light, photograph
from tests.measuring.real import list_sets

FIELDS = 10
SEEDS = range(50, 52)
SLIDES_OF_SET = 10
MARGIN_PX = 64
"""Width of the rim that is cut off from a real field, because the blur wraps around there."""

DEFOCUS_UM = (1.25, 3.0, 5.0, 10.0, 20.0)
GAUSSIANS_UM = (0.5, 1.0, 2.0, 4.0)
MOTIONS_UM = (2.0, 4.0, 8.0)
"""All of these are out of focus by docs/measurements/focus.md: from 1.25 µm of defocus, or a Gaussian of 0.5 µm. For
motion it has no limit. Motion of 2 µm blurs like a Gaussian of 0.6 µm, but only along one line."""

Frequencies = npt.NDArray[np.floating]
Spectrum = Callable[[Frequencies, Frequencies], npt.NDArray[np.float64]]
"""The transmission at frequencies down and across, in cycles per µm."""


@dataclass(frozen=True)
class Smear:
    """Ten fields of one slide.

    Attributes:
        name: Name of its kind.
        rendered: Class and seed of a rendered slide.
        files: Files of a real one.
    """

    name: str
    rendered: tuple[Diagnosis, int] | None
    files: tuple[Path, ...] = ()
    um_per_px: float = CAPTURED_UM_PER_PX


def list_smears(data: Path) -> list[Smear]:
    """List rendered slides, and up to ten slides of each real set with ten fields each. For bccd, whose slides are not
    known, any ten fields count as a slide.
    """
    found = [Smear("rendered", (diagnosis, seed)) for diagnosis in CLASSES for seed in SEEDS]
    slides: dict[tuple[str, str], list[Path]] = {}
    scales: dict[str, float] = {}
    for fields in list_sets(data).values():
        for number, field in enumerate(fields):
            group = str(number // FIELDS) if field.kind == "bccd" else field.group
            slides.setdefault((field.kind, group), []).append(field.path)
            scales[field.kind] = field.um_per_px
    for kind, scale in scales.items():
        paths = [files for (of, _), files in slides.items() if of == kind and len(files) >= FIELDS]
        found += [Smear(kind, None, choose_files(files), scale) for files in paths[:SLIDES_OF_SET]]
    return found


def choose_files(files: Sequence[Path]) -> tuple[Path, ...]:
    """Choose ten files at even distances."""
    return tuple(files[int(i)] for i in np.linspace(0, len(files) - 1, FIELDS))


def blur_field(smear: Smear, index: int) -> Iterator[tuple[str, str, Field]]:
    """Blur one field in every way: yields "unfocused" or "moved", a name with the amount, and the field."""
    rng = np.random.default_rng([index, 50])
    if smear.rendered is not None:
        light = render_field(
            SmearSlide(*smear.rendered), index, um_per_px=CAPTURED_UM_PER_PX
        ).transmittance
        for um in DEFOCUS_UM:
            rgb = photograph(defocus(light, um, CAPTURED_UM_PER_PX), rng)
            field = Field(rgb, CAPTURED_UM_PER_PX, simulated=True)
            yield "unfocused", f"{smear.name}, defocus {um:g} µm", field
        return
    light = open_real_light(smear.files[index], smear.um_per_px)
    spectra = [
        ("unfocused", f"Gaussian of {um:g} µm", gaussian_spectrum(um)) for um in GAUSSIANS_UM
    ]
    spectra += [
        ("moved", f"{um:g} µm", motion_spectrum(um, rng.uniform(0, np.pi))) for um in MOTIONS_UM
    ]
    transformed = np.fft.rfft2(light, axes=(0, 1))
    down = np.fft.fftfreq(light.shape[0], CAPTURED_UM_PER_PX)[:, None]
    across = np.fft.rfftfreq(light.shape[1], CAPTURED_UM_PER_PX)[None, :]
    for kind, name, spectrum in spectra:
        passed = transformed * spectrum(down, across)[..., None]
        picture: Linear = np.fft.irfft2(passed, light.shape[:2], axes=(0, 1)).astype(np.float32)
        inside = picture[MARGIN_PX:-MARGIN_PX, MARGIN_PX:-MARGIN_PX]
        yield kind, f"{smear.name}, {name}", Field(photograph(inside, rng), CAPTURED_UM_PER_PX)


def gaussian_spectrum(sigma_um: float) -> Spectrum:
    """Return the spectrum of a blur by a Gaussian with this standard deviation."""
    return lambda down, across: np.exp(-2 * (np.pi * sigma_um) ** 2 * (down**2 + across**2))


def motion_spectrum(length_um: float, angle: float) -> Spectrum:
    """Return the spectrum of a blur along a line."""
    return lambda down, across: np.sinc(length_um * (down * np.sin(angle) + across * np.cos(angle)))
