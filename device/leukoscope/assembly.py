"""Chooses each part, real or simulated, from the settings. No other module makes this choice.

The simulator is imported only when a simulated part is opened, because nothing else needs it.
"""

from __future__ import annotations

import logging
import os
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
from leukoscope.panel.memory_display import MemoryDisplay
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
from leukoscope.system.systemd import notify, power_off

if TYPE_CHECKING:
    from leukoscope.simulator.stage import Stage

BOARD = Path("/proc/device-tree/model")
"""A Raspberry Pi has this file, a PC does not."""

NO_PI = (
    'to run without a Raspberry Pi: [parts] microscope = "simulated", panel = "simulated" in a file for '
    "--settings; leukoscope demo writes one"
)
"""Added to the message about a missing part on a computer that is not a Raspberry Pi."""

_log = logging.getLogger(__name__)


def make_daemon(settings: Settings, display: Display, stage: Stage | None = None) -> Daemon:
    """Return a daemon. Attach a button to it; its self-test opens all other parts.

    Args:
        settings: Name the parts.
        display: Shows the panel's screens.
        stage: What a simulated microscope looks at. None is a normal slide.
    """
    simulated = is_simulated(settings)
    return Daemon(
        part_factories(settings, stage),
        Panel(display, simulated=simulated),
        settings.timing,
        Host(notify, health.warning, _stay_on if simulated else power_off),
    )


def part_factories(settings: Settings, stage: Stage | None = None) -> PartFactories:
    """Return the functions that open the parts. Arguments are those of `make_daemon`."""
    return PartFactories(
        calibration=lambda: find_calibration(settings),
        microscope=lambda calibration: open_microscope(settings, calibration, stage),
        reader=lambda: open_reader(settings, settings.model.threads),
        store=lambda: open_store(settings),
        monitor=lambda scope: open_controls(settings, scope),
        simulated=is_simulated(settings),
    )


def is_simulated(settings: Settings) -> bool:
    """Return whether any part is simulated. Every screen and record then says SIMULATED."""
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
    """Open light and camera. The calibration corrects their fields; without one they stay as the camera gives them.

    Other arguments and errors are those of `open_parts`.
    """
    controls = settings_controls(settings) if calibration is None else calibration.controls
    light, camera = open_parts(settings, controls, stage)
    return Microscope(light, camera, settings.camera.frames, calibration)


def open_parts(
    settings: Settings, controls: CameraControls, stage: Stage | None = None
) -> tuple[Light, Camera]:
    """Open light and camera.

    Args:
        settings: Name the parts.
        controls: The camera's exposure and gains.
        stage: What a simulated microscope looks at. None is a normal slide.

    Raises:
        LightError: The light can't be opened.
        CameraError: The camera can't be opened.
        CameraTimeoutError: The camera does not answer.
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
    """Open only the real LED. It is off.

    Raises:
        LightError: Its GPIO line can't be opened.
    """
    _use_lgpio(settings)
    with _real_parts():
        return GpioLed(settings.light.pin)


def switch_led_off(settings: Settings) -> None:
    """Switch the LED off, whatever the daemon left it at; a simulated microscope has none.

    Raises:
        LightError: The LED cannot be had.
    """
    if settings.parts.microscope == "real":
        open_led(settings).close()


@contextmanager
def _real_parts() -> Iterator[None]:
    """Real parts are opened inside this. Without a Raspberry Pi, the error also says how to simulate them."""
    try:
        yield
    except (LightError, CameraError, ButtonError, DisplayError) as error:
        if BOARD.exists():
            raise
        raise type(error)(f"{error}; {NO_PI}") from error


def _use_lgpio(settings: Settings) -> None:
    """Set the pin factory and the folder of lgpio's pipes, as the systemd unit does for the service."""
    os.environ.setdefault("GPIOZERO_PIN_FACTORY", "lgpio")
    runtime = Path(settings.panel.mirror)
    os.environ.setdefault("LG_WD", str(runtime) if runtime.is_dir() else tempfile.gettempdir())


def settings_controls(settings: Settings) -> CameraControls:
    """Return the exposure and gains of a camera without a calibration."""
    camera = settings.camera
    return CameraControls(
        camera.exposure_us, camera.analogue_gain, camera.red_gain, camera.blue_gain
    )


def calibration_folder(settings: Settings) -> CalibrationFolder:
    """Return the folder in which calibrations are kept."""
    return CalibrationFolder(Path(settings.storage.directory) / "calibration")


def find_calibration(settings: Settings) -> FoundCalibration:
    """Find the newest undamaged calibration that was made for these settings."""
    return calibration_folder(settings).newest(camera_setup(settings))


def camera_setup(settings: Settings) -> CameraSetup:
    """Return the camera setup that a calibration must have been made for."""
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
    """Return the terminal to use as the simulated panel, or None if the panel is real or there is no terminal."""
    if settings.parts.panel == "simulated" and is_live_terminal(sys.stdout):
        keys = f"{GESTURES_TEXT}   " if sys.stdin.isatty() else ""
        return LiveTerminal(sys.stdout, NOTICE, f"{keys}Ctrl-C stop", words=0)
    return None


def open_display(settings: Settings, terminal: LiveTerminal | None = None) -> Display:
    """Open the OLED, or the terminal in its place. Its screens are mirrored for `leukoscope watch`.

    Args:
        settings: Name the panel.
        terminal: From `own_terminal`. Without one, a simulated panel is printed when the process ends.

    Raises:
        DisplayError: luma.oled is missing.
    """
    return MirroredDisplay(
        terminal or _open_panel(settings), Path(settings.panel.mirror), time.monotonic
    )


def open_steps_display(settings: Settings) -> Display:
    """Open the display of a command that also prints each step. With a simulated panel the printed lines are enough.

    Raises:
        DisplayError: luma.oled is missing.
    """
    return MemoryDisplay() if settings.parts.panel == "simulated" else open_display(settings)


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
        settings: Name the button.
        on_gesture: Called for each gesture, on the button's own thread.

    Raises:
        ButtonError: The GPIO line can't be opened.
    """
    button = _open_button(settings, on_gesture)
    if settings.panel.remote_button:
        return RemoteButton(button, Path(settings.panel.mirror), on_gesture)
    return button


def open_steps_button(settings: Settings, on_gesture: Callable[[Gesture], None]) -> Button | None:
    """Open the button of a command that also reads keys, or return None with a simulated panel.

    Arguments and errors are those of `open_button`.
    """
    if settings.parts.panel == "simulated":
        return None
    return open_button(settings, on_gesture)


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
    """Open the reader of the settings' bundle.

    Args:
        settings: Name the bundle.
        threads: Number of threads of the interpreter.

    Raises:
        BundleError: The bundle is missing or damaged, or its model does not run as its card says.
        RuntimeMissingError: No TFLite runtime is installed.
    """
    return readers.open_reader(load_bundle(Path(settings.model.bundle)), threads)


def open_store(settings: Settings) -> RecordStore:
    """Open the records for writing.

    Raises:
        StoreError: They can't be opened, or another process writes them.
    """
    storage = settings.storage
    return RecordStore(Path(storage.directory), min_free_bytes=storage.min_free_mb * 1_000_000)


def open_controls(settings: Settings, made_for: QcScope) -> QcMonitor:
    """Return the monitor of the control slides that were made for this scope."""
    return QcMonitor(qc_folder(settings), made_for)


def _stay_on() -> None:
    """Do not power off: with simulated parts, this is probably a person's own computer."""
    _log.warning("simulated parts: the computer stays on")
