"""Renders blood smears. A field of a slide has a number, and the same number always gives the same picture."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from leukoscope.simulator import platelets, red_cells, white_cells
from leukoscope.simulator.hematology import (
    Diagnosis,
    RenderedCellType,
    SlideCounts,
    draw_diameter,
    draw_slide_counts,
)
from leukoscope.simulator.sheet import Sheet
from leukoscope.simulator.stain import Stain, draw_stain
from leukoscope.simulator.white_cells import RenderedWhiteCell

STANDARD_FIELD_UM = (157.0, 118.0)
"""Width and height of the field for which white cells are counted: that of the HQ camera at 40x."""

STAGE_UM = (184.0, 146.0)
"""Width and height of the area in which cells are placed. There is nothing outside it."""

_LARGEST_VIEW_UM = (176.0, 138.0)

# First words of the seeds, so that different kinds of draws use different random numbers. The diagnosis is part of a
# seed only where haematology says that it matters. Stain and red cells must not reveal the diagnosis.
_LOOK, _COUNTS, _FIELD = 1, 2, 3
_DIAGNOSIS_NUMBER = {diagnosis: number for number, diagnosis in enumerate(Diagnosis)}


@dataclass(frozen=True)
class SmearSlide:
    """One slide.

    Attributes:
        diagnosis: Its diagnosis.
        seed: Decides everything else; 0 or more.
    """

    diagnosis: Diagnosis
    seed: int

    def __post_init__(self) -> None:
        if self.seed < 0:
            raise ValueError(f"a slide's seed must be 0 or more, not {self.seed}")


@dataclass(frozen=True)
class WhiteCellTruth:
    """The truth about a white cell of a rendered field: its type, its centre in pixels, its diameter in µm."""

    cell_type: RenderedCellType
    x_px: float
    y_px: float
    diameter_um: float


@dataclass(frozen=True, eq=False)
class SmearField:
    """A rendered field, before optics and camera.

    Attributes:
        transmittance: Linear light 0..1 in R, G, B, shape (height, width, 3), float32.
        um_per_px: Scale, micrometres per pixel.
        white_cells: The white cells whose centre is in the picture.
    """

    transmittance: npt.NDArray[np.float32]
    um_per_px: float
    white_cells: tuple[WhiteCellTruth, ...]


@dataclass(frozen=True)
class Preparation:
    """Everything that is the same in all fields of a slide.

    Attributes:
        stain: The stain.
        red_cells: How the red cells look.
        counts: Which white cells there are.
        deposit: Mean number of specks of stain deposit on the stage.
    """

    stain: Stain
    red_cells: red_cells.RedCellLook
    counts: SlideCounts
    deposit: float


def _make_rng(*words: int) -> np.random.Generator:
    return np.random.default_rng(np.random.SeedSequence(words))


def prepare(slide: SmearSlide) -> Preparation:
    """Draw everything that is the same in all fields of a slide. Stain and red cells depend only on its seed."""
    look = _make_rng(_LOOK, slide.seed)
    counts = _make_rng(_COUNTS, slide.seed, _DIAGNOSIS_NUMBER[slide.diagnosis])
    return Preparation(
        stain=draw_stain(look),
        red_cells=red_cells.draw_look(look),
        counts=draw_slide_counts(slide.diagnosis, counts),
        deposit=float(look.gamma(0.6, 6.0)),
    )


def render_field(
    slide: SmearSlide,
    index: int,
    *,
    um_per_px: float = 0.155,
    shape: tuple[int, int] = (760, 1014),
) -> SmearField:
    """Render one field of a slide.

    The same slide and index give the same field in any process. Another scale or shape shows the same cells, at the
    same distances from the middle of the picture.

    Args:
        slide: The slide.
        index: Number of the field, 0 or more.
        um_per_px: Scale, micrometres per pixel.
        shape: Height and width in pixels.

    Raises:
        ValueError: A number is out of range, or the picture is larger than 176 x 138 µm.
    """
    height, width = shape
    if index < 0:
        raise ValueError(f"a field's index must be 0 or more, not {index}")
    if not um_per_px > 0 or height < 1 or width < 1:
        raise ValueError(
            f"a field needs um_per_px > 0 and a shape of 1 or more, not {um_per_px}, {shape}"
        )
    if width * um_per_px > _LARGEST_VIEW_UM[0] or height * um_per_px > _LARGEST_VIEW_UM[1]:
        raise ValueError(
            f"a field of {width * um_per_px:.0f} x {height * um_per_px:.0f} µm is larger than the "
            f"{_LARGEST_VIEW_UM[0]:.0f} x {_LARGEST_VIEW_UM[1]:.0f} µm that are rendered: "
            "ask for fewer pixels or a smaller um_per_px"
        )
    preparation = prepare(slide)
    picture = preparation.counts.picture
    rng = _make_rng(_FIELD, slide.seed, _DIAGNOSIS_NUMBER[slide.diagnosis], index)
    sheet = Sheet(shape, um_per_px)
    whites = _lay_white_cells(preparation.counts, rng)
    if slide.diagnosis is Diagnosis.EMPTY:
        platelets.draw_specks(sheet, STAGE_UM, 4.0, preparation.stain.film * 6.0, rng)
    else:
        sheet.absorbance += preparation.stain.film
        obstacles = np.array([(c.x_um, c.y_um, c.diameter_um / 2) for c in whites]).reshape(-1, 3)
        reds = red_cells.lay(preparation.red_cells, picture.red_cells, STAGE_UM, obstacles, rng)
        red_cells.draw(sheet, reds, preparation.red_cells, preparation.stain.red_cell)
        for cell in whites:
            white_cells.draw(sheet, cell, preparation.stain, picture.auer_rods)
        platelets.draw_platelets(
            sheet,
            STAGE_UM,
            platelets.PER_FIELD * picture.platelets * _count_stage_fields(),
            picture.giant_platelets,
            preparation.stain,
            rng,
        )
        platelets.draw_specks(
            sheet, STAGE_UM, preparation.deposit, preparation.stain.azurophil, rng
        )
    truths = tuple(
        WhiteCellTruth(
            cell.cell_type,
            cell.x_um / um_per_px + (width - 1) / 2,
            cell.y_um / um_per_px + (height - 1) / 2,
            cell.diameter_um,
        )
        for cell in whites
        if abs(cell.x_um) <= width * um_per_px / 2 and abs(cell.y_um) <= height * um_per_px / 2
    )
    return SmearField(sheet.transmittance(), um_per_px, truths)


def _count_stage_fields() -> float:
    """Return how many standard fields fit into the stage's area."""
    return STAGE_UM[0] * STAGE_UM[1] / (STANDARD_FIELD_UM[0] * STANDARD_FIELD_UM[1])


