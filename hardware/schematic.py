"""Draws the schematic and the header: `python -m hardware.schematic`. Wants schemdraw and matplotlib.

In the SVG text stays text, so that a test reads the pins from it without either.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Literal

import schemdraw
from schemdraw import elements as elm
from schemdraw.segments import Segment, SegmentCircle, SegmentPoly, SegmentText, SegmentType

from hardware.electronics import (
    C1_F,
    HEADER,
    LED_A,
    R1_OHM,
    R1_W,
    R2_OHM,
    R3_OHM,
    R4_OHM,
    SETTINGS,
    SWITCHES,
    WIRES,
    Wire,
    ohms,
)

PICTURES = Path(__file__).parent / "pictures"

INK = {
    "red": "#c62828",
    "orange": "#e67600",
    "black": "#202020",
    "green": "#1b8a3a",
    "violet": "#7b3fb5",
    "blue": "#1f5fc4",
    "yellow": "#c79a00",
    "grey": "#8a8a8a",
}
"""The wires' colours, dark enough for white paper."""

BOARD, PART, DARK = "#e9f3ea", "#f2f2f2", "#333333"
"""What boxes are filled with."""

Point = tuple[float, float]
Align = Literal["left", "center", "right"]


def wire_of(part: str, to: str) -> Wire:
    """The wire of a part that goes to what begins so."""
    (found,) = (wire for wire in WIRES if wire.part == part and wire.to.startswith(to))
    return found


class Sheet:
    """A drawing by coordinates, in schemdraw's unit; y goes up."""

    def __init__(self, canvas: str) -> None:
        self.drawing = schemdraw.Drawing(show=False, canvas=canvas)
        self.drawing.config(fontsize=13, lw=1.8, font="sans-serif", bgcolor="white", margin=0.4)

    def part(self, make: Callable[[], elm.Element2Term], start: Point, end: Point) -> None:
        """A part with two ends."""
        self.drawing += make().at(start).to(end)

    def segments(self, *segments: SegmentType) -> None:
        """Lines, texts and boxes that are no part."""
        element = elm.Element().at((0, 0)).theta(0)
        element.segments.extend(segments)
        self.drawing += element

    def line(self, *points: Point, colour: str = "black", width: float = 1.8) -> None:
        """A line from point to point."""
        self.segments(Segment(points, color=INK[colour], lw=width))

    def text(
        self, at: Point, text: str, align: Align = "left", size: float = 13, colour: str = "black"
    ) -> None:
        """A text from, to or around a point, at its height."""
        self.segments(
            SegmentText(at, text, align=(align, "center"), fontsize=size, color=INK[colour])
        )

    def box(self, corner: Point, other: Point, fill: str) -> None:
        """A box, given by two corners."""
        (x1, y1), (x2, y2) = corner, other
        self.segments(
            SegmentPoly([(x1, y1), (x2, y1), (x2, y2), (x1, y2)], fill=fill, color=INK["black"])
        )

    def frame(self, corner: Point, other: Point) -> None:
        """Room for texts, which schemdraw does not count: a white box."""
        (x1, y1), (x2, y2) = corner, other
        self.segments(SegmentPoly([(x1, y1), (x2, y1), (x2, y2), (x1, y2)], color="white"))

    def dot(self, *at: Point) -> None:
        """Where wires join."""
        self.segments(*(SegmentCircle(point, 0.075, fill="black") for point in at))


# --- the schematic ----------------------------------------------------------------------------------------------

EDGE = 4.6
"""Where the Pi ends and the wires begin."""

RIGHT = 13.2
"""Where LED and button hang."""


def schematic(canvas: str) -> schemdraw.Drawing:
    """The whole circuit: the Pi's header on the left; light, button and OLED on the right of it."""
    sheet = Sheet(canvas)
    sheet.frame((-0.2, 2.1), (RIGHT + 5.6, -16.3))
    sheet.box((0, 1.9), (EDGE, -16.1), BOARD)
    sheet.text((EDGE / 2, 1.3), "Raspberry Pi header", "center", 14)
    sheet.text((EDGE / 2, 0.75), "numbers: pins 1 to 40", "center", 11, "grey")
    light(sheet, 0.0)
    button(sheet, -7.2)
    oled(sheet, -12.0)
    return sheet.drawing


