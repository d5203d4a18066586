"""Draw every screen again: the golden pictures and the gallery in docs/panel.md.

python -m tests.panel.make_golden
"""

from __future__ import annotations

from pathlib import Path

from leukoscope.panel.canvas import SIZE, draw_small
from leukoscope.panel.screen_drawing import draw
from PIL import Image

from tests.panel.examples import EXAMPLES

COMMAND = "python -m tests.panel.make_golden"
GOLDEN = Path(__file__).parent / "golden"
GALLERY = Path(__file__).parents[1] / "pictures" / "screens.png"

SIMULATED = "simulated"
"""The golden of the first focus screen with its mark."""

_SCALE = 2
_COLUMNS = 4
_GAP = 10
_CAPTION = 12
_DESK, _INK, _GLASS, _LIT = 236, 60, 12, 255
"""Greys of the gallery: between the screens, its captions, a dark and a lit pixel."""


def pictures() -> dict[str, Image.Image]:
    """The picture of every example, by name."""
    drawn = {name: draw(screen, simulated=False) for name, screen in EXAMPLES.items()}
    return {**drawn, SIMULATED: draw(EXAMPLES["focus"], simulated=True)}


def gallery(drawn: dict[str, Image.Image]) -> Image.Image:
    """All screens on one grey sheet, captioned with their names."""
    cell_width = SIZE[0] * _SCALE + _GAP
    cell_height = SIZE[1] * _SCALE + _GAP + _CAPTION
    rows = -(-len(drawn) // _COLUMNS)
    sheet = Image.new("L", (_COLUMNS * cell_width + _GAP, rows * cell_height + _GAP), _DESK)
    for index, (name, picture) in enumerate(drawn.items()):
        x = _GAP + index % _COLUMNS * cell_width
        y = _GAP + index // _COLUMNS * cell_height
        sheet.paste(_INK, (x, y), draw_small(name, SIZE[0]))
        screen = Image.new("L", SIZE, _GLASS)
        screen.paste(_LIT, (0, 0), picture)
        large = screen.resize((SIZE[0] * _SCALE, SIZE[1] * _SCALE), Image.Resampling.NEAREST)
        sheet.paste(large, (x, y + _CAPTION - 2))
    return sheet


def main() -> None:
    """Write the goldens, without those of screens that are gone, and the gallery."""
    drawn = pictures()
    GOLDEN.mkdir(exist_ok=True)
    for path in GOLDEN.glob("*.png"):
        if path.stem not in drawn:
            path.unlink()
    for name, picture in drawn.items():
        picture.save(GOLDEN / f"{name}.png")
    GALLERY.parent.mkdir(exist_ok=True)
    gallery(drawn).save(GALLERY, optimize=True)
    print(f"{len(drawn)} screens in {GOLDEN}, gallery in {GALLERY}")


if __name__ == "__main__":
    main()
