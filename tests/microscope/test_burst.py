"""A burst as one field: still or moved, on rendered smears."""

from __future__ import annotations

import functools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from leukoscope.field import STILL_UM, Field
from leukoscope.microscope.burst import merge
from leukoscope.simulator.hematology import Diagnosis
from leukoscope.simulator.optics import defocus, expose
from leukoscope.simulator.smear import SmearSlide, render_field

UM_PER_PX, SHAPE, MARGIN = 0.155, (560, 700), 60


@functools.lru_cache(maxsize=8)
def light(diagnosis: Diagnosis, defocus_um: float) -> np.ndarray:
    """Wider than a field by the margin on each side, so that the stage can move."""
    shape = (SHAPE[0] + 2 * MARGIN, SHAPE[1] + 2 * MARGIN)
    smear = render_field(SmearSlide(diagnosis, 700), 0, um_per_px=UM_PER_PX, shape=shape)
    return defocus(smear.transmittance, defocus_um, UM_PER_PX)


def frame(
    shift: tuple[int, int] = (0, 0),
    seed: int = 0,
    defocus_um: float = 0.0,
    diagnosis: Diagnosis = Diagnosis.ALL,
) -> Field:
    """A frame whose glass lies `shift` (down, across) pixels elsewhere."""
    top, left = MARGIN + shift[0], MARGIN + shift[1]
    seen = light(diagnosis, defocus_um)[top : top + SHAPE[0], left : left + SHAPE[1]]
    rng = np.random.default_rng(seed)
    rgb = expose(seen, led_level=1.0, exposure=1.0, shading=0.15, rng=rng)
    return Field(rgb, UM_PER_PX, {"SensorTimestamp": seed}, simulated=True)


def test_ok__one_frame_is_itself() -> None:
    only = frame()
    assert merge([only]) is only


def test_ok__still_frames_give_their_mean_with_less_noise() -> None:
    frames = [frame(seed=seed) for seed in range(4)]
    field = merge(frames)
    mean = np.mean([f.rgb for f in frames], axis=0)
    assert np.abs(field.rgb - mean).max() <= 0.5
    clean = np.mean([frame(seed=100 + seed).rgb for seed in range(16)], axis=0)
    noise_of_one = float((frames[0].rgb - clean).std())
    assert float((field.rgb - clean).std()) < 0.7 * noise_of_one
    assert not field.moved
    assert field.metadata["Frames"] == 4
    assert field.metadata["FrameUsed"] == "mean"
    assert field.um_per_px == UM_PER_PX
    assert field.simulated


@given(down=st.integers(-50, 50), across=st.integers(-50, 50), diagnosis=st.sampled_from(Diagnosis))
def test_ok__motion_is_measured(down: int, across: int, diagnosis: Diagnosis) -> None:
    if diagnosis is Diagnosis.EMPTY:
        return
    frames = [frame(diagnosis=diagnosis), frame((down, across), 1, diagnosis=diagnosis)]
    moved = np.hypot(down, across) * UM_PER_PX
    assert merge(frames).moved_um == pytest.approx(moved, abs=0.12)


def test_ok__of_a_moved_stage_the_sharpest_frame_is_taken() -> None:
    frames = [frame(defocus_um=2.0), frame((6, 8), 1), frame((12, 16), 2, defocus_um=1.5)]
    field = merge(frames)
    assert np.array_equal(field.rgb, frames[1].rgb)
    assert field.moved
    assert field.moved_um == pytest.approx(20 * UM_PER_PX, abs=0.3)
    assert field.metadata["FrameUsed"] == 2
    assert field.metadata["SensorTimestamp"] == 1
    assert field.metadata["StageMovedUm"] == pytest.approx(field.moved_um, abs=0.01)


def test_ok__empty_glass_does_not_move() -> None:
    """Noise against noise has its peak anywhere."""
    frames = [frame(seed=s, defocus_um=20.0, diagnosis=Diagnosis.EMPTY) for s in range(3)]
    assert merge(frames).moved_um < STILL_UM


def test_ok__another_part_of_the_slide_counts_as_moved() -> None:
    frames = [frame(), frame(diagnosis=Diagnosis.CML)]
    assert merge(frames).moved


@pytest.mark.parametrize("seed", range(4))
def test_ok__a_still_stage_is_never_taken_for_moved(seed: int) -> None:
    for diagnosis in Diagnosis:
        frames = [frame(seed=10 * seed + n, diagnosis=diagnosis) for n in range(4)]
        assert not merge(frames).moved, diagnosis