def pin(sheet: Sheet, wire: Wire, y: float, to_x: float) -> None:
    """A pin at the Pi's edge, its name and number, and its wire to the right."""
    sheet.text((EDGE - 0.2, y), wire.name, "right")
    sheet.text((EDGE + 0.15, y + 0.27), str(wire.pin), size=12, colour="grey")
    sheet.line((EDGE, y), (to_x, y), colour=wire.colour, width=2.4)


def light(sheet: Sheet, y: float) -> None:
    """R1, D1, and Q1 with R2 and R3 at its gate."""
    gate_y, ground_y, at_r3 = y - 3.15, y - 5.2, 10.4
    pin(sheet, wire_of("light", "R1"), y, 6.4)
    pin(sheet, wire_of("light", "R2"), gate_y, 6.4)
    pin(sheet, wire_of("light", "source"), ground_y, RIGHT)
    sheet.part(elm.Resistor, (6.4, y), (9.4, y))
    sheet.part(elm.LED, (RIGHT, y), (RIGHT, y - 2.4))
    sheet.part(elm.Resistor, (6.4, gate_y), (9.4, gate_y))
    sheet.part(elm.Resistor, (at_r3, gate_y), (at_r3, ground_y))
    sheet.drawing += elm.NFet().theta(0).reverse().anchor("drain").at((RIGHT, y - 2.4))
    sheet.line((9.4, y), (RIGHT, y))
    sheet.line((9.4, gate_y), (RIGHT - 1.3, gate_y))
    sheet.line((RIGHT, y - 3.9), (RIGHT, ground_y))
    sheet.dot((at_r3, gate_y), (at_r3, ground_y))
    sheet.text((7.9, y + 0.6), f"R1  {ohms(R1_OHM)}, {R1_W} W", "center")
    sheet.text((7.9, gate_y + 0.6), f"R2  {ohms(R2_OHM)}", "center")
    sheet.text((at_r3 - 0.45, (gate_y + ground_y) / 2), f"R3  {ohms(R3_OHM)}", "right")
    sheet.text((RIGHT + 1.1, y - 0.95), f"D1  white LED, {LED_A * 1000:.0f} mA")
    sheet.text((RIGHT + 1.1, y - 1.5), "long leg to R1", colour="grey", size=12)
    sheet.text((RIGHT + 0.4, gate_y + 0.1), f"Q1  {SWITCHES[0].name}")
    sheet.text((RIGHT + 0.4, gate_y - 0.45), "flat side to you: S, G, D", colour="grey", size=12)


def button(sheet: Sheet, y: float) -> None:
    """The button, its pull-up within the Pi, and R4 and C1, which may be left out."""
    ground_y, at_c1 = y - 2.6, 6.6
    pin(sheet, wire_of("button", "one side"), y, 7.4)
    pin(sheet, wire_of("button", "other side"), ground_y, RIGHT)
    sheet.part(elm.Resistor, (1.3, y + 1.75), (1.3, y))
    sheet.part(elm.Capacitor, (at_c1, y), (at_c1, ground_y))
    sheet.part(elm.Resistor, (7.4, y), (10.4, y))
    sheet.part(elm.Button, (RIGHT, ground_y), (RIGHT, y))
    sheet.line((1.3, y), (EDGE - 1.9, y))
    sheet.line((10.4, y), (RIGHT, y))
    sheet.dot((at_c1, y), (at_c1, ground_y))
    sheet.text((1.3, y + 2.0), "3.3 V", "center", 12)
    sheet.text((1.75, y + 0.88), "pull-up inside", size=12, colour="grey")
    sheet.text((at_c1 + 0.5, (y + ground_y) / 2 - 0.1), f"C1  {C1_F * 1e9:.0f} nF (optional)")
    sheet.text((8.9, y + 0.6), f"R4  {ohms(R4_OHM)} (optional)", "center")
    sheet.text((RIGHT + 0.8, (y + ground_y) / 2), "S1  button")


