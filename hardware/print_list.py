"""What there is to print: `python -m hardware.print_list` prints the table of the guide.

Grams and hours are calculated from the shapes: three perimeters all around, a quarter of the inside filled.
"""

from hardware.all_parts import PARTS
from hardware.printed import Printed

PERIMETERS = 3 * 0.45  # mm, around the outside
INFILL = 0.25
PETG_DENSITY = 1.27  # g/cm3, makers' data sheets
# cm3 an hour with layers of 0.2 mm, all moves counted (assumed): a line of 0.45 mm at 60 mm/s is 19 while it lasts.
SPEED = 15.0
FINE_SPEED = SPEED * 0.6
# With layers of 0.12 mm: threads are drawn finer.
FINE = frozenset(
    {"objective_holder", "rms_gauge", "aperture_open", "aperture_contrast", "aperture_pinhole"}
)
SIDES = {
    "base": "upside down", "stage_plate": "upside down: the flat on which the slide holder glides",
    "stage_y": "on its back", "stage_x": "upside down", "slide_clip": "upside down",
    "focus_block": "on its left side: leaves upright", "focus_lever": "on its side",
    "stage_knob": "knob down, stem up", "camera_hq": "upside down", "camera_v2": "upside down",
    "panel_oled096": "on its face", "panel_oled13": "on its face",
    "aperture_open": "upside down", "aperture_contrast": "upside down", "aperture_pinhole": "upside down",
}  # fmt: skip
CHOICES = {
    "panel_oled096": "one of the two",
    "panel_oled13": "one of the two",
    "camera_hq": "one of the two",
    "camera_v2": "one of the two",
    "rms_gauge": "first of all",
}


def plastic_cm3(part: Printed) -> float:
    """What one of it takes: its skin solid, its inside filled in part."""
    shape = part.on_bed()
    skin = min(shape.area * PERIMETERS, shape.volume)
    return (skin + INFILL * (shape.volume - skin)) / 1000


def table() -> str:
    """In Markdown."""
    lines = [
        "| part | copies | lies | layer, mm | g each | hours each |",
        "|---|---|---|---|---|---|",
    ]
    grams = hours = 0.0
    for part in PARTS:
        volume = plastic_cm3(part)
        fine = part.name in FINE
        copies = max(1, len(part.copies))
        mass, time = volume * PETG_DENSITY, volume / (FINE_SPEED if fine else SPEED)
        # Of two to choose from, one.
        if part.name not in ("panel_oled13", "camera_v2"):
            grams += mass * copies
            hours += time * copies
        count = CHOICES.get(part.name, str(copies))
        side = SIDES.get(part.name, "as it stands")
        layer = "0.12" if fine else "0.2"
        lines.append(f"| `{part.name}` | {count} | {side} | {layer} | {mass:.1f} | {time:.1f} |")
    lines.append(f"| **together** | | | | **{grams:.0f}** | **{hours:.0f}** |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    print(table(), end="")
