"""Checks that a field is empty glass, and measures its background: the level of empty glass at each place."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from PIL import Image

from leukoscope.errors import CalibrationError, FieldError
from leukoscope.field import Rgb
from leukoscope.imaging.components import components
from leukoscope.imaging.surface import fit_robust, surface_basis, total_degree

ROWS, COLUMNS = 24, 32
"""Grid of a background map. Its cells are square, because the fields of both cameras are 4 to 3."""

DEGREE = 6
"""Total degree of the surface fitted to the shading. On a Pi camera without a flat field (chula-pi, its rim at
55 % of its middle) the surface differs from the shading by 0.7 % rms. Degree 8 is no better; degree 4 gives 0.9 %."""

DETAIL_UM = 0.8
"""Scale at which structure is searched, µm per pixel. Noise is averaged away, and a cell is still nine pixels wide."""
MIN_CONTRAST = 0.02
"""Least contrast of structure: difference of sRGB level from the background, as a share of it. The noise of rendered
glass leaves 0.3 % at 0.155 µm/px and 1 % at 0.31."""
MIN_CELL_UM2 = 20.0
"""Least area of a structure that may be a cell. A red cell has 44 µm²; platelets and specks have less than 20."""
MAX_DUST = 0.01
"""Largest share of the field that smaller structures may cover."""

MIN_LEVEL = 60.0
"""Least level of the background, of 255. In a darker field noise would look like structure."""
CLIPPED_LEVEL, MAX_CLIPPED = 254, 0.01
"""Level from which a channel is clipped, and the largest share of clipped pixels."""

_EVEN = np.float32(250)
"""Level of a ratio of 1."""
_SAMPLES = 8
_LEAST_SPREAD = 0.05


def check_empty(rgb: Rgb, um_per_px: float) -> None:
    """Check that a field is empty glass. Shading, noise and a few specks of dust are allowed.

    Args:
        rgb: Shape (height, width, 3).
        um_per_px: Its scale. It may be wrong by a factor of 1.4.

    Raises:
        CalibrationError: TOO BRIGHT or TOO DARK: the field can't be checked. CELLS SEEN: something as large as
            a cell differs from the background around it. DIRTY GLASS: there are many specks.
    """
    clipped = np.count_nonzero(rgb.max(axis=2) >= CLIPPED_LEVEL) / (rgb.shape[0] * rgb.shape[1])
    if clipped > MAX_CLIPPED:
        raise CalibrationError(
            f"{clipped:.0%} of the empty field is clipped: find the exposure again",
            "TOO BRIGHT",
            "shorten exposure",
        )
    darkest = float(np.median(_cell_levels(rgb, ROWS, COLUMNS), axis=(0, 1)).min())
    if darkest < MIN_LEVEL:
        raise CalibrationError(
            f"the empty field is at level {darkest:.0f} of 255 in one colour, below {MIN_LEVEL:.0f}: "
            "check the LED, then find exposure and white balance again",
            "TOO DARK",
            "check LED and slide",
        )
    structure = np.abs(contrasts(rgb, um_per_px)).max(axis=2) > MIN_CONTRAST
    areas = [blob.area_px * DETAIL_UM**2 for blob in components(structure)]
    cells = sum(area >= MIN_CELL_UM2 for area in areas)
    if cells:
        raise CalibrationError(
            f"the field is not empty: it has {cells} structures as large as a cell; move the slide "
            "to glass without blood, or take a clean slide (a structure that stays in place when the "
            "slide moves is dust on the camera: clean the camera)",
            "CELLS SEEN",
            "move to empty glass",
        )
    dust = sum(areas) / (structure.size * DETAIL_UM**2)
    if dust > MAX_DUST:
        raise CalibrationError(
            f"specks cover {dust:.1%} of the field, over {MAX_DUST:.0%}: clean the slide, or move to "
            "cleaner glass",
            "DIRTY GLASS",
            "clean the slide",
        )


def contrasts(rgb: Rgb, um_per_px: float) -> npt.NDArray[np.float64]:
    """Measure at each place how much an empty field differs from a smooth background.

    Args:
        rgb: Shape (height, width, 3).
        um_per_px: Its scale.

    Returns:
        Shape (rows, columns, 3), float64, one place per DETAIL_UM: sRGB level divided by that of the fitted surface,
        minus 1. It is negative where the field is darker.
    """
    rows, columns = (max(1, round(n * um_per_px / DETAIL_UM)) for n in rgb.shape[:2])
    expected = _surface_levels(_fit_surface(_cell_levels(rgb, ROWS, COLUMNS)), rows, columns)
    # On a smear the fitted surface may even fall below 0.
    return shrink_to_grid(rgb, rows, columns) / np.maximum(expected, 1) - 1


def check_moved(one: Rgb, other: Rgb, um_per_px: float) -> None:
    """Check that two fields of clean glass are empty, apart from dust on the camera or lens.

    Such dust is at the same place in both fields and is allowed. Anything that moved with the slide is not.

    Args:
        one: Shape (height, width, 3).
        other: The same shape, made with the same controls.
        um_per_px: Their scale.

    Raises:
        CalibrationError: As for `check_empty`.
    """
    darker, brighter = np.minimum(one, other), np.maximum(one, other)
    ratio = (darker + np.float32(1)) / (brighter + np.float32(1))
    check_empty((_EVEN * ratio + np.float32(0.5)).astype(np.uint8), um_per_px)


def background_map(
    fields: Sequence[Rgb], rows: int = ROWS, columns: int = COLUMNS
) -> npt.NDArray[np.float32]:
    """Measure the level of empty glass on a grid, from several empty fields.

    Args:
        fields: One or more, all of one shape (height, width, 3). With three or more, from different places of the
            slide, the median ignores dust in one of them.
        rows: Rows of the grid over the whole field, 7 or more.
        columns: Columns of the grid, 7 or more.

    Returns:
        Shape (rows, columns, 3), float32, levels 0..255: a surface of degree 6 at the centre of each cell of
        the grid. Cell (i, j) is centred on pixel ((i + 0.5) height / rows - 0.5, (j + 0.5) width / columns - 0.5).
        To get the level at each pixel, interpolate bilinearly with half-pixel centres, clamped beyond the outermost
        centres (Pillow's BILINEAR resize).

    Raises:
        FieldError: There are no fields, or their shapes differ.
    """
    shapes = {rgb.shape for rgb in fields}
    if len(shapes) != 1:
        raise FieldError(
            f"a background map needs fields of one shape, not {sorted(shapes)}: take them again"
        )
    levels = np.median([_cell_levels(rgb, rows, columns) for rgb in fields], axis=0)
    return _surface_levels(_fit_surface(levels), rows, columns).astype(np.float32)


def shrink_to_grid(rgb: Rgb, rows: int, columns: int) -> npt.NDArray[np.float32]:
    """Shrink a picture to its means over a grid. Picture and grid may have any sizes.

    Args:
        rgb: Shape (height, width, 3).
        rows: Rows of the grid.
        columns: Columns of the grid.

    Returns:
        Shape (rows, columns, 3), float32, levels 0..255 with fractions.
    """
    planes = [
        np.asarray(
            Image.fromarray(rgb[..., c].astype(np.float32)).resize(
                (columns, rows), Image.Resampling.BOX
            )
        )
        for c in range(3)
    ]
    return np.stack(planes, axis=-1)


def _cell_levels(rgb: Rgb, rows: int, columns: int) -> npt.NDArray[np.float32]:
    """Return the level of each cell of a grid: the median of 8 x 8 means, so that dust does not count."""
    fine = shrink_to_grid(rgb, rows * _SAMPLES, columns * _SAMPLES)
    cells = fine.reshape(rows, _SAMPLES, columns, _SAMPLES, 3)
    levels: npt.NDArray[np.float32] = np.median(cells, axis=(1, 3))
    return levels


def _fit_surface(levels: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
    """Fit a surface to the levels of a grid. Places under a blood cell or a finger mark do not count.

    Args:
        levels: Shape (rows, columns, 3).

    Returns:
        Coefficients, shape (terms, 3).
    """
    rows, columns = levels.shape[:2]
    basis = surface_basis(rows, columns, total_degree(DEGREE))
    return fit_robust(basis, levels.reshape(rows * columns, 3), _LEAST_SPREAD)


def _surface_levels(
    coefficients: npt.NDArray[np.float64], rows: int, columns: int
) -> npt.NDArray[np.float64]:
    """Return the levels of a surface at the centres of a grid's cells, shape (rows, columns, 3)."""
    basis = surface_basis(rows, columns, total_degree(DEGREE))
    return (basis @ coefficients).reshape(rows, columns, 3)
