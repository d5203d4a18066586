"""The OLED through the real luma.oled on a bus that records the wire."""

from __future__ import annotations

import errno
import itertools
import logging
import subprocess
import sys
from collections.abc import Callable

import pytest
from leukoscope.errors import DisplayError
from leukoscope.panel.oled import RETRY_S, SHIFT_EVERY, OledDisplay
from leukoscope.panel.screen_drawing import draw
from leukoscope.panel.screens import UnplugScreen
from PIL import Image

from tests.panel.examples import EXAMPLES

ADDRESS = 0x3C
CONTROLLERS = ["ssd1306", "sh1106"]
PICTURE = draw(UnplugScreen(), simulated=False)
OTHER = draw(EXAMPLES["focus"], simulated=False)


class FakeBus:
    """A bus with an OLED on it, or none: rebuilds the picture from what crosses the wire."""

    def __init__(self, controller: str) -> None:
        self.controller = controller
        self.memory = bytearray(132 * 8)
        self.lit = False
        self.writes = 0
        self.page = self.column = 0
        self.broken = False
        self.opened = self.closed = 0

    def open(self, port: int) -> FakeBus:
        assert port == 1
        self.opened += 1
        return self

    def close(self) -> None:
        self.closed += 1

    def write_i2c_block_data(self, i2c_addr: int, register: int, data: list[int]) -> None:
        if self.broken:
            raise OSError(errno.EREMOTEIO, "Remote I/O error")
        assert i2c_addr == ADDRESS
        assert 1 <= len(data) <= 32
        self.writes += 1
        if register == 0x40:
            self._data(data)
        else:
            assert register == 0x00
            self._command(data)

    def _command(self, data: list[int]) -> None:
        if data[-1] in (0xAE, 0xAF):
            self.lit = data[-1] == 0xAF
        elif data[0] == 0x21:
            assert data == [0x21, 0, 127, 0x22, 0, 7]
            self.page = self.column = 0
        elif 0xB0 <= data[0] <= 0xB7:
            assert data[1:] == [0x02, 0x10]
            self.page, self.column = data[0] - 0xB0, 2

    def _data(self, data: list[int]) -> None:
        for byte in data:
            self.memory[self.page * 132 + self.column] = byte
            self.column += 1
            if self.controller == "ssd1306" and self.column == 128:
                self.column, self.page = 0, (self.page + 1) % 8

    def picture(self) -> Image.Image:
        first = 2 if self.controller == "sh1106" else 0
        image = Image.new("1", (128, 64))
        for y in range(64):
            for x in range(128):
                byte = self.memory[y // 8 * 132 + first + x]
                image.putpixel((x, y), byte >> y % 8 & 1)
        return image


class OledClock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture(params=CONTROLLERS)
def bus(request: pytest.FixtureRequest) -> FakeBus:
    return FakeBus(request.param)


@pytest.fixture
def clock() -> OledClock:
    return OledClock()


@pytest.fixture
def oled(bus: FakeBus, clock: OledClock) -> OledDisplay:
    return make(bus, clock, bus.open)


def make(bus: FakeBus, clock: OledClock, open_bus: Callable) -> OledDisplay:
    return OledDisplay(
        controller=bus.controller, port=1, address=ADDRESS, clock=clock, open_bus=open_bus
    )


def same(left: Image.Image, right: Image.Image) -> bool:
    return left.tobytes() == right.tobytes()


@pytest.mark.parametrize("name", ["focus", "result-inconclusive", "refused", "safe-to-unplug"])
def test_ok__wire_carries_the_drawing(name: str, bus: FakeBus, oled: OledDisplay) -> None:
    image = draw(EXAMPLES[name], simulated=True)
    oled.show(image)
    assert bus.lit
    assert same(bus.picture(), image)


def test_ok__constructor_touches_no_bus(bus: FakeBus, oled: OledDisplay) -> None:
    assert bus.opened == 0


def test_ok__unchanged_picture_is_not_sent(
    bus: FakeBus, oled: OledDisplay, clock: OledClock
) -> None:
    oled.show(PICTURE)
    writes = bus.writes
    oled.show(PICTURE)
    assert bus.writes == writes
    clock.now += RETRY_S
    oled.show(PICTURE)
    assert bus.writes > writes
    assert same(bus.picture(), PICTURE)


def test_ok__blank_is_dark(bus: FakeBus, oled: OledDisplay) -> None:
    oled.show(PICTURE)
    oled.blank()
    assert bus.picture().getbbox() is None
    oled.show(PICTURE)
    assert same(bus.picture(), PICTURE)


def test_ok__close_keeps_the_picture(bus: FakeBus, oled: OledDisplay) -> None:
    oled.show(PICTURE)
    oled.close(keep=True)
    assert bus.lit
    assert same(bus.picture(), PICTURE)
    assert bus.closed == bus.opened == 1


def test_ok__close_darkens(bus: FakeBus, oled: OledDisplay) -> None:
    oled.show(PICTURE)
    oled.close(keep=False)
    assert bus.picture().getbbox() is None
    assert bus.closed == bus.opened == 1


@pytest.mark.parametrize("controller", CONTROLLERS)
def test_ok__picture_outlives_the_process(controller: str) -> None:
    """luma's own hook at exit must not darken the panel: 'SAFE TO UNPLUG' stays."""
    program = f"""
import atexit, time
from tests.panel.test_oled import FakeBus, PICTURE, make, same
bus = FakeBus({controller!r})
# Registered first, so it runs after luma's hook.
atexit.register(lambda: print("kept" if bus.lit and same(bus.picture(), PICTURE) else "lost"))
oled = make(bus, time.monotonic, bus.open)
oled.show(PICTURE)
"""
    ran = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True
    )
    assert ran.stdout == "kept\n"


