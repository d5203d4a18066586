"""The stage of the simulated microscope: the slide on it, its position, and what is broken."""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace
from typing import TypeAlias

from leukoscope.simulator.hematology import Diagnosis
from leukoscope.simulator.micrometer import MicrometerSlide
from leukoscope.simulator.smear import SmearSlide


@dataclass(frozen=True)
class NoSlide:
    """No slide on the stage, only the light."""


Slide: TypeAlias = SmearSlide | MicrometerSlide | NoSlide
"""What can be on the stage."""


NORMAL_SLIDE = SmearSlide(Diagnosis.NORMAL, 6)
"""The slide that is on the stage by default. It was chosen because the shipped reader reads its first field, and
because the device accepts it as a control slide once it has counted 60 cells."""


@dataclass(frozen=True)
class Faults:
    """What can be broken or changed on the microscope.

    Attributes:
        led_dead: Whether the LED stays dark.
        camera_gone: Whether the camera is unplugged.
        camera_hangs: Whether the camera does not answer.
        led_level: Light of the LED, 0..1 of a new one.
        led_tint: Its red and blue light relative to that of a new one, above 0.
        dust: Whether there is dust on the sensor's cover glass.
        drift_um_per_frame: How far the specimen moves to the right (below 0 left) from one frame to the next, µm.
    """

    led_dead: bool = False
    camera_gone: bool = False
    camera_hangs: bool = False
    led_level: float = 1.0
    led_tint: tuple[float, float] = (1.0, 1.0)
    dust: bool = False
    drift_um_per_frame: float = 0.0


@dataclass(frozen=True)
class View:
    """What is under the objective.

    Attributes:
        slide: The slide on the stage.
        field: Number of the field on the slide, >= 0.
        defocus_um: Distance from focus, µm.
        exposure: A factor on the exposure that the camera's controls give; 1 changes nothing.
        shading: Shading of the optics, 0..1.
        faults: What is broken.
    """

    slide: Slide
    field: int = 0
    defocus_um: float = 0.0
    exposure: float = 1.0
    shading: float = 0.15
    faults: Faults = Faults()


class Stage:
    """Holds the view. The demo or a test changes it, in place of a person; the simulated parts read it."""

    def __init__(self, slide: Slide | None = None) -> None:
        """Put a slide on the stage.

        Args:
            slide: The slide; `NORMAL_SLIDE` by default.
        """
        self._lock = threading.Lock()
        self._view = View(slide or NORMAL_SLIDE)

    @property
    def view(self) -> View:
        """What is under the objective now."""
        with self._lock:
            return self._view

    def load(self, slide: Slide, defocus_um: float = 0.0) -> None:
        """Put another slide on the stage, at its first field."""
        with self._lock:
            self._view = replace(self._view, slide=slide, field=0, defocus_um=defocus_um)

    def move(self) -> None:
        """Move to the next field of the slide."""
        with self._lock:
            self._view = replace(self._view, field=self._view.field + 1)

    def focus(self, defocus_um: float) -> None:
        """Turn the focus wheel to this distance from focus, µm."""
        with self._lock:
            self._view = replace(self._view, defocus_um=defocus_um)

    def expose(self, exposure: float) -> None:
        """Set the factor on the exposure; 1 changes nothing."""
        with self._lock:
            self._view = replace(self._view, exposure=exposure)

    def inject(self, faults: Faults) -> None:
        """Break or repair parts of the microscope."""
        with self._lock:
            self._view = replace(self._view, faults=faults)
