"""Calibrations to test with."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st
from leukoscope.calibration.record import (
    BACKGROUND_COLUMNS,
    BACKGROUND_ROWS,
    SCALE_SOURCES,
    Calibration,
    quantize_background,
)
from leukoscope.microscope.interfaces import CameraControls


def background(seed: int = 0) -> np.ndarray:
    """A map that is brightest in the middle and of another colour at the rim."""
    y, x = np.mgrid[-1 : 1 : BACKGROUND_ROWS * 1j, -1 : 1 : BACKGROUND_COLUMNS * 1j]
    loss = (x**2 + y**2)[..., None] * (0.08, 0.12, 0.1)
    noise = np.random.default_rng(seed).normal(0, 0.3, (BACKGROUND_ROWS, BACKGROUND_COLUMNS, 3))
    return quantize_background((225 * (1 - loss) + noise).astype(np.float32))


EXAMPLE = Calibration(
    number=3,
    made="2026-05-09T07:35:25.123Z",
    clock_synced=False,
    software="0.1.0",
    simulated=True,
    width=507,
    height=380,
    sensor=(2028, 1520, 12),
    nominal_um_per_px=0.31,
    controls=CameraControls(8000, 1.0, 2.0, 2.0),
    dark_level=1.5,
    green_level=0.75,
    um_per_px=0.31,
    scale_source="micrometer",
    scale_count=14,
    background=background(),
)


@st.composite
def calibrations(draw: st.DrawFn) -> Calibration:
    """Any that this program can write."""
    gains = st.floats(0.1, 32.0)
    return Calibration(
        number=draw(st.integers(1, 999_999)),
        made=draw(st.sampled_from(["2026-05-09T07:35:25.123Z", "1970-01-01T00:00:01.000Z"])),
        clock_synced=draw(st.booleans()),
        software=draw(st.sampled_from(["0.1.0", "1.2.3rc1"])),
        simulated=draw(st.booleans()),
        width=draw(st.integers(1, 100_000)),
        height=draw(st.integers(1, 100_000)),
        sensor=draw(st.tuples(*[st.integers(1, 100_000)] * 3)),
        nominal_um_per_px=draw(st.floats(0.001, 10.0)),
        controls=CameraControls(
            draw(st.integers(1, 10_000_000)), draw(st.floats(1, 64)), draw(gains), draw(gains)
        ),
        dark_level=draw(st.floats(0, 255)),
        green_level=draw(st.floats(0, 1)),
        um_per_px=draw(st.floats(0.001, 10.0)),
        scale_source=draw(st.sampled_from(SCALE_SOURCES)),
        scale_count=draw(st.integers(1, 100_000)),
        background=background(draw(st.integers(0, 5))),
    )
