"""Real or simulated: the one place where the parts are chosen, from the settings."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from leukoscope.appliance.daemon import Daemon
from leukoscope.appliance.parts import Host, PartFactories
from leukoscope.calibration.folder import CalibrationFolder, CameraSetup, FoundCalibration
from leukoscope.calibration.record import Calibration
from leukoscope.errors import ButtonError, CameraError, DisplayError, LightError
from leukoscope.microscope.led import GpioLed
from leukoscope.microscope.microscope import Microscope
from leukoscope.microscope.parts import Camera, CameraControls, Light
from leukoscope.microscope.pi_camera import PiCamera
from leukoscope.model import readers
from leukoscope.model.bundle import load_bundle
from leukoscope.notice import NOTICE
from leukoscope.panel.button import Button, Gesture, GpioButton
from leukoscope.panel.display import Display
from leukoscope.panel.keyboard import GESTURES_TEXT, Keyboard
from leukoscope.panel.mirror import MirroredDisplay
from leukoscope.panel.oled import OledDisplay
from leukoscope.panel.panel import Panel
from leukoscope.panel.remote_button import RemoteButton
from leukoscope.panel.screens import Screen
from leukoscope.panel.terminal import LiveTerminal, PrintedDisplay, is_live_terminal
from leukoscope.qc.monitor import QcMonitor, qc_folder
from leukoscope.qc.series import QcScope
from leukoscope.reading.slide_reader import SlideReader
from leukoscope.records.store import RecordStore
from leukoscope.settings.settings import Settings
from leukoscope.simulator.microscope import SimulatedCamera, SimulatedLight
from leukoscope.simulator.stage import Stage
from leukoscope.system import health
from leukoscope.system.systemd import notify

BOARD = Path("/proc/device-tree/model")
"""The name of the board: a Raspberry Pi has it, a PC has none."""

NO_PI = (
    'to run without a Raspberry Pi: [parts] microscope = "simulated", panel = "simulated" in a file for '
    "--settings; leukoscope demo writes one"
)
"""Added to what is said of a missing part where no Raspberry Pi is."""

_log = logging.getLogger(__name__)


def make_daemon(settings: Settings, display: Display, stage: Stage | None = None) -> Daemon:
    """The daemon of these settings on this display; a button is still to be attached.

    stage: what a simulated microscope looks at, a normal slide by default. Nothing is opened yet:
    the self-test does that.
    """
    simulated = is_simulated(settings)
    return Daemon(
        part_factories(settings, stage),
        Panel(display, simulated=simulated),
        settings.timing,
        Host(notify, health.warning, _stay_on if simulated else _power_off),
    )


def part_factories(settings: Settings, stage: Stage | None = None) -> PartFactories:
    """How the parts of these settings are opened; stage: as for `make_daemon`."""
    looked_at = stage or Stage()
    return PartFactories(
        calibration=lambda: find_calibration(settings),
        microscope=lambda calibration: open_microscope(settings, calibration, looked_at),
        reader=lambda: open_reader(settings, settings.model.threads),
        store=lambda: open_store(settings),
        monitor=lambda scope: open_controls(settings, scope),
        simulated=is_simulated(settings),
    )


def is_simulated(settings: Settings) -> bool:
    """Whether any part is simulated: then every screen and record says so."""
    return "simulated" in (settings.parts.microscope, settings.parts.panel)


def show_last(settings: Settings, display: Display, screen: Screen) -> None:
    """Show a screen that stays on the display when the process ends."""
    panel = Panel(display, simulated=is_simulated(settings))
    panel.show(screen)
    panel.keep()
    panel.close()


def open_microscope(
    settings: Settings, calibration: Calibration | None, stage: Stage | None = None
) -> Microscope:
    """Light and camera, corrected by a calibration; stage: as for `open_parts`.

    Raises LightError, CameraError, CameraTimeoutError.
    """
    controls = settings_controls(settings) if calibration is None else calibration.controls
    light, camera = open_parts(settings, controls, stage)
    return Microscope(light, camera, settings.camera.frames, calibration)


def open_parts(
    settings: Settings, controls: CameraControls, stage: Stage | None = None
) -> tuple[Light, Camera]:
    """Light and camera alone; stage: of simulated ones, by default with a normal slide.

    Raises LightError, CameraError, CameraTimeoutError.
    """
    camera = settings.camera
    if settings.parts.microscope == "simulated":
        looked_at = stage or Stage()
        light = SimulatedLight(looked_at)
        return light, SimulatedCamera(
            looked_at,
            light,
            width=camera.width,
            height=camera.height,
            um_per_px=camera.um_per_px,
            timeout_s=camera.timeout_s,
            controls=controls,
        )
    led = open_led(settings)
    try:
        with _real_parts():
            return led, PiCamera(
                width=camera.width,
                height=camera.height,
                sensor=(camera.sensor_width, camera.sensor_height, camera.sensor_bits),
                um_per_px=camera.um_per_px,
                controls=controls,
                timeout_s=camera.timeout_s,
            )
    except BaseException:
        led.close()
        raise


def open_led(settings: Settings) -> GpioLed:
    """The real LED alone, dark. Raises LightError."""
    _use_lgpio(settings)
    with _real_parts():
        return GpioLed(settings.light.pin)


@contextmanager
def _real_parts() -> Iterator[None]:
    """Opens real parts: on a computer that can't have them, the error says how to do without."""
    try:
        yield
    except (LightError, CameraError, ButtonError, DisplayError) as error:
        if BOARD.exists():
            raise
        raise type(error)(f"{error}; {NO_PI}") from error


