"""Makes every file again that is made from the source: `python -m hardware.make`.

stl/ for printing (each part as it lies on the bed), step/ for other CAD programs, the assembly, the pictures and the
calculated tables of the pages.
"""

from datetime import datetime
from pathlib import Path

from build123d import Color, Compound, Part, export_step, export_stl

from hardware import electronics, focus, optics, pictures, print_list, schematic
from hardware.all_parts import PARTS
from hardware.assembly import assembly
from hardware.pages import fill

FOLDER = Path(__file__).parent
STL, STEP, PICTURES = FOLDER / "stl", FOLDER / "step", FOLDER / "pictures"
# Of a mesh from its shape: mm, and radians between neighbouring facets.
TOLERANCE, ANGLE = 0.02, 0.2
# In place of the time of making, so that what has not changed stays the same file.
STAMP = datetime(2026, 1, 1)


def write_stl(shape: Part, path: Path) -> None:
    """Raises OSError where it can't be written."""
    if not export_stl(shape, path, tolerance=TOLERANCE, angular_tolerance=ANGLE):
        raise OSError(f"{path} could not be written")


def write_step(shape: Part | Compound, path: Path) -> None:
    """Raises OSError where it can't be written."""
    # Without the curves' second form, in each face's parameters: half the size, and a reader calculates them again.
    if not export_step(shape, path, write_pcurves=False, timestamp=STAMP):
        raise OSError(f"{path} could not be written")


def main() -> None:
    for folder in (STL, STEP, PICTURES):
        folder.mkdir(exist_ok=True)
    for part in PARTS:
        shape = part.on_bed()
        shape.label = part.name
        write_stl(shape, STL / f"{part.name}.stl")
        write_step(shape, STEP / f"{part.name}.step")
        print(f"{part.name}: {shape.volume / 1000:.1f} cm³")
    bodies = assembly()
    for body in bodies:
        body.shape.label = body.name
        body.shape.color = Color(body.colour)
    whole = Compound(label="leukoscope", children=[body.shape for body in bodies])
    write_step(whole, STEP / "leukoscope.step")
    pictures.write_all(PICTURES)
    schematic.main()
    fill(FOLDER / "README.md", "focus", focus.table())
    fill(FOLDER / "README.md", "print", print_list.table())
    fill(FOLDER / "OPTICS.md", "optics", optics.tables())
    fill(FOLDER / "ELECTRONICS.md", "electronics", electronics.page())


if __name__ == "__main__":
    main()
