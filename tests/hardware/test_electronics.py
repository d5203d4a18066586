"""The electronics: drawing, settings and page name the same pins, and the numbers keep to their limits.

Needs no schemdraw: the committed SVG is read. Only the last test draws it again.
"""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from xml.etree import ElementTree

import gpiozero
import pytest
from hypothesis import given
from hypothesis import strategies as st
from leukoscope.calibration.drift import MIN_LIGHT
from leukoscope.settings.settings import Settings
from leukoscope.settings.writing import to_toml

from hardware import electronics as made

SETTINGS = Settings()

GIVEN = "set -euo pipefail\nsay() { :; }\ndie() { exit 1; }\nsource systemd/install.sh\n"
"""What setup.sh gives to systemd/install.sh."""


@pytest.fixture(scope="session")
def hardware(checkout: Path) -> Path:
    return checkout / "hardware"


@pytest.fixture(scope="session")
def page(hardware: Path) -> str:
    return (hardware / "ELECTRONICS.md").read_text(encoding="utf-8")


Text = tuple[str, float, float]


def texts(svg: Path) -> list[Text]:
    """Each text of a drawing, and where it stands."""
    root = ElementTree.parse(svg).getroot()
    found = root.iter("{http://www.w3.org/2000/svg}text")
    return [
        (" ".join("".join(t.itertext()).split()), float(t.get("x", "")), float(t.get("y", "")))
        for t in found
    ]


def beside(at: Text, among: list[Text], within: float = 13) -> list[str]:
    """The texts on the same line as one, from left to right."""
    line = [t for t in among if t is not at and abs(t[2] - at[2]) < within]
    return [text for text, _, _ in sorted(line, key=lambda t: t[1])]


def pins_of(svg: Path) -> dict[int, list[str]]:
    """What stands beside each number of a pin."""
    every = texts(svg)
    return {int(t[0]): beside(t, every) for t in every if t[0].isdecimal()}


# --- pins -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("revision", ["a020d3", "c03111", "c04170"])  # 3B+, 4B, 5
def test_ok__header_is_the_one_that_gpiozero_knows(revision: str) -> None:
    known = gpiozero.pi_info(revision).headers["J8"].pins
    assert {n: pin.name for n, pin in known.items()} == made.HEADER


def test_ok__wires_are_the_settings_defaults() -> None:
    sda, scl = made.I2C_BUSES[SETTINGS.panel.i2c_bus]
    named = {(wire.part, wire.name): wire.to for wire in made.WIRES if wire.setting}
    assert named == {
        ("light", f"GPIO{SETTINGS.light.pin}"): "R2, gate of Q1",
        ("button", f"GPIO{SETTINGS.button.pin}"): "one side of S1",
        ("OLED", sda): "SDA",
        ("OLED", scl): "SCL",
    }
    assert len({wire.pin for wire in made.WIRES}) == len(made.WIRES)
    for wire in made.WIRES:
        assert (wire.colour == "black") == (wire.name == "GND")
        assert (wire.colour == "red") == (wire.name == "5V")


def test_ok__nothing_but_the_light_gets_5_v() -> None:
    assert [wire.part for wire in made.WIRES if wire.name == "5V"] == ["light"]
    assert [wire.to for wire in made.WIRES if wire.name == "3V3"] == ["VCC"]


def test_ok__schematic_has_each_wire(hardware: Path) -> None:
    drawn = pins_of(hardware / "pictures" / "schematic.svg")
    assert set(drawn) == {wire.pin for wire in made.WIRES}
    for wire in made.WIRES:
        assert wire.name in drawn[wire.pin], wire
        if wire.part == "OLED":
            assert wire.to in drawn[wire.pin]


