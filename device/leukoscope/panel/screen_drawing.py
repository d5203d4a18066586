"""Draws a screen as a picture for the OLED, the terminal and the gallery. Every machine draws the same pixels.

From top to bottom: a header (slide, and SIMULATED if parts are simulated), large letters, then small lines at `_LINE1`,
`_LINE2` and `_LINE3`.
"""

from __future__ import annotations

from dataclasses import replace

from PIL import Image

from leukoscope.notice import NOTICE
from leukoscope.panel.canvas import LEFT, PanelCanvas
from leukoscope.panel.screens import (
    AsleepScreen,
    CalibrationScreen,
    CapturingScreen,
    FaultScreen,
    FocusScreen,
    HoldHint,
    NoticeScreen,
    PowerOffScreen,
    ReadingScreen,
    RefusalScreen,
    ResultScreen,
    Screen,
    SlideDoneScreen,
    StartingScreen,
    UnplugScreen,
)
from leukoscope.reading.results import Gate, PanelLines, Verdict
from leukoscope.reading.wording import cells_of_100_text, decimal, field_count_text

_BIG, _LINE1, _LINE2, _LINE3 = 12, 36, 45, 54
"""First row of each part of a screen."""

_BIG_HEIGHT = 22
"""Height of the large letters in pixels. A verdict must be at least 20 high."""

_NEXT = "press: next, hold: finish"
"""What the button does while a slide has fields."""


def draw(screen: Screen, *, simulated: bool) -> Image.Image:
    """Draw a screen. Text that is longer than its limit in `screens` is cut.

    Args:
        screen: The screen.
        simulated: Whether to mark it SIMULATED. `AsleepScreen` is dark and is never marked.

    Returns:
        A picture, 128x64, mode '1', lit pixels 1. The outermost pixels are always dark.
    """
    canvas = PanelCanvas()
    if isinstance(screen, AsleepScreen):
        return canvas.image
    if simulated:
        canvas.mark("SIMULATED")
    _draw_on(canvas, screen)
    return canvas.image


def _draw_on(canvas: PanelCanvas, screen: Screen) -> None:
    match screen:
        case StartingScreen():
            _starting(canvas, screen)
        case FocusScreen():
            _focus(canvas, screen)
        case CapturingScreen():
            _busy(canvas, screen.slide, "HOLD STILL", "Capturing the field")
        case ReadingScreen():
            _busy(canvas, screen.slide, "READING", "Finding white cells")
        case ResultScreen():
            _result(canvas, screen)
        case RefusalScreen():
            _refused(canvas, screen.slide, screen.gate)
        case SlideDoneScreen():
            _slide_done(canvas, screen)
        case FaultScreen():
            canvas.header("FAULT")
            canvas.large_centred(_BIG, f"{screen.fault.code} {screen.fault.title}", _BIG_HEIGHT)
            canvas.text(_LINE1, screen.fault.advice)
            canvas.text(_LINE2, screen.fault.advice_more)
            canvas.text(
                _LINE3, "starts again by itself" if screen.restarts else "press: test again"
            )
        case PowerOffScreen():
            canvas.header("Please wait")
            canvas.large_centred(_BIG + 4, "POWER OFF", _BIG_HEIGHT)
            canvas.text_centred(_LINE2, screen.step)
        case UnplugScreen():
            canvas.large_centred(13, "SAFE TO", _BIG_HEIGHT)
            canvas.large_centred(39, "UNPLUG", _BIG_HEIGHT)
        case NoticeScreen():
            canvas.large_centred(_BIG, screen.title, _BIG_HEIGHT)
            canvas.text(42, screen.line1)
            canvas.text(53, screen.line2)
        case CalibrationScreen():
            _calibrating(canvas, screen)
        case HoldHint():
            canvas.header("Let go for")
            canvas.large_centred(_BIG + 4, screen.action, _BIG_HEIGHT)
            canvas.bar(47, 12, screen.progress)


def _starting(canvas: PanelCanvas, screen: StartingScreen) -> None:
    canvas.header(f"v{screen.version}")
    canvas.large_centred(_BIG, "LEUKOSCOPE", 16)
    what, not_what = NOTICE.split(". ")
    canvas.text_centred(30, f"{what}.")
    canvas.text_centred(39, not_what)
    canvas.text(48, screen.step)
    canvas.text_right(48, f"{screen.done}/{screen.total}")
    canvas.bar(57, 6, screen.done / max(screen.total, 1))


