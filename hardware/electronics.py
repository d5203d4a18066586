"""The electronics in numbers: wires, LED resistor, switch, button, bus and power budget.

`python -m hardware.electronics` prints them as the tables of ELECTRONICS.md. The pins are the settings' defaults.

Sources, by the letters that stand beside the numbers:
(a) Raspberry Pi documentation, "Power supply" and "GPIO" (the voltages of BCM2837 and BCM2711).
(b) E. Upton, "Introducing: Raspberry Pi 5!", raspberrypi.com, 28 September 2023.
(c) Data sheet TN0702, Supertex (now Microchip), 2014.
(d) UM10204, the I2C bus specification, NXP: fast mode.
(e) Assumed: no data sheet fixes it. The budget holds for the number as it stands here.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from leukoscope.settings.settings import Settings

SETTINGS = Settings()

# --- the header -------------------------------------------------------------------------------------------------

_PINS = """
    3V3 5V GPIO2 5V GPIO3 GND GPIO4 GPIO14 GND GPIO15
    GPIO17 GPIO18 GPIO27 GND GPIO22 GPIO23 3V3 GPIO24 GPIO10 GND
    GPIO9 GPIO25 GPIO11 GPIO8 GND GPIO7 GPIO0 GPIO1 GPIO5 GND
    GPIO6 GPIO12 GPIO13 GND GPIO19 GPIO16 GPIO26 GPIO20 GND GPIO21
"""
HEADER = dict(enumerate(_PINS.split(), 1))
"""What each pin of the 40-pin header is; the same on every Raspberry Pi since the B+."""

I2C_BUSES = {1: ("GPIO2", "GPIO3")}
"""SDA and SCL of the buses that the header has without an overlay."""


def pin_of(name: str) -> int:
    """The number on the header of the only pin of that name.

    >>> pin_of("GPIO17")
    11
    """
    (pin,) = (pin for pin, found in HEADER.items() if found == name)
    return pin


@dataclass(frozen=True)
class Wire:
    """A wire from the header. part: what it belongs to; setting: the key that names its line, or ""."""

    pin: int
    part: str
    to: str
    colour: str
    setting: str = ""

    @property
    def name(self) -> str:
        """What the pin is."""
        return HEADER[self.pin]


_LIGHT, _BUTTON = f"GPIO{SETTINGS.light.pin}", f"GPIO{SETTINGS.button.pin}"
_SDA, _SCL = I2C_BUSES[SETTINGS.panel.i2c_bus]

# The grounds and supplies are those nearest to the part's other pins; any other of the same name does as well.
WIRES = (
    Wire(2, "light", "R1, then D1", "red"),
    Wire(pin_of(_LIGHT), "light", "R2, gate of Q1", "green", "[light] pin"),
    Wire(6, "light", "source of Q1, and R3", "black"),
    Wire(pin_of(_BUTTON), "button", "one side of S1", "violet", "[button] pin"),
    Wire(14, "button", "other side of S1", "black"),
    Wire(1, "OLED", "VCC", "orange"),
    Wire(pin_of(_SDA), "OLED", "SDA", "blue", "[panel] i2c_bus"),
    Wire(pin_of(_SCL), "OLED", "SCL", "yellow", "[panel] i2c_bus"),
    Wire(9, "OLED", "GND", "black"),
)
"""Every wire but the camera's cable."""

# --- the light --------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Spread:
    """A value with its limits."""

    low: float
    typical: float
    high: float


SUPPLY_V = Spread(4.75, 5.0, 5.25)
"""USB's 5 V; Raspberry Pi's own supplies give 5.1 V (a). Below 4.63 V the Pi itself warns (a)."""

LED_V = Spread(2.9, 3.1, 3.4)
"""A white LED's forward voltage at 20 mA. It is taken for constant. In truth it falls with the current, so that the
currents lie closer together than is calculated here."""

LED_A = 0.020
LED_LOW_A, LED_HIGH_A = 0.010, 0.025
"""Half of the light, which twice the exposure makes up for; and what the weakest of the usual white 5 mm LEDs stand
for good (most stand 30 mA)."""

SWITCH_OHM = Spread(0.0, 2.0, 5.0)
"""Q1 when it conducts. TN0702: 1.3 ohm at most at a gate of 5 V, guaranteed at 2 and 3 V too (c); 5 ohm is taken."""

R1_OHM, R1_TOLERANCE, R1_W = 100.0, 0.05, 0.6
"""The LED's resistor. A metal film one of 1 % and 0.6 W is meant; what follows holds with 5 % too."""

