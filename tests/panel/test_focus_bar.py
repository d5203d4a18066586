"""The focus bar leads to focus: from 20 µm on either side it only grows, and the gate passes nowhere else."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from leukoscope.field import Field
from leukoscope.panel.focus_meter import FocusMeter
from leukoscope.reading.gates import live_gates
from leukoscope.simulator.hematology import Diagnosis
from leukoscope.simulator.optics import defocus, expose
from leukoscope.simulator.smear import SmearSlide, render_field
from leukoscope_training.shared.non_smear_drawing import Linear

from tests.measuring.focus_bar import BAR_PX, NOISE_PX, make_sparse
from tests.measuring.pictures import CAPTURED_UM_PER_PX, blur, open_real_light
from tests.measuring.real import find_scale
from tests.reading.examples import DISEASES, MODEL_UM_PER_PX

LIVE_UM_PER_PX, SHAPE = 0.245, (300, 400)
STEPS_UM = (0.0, 0.5, 1.0, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0, 12.5, 15.0, 17.5, 20.0)
FARTHEST_PASSED_UM = 2.0
SEED = 40700


def rendered(diagnosis: Diagnosis) -> Linear:
    slide = SmearSlide(diagnosis, SEED)
    return render_field(slide, 0, um_per_px=LIVE_UM_PER_PX, shape=SHAPE).transmittance


def bars(
    light: Linear, um_per_px: float, blur: Callable[[Linear, float], Linear], noise: float = 1.0
) -> list[int]:
    """The bar's pixels from focus outwards; checks that no frame beyond 2 µm passes the focus gate."""
    rng, meter, lengths = np.random.default_rng(SEED), FocusMeter(), []
    for um in STEPS_UM:
        rgb = expose(
            blur(light, um),
            led_level=1.0,
            exposure=1.0,
            shading=0.15,
            rng=rng,
            full_well_e=30_000.0 / noise,
            read_noise_e=20.0 * noise**0.5,
        )
        frame = Field(rgb, um_per_px)
        focus = live_gates(frame, MODEL_UM_PER_PX)[-1]
        assert um <= FARTHEST_PASSED_UM or not focus.passed
        meter.update(frame, MODEL_UM_PER_PX)
        screen = meter.screen("S0001", 0, 0, "")
        if screen.problem == "NOTHING SEEN":
            assert (screen.sharpness, screen.peak) == (0.0, 0.0)
        lengths.append(round(BAR_PX * screen.sharpness))
    return lengths


def assert_falls(lengths: list[int]) -> None:
    assert max(np.diff(lengths)) <= NOISE_PX, lengths
    # In focus it is clearly the longest, and far away there is none.
    assert lengths[0] > 1.15 * lengths[STEPS_UM.index(1.0)]
    assert lengths[-1] == 0


@pytest.mark.parametrize("side", [1, -1])
@pytest.mark.parametrize("diagnosis", DISEASES, ids=lambda d: d.value)
def test_ok__the_bar_falls_from_focus_on(diagnosis: Diagnosis, side: int) -> None:
    light = rendered(diagnosis)
    assert_falls(
        bars(light, LIVE_UM_PER_PX, lambda seen, um: defocus(seen, side * um, LIVE_UM_PER_PX))
    )


@pytest.mark.parametrize("noise", [1.0, 4.0])
@pytest.mark.parametrize("diagnosis", DISEASES, ids=lambda d: d.value)
def test_ok__the_bar_falls_on_a_sparse_field(diagnosis: Diagnosis, noise: float) -> None:
    light = make_sparse(rendered(diagnosis), SEED, LIVE_UM_PER_PX)
    lengths = bars(light, LIVE_UM_PER_PX, lambda seen, um: defocus(seen, um, LIVE_UM_PER_PX), noise)
    assert_falls(lengths)


def test_ok__no_bar_on_an_empty_slide() -> None:
    light = rendered(Diagnosis.EMPTY)
    lengths = bars(light, LIVE_UM_PER_PX, lambda seen, um: defocus(seen, um, LIVE_UM_PER_PX), 4.0)
    assert set(lengths) == {0}


REAL = (
    ("lld-40x", "ALL/*/*.jpg"),
    ("lld-40x", "CML/*/*.jpg"),
    ("chula-pi", "fields/*.jpg"),
    ("bccd", "fields/*.jpg"),
)


@pytest.mark.shared
@pytest.mark.parametrize(("kind", "files"), REAL)
def test_ok__the_bar_falls_on_real_fields(kind: str, files: str, shared_data: Path) -> None:
    light = open_real_light(min((shared_data / kind).glob(files)), find_scale(kind))[
        :600, :800
    ].clip(0, 1)
    lengths = bars(
        light, CAPTURED_UM_PER_PX, lambda seen, um: defocus(seen, um, CAPTURED_UM_PER_PX)
    )
    assert_falls(lengths)
    lengths = bars(light, CAPTURED_UM_PER_PX, lambda seen, um: blur(seen, um / 2))
    assert max(np.diff(lengths)) <= NOISE_PX, lengths