def test_ok__schematic_has_the_parts_that_were_calculated(hardware: Path) -> None:
    found = {text for text, _, _ in texts(hardware / "pictures" / "schematic.svg")}
    assert {
        f"R1 {made.ohms(made.R1_OHM)}, {made.R1_W} W",
        f"R2 {made.ohms(made.R2_OHM)}",
        f"R3 {made.ohms(made.R3_OHM)}",
        f"Q1 {made.SWITCHES[0].name}",
        f"OLED {SETTINGS.panel.driver.upper()}",
        f"address 0x{SETTINGS.panel.address:02X}",
        f"I2C bus {SETTINGS.panel.i2c_bus}",
    } <= found


def test_ok__header_picture_has_each_wire(hardware: Path) -> None:
    drawn = pins_of(hardware / "pictures" / "header.svg")
    assert set(drawn) == set(range(1, 41))
    for wire in made.WIRES:
        assert f"{wire.name} {wire.part}: {wire.to}" in drawn[wire.pin], wire


def test_ok__docs_name_no_other_pins(checkout: Path, hardware: Path, page: str) -> None:
    lines = {int(wire.name[4:]) for wire in made.WIRES if wire.name.startswith("GPIO")}
    assert {SETTINGS.light.pin, SETTINGS.button.pin} <= lines
    for path in (checkout / "README.md", *hardware.glob("*.md")):
        text = path.read_text(encoding="utf-8")
        assert {int(n) for n in re.findall(r"\bGPIO ?(\d+)\b", text)} <= lines, path
        assert set(re.findall(r"\b0x[0-9A-Fa-f]{2}\b", text)) <= {
            f"0x{SETTINGS.panel.address:02X}"
        }, path
    pins = {wire.pin for wire in made.WIRES}
    assert {int(n) for n in re.findall(r"\bpin (\d+)\b", page)} <= pins
    assert (
        f"i2cdetect -y {SETTINGS.panel.i2c_bus}` must show `{SETTINGS.panel.address:x}`"
        in " ".join(page.split())
    )


def test_ok__settings_file_names_the_same_lines(page: str) -> None:
    """What the installer writes as an example is `leukoscope settings`."""
    example = to_toml(SETTINGS)
    for section, name, pin in (
        ("light", "pin", SETTINGS.light.pin),
        ("button", "pin", SETTINGS.button.pin),
        ("panel", "i2c_bus", SETTINGS.panel.i2c_bus),
    ):
        assert re.search(rf"^\[{section}\]\n(?:.+\n)*?{name} = {pin} ", example, re.M)
        assert f"`[{section}] {name}`" in page


# --- the page ---------------------------------------------------------------------------------------------------


def test_ok__page_has_what_the_script_prints(page: str) -> None:
    begin, end = "<!-- electronics: begin -->\n\n", "\n\n<!-- electronics: end -->"
    assert page.count(begin) == page.count(end) == 1
    between = page[page.index(begin) + len(begin) : page.index(end)]
    assert between == made.page(), "type: python -m hardware.electronics"