E24 = [10, 11, 12, 13, 15, 16, 18, 20, 22, 24, 27, 30]
E24 += [33, 36, 39, 43, 47, 51, 56, 62, 68, 75, 82, 91]


def e24_from(ohm: float) -> float:
    """The smallest value of the E24 series that is not below `ohm`.

    >>> e24_from(95.0)
    100.0
    """
    decade = 10.0 ** (math.floor(math.log10(ohm)) - 1)
    values = [value * decade for value in (*E24, 100)]
    return next(value for value in values if value >= ohm * (1 - 1e-9))


def led_current_a(supply_v: float, led_v: float, ohm: float, switch_ohm: float = 0.0) -> float:
    """The LED's current, ampere. ohm: R1 as it is, not as it is marked."""
    return max(supply_v - led_v, 0.0) / (ohm + switch_ohm)


def ohms(value: float) -> str:
    """A resistance as people write it.

    >>> ohms(10_000.0)
    '10 kΩ'
    """
    return f"{value / 1000:g} kΩ" if value >= 1000 else f"{value:g} Ω"


@dataclass(frozen=True)
class Lit:
    """The light at one set of values: volts, ohms and amperes."""

    case: str
    supply_v: float
    led_v: float
    ohm: float
    switch_ohm: float

    @property
    def current_a(self) -> float:
        """The LED's current."""
        return led_current_a(self.supply_v, self.led_v, self.ohm, self.switch_ohm)

    @property
    def r1_v(self) -> float:
        """What a voltmeter across R1 shows."""
        return self.current_a * self.ohm

    @property
    def r1_w(self) -> float:
        """What R1 turns into heat."""
        return self.current_a**2 * self.ohm


def cases(led_v: Spread, ohm: float, switch_ohm: Spread) -> tuple[Lit, ...]:
    """The light at the limits and in between; ohm: R1 as it is marked."""
    more, less = ohm * (1 + R1_TOLERANCE), ohm * (1 - R1_TOLERANCE)
    return (
        Lit("dimmest", SUPPLY_V.low, led_v.high, more, switch_ohm.high),
        Lit("typical", SUPPLY_V.typical, led_v.typical, ohm, switch_ohm.typical),
        Lit("Raspberry Pi's supply", 5.1, led_v.typical, ohm, switch_ohm.typical),
        Lit("brightest", SUPPLY_V.high, led_v.low, less, switch_ohm.low),
    )


def shorted_w(ohm: float) -> float:
    """R1's heat while a pinched cable connects it to ground. Why it sits at the Pi's end, and stands so much."""
    return SUPPLY_V.high**2 / (ohm * (1 - R1_TOLERANCE))


LIT = cases(LED_V, R1_OHM, SWITCH_OHM)

# Should 20 mA be too dim (OPTICS.md): a white LED of 1 W on a heat sink, at 350 mA at most: its data sheets'
# forward voltage; R1 that keeps to it at the limits; Q1 an AO3400A, 48 milliohm at most at a gate of 2.5 V.
STRONG_LED_V, STRONG_HIGH_A = Spread(2.8, 3.0, 3.4), 0.350
STRONG_R1_OHM, STRONG_R1_W = 7.5, 5.0
STRONG_LIT = cases(STRONG_LED_V, STRONG_R1_OHM, Spread(0.0, 0.03, 0.05))

# --- its switch -------------------------------------------------------------------------------------------------

R2_OHM, R3_OHM = 220.0, 10_000.0
"""From the GPIO line to the gate, and from the gate to ground."""

GPIO_V = Spread(3.135, 3.3, 3.465)
"""The Pi's 3.3 V, 5 % either way (e). A line that drives next to nothing gives nearly all of it."""

GPIO_LEAK_A = 10e-6
"""What an input lets through at worst, BCM2711 at 85 °C (a)."""

GPIO_SAFE_A = 0.016
"""What one line stands (a)."""

GATE_OFF_V = GPIO_LEAK_A * R3_OHM
"""The gate while the line is an input. 100 kilohm would make 1 V of it, the threshold of the low-threshold Q1."""


def gate_v(gpio_v: float) -> float:
    """The gate's voltage when the line is high."""
    return gpio_v * R3_OHM / (R2_OHM + R3_OHM)


BASE_OHM, BASE_V, COLLECTOR_V = 1_000.0, 0.85, 0.2
"""R2 with the bipolar transistor; its base and collector at most, at 10 mA (data sheet 2N3904)."""

LOADED_GPIO_V = 2.6
"""A BCM2711's line at least, when it is to give 4 mA (a)."""