def _lay_white_cells(counts: SlideCounts, rng: np.random.Generator) -> list[RenderedWhiteCell]:
    """Place the white cells of the standard field, and those around it that a larger view would show."""
    inside = counts.draw_count(rng)
    around = int(rng.poisson(inside * (_count_stage_fields() - 1.0)))
    laid: list[RenderedWhiteCell] = []
    for number, cell_type in enumerate(counts.draw_types(inside + around, rng)):
        diameter = draw_diameter(cell_type, rng)
        # A person who looks for a field stops where whole white cells are in view. So the first ones are whole.
        wholly = number < counts.picture.white_cells_least
        margin = diameter / 2 if wholly else 0.0
        place = _find_free_place(laid, diameter, number < inside, margin, rng)
        if place is not None:
            laid.append(RenderedWhiteCell(cell_type, *place, diameter, int(rng.integers(2**63))))
    return laid


def _find_free_place(
    laid: list[RenderedWhiteCell],
    diameter_um: float,
    inside: bool,
    margin_um: float,
    rng: np.random.Generator,
) -> tuple[float, float] | None:
    """Find a place where a cell covers no other cell; None when it is too crowded.

    Args:
        laid: The cells that have a place.
        diameter_um: Diameter of the new cell.
        inside: Whether the place must be in the standard field. Otherwise it must be around it.
        margin_um: Least distance of the cell's centre from the edge of the area, µm.
        rng: Proposes places.
    """
    width, height = STANDARD_FIELD_UM if inside else STAGE_UM
    width, height = width - 2.0 * margin_um, height - 2.0 * margin_um
    for _ in range(40):
        x, y = width * (float(rng.random()) - 0.5), height * (float(rng.random()) - 0.5)
        within = abs(x) < STANDARD_FIELD_UM[0] / 2 and abs(y) < STANDARD_FIELD_UM[1] / 2
        if within is not inside:
            continue
        # White cells may touch and dent each other a little, but not overlap.
        if all(
            np.hypot(x - cell.x_um, y - cell.y_um) > 0.48 * (diameter_um + cell.diameter_um)
            for cell in laid
        ):
            return x, y
    return None
