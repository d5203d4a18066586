"""The simulator's slides as training fields: which seeds, and how optics and light vary."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from device.field import Field
from device.reading.results import LABELS
from device.simulator import optics
from device.simulator.smear import Diagnosis, SmearSlide, render_field

from .sources import Source, Split

UM_PER_PX = 0.155
"""The device's own scale: HQ camera, 40x objective, 4x4 binning."""

SEEDS = {
    Split.TRAIN: range(10_000, 10_060),
    Split.VAL: range(20_000, 20_015),
    Split.TEST: range(30_000, 30_025),
}
"""Slides of each diagnosis; one seed is one stain and is used for all five. Seeds below 1000 are
the demonstration's and are in no split."""

FIELDS_PER_SLIDE = 2


def rendered_fields(split: Split) -> Iterator[Source]:
    """The fields of a split, each with its own focus error, light and shading."""
    for seed in SEEDS[split]:
        for label in LABELS:
            for index in range(FIELDS_PER_SLIDE):
                yield _render(label, seed, index)


def _render(label: str, seed: int, index: int) -> Source:
    rng = np.random.default_rng([seed, LABELS.index(label), index])
    smear = render_field(SmearSlide(Diagnosis(label), seed), index, um_per_px=UM_PER_PX)
    light = optics.defocus(smear.transmittance, float(abs(rng.normal(0, 0.8))), UM_PER_PX)
    rgb = optics.expose(
        light,
        led_level=1.0,
        exposure=float(rng.uniform(0.8, 1.05)),
        shading=float(rng.uniform(0, 0.35)),
        rng=rng,
    )
    name = f"{label}/{seed}/{index}"
    return Source(Field(rgb, UM_PER_PX, simulated=True), name, label, str(seed))
