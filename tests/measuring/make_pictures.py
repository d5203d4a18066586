"""Makes the pictures of the documents with the simulator: `python -m tests.measuring.make_pictures`.

- tests/pictures/demo.png: the view of the objective and the panel, step by step
- field.png: a rendered field of each diagnosis
- slide.png: the picture that `leukoscope show` draws
- calibration.png: a field in uneven, coloured light, corrected by a calibration and by an estimate

`python -m tests.panel.make_golden` makes the gallery of screens, screens.png.
"""

from __future__ import annotations

import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
from leukoscope import assembly
from leukoscope.appliance.daemon import Daemon
from leukoscope.appliance.workflow import Event, State
from leukoscope.calibration.empty_field import background_map
from leukoscope.commands.demo.calibration import calibrate_once
from leukoscope.field import Rgb
from leukoscope.imaging.background import estimate_background
from leukoscope.imaging.flat_field import flatten
from leukoscope.panel.memory_display import MemoryDisplay
from leukoscope.records.reader import RecordReader
from leukoscope.reports.slide_picture import draw_page, pages_of
from leukoscope.settings.settings import Settings
from leukoscope.simulator.hematology import Diagnosis
from leukoscope.simulator.microscope import SimulatedCamera, SimulatedLight
from leukoscope.simulator.optics import defocus, expose
from leukoscope.simulator.smear import SmearSlide, render_field
from leukoscope.simulator.stage import Stage
from PIL import Image, ImageDraw, ImageFont

PICTURES = Path(__file__).resolve().parents[1] / "pictures"
PAPER, INK, OLED = "#f4f3f0", "#1d1f24", (150, 214, 255)
COLUMN, GAP = 384, 20
UM_PER_PX = 0.155


def fields() -> Image.Image:
    """Draw a field of each diagnosis, in two rows."""
    wanted = [diagnosis for diagnosis in Diagnosis if diagnosis is not Diagnosis.EMPTY]
    wanted.insert(0, Diagnosis.NORMAL)
    sheet = Image.new("RGB", (3 * (508 + 8) + 8, 2 * (381 + 30) + 8), PAPER)
    for place, diagnosis in enumerate(wanted):
        smear = render_field(SmearSlide(diagnosis, 100 + place), 0)
        rng = np.random.default_rng(place)
        sharp = defocus(smear.transmittance, 0.0, UM_PER_PX)
        rgb = expose(sharp, led_level=1.0, exposure=1.0, shading=0.15, rng=rng)
        x, y = 8 + place % 3 * 516, 8 + place // 3 * 411
        sheet.paste(Image.fromarray(rgb).resize((508, 381), Image.Resampling.LANCZOS), (x, y))
        caption(sheet, (x, y + 384), f"{diagnosis.value}, rendered")
    return sheet


def calibration() -> Image.Image:
    """Draw clean glass and a smear as the camera shows them, and the smear corrected in both ways."""
    rng = np.random.default_rng(1)

    def seen(diagnosis: Diagnosis, seed: int, defocus_um: float) -> Rgb:
        smear = render_field(SmearSlide(diagnosis, seed), 0)
        sharp = defocus(smear.transmittance, defocus_um, UM_PER_PX)
        return expose(
            sharp, led_level=1.0, exposure=1.0, shading=0.6, rng=rng, led_tint=(1.1, 0.75)
        )

    glass = [seen(Diagnosis.EMPTY, 900 + n, 15.0) for n in range(5)]
    smear = seen(Diagnosis.CLL, 105, 0.0)
    shown = {
        "clean glass, out of focus": glass[0],
        "a smear, as the camera gives it": smear,
        "corrected by five such glasses": flatten(smear, background_map(glass)),
        "without them: by an estimate from itself": flatten(
            smear, estimate_background(smear, UM_PER_PX)
        ),
    }
    sheet = Image.new("RGB", (2 * 516 + 8, 2 * 411 + 8), PAPER)
    for place, (text, rgb) in enumerate(shown.items()):
        x, y = 8 + place % 2 * 516, 8 + place // 2 * 411
        sheet.paste(Image.fromarray(rgb).resize((508, 381), Image.Resampling.LANCZOS), (x, y))
        caption(sheet, (x, y + 384), f"{text} (rendered)")
    return sheet


def caption(sheet: Image.Image, at: tuple[int, int], text: str) -> None:
    """Write a line under a picture."""
    ImageDraw.Draw(sheet).text(at, text, fill=INK, font=ImageFont.load_default(17))