def base_a() -> float:
    """The least current into the base of a bipolar Q1, less what R3 takes."""
    return (LOADED_GPIO_V - BASE_V) / BASE_OHM - BASE_V / R3_OHM


@dataclass(frozen=True)
class Switch:
    """A transistor that might be Q1. specified_v: the lowest gate voltage at which its resistance is guaranteed."""

    name: str
    package: str
    specified_v: str
    threshold: str
    judged: str


SWITCHES = (
    Switch("TN0702N3-G", "TO-92", "2.0 V", "1.0 V", "**Q1**"),
    Switch("AO3400A", "SOT-23", "2.5 V", "1.45 V", "as good, but SMD: on an adapter"),
    Switch(
        name="IRLZ44N, IRLZ34N",
        package="TO-220",
        specified_v="4.0 V",
        threshold="2.0 V at 0.25 mA",
        judged="not specified for 3.3 V; but 20 mA want only some tenths of a volt over the threshold",
    ),
    Switch("IRLB8721", "TO-220", "4.5 V", "2.35 V at 0.025 mA", "the same, with less to spare"),
    Switch("2N7000", "TO-92", "4.5 V", "3.0 V at 1 mA", "no: most do, one at its limit stays dark"),
    Switch(
        name="2N3904, bipolar",
        package="TO-92",
        specified_v="–",
        threshold="–",
        judged=f"substitute, with R2 = {ohms(BASE_OHM)}",
    ),
)
"""From their data sheets."""

# --- the button -------------------------------------------------------------------------------------------------

PULL_UP_OHM = Spread(33e3, 50e3, 73e3)
"""Within the Pi: 50 to 65 kilohm in a BCM2837, 33 to 73 in a BCM2711 (a)."""

LOW_V, HIGH_V = 0.8, 2.0
"""A BCM2711 reads low below the one and high above the other (a)."""

R4_OHM, C1_F = 1_000.0, 100e-9
"""Optional: shields the line when another program drives it high, and takes from a long cable what it picks up."""

DEBOUNCE_S = SETTINGS.button.debounce_ms / 1000


def rise_s(pull_up_ohm: float) -> float:
    """From letting go until the line reads high, with C1."""
    return pull_up_ohm * C1_F * math.log(GPIO_V.typical / (GPIO_V.typical - HIGH_V))


def fall_s() -> float:
    """From pressing until the line reads low, with C1 and R4."""
    return R4_OHM * C1_F * math.log(GPIO_V.typical / LOW_V)


def pressed_v() -> float:
    """The line while the button is down, at worst: R4 against the strongest pull-up."""
    return GPIO_V.high * R4_OHM / (R4_OHM + PULL_UP_OHM.low)


# --- the bus ----------------------------------------------------------------------------------------------------

BUS_HZ = 400_000
"""`i2c_arm_baudrate` in config.txt."""

PI_PULL_UP_OHM, OLED_PULL_UP_OHM = 1_800.0, 4_700.0
"""The Pi's own on GPIO2 and 3 (a); that of most OLED modules, some have 10 kilohm or none (e)."""

BUS_OHM = 1 / (1 / PI_PULL_UP_OHM + 1 / OLED_PULL_UP_OHM)
BUS_SINK_A = (GPIO_V.high - 0.4) / BUS_OHM
BUS_SINK_LIMIT_A = 0.003
"""What whoever pulls a line low must be able to sink at 0.4 V (d)."""

BUS_RISE_S = 300e-9
"""The slowest rise, from 30 to 70 %, at 400 kHz (d)."""


def bus_limit_f(pull_up_ohm: float) -> float:
    """The largest capacitance of a line, farad (d): 0.8473 is ln(0.7 / 0.3)."""
    return BUS_RISE_S / (0.8473 * pull_up_ohm)


CABLE_F_PER_M, PINS_F = 100e-12, 20e-12
"""Single wires side by side; the Pi's and the OLED's pins (e)."""

# --- power ------------------------------------------------------------------------------------------------------

CAMERA_A = 0.250
"""A camera module (a). No figure for the HQ camera is published."""

OLED_A = Spread(0.010, 0.020, 0.030)
"""From the 3.3 V pin: a dark, a usual and a wholly lit picture (e)."""

PULL_UPS_A = BUS_SINK_A * 2 + GPIO_V.high / R3_OHM + GPIO_V.high / PULL_UP_OHM.low
"""Both lines of the bus low, the gate high, the button down."""


@dataclass(frozen=True)
class Board:
    """A computer, its cooler and its supply, in ampere at 5.1 V.

    active_a: typical, without anything connected (a); peak_a: the most that was published or measured.
    """

    name: str
    active_a: float
    peak_a: float
    fan_a: Spread
    supply: str
    supply_a: float


