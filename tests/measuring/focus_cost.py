"""Measures the processor time of the focus loop on one frame of the live stream."""

from __future__ import annotations

import time

import numpy as np
from leukoscope.field import Field
from leukoscope.panel.focus_meter import FocusMeter
from leukoscope.panel.screen_drawing import draw
from leukoscope.reading.gates import live_gates
from leukoscope.simulator.hematology import Diagnosis
from leukoscope.simulator.optics import defocus
from leukoscope.simulator.smear import SmearSlide, render_field

from tests.measuring.pictures import LIVE_SHAPE, LIVE_UM_PER_PX, photograph
from tests.measuring.real import MODEL_UM_PER_PX
from tests.measuring.tables import markdown_table


def tabulate_loop_cost() -> str:
    """Tabulate the CPU milliseconds of the focus loop on one 640x480 frame: lower quartile and median of 40 runs."""
    smear = render_field(
        SmearSlide(Diagnosis.ALL, 40100), 0, um_per_px=LIVE_UM_PER_PX, shape=LIVE_SHAPE
    )
    rgb = photograph(defocus(smear.transmittance, 0.5, LIVE_UM_PER_PX), np.random.default_rng(0))
    frame, meter = Field(rgb, LIVE_UM_PER_PX), FocusMeter()

    def update() -> None:
        meter.update(frame, MODEL_UM_PER_PX)

    def screen() -> None:
        draw(meter.screen("S0042", 1, 4, ""), simulated=True)

    def whole() -> None:
        update()
        screen()

    def gates_alone() -> None:
        live_gates(frame, MODEL_UM_PER_PX)

    rows = []
    parts = (
        ("resampling and gates", gates_alone),
        ("`update`", update),
        ("drawing", screen),
        ("all", whole),
    )
    for name, part in parts:
        times = []
        for _ in range(40):
            start = time.thread_time()
            part()
            times.append(1000 * (time.thread_time() - start))
        low, middle = np.percentile(times, [25, 50])
        rows.append((name, f"{low:.1f}", f"{middle:.1f}"))
    return markdown_table(("part", "lower quartile, ms", "median, ms"), rows)
