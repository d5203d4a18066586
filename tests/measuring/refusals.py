"""Counts how many real fields, and rendered fields with a known fault, each gate refuses."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
from leukoscope.field import Field
from leukoscope.reading.results import GateName
from leukoscope.reading.window_reader import prepare
from leukoscope.simulator.hematology import Diagnosis
from leukoscope.simulator.optics import defocus, expose
from leukoscope.simulator.smear import SmearSlide, render_field

from tests.measuring.pictures import CAPTURED_UM_PER_PX, CLASSES
from tests.measuring.real import MODEL_UM_PER_PX, MODEL_WINDOW_PX, RealField, list_sets, open_file
from tests.measuring.tables import markdown_table

RENDERED_SEEDS = range(700, 708)
DEFOCUS_UM = (0.0, 0.5, 0.75, 1.0, 1.25, 1.5, 2.0, 3.0, 5.0)
EXPOSURES = (0.1, 0.15, 0.2, 0.5, 1.0, 1.2, 1.3, 1.4, 1.5, 2.0)
LED_LEVELS = (0.1, 0.05, 0.02, 0.0)


def find_refusal(field: Field) -> GateName | None:
    """Return the gate that refuses a field; None when it is read."""
    gates = prepare(field, MODEL_UM_PER_PX, MODEL_WINDOW_PX).gates
    return next((gate.name for gate in gates if not gate.passed), None)


def _refuse_file(field: RealField) -> GateName | None:
    return find_refusal(open_file(field.path, field.um_per_px))


def _refuse_rendered(task: tuple[Diagnosis, int]) -> list[tuple[str, GateName | None]]:
    """Return each fault of one rendered field, and the gate that refuses it."""
    diagnosis, seed = task
    smear = render_field(SmearSlide(diagnosis, seed), 0, um_per_px=CAPTURED_UM_PER_PX)
    rng = np.random.default_rng(seed)

    def seen(defocus_um: float = 0.0, exposure: float = 1.0, led: float = 1.0) -> GateName | None:
        light = defocus(smear.transmittance, defocus_um, CAPTURED_UM_PER_PX)
        on, off = (
            expose(light, led_level=level, exposure=exposure, shading=0.15, rng=rng)
            for level in (led, 0.0)
        )
        return find_refusal(
            Field(on, CAPTURED_UM_PER_PX, off_level=float(off.mean()), simulated=True)
        )

    return [
        *((f"defocus {um:g} µm", seen(defocus_um=um)) for um in DEFOCUS_UM),
        *((f"exposure x {exposure:g}", seen(exposure=exposure)) for exposure in EXPOSURES),
        *((f"LED at {100 * led:g} %", seen(led=led)) for led in LED_LEVELS),
    ]


def make_refusal_row(name: str, refusals: Sequence[GateName | None]) -> tuple[object, ...]:
    """Make a row: name, number, and the share in percent that each gate and no gate refuses."""
    shares = [100 * sum(r is gate for r in refusals) / len(refusals) for gate in (*GateName, None)]
    return (name, len(refusals), *(f"{share:.1f}" if share else "–" for share in shares))


def tabulate_refusals(data: Path, workers: ProcessPoolExecutor) -> tuple[str, str]:
    """Make two tables: of real fields, and of rendered ones."""
    head = ("fields", "number", *(f"{g.value.replace('_', ' ')}, %" for g in GateName), "read, %")
    real = [
        make_refusal_row(name, list(workers.map(_refuse_file, fields, chunksize=16)))
        for name, fields in list_sets(data).items()
    ]
    by_fault: dict[str, list[GateName | None]] = {}
    for outcome in workers.map(
        _refuse_rendered, [(d, seed) for d in CLASSES for seed in RENDERED_SEEDS]
    ):
        for fault, refused_by in outcome:
            by_fault.setdefault(fault, []).append(refused_by)
    empty = [(Diagnosis.EMPTY, seed) for seed in RENDERED_SEEDS]
    by_fault["no specimen"] = [outcome[0][1] for outcome in workers.map(_refuse_rendered, empty)]
    return markdown_table(head, real), markdown_table(
        head, (make_refusal_row(*item) for item in by_fault.items())
    )