def _use_lgpio(settings: Settings) -> None:
    """As the unit does, for a command that somebody types: no other pin factory, its pipes out of the way."""
    os.environ.setdefault("GPIOZERO_PIN_FACTORY", "lgpio")
    runtime = Path(settings.panel.mirror)
    os.environ.setdefault("LG_WD", str(runtime) if runtime.is_dir() else tempfile.gettempdir())


def settings_controls(settings: Settings) -> CameraControls:
    """What the camera is told without a calibration."""
    camera = settings.camera
    return CameraControls(
        camera.exposure_us, camera.analogue_gain, camera.red_gain, camera.blue_gain
    )


def calibration_folder(settings: Settings) -> CalibrationFolder:
    """Where calibrations are kept."""
    return CalibrationFolder(Path(settings.storage.directory) / "calibration")


def find_calibration(settings: Settings) -> FoundCalibration:
    """The newest good calibration for these settings."""
    return calibration_folder(settings).newest(camera_setup(settings))


def camera_setup(settings: Settings) -> CameraSetup:
    """What a calibration must have been made for."""
    camera = settings.camera
    return CameraSetup(
        camera.width,
        camera.height,
        (camera.sensor_width, camera.sensor_height, camera.sensor_bits),
        camera.um_per_px,
        camera.analogue_gain,
        settings.parts.microscope == "simulated",
    )


def own_terminal(settings: Settings) -> LiveTerminal | None:
    """The terminal in place of a simulated panel; None where the panel is real, or there is no terminal."""
    if settings.parts.panel == "simulated" and is_live_terminal(sys.stdout):
        keys = f"{GESTURES_TEXT}   " if sys.stdin.isatty() else ""
        return LiveTerminal(sys.stdout, NOTICE, f"{keys}Ctrl-C stop", words=0)
    return None


def open_display(settings: Settings, terminal: LiveTerminal | None = None) -> Display:
    """The OLED, or in its place the terminal, mirrored. Raises DisplayError when luma.oled is missing.

    terminal: of `own_terminal`; a simulated panel without one is printed when the process ends.
    """
    return MirroredDisplay(
        terminal or _open_panel(settings), Path(settings.panel.mirror), time.monotonic
    )


def _open_panel(settings: Settings) -> Display:
    if settings.parts.panel == "simulated":
        return PrintedDisplay(sys.stdout)
    panel = settings.panel
    with _real_parts():
        return OledDisplay(
            controller=panel.driver, port=panel.i2c_bus, address=panel.address, clock=time.monotonic
        )


def open_button(settings: Settings, on_gesture: Callable[[Gesture], None]) -> Button:
    """The button, or the keyboard in its place. on_gesture: called from a thread of the button's.

    With the remote one beside it where the settings allow that. Raises ButtonError when the GPIO line
    can't be had.
    """
    button = _open_button(settings, on_gesture)
    if settings.panel.remote_button:
        return RemoteButton(button, Path(settings.panel.mirror), on_gesture)
    return button


def _open_button(settings: Settings, on_gesture: Callable[[Gesture], None]) -> Button:
    if settings.parts.panel == "simulated":
        return Keyboard(sys.stdin, on_gesture, {})
    _use_lgpio(settings)
    with _real_parts():
        return GpioButton(
            settings.button.pin,
            bounce_time=settings.button.debounce_ms / 1000,
            on_gesture=on_gesture,
            clock=time.monotonic,
        )


def open_reader(settings: Settings, threads: int) -> SlideReader:
    """The reader of the settings' bundle. Raises BundleError, RuntimeMissingError."""
    return readers.open_reader(load_bundle(Path(settings.model.bundle)), threads)


def open_store(settings: Settings) -> RecordStore:
    """The records, for writing. Raises StoreError."""
    storage = settings.storage
    return RecordStore(Path(storage.directory), min_free_bytes=storage.min_free_mb * 1_000_000)


def open_controls(settings: Settings, made_for: QcScope) -> QcMonitor:
    """The control slides of a model on this device."""
    return QcMonitor(qc_folder(settings), made_for)


def _stay_on() -> None:
    """Simulated parts are no reason to switch off the computer that they run on."""
    _log.warning("simulated parts: the computer stays on")


def _power_off() -> None:
    """Ask systemd to power the machine off; without it, say that nobody did."""
    try:
        subprocess.run(["systemctl", "poweroff"], check=True, timeout=10.0)  # noqa: S607
    except (OSError, subprocess.SubprocessError) as error:
        _log.error("could not power off (%s): wait for the disk, then unplug", error)