class _Filmed:
    """An appliance on the simulated microscope, observed from outside."""

    def __init__(self, directory: str) -> None:
        settings = Settings()
        self.settings = replace(
            settings,
            parts=replace(settings.parts, microscope="simulated", panel="simulated"),
            storage=replace(settings.storage, directory=directory, min_free_mb=1),
        )
        self.stage = Stage(SmearSlide(Diagnosis.CML, 4))
        self.display = MemoryDisplay()
        calibrate_once(self.settings, MemoryDisplay(), self.stage, lambda _: None)
        self.stage.load(SmearSlide(Diagnosis.CML, 4))
        self.daemon: Daemon = assembly.make_daemon(self.settings, self.display, self.stage)
        light = SimulatedLight(self.stage)
        light.on()
        self._eye = SimulatedCamera(
            self.stage, light, width=1014, height=760, um_per_px=UM_PER_PX, timeout_s=1
        )
        self.frames: list[tuple[str, Image.Image, Image.Image]] = []
        self._thread = threading.Thread(target=self.daemon.run)

    def start(self) -> None:
        self._thread.start()
        self.wait(lambda: self.daemon.state is State.READY)

    def stop(self) -> None:
        self.daemon.post(Event.TERMINATED)
        self._thread.join()

    def wait(self, happened: Callable[[], bool]) -> None:
        """Wait until something happened and the panel shows it.

        Raises:
            TimeoutError: It did not happen.
        """
        begun = time.monotonic()
        while not happened():
            if time.monotonic() - begun > 20:
                raise TimeoutError(f"the appliance is '{self.daemon.state.value}'")
            time.sleep(0.01)
        time.sleep(0.7)

    def press(self) -> None:
        before = self.daemon.fields_captured
        self.daemon.post(Event.PRESS)
        self.wait(lambda: self.daemon.fields_captured > before)

    def film(self, text: str) -> None:
        """Keep the view of the objective and the panel's picture."""
        view = Image.fromarray(self._eye.preview().rgb).resize((COLUMN, COLUMN * 3 // 4))
        self.frames.append((text, view, self.display.image.copy()))


def demonstration(directory: str) -> Image.Image:
    """Draw one slide from focusing to its verdict."""
    filmed = _Filmed(directory)
    filmed.start()
    filmed.stage.focus(4.0)
    time.sleep(1)
    filmed.film("1. turn the focus wheel")
    filmed.press()
    filmed.film("2. pressed too early: refused")
    time.sleep(filmed.settings.timing.message_s)
    filmed.stage.focus(0.0)
    time.sleep(1)
    filmed.film("3. in focus")
    filmed.press()
    filmed.film("4. press: the verdict so far")
    filmed.stage.move()
    time.sleep(1)
    filmed.press()
    filmed.film("5. next field, press: pooled")
    filmed.daemon.post(Event.HOLD)
    filmed.wait(lambda: filmed.daemon.state is State.SLIDE_DONE)
    filmed.film("6. hold 2 s: slide done")
    filmed.stop()
    height = COLUMN * 3 // 4 + COLUMN // 2 + 40
    sheet = Image.new("RGB", (3 * (COLUMN + GAP) + GAP, 2 * (height + GAP) + GAP), PAPER)
    for place, (text, view, panel) in enumerate(filmed.frames):
        x, y = GAP + place % 3 * (COLUMN + GAP), GAP + place // 3 * (height + GAP)
        caption(sheet, (x, y), text)
        sheet.paste(view, (x, y + 28))
        lit = panel.convert("L").resize((COLUMN, COLUMN // 2), Image.Resampling.NEAREST)
        glow = Image.new("RGB", lit.size, OLED)
        sheet.paste(
            Image.composite(glow, Image.new("RGB", lit.size), lit), (x, y + 34 + view.height)
        )
    return sheet


def main() -> None:
    """Make all pictures."""
    PICTURES.mkdir(exist_ok=True)
    fields().convert("P", palette=Image.Palette.ADAPTIVE).save(
        PICTURES / "field.png", optimize=True
    )
    calibration().convert("P", palette=Image.Palette.ADAPTIVE).save(
        PICTURES / "calibration.png", optimize=True
    )
    with tempfile.TemporaryDirectory() as directory:
        story = demonstration(directory)
        story.convert("P", palette=Image.Palette.ADAPTIVE).save(
            PICTURES / "demo.png", optimize=True
        )
        with RecordReader(Path(directory)) as records:
            report = records.slide(1)
            kept = replace(report, fields=report.fields[1:])
            (page,) = pages_of(kept)
            drawn = draw_page(kept, page, 1, records.load_picture)
            drawn.save(PICTURES / "slide.png", optimize=True)


if __name__ == "__main__":
    main()