def oled(sheet: Sheet, y: float) -> None:
    """The OLED's four wires."""
    left, step = RIGHT - 1.6, 1.1
    panel = SETTINGS.panel
    sheet.box((left, y + 0.7), (left + 5.6, y - 3 * step - 0.7), PART)
    for at, to in enumerate(("VCC", "SDA", "SCL", "GND")):
        pin(sheet, wire_of("OLED", to), y - at * step, left)
        sheet.text((left + 0.2, y - at * step), to)
    at_x, middle = left + 3.5, y - 1.5 * step
    sheet.text((at_x, middle + 0.6), f"OLED {panel.driver.upper()}", "center")
    sheet.text((at_x, middle), f"I2C bus {panel.i2c_bus}", "center", 12, "grey")
    sheet.text((at_x, middle - 0.5), f"address 0x{panel.address:02X}", "center", 12, "grey")


# --- the header -------------------------------------------------------------------------------------------------

PITCH = 0.78
"""From pin to pin; 2.54 mm in truth."""


def header(canvas: str) -> schemdraw.Drawing:
    """The 40 pins as one looks down on them, USB sockets below, and where each wire goes."""
    sheet = Sheet(canvas)
    bottom = -19 * PITCH
    sheet.frame((-9.0, 1.7), (9.0, bottom - 1.7))
    sheet.box((-1.0, PITCH), (1.0, bottom - PITCH), DARK)
    sheet.text((0, 1.3), "end with the SD card, pin 1 square", "center", 12, "grey")
    sheet.text((0, bottom - 1.3), "end with the USB sockets", "center", 12, "grey")
    sheet.text((-3.3, bottom / 2 - 2), "inside of the board", "right", 12, "grey")
    sheet.text((3.3, bottom / 2 - 2), "edge of the board", "left", 12, "grey")
    wires = {wire.pin: wire for wire in WIRES}
    for number in HEADER:
        header_pin(sheet, number, wires.get(number))
    return sheet.drawing


def header_pin(sheet: Sheet, number: int, wire: Wire | None) -> None:
    """A pin: odd ones on the left, even ones, at the board's edge, on the right."""
    side = -1 if number % 2 else 1
    align: Align = "right" if side < 0 else "left"
    x, y = side * 0.45, -((number - 1) // 2) * PITCH
    fill = INK[wire.colour] if wire else "#b9b9b9"
    if number == 1:
        corners = [
            (x - 0.24, y - 0.24),
            (x + 0.24, y - 0.24),
            (x + 0.24, y + 0.24),
            (x - 0.24, y + 0.24),
        ]
        sheet.segments(SegmentPoly(corners, fill=fill, color="white"))
    else:
        sheet.segments(SegmentCircle((x, y), 0.24, fill=fill, color="white"))
    if wire is None:
        sheet.text((side * 1.15, y), str(number), align, 10, "grey")
        return
    sheet.text((side * 1.15, y), str(number), align, 13)
    sheet.line((side * 1.95, y), (side * 3.1, y), colour=wire.colour, width=4)
    sheet.text((side * 3.3, y), f"{wire.name}  {wire.part}: {wire.to}", align, 13)


DRAWINGS = {"schematic": schematic, "header": header}


def svg(name: str) -> bytes:
    """A drawing as SVG, its text as text."""
    schemdraw.svgconfig.text = "text"
    data: bytes = DRAWINGS[name]("svg").get_imagedata("svg")
    # "sans" is no family that a browser knows.
    data = data.replace(b'font-family="sans"', b'font-family="sans-serif"')
    return data.replace(b"><", b">\n<") + b"\n"


def main() -> None:
    """Draws all pictures."""
    for name, draw in DRAWINGS.items():
        (PICTURES / f"{name}.svg").write_bytes(svg(name))
        draw("matplotlib").save(str(PICTURES / f"{name}.png"), dpi=110)


if __name__ == "__main__":
    main()
