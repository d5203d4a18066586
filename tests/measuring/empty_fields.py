"""Measures which fields a calibration accepts as empty."""

from __future__ import annotations

from functools import partial
from itertools import product
from pathlib import Path

from leukoscope.calibration.empty_field import check_empty
from leukoscope.simulator.calibration_slides import CLEAN_SLIDE_DEFOCUS_UM
from leukoscope.simulator.dust import add_dust
from leukoscope.simulator.hematology import Diagnosis, RenderedCellType
from leukoscope.simulator.optics import (
    defocus,
)
from leukoscope.simulator.smear import SmearSlide

from tests.measuring.calibration_fields import (
    CLASSES,
    FIRST_SEED,
    SHADINGS,
    SHAPE,
    UM_PER_PX,
    Light,
    photograph,
    render_light,
    render_red_cell,
    render_white_cell,
)
from tests.measuring.calibration_tables import (
    choose_some,
    find_problem,
    group_by_kind,
    make_outcome_row,
)
from tests.measuring.real import open_file
from tests.measuring.tables import markdown_table

EMPTY_HEAD = ("fields", "number", "accepted", "refused")
CELL_DEFOCUS_UM = (0.0, 5.0, 10.0, 15.0)
SMEAR_DEFOCUS_UM = (0.0, 5.0, 10.0, 20.0, 40.0)
GLASS_DEFOCUS_UM = (0.0, CLEAN_SLIDE_DEFOCUS_UM)


def check_frame(light: Light, seed: int, shading: float = 0.3) -> str:
    """Return the problem that `check_empty` finds in a frame, or ""."""
    rgb = photograph(light, seed, shading=shading)
    return find_problem(lambda: check_empty(rgb, UM_PER_PX))


def tabulate_rendered_fields(number: int = 8) -> str:
    """Tabulate which rendered fields are accepted as empty; number: slides of each kind."""
    seeds = range(FIRST_SEED, FIRST_SEED + number)
    rows = []
    for defocus_um in GLASS_DEFOCUS_UM:
        glass = [render_light(SmearSlide(Diagnosis.EMPTY, s), defocus_um) for s in seeds]
        for shading in SHADINGS:
            said = [check_frame(g, s, shading) for s, g in zip(seeds, glass, strict=True)]
            name = f"empty glass, defocus {defocus_um:g} µm, shading {100 * shading:g} %"
            rows.append(make_outcome_row(name, said))
    on_camera = add_dust(SHAPE, UM_PER_PX)[..., None]
    said = [check_frame(light * on_camera, s) for s, light in zip(seeds, glass, strict=True)]
    rows.append(make_outcome_row("the same, nine specks of dust on the camera", said))
    whites = [render_white_cell(kind, FIRST_SEED + n) for n, kind in enumerate(RenderedCellType)][
        : 2 * number
    ]
    reds = [render_red_cell(seed) for seed in seeds]
    for name, cells in (("one white cell (each type)", whites), ("one red cell", reds)):
        for um in CELL_DEFOCUS_UM:
            said = [check_frame(defocus(c, um, UM_PER_PX), n) for n, c in enumerate(cells)]
            rows.append(make_outcome_row(f"{name}, defocus {um:g} µm", said))
    tasks = list(product(CLASSES, seeds[: max(1, number // 3)]))
    for um in SMEAR_DEFOCUS_UM:
        said = [check_frame(render_light(SmearSlide(d, seed), um), seed) for d, seed in tasks]
        rows.append(make_outcome_row(f"smear, five classes, defocus {um:g} µm", said))
    return markdown_table(EMPTY_HEAD, rows)


def tabulate_real_fields(data: Path, number: int = 40) -> str:
    """Tabulate which real fields are accepted as empty; number: fields of each set."""
    rows = []
    for kind, fields in group_by_kind(data).items():
        pictures = (open_file(field.path, field.um_per_px) for field in choose_some(fields, number))
        said = [
            find_problem(partial(check_empty, picture.rgb, picture.um_per_px))
            for picture in pictures
        ]
        rows.append(make_outcome_row(kind, said))
    return markdown_table(EMPTY_HEAD, rows)