def test_ok__page_has_the_installers_config_txt(checkout: Path, page: str) -> None:
    ran = subprocess.run(
        ["bash", "-c", GIVEN + "configured"],
        cwd=checkout,
        input="",
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    (block,) = re.findall(r"```ini\n(.*?)```", page, re.S)
    assert block == ran.stdout
    assert f"dtparam=i2c_arm_baudrate={made.BUS_HZ}" in block.splitlines()


def test_ok__page_shows_pictures_that_are_there(hardware: Path, page: str) -> None:
    shown = set(re.findall(r"\(pictures/([^)]+)\)", page))
    assert shown == {f"{name}.{end}" for name in ("schematic", "header") for end in ("svg", "png")}
    for name in shown:
        assert (hardware / "pictures" / name).is_file()


# --- numbers ----------------------------------------------------------------------------------------------------


def between(spread: made.Spread) -> st.SearchStrategy[float]:
    return st.floats(spread.low, spread.high)


@given(
    supply_v=between(made.SUPPLY_V),
    led_v=between(made.LED_V),
    part=st.floats(1 - made.R1_TOLERANCE, 1 + made.R1_TOLERANCE),
    switch_ohm=between(made.SWITCH_OHM),
)
def test_ok__led_keeps_to_its_limits(
    supply_v: float, led_v: float, part: float, switch_ohm: float
) -> None:
    ohm = made.R1_OHM * part
    current_a = made.led_current_a(supply_v, led_v, ohm, switch_ohm)
    assert made.LED_LOW_A <= current_a <= made.LED_HIGH_A
    assert current_a**2 * ohm < made.R1_W / 5
    dimmest, *_, brightest = made.LIT
    assert dimmest.current_a - 1e-9 <= current_a <= brightest.current_a + 1e-9


def test_ok__led_resistor_is_the_next_of_e24() -> None:
    wanted = (made.SUPPLY_V.typical - made.LED_V.typical) / made.LED_A
    assert made.e24_from(wanted) == made.R1_OHM


@given(st.floats(1.0, 9.9e6))
def test_ok__e24_is_never_far_above(ohm: float) -> None:
    """Its widest step, from 13 to 15, is 15.4 %."""
    assert ohm * (1 - 1e-6) <= made.e24_from(ohm) <= ohm * 1.16


def test_ok__resistor_stays_whole_on_a_shorted_cable() -> None:
    assert made.shorted_w(made.R1_OHM) < made.R1_W
    assert made.shorted_w(made.STRONG_R1_OHM) < made.STRONG_R1_W


def test_ok__strong_led_keeps_to_its_limit() -> None:
    assert made.STRONG_LIT[-1].current_a <= made.STRONG_HIGH_A
    # The next smaller of E24 would not.
    assert made.cases(made.STRONG_LED_V, 6.8, made.SWITCH_OHM)[-1].current_a > made.STRONG_HIGH_A


def test_ok__gate_opens_and_shuts() -> None:
    assert made.gate_v(made.GPIO_V.low) >= 3.0
    assert made.GATE_OFF_V < 0.5
    assert made.GPIO_V.typical / made.R2_OHM <= made.GPIO_SAFE_A
    brightest = made.LIT[-1]
    assert brightest.current_a / made.base_a() < 100 / 5


def test_ok__button_settles_before_the_program_looks() -> None:
    assert made.fall_s() < made.DEBOUNCE_S / 2
    assert made.rise_s(made.PULL_UP_OHM.high) < made.DEBOUNCE_S / 2
    assert made.pressed_v() < made.LOW_V / 2


def test_ok__bus_keeps_to_i2c() -> None:
    assert made.BUS_SINK_A < made.BUS_SINK_LIMIT_A
    assert made.bus_limit_f(made.PI_PULL_UP_OHM) > 2 * (made.PINS_F + 0.3 * made.CABLE_F_PER_M)


@pytest.mark.parametrize("board", made.BOARDS, ids=lambda board: board.name)
def test_ok__supply_has_a_quarter_to_spare(board: made.Board) -> None:
    typical, most = made.needs_a(board)
    assert typical < most <= board.supply_a * 0.75
    assert made.needs_a(board, made.STRONG_LIT)[1] <= board.supply_a * 0.85


def test_ok__pi_5_runs_on_3_a_with_the_small_led_alone() -> None:
    """As the page says."""
    assert (
        made.needs_a(made.BOARDS[-1])[1] < 3.0 < made.needs_a(made.BOARDS[-1], made.STRONG_LIT)[1]
    )


def test_ok__fifth_of_a_volt_is_what_the_panel_calls_dimmed() -> None:
    """As the page says."""
    typical = made.LIT[1]
    sagged = made.led_current_a(typical.supply_v - 0.2, typical.led_v, typical.ohm, 2.0)
    assert sagged / typical.current_a == pytest.approx(MIN_LIGHT, abs=0.01)


# --- the drawings -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["schematic", "header"])
def test_ok__drawings_are_up_to_date(name: str, hardware: Path) -> None:
    pytest.importorskip("schemdraw", reason="schemdraw, which draws them, is not installed here")
    from hardware.schematic import svg

    assert (hardware / "pictures" / f"{name}.svg").read_bytes() == svg(name), (
        "type: python -m hardware.schematic"
    )