NO_FAN = Spread(0.0, 0.0, 0.0)

BOARDS = (
    # Peak: measured of a 3B, its forerunner, all cores busy, with keyboard and screen (a).
    Board("Pi 3B+", 0.5, 1.34, NO_FAN, "5.1 V, 2.5 A, micro USB", 2.5),
    # Peak: 8 W (b); the documentation measured 1.25 A (a).
    Board("Pi 4B", 0.6, 8 / 5.1, NO_FAN, "5.1 V, 3 A, USB-C", 3.0),
    # Peak: 12 W (b). The Active Cooler's fan: (e).
    Board("Pi 5", 0.8, 12 / 5.1, Spread(0.0, 0.05, 0.2), "5.1 V, 5 A (27 W), USB-C", 5.0),
)


def needs_a(board: Board, lit: tuple[Lit, ...] = LIT) -> tuple[float, float]:
    """What the whole device takes, typically and at most, with nothing in the USB sockets.

    The OLED's current at 3.3 V is taken for one at 5 V, which is more than it is.
    """
    same = CAMERA_A + PULL_UPS_A
    typical = board.active_a + board.fan_a.typical + lit[2].current_a + OLED_A.typical
    most = board.peak_a + board.fan_a.high + lit[3].current_a + OLED_A.high
    return same + typical, same + most


# --- tables -----------------------------------------------------------------------------------------------------