def test_ok__picture_moves_by_a_pixel_at_most(bus: FakeBus, oled: OledDisplay) -> None:
    left, top, right, bottom = PICTURE.getbbox() or (0, 0, 0, 0)
    moves = []
    for count in range(9 * SHIFT_EVERY + 1):
        oled.show(PICTURE)
        if count % SHIFT_EVERY == 0:
            box = bus.picture().getbbox()
            assert box is not None
            assert (box[2] - box[0], box[3] - box[1]) == (right - left, bottom - top)
            moves.append((box[0] - left, box[1] - top))
    assert set(moves[:9]) == {(x, y) for x in (-1, 0, 1) for y in (-1, 0, 1)}
    assert moves[9] == moves[0] == (0, 0)
    for (x0, y0), (x1, y1) in itertools.pairwise(moves):
        assert max(abs(x1 - x0), abs(y1 - y0)) == 1


@pytest.mark.parametrize("name", EXAMPLES)
def test_ok__moved_screen_loses_nothing(name: str) -> None:
    image = draw(EXAMPLES[name], simulated=True)
    box = image.getbbox()
    assert box is None or (box[0] >= 1 and box[1] >= 1 and box[2] <= 127 and box[3] <= 63)


def test_fail__lost_and_found(
    bus: FakeBus, oled: OledDisplay, clock: OledClock, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    oled.show(PICTURE)
    bus.broken = True
    for _ in range(200):
        clock.now += 0.1
        oled.show(OTHER)
    warnings = [r.getMessage() for r in caplog.records if r.levelno == logging.WARNING]
    assert len(warnings) == 1
    assert warnings[0] == oled.problem
    assert warnings[0].startswith(
        "no OLED at I2C address 0x3C on bus 1: check its four wires and [panel] address ("
    )
    # 20 s: lost at once, then a try every 5 s.
    assert 1 + 3 <= bus.opened <= 1 + 4
    assert bus.closed == bus.opened
    bus.broken = False
    bus.memory[:] = bytes(len(bus.memory))
    bus.lit = False
    clock.now += RETRY_S
    oled.show(OTHER)
    assert bus.lit
    assert same(bus.picture(), OTHER)
    assert oled.problem == ""
    assert [r.getMessage() for r in caplog.records][1:] == [
        "OLED at I2C address 0x3C on bus 1 is back"
    ]


def test_fail__lost_while_the_picture_rests(
    bus: FakeBus, oled: OledDisplay, clock: OledClock
) -> None:
    oled.show(PICTURE)
    bus.broken = True
    clock.now += RETRY_S
    oled.show(PICTURE)
    assert oled.problem
    bus.broken = False
    clock.now += RETRY_S
    oled.show(PICTURE)
    assert not oled.problem
    assert same(bus.picture(), PICTURE)


def test_fail__lost_in_the_middle_of_a_picture(
    bus: FakeBus, oled: OledDisplay, clock: OledClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    oled.show(PICTURE)
    write, left = bus.write_i2c_block_data, iter(range(7))

    def flaky(i2c_addr: int, register: int, data: list[int]) -> None:
        if next(left, None) is None:
            raise OSError(errno.ETIMEDOUT, "Connection timed out")
        write(i2c_addr, register, data)

    monkeypatch.setattr(bus, "write_i2c_block_data", flaky)
    oled.show(OTHER)
    assert "Connection timed out" in oled.problem
    monkeypatch.undo()
    clock.now += RETRY_S
    oled.show(OTHER)
    assert same(bus.picture(), OTHER)


def test_fail__absent_for_a_day_leaks_nothing(
    bus: FakeBus, oled: OledDisplay, clock: OledClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """luma keeps a hook for each device it initialises; one that does not answer is never initialised."""
    hooks: list[object] = []
    monkeypatch.setattr("atexit.register", hooks.append)
    bus.broken = True
    for _ in range(100):
        clock.now += RETRY_S
        oled.show(PICTURE)
    assert bus.opened == 100
    assert hooks == []


@pytest.mark.parametrize(
    ("error", "advice"),
    [
        (FileNotFoundError(errno.ENOENT, "No such file"), "no I2C bus 1: turn I2C on"),
        (PermissionError(errno.EACCES, "Permission denied"), "to the group i2c"),
        (OSError(errno.EIO, "I/O error"), "check its four wires"),
    ],
)
def test_fail__bus_cannot_be_opened(
    error: OSError, advice: str, bus: FakeBus, clock: OledClock, caplog: pytest.LogCaptureFixture
) -> None:
    def refuse(port: int) -> FakeBus:
        raise error

    oled = make(bus, clock, refuse)
    oled.show(PICTURE)
    oled.blank()
    oled.close(keep=False)
    assert advice in oled.problem
    assert [r.getMessage() for r in caplog.records] == [oled.problem]


def test_fail__no_bus_on_this_machine(clock: OledClock) -> None:
    """The real smbus2: bus 99 exists nowhere."""
    oled = OledDisplay(controller="ssd1306", port=99, address=ADDRESS, clock=clock)
    oled.show(PICTURE)
    assert oled.problem == "no I2C bus 99: turn I2C on (sudo raspi-config nonint do_i2c 0)"


def test_fail__luma_is_not_installed(
    bus: FakeBus, clock: OledClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "luma.oled", None)
    monkeypatch.setitem(sys.modules, "luma.core.error", None)
    with pytest.raises(DisplayError, match=r"pip install luma\.oled"):
        make(bus, clock, bus.open)


def test_ok__importing_the_module_imports_no_luma() -> None:
    program = "import sys, leukoscope.panel.oled, leukoscope.panel.button; print(*sys.modules)"
    ran = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True
    )
    assert not {"luma", "smbus2", "gpiozero"} & set(ran.stdout.split())
