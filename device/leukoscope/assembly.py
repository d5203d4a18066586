"""Real or simulated: the one place where the parts are chosen, from the settings.

The simulator is imported only where one of its parts is opened: nothing else needs it.
"""

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
from typing import TYPE_CHECKING

from leukoscope.appliance.daemon import Daemon
from leukoscope.appliance.parts import Host, PartFactories
from leukoscope.calibration.folder import CalibrationFolder, CameraSetup, FoundCalibration
from leukoscope.calibration.record import Calibration
from leukoscope.errors import ButtonError, CameraError, DisplayError, LightError
from leukoscope.microscope.interfaces import Camera, CameraControls, Light
from leukoscope.microscope.led import GpioLed
from leukoscope.microscope.microscope import Microscope
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
from leukoscope.system import health
from leukoscope.system.systemd import notify

if TYPE_CHECKING:
    from leukoscope.simulator.stage import Stage

BOARD = Path("/proc/device-tree/model")
"""The name of the board. A Raspberry Pi has this file, a PC does not."""

NO_PI = (
    'to run without a Raspberry Pi: [parts] microscope = "simulated", panel = "simulated" in a file for '
    "--settings; leukoscope demo writes one"
)
"""Added to the message about a missing part on a computer that is no Raspberry Pi."""

_log = logging.getLogger(__name__)


def make_daemon(settings: Settings, display: Display, stage: Stage | None = None) -> Daemon:
    """Return a daemon without a button, which is to be attached. Its self-test opens the other parts.

    Args:
        settings: name the parts.
        display: the panel's.
        stage: what a simulated microscope looks at; None: a normal slide.
    """
    simulated = is_simulated(settings)
    return Daemon(
        part_factories(settings, stage),
        Panel(display, simulated=simulated),
        settings.timing,
        Host(notify, health.warning, _stay_on if simulated else _power_off),
    )


def part_factories(settings: Settings, stage: Stage | None = None) -> PartFactories:
    """Return how the parts of these settings are opened. stage: as for `make_daemon`."""
    return PartFactories(
        calibration=lambda: find_calibration(settings),
        microscope=lambda calibration: open_microscope(settings, calibration, stage),
        reader=lambda: open_reader(settings, settings.model.threads),
        store=lambda: open_store(settings),
        monitor=lambda scope: open_controls(settings, scope),
        simulated=is_simulated(settings),
    )


def is_simulated(settings: Settings) -> bool:
    """Whether any part is simulated. If so, every screen and record says it."""
    return "simulated" in (settings.parts.microscope, settings.parts.panel)


def show_last(settings: Settings, display: Display, screen: Screen) -> None:
    """Show a screen that stays on the display after the process has ended."""
    panel = Panel(display, simulated=is_simulated(settings))
    panel.show(screen)
    panel.keep()
    panel.close()


def open_microscope(
    settings: Settings, calibration: Calibration | None, stage: Stage | None = None
) -> Microscope:
    """Open light and camera, corrected by a calibration. Arguments and errors as for `open_parts`."""
    controls = settings_controls(settings) if calibration is None else calibration.controls
    light, camera = open_parts(settings, controls, stage)
    return Microscope(light, camera, settings.camera.frames, calibration)


def open_parts(
    settings: Settings, controls: CameraControls, stage: Stage | None = None
) -> tuple[Light, Camera]:
    """Open light and camera.

    Args:
        settings: name the parts.
        controls: what the camera is told.
        stage: what a simulated microscope looks at; None: a normal slide.

    Raises:
        LightError: the light can't be opened.
        CameraError: the camera can't be opened.
        CameraTimeoutError: the camera does not answer.
    """
    camera = settings.camera
    if settings.parts.microscope == "simulated":
        from leukoscope.simulator.microscope import SimulatedCamera, SimulatedLight
        from leukoscope.simulator.stage import Stage

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
    """Open the real LED alone; it is off. Raises LightError."""
    _use_lgpio(settings)
    with _real_parts():
        return GpioLed(settings.light.pin)


@contextmanager
def _real_parts() -> Iterator[None]:
    """Around the opening of real parts: on a computer that is no Raspberry Pi the error says how to do without."""
    try:
        yield
    except (LightError, CameraError, ButtonError, DisplayError) as error:
        if BOARD.exists():
            raise
        raise type(error)(f"{error}; {NO_PI}") from error


def _use_lgpio(settings: Settings) -> None:
    """Set for a typed command what the unit sets: the pin factory, and the folder of lgpio's pipes."""
    os.environ.setdefault("GPIOZERO_PIN_FACTORY", "lgpio")
    runtime = Path(settings.panel.mirror)
    os.environ.setdefault("LG_WD", str(runtime) if runtime.is_dir() else tempfile.gettempdir())


def settings_controls(settings: Settings) -> CameraControls:
    """Return what the camera is told without a calibration."""
    camera = settings.camera
    return CameraControls(
        camera.exposure_us, camera.analogue_gain, camera.red_gain, camera.blue_gain
    )


def calibration_folder(settings: Settings) -> CalibrationFolder:
    """Return the folder of the calibrations."""
    return CalibrationFolder(Path(settings.storage.directory) / "calibration")


def find_calibration(settings: Settings) -> FoundCalibration:
    """Find the newest good calibration for these settings."""
    return calibration_folder(settings).newest(camera_setup(settings))


def camera_setup(settings: Settings) -> CameraSetup:
    """Return what a calibration must have been made for."""
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
    """Return the terminal to use as the simulated panel; None if the panel is real, or there is no terminal."""
    if settings.parts.panel == "simulated" and is_live_terminal(sys.stdout):
        keys = f"{GESTURES_TEXT}   " if sys.stdin.isatty() else ""
        return LiveTerminal(sys.stdout, NOTICE, f"{keys}Ctrl-C stop", words=0)
    return None


def open_display(settings: Settings, terminal: LiveTerminal | None = None) -> Display:
    """Open the OLED, or the terminal in its place, and mirror it for `leukoscope watch`.

    Args:
        settings: name the panel.
        terminal: from `own_terminal`; without one a simulated panel is printed when the process ends.

    Raises:
        DisplayError: luma.oled is missing.
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
    """Open the button, or the keyboard in its place, and the remote button if the settings allow it.

    Args:
        settings: name the button.
        on_gesture: called from a thread of the button's.

    Raises:
        ButtonError: the GPIO line can't be opened.
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
    """Open the reader of the settings' bundle. Raises BundleError, RuntimeMissingError."""
    return readers.open_reader(load_bundle(Path(settings.model.bundle)), threads)


def open_store(settings: Settings) -> RecordStore:
    """Open the records for writing. Raises StoreError."""
    storage = settings.storage
    return RecordStore(Path(storage.directory), min_free_bytes=storage.min_free_mb * 1_000_000)


def open_controls(settings: Settings, made_for: QcScope) -> QcMonitor:
    """Open the control slides of a model on this device."""
    return QcMonitor(qc_folder(settings), made_for)


def _stay_on() -> None:
    """Do not power off: with simulated parts this is somebody's own computer."""
    _log.warning("simulated parts: the computer stays on")


def _power_off() -> None:
    """Ask systemd to power the machine off; if that fails, log what to do."""
    try:
        subprocess.run(["systemctl", "poweroff"], check=True, timeout=10.0)  # noqa: S607
    except (OSError, subprocess.SubprocessError) as error:
        _log.error("could not power off (%s): wait for the disk, then unplug", error)