def table(head: Iterable[str], rows: Iterable[Iterable[object]]) -> str:
    """A table in Markdown."""
    lines = [[*head]]
    lines += [["---"] * len(lines[0]), *([str(cell) for cell in row] for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _ma(ampere: float) -> str:
    return f"{ampere * 1000:.0f}"


def wires_table() -> str:
    """Which wire goes from where to where."""
    rows = ((w.pin, w.name, w.colour, w.part, w.to, w.setting and f"`{w.setting}`") for w in WIRES)
    return table(("pin", "name", "wire", "part", "goes to", "setting"), rows)


def light_table(lit: Iterable[Lit], switch_digits: int) -> str:
    """The LED's current and R1's heat."""
    rows = (
        (
            one.case,
            f"{one.supply_v:.2f}",
            f"{one.led_v:.1f}",
            f"{one.ohm:.3g} + {one.switch_ohm:.{switch_digits}f}",
            f"{one.current_a * 1000:.1f}",
            f"{one.r1_v:.1f}",
            f"{one.r1_w * 1000:.0f}",
        )
        for one in lit
    )
    head = ("case", "supply, V", "LED, V", "R1 + Q1, Ω", "current, mA")
    return table((*head, "across R1, V", "heat in R1, mW"), rows)


def _light_notes() -> Iterator[str]:
    wanted = (SUPPLY_V.typical - LED_V.typical) / LED_A
    typical = LIT[1]
    sagged = led_current_a(typical.supply_v - 0.1, typical.led_v, typical.ohm, typical.switch_ohm)
    yield (
        f"R1: ({SUPPLY_V.typical:.1f} V - {LED_V.typical:.1f} V) / {LED_A * 1000:.0f} mA = {wanted:.0f} Ω; "
        f"the next of E24 is **{e24_from(wanted):.0f} Ω**."
    )
    yield f"Limits of the current: {LED_LOW_A * 1000:.0f} to {LED_HIGH_A * 1000:.0f} mA."
    yield f"R1 when the LED's cable is shorted to ground: {shorted_w(R1_OHM):.2f} W; so one of {R1_W} W."
    yield f"0.1 V less at the 5 V pin: {(1 - sagged / typical.current_a):.0%} less light."
    brightest = LIT[-1]
    most = led_current_a(brightest.supply_v - COLLECTOR_V, brightest.led_v, brightest.ohm)
    yield (
        f"A 2N3904 as Q1, R2 = {ohms(BASE_OHM)}: at least {base_a() * 1000:.1f} mA into its base switch "
        f"at most {most * 1000:.0f} mA, {most / base_a():.0f} times that. Its gain: at least 100."
    )


def gate_table() -> str:
    """Q1's gate, high and low."""
    return table(
        ("gate of Q1", "is", "should be"),
        (
            ("high, 3.3 V", f"{gate_v(GPIO_V.typical):.2f} V", ""),
            (
                "high, 3.3 V less 5 %",
                f"{gate_v(GPIO_V.low):.2f} V",
                "≥ 3.0 V, where Q1 is specified",
            ),
            (
                "line an input, as while the Pi starts",
                f"≤ {GATE_OFF_V:.1f} V",
                "below 0.5 V, the least threshold",
            ),
            (
                "first rush",
                f"{GPIO_V.typical / R2_OHM * 1000:.0f} mA",
                f"≤ {GPIO_SAFE_A * 1000:.0f} mA",
            ),
        ),
    )


def switches_table() -> str:
    """What may be Q1."""
    head = ("transistor", "case", "specified from", "threshold, at most", "in this place")
    return table(
        head, ((s.name, s.package, s.specified_v, s.threshold, s.judged) for s in SWITCHES)
    )


def button_table() -> str:
    """The button with R4 and C1."""
    low, high = rise_s(PULL_UP_OHM.low), rise_s(PULL_UP_OHM.high)
    return table(
        ("button, with R4 and C1", "is", "should be"),
        (
            (
                "reads low after",
                f"{fall_s() * 1000:.1f} ms",
                f"≤ {DEBOUNCE_S * 1000:.0f} ms (`[button] debounce_ms`)",
            ),
            (
                "reads high after",
                f"{low * 1000:.0f} to {high * 1000:.0f} ms",
                f"≤ {DEBOUNCE_S * 1000:.0f} ms",
            ),
            ("line while pressed", f"≤ {pressed_v():.2f} V", f"≤ {LOW_V} V"),
        ),
    )


def bus_table() -> str:
    """The OLED's bus."""
    longest = (bus_limit_f(PI_PULL_UP_OHM) - PINS_F) / CABLE_F_PER_M
    return table(
        (f"bus at {BUS_HZ // 1000} kHz", "is", "should be"),
        (
            ("pull-ups of Pi and OLED together", f"{BUS_OHM / 1000:.1f} kΩ", ""),
            (
                "current of a low line",
                f"{BUS_SINK_A * 1000:.1f} mA",
                f"≤ {BUS_SINK_LIMIT_A * 1000:.0f} mA",
            ),
            (
                "capacitance of a line with 0.3 m of wire, about",
                f"{(PINS_F + 0.3 * CABLE_F_PER_M) * 1e12:.0f} pF",
                f"≤ {bus_limit_f(PI_PULL_UP_OHM) * 1e12:.0f} pF, the Pi's pull-ups alone; {longest:.1f} m",
            ),
        ),
    )


def _left(board: Board, lit: tuple[Lit, ...]) -> str:
    typical, most = (1 - need / board.supply_a for need in needs_a(board, lit))
    return f"{typical:.0%} / {most:.0%}"


def power_table() -> str:
    """The power budget, mA."""
    rows: list[list[str]] = [
        ["computer"],
        ["its fan"],
        ["camera"],
        ["LED"],
        ["OLED"],
        ["pull-ups"],
        ["**together**"],
        ["supply"],
        ["left of it"],
        ["left with the 1 W LED"],
    ]
    for board in BOARDS:
        typical, most = needs_a(board)
        cells = (
            f"{_ma(board.active_a)} / {_ma(board.peak_a)}",
            f"{_ma(board.fan_a.typical)} / {_ma(board.fan_a.high)}" if board.fan_a.high else "–",
            f"{_ma(CAMERA_A)} / {_ma(CAMERA_A)}",
            f"{_ma(LIT[2].current_a)} / {_ma(LIT[3].current_a)}",
            f"{_ma(OLED_A.typical)} / {_ma(OLED_A.high)}",
            f"{_ma(PULL_UPS_A)} / {_ma(PULL_UPS_A)}",
            f"**{_ma(typical)} / {_ma(most)}**",
            board.supply,
            *(_left(board, lit) for lit in (LIT, STRONG_LIT)),
        )
        for row, cell in zip(rows, cells, strict=True):
            row.append(cell)
    return table(("mA at 5 V, typical / at most", *(board.name for board in BOARDS)), rows)


def page() -> str:
    """All tables, as ELECTRONICS.md has them between its marks."""
    parts = (
        "### Wires",
        wires_table(),
        "### Light",
        light_table(LIT, 0),
        "\n".join(f"- {note}" for note in _light_notes()),
        gate_table(),
        switches_table(),
        f"With a 1 W LED, R1 = {ohms(STRONG_R1_OHM)} of {STRONG_R1_W:.0f} W and an AO3400A as Q1:",
        light_table(STRONG_LIT, 2),
        "### Button",
        button_table(),
        "### OLED",
        bus_table(),
        "### Power",
        power_table(),
    )
    return "\n\n".join(parts)


if __name__ == "__main__":
    print(page())