def _focus(canvas: PanelCanvas, screen: FocusScreen) -> None:
    canvas.header(f"{screen.slide} focus")
    canvas.bar(_BIG, 15, screen.sharpness, screen.peak)
    if screen.problem:
        canvas.large(29, screen.problem, 14)
        canvas.text(_LINE2, screen.hint or screen.advice)
    else:
        after = canvas.large(29, f"{round(100 * screen.sharpness)}%", 14)
        canvas.text(28, f"best {round(100 * screen.peak)}%", x=after + 6)
        canvas.text(_LINE1, screen.hint, x=after + 6)
        _pair(
            canvas,
            _LINE2,
            (cells_of_100_text(screen.white_cells), field_count_text(screen.fields)),
        )
    if screen.warning:
        canvas.strip(54, screen.warning)
    elif screen.fields:
        canvas.text(_LINE3, _NEXT)
    else:
        canvas.text(_LINE3, "press: capture")


def _busy(canvas: PanelCanvas, slide: str, word: str, line: str) -> None:
    canvas.header(slide)
    canvas.large_centred(_BIG + 6, word, 24)
    canvas.text_centred(_LINE2 + 3, line)


def _result(canvas: PanelCanvas, screen: ResultScreen) -> None:
    canvas.header(f"{screen.slide} moved" if screen.moved else screen.slide)
    canvas.thin_bar(61, screen.sharpness)
    verdict = screen.verdict
    lines = verdict.evidence.panel_lines(verdict, goes_on=True)
    _verdict(canvas, lines)
    if lines.last is not None:
        _pair(canvas, _LINE3 - 1, lines.last)
    elif verdict.fields > 1:
        field = (f"field: {screen.field_headline}", decimal(screen.field_confidence))
        _pair(canvas, _LINE3 - 1, field)
    else:
        canvas.text(_LINE3 - 1, _NEXT)


def _slide_done(canvas: PanelCanvas, screen: SlideDoneScreen) -> None:
    canvas.header(f"{screen.slide} done")
    verdict = screen.verdict
    lines = verdict.evidence.panel_lines(verdict, goes_on=False)
    if _may_be_control(verdict):
        lines = replace(lines, line1=("hold: keep as control", ""))
    _verdict(canvas, lines)
    _pair(canvas, _LINE3, lines.last or ("press: next slide", ""))


def _refused(canvas: PanelCanvas, slide: str, gate: Gate) -> None:
    canvas.header(slide)
    canvas.large_centred(_BIG, gate.problem, _BIG_HEIGHT)
    canvas.text(41, gate.advice)
    canvas.text(_LINE3, "press: try again")


def _calibrating(canvas: PanelCanvas, screen: CalibrationScreen) -> None:
    canvas.header(f"Step {screen.number}/{screen.total}")
    canvas.large_centred(_BIG, screen.problem or screen.title, 16)
    canvas.text(31, screen.line1)
    canvas.text(41, screen.line2)
    if screen.sharpness is None:
        canvas.text(_LINE3, "press: go, hold: end")
    else:
        canvas.bar(54, 8, screen.sharpness)


def _verdict(canvas: PanelCanvas, lines: PanelLines) -> None:
    """Draw the verdict in large letters and two lines below it, to the right of its confidence if there is one."""
    canvas.large_centred(_BIG, lines.headline, _BIG_HEIGHT)
    x = LEFT
    if lines.confidence:
        x = canvas.large(_LINE1 + 1, lines.confidence, 14) + 6
    _pair(canvas, _LINE1, lines.line1, x=x)
    _pair(canvas, _LINE2, lines.line2, x=x)


def _may_be_control(verdict: Verdict) -> bool:
    """Return whether the panel offers to keep the slide as a control slide: no leukaemia was seen on enough cells."""
    sure_of_normal = verdict.label == "normal" and verdict.reason is None
    return verdict.qc is not None and (sure_of_normal or verdict.no_leukaemia_seen)


def _pair(canvas: PanelCanvas, y: int, line: tuple[str, str], *, x: int = LEFT) -> None:
    left, right = line
    canvas.text(y, left, x=x)
    if right:
        canvas.text_right(y, right)
