"""Draws the Levey-Jennings chart: the scores of the control slides in order, and the rules that they break.

Levey, Jennings: The use of control charts in the clinical laboratory, Am J Clin Pathol 20, 1950,
1059-1066. The lines are at the centre and at 1, 2 and 3 spreads. While the reference grows, each slide is drawn at the
score by which it was judged.
"""

from __future__ import annotations

from PIL import Image, ImageDraw, ImageFont

from leukoscope.notice import NOTICE
from leukoscope.qc.reference import QcReference
from leukoscope.qc.series import CHARTED, QcPoint, QcSeries, value
from leukoscope.reading.results import QcState
from leukoscope.records.png import DRAWING, encode_png

SHOWN = 30
"""The chart shows this many of the newest control slides."""

WIDTH = 1200
_LEFT, _RIGHT, _TOP, _FOOT = 90, 200, 100, 60
_PANEL, _PLOT_TOP, _PLOT = 250, 44, 180
"""Height of a panel, where its plot begins in it, and the height of the plot, px."""

_LIMIT = 4.0
"""A score beyond this is drawn as an arrow at the edge."""

_INK, _QUIET, _PAPER = (25, 30, 40), (120, 128, 140), (255, 255, 255)
_GOOD, WARNING, BAD = (25, 110, 70), (190, 125, 0), (190, 25, 35)
_BANDS = ((3, (252, 236, 232)), (2, (253, 247, 226)), (1, (236, 247, 239)))
"""Bands around the centre, the widest first: half width in spreads, and colour."""

_UNITS = {"nuclear_area": "um2", "nuclear_density": "x red cells", "nc_ratio": "", "blasts": "%"}
"""Units. Pillow's font has no Greek letters and no superscripts."""


def draw_chart(series: QcSeries, qc: QcState, text: str) -> Image.Image:
    """Draw the chart: a panel for each of `CHARTED`.

    Args:
        series: The control slides.
        qc: Their state now, for the line below the title.
        text: The reason for that state.

    Returns:
        The chart, RGB, `WIDTH` wide.
    """
    points = series.points[-SHOWN:]
    height = _TOP + _PANEL * len(CHARTED) + _FOOT
    image = Image.new("RGB", (WIDTH, height), _PAPER)
    pen = ImageDraw.Draw(image)
    _write(pen, (_LEFT, 20), "Leukoscope control slides, Levey-Jennings chart", 26, _INK)
    colour = _GOOD if qc is QcState.VALID else BAD
    _write(pen, (_LEFT, 60), f"{qc.value.upper()}: {text}", 18, colour)
    if any(point.slide.made_for.simulated for point in points):
        _write(pen, (WIDTH - 20, 24), "SIMULATED", 22, BAD, "ra")
    for index, (name, title) in enumerate(CHARTED.items()):
        _Panel(pen, _TOP + index * _PANEL, name, title, points, series.reference).draw()
    foot = height - _FOOT + 20
    _write(pen, (_LEFT, foot), f"{NOTICE} Rules: Westgard et al. 1981.", 14, _QUIET)
    _write(
        pen,
        (WIDTH - 20, foot),
        "circle: makes the reference    dot: within limits    square: breaks a rule",
        14,
        _QUIET,
        "ra",
    )
    return image


def encode_chart(series: QcSeries, qc: QcState, text: str) -> bytes:
    """Return the chart as the bytes of a PNG file. Arguments are those of `draw_chart`."""
    simulated = any(point.slide.made_for.simulated for point in series.points)
    return encode_png(draw_chart(series, qc, text), {}, compression=DRAWING, simulated=simulated)


class _Panel:
    """The part of the chart that shows one value. It begins at row `top`."""

    def __init__(
        self,
        pen: ImageDraw.ImageDraw,
        top: int,
        name: str,
        title: str,
        points: tuple[QcPoint, ...],
        reference: QcReference | None,
    ) -> None:
        self._pen, self._name, self._title, self._points = pen, name, title, points
        self._top, self._plot = top, top + _PLOT_TOP
        self._reference = reference

    def draw(self) -> None:
        """Draw title, bands, limits and points."""
        unit = _UNITS[self._name]
        heading = self._title + (f", {unit}" if unit else "")
        _write(self._pen, (_LEFT, self._top + 14), heading, 18, _INK)
        for index, point in enumerate(self._points[:: self._every]):
            at = (self._x(index * self._every), self._plot + _PLOT + 12)
            _write(self._pen, at, point.slide.slide, 10, _QUIET, "ma")
        if self._reference is None:
            self._without_limits()
            return
        for limit, colour in _BANDS:
            self._pen.rectangle(
                (_LEFT, self._y(limit), WIDTH - _RIGHT, self._y(-limit)), fill=colour
            )
        for limit in range(-3, 4):
            self._limit(limit, self._reference)
        scores = [self._score(point, self._reference) for point in self._points]
        places = [(self._x(index), self._y(score)) for index, score in enumerate(scores)]
        self._pen.line(places, fill=_QUIET)
        for place, score, point in zip(places, scores, self._points, strict=True):
            self._point(place, score, point)

    @property
    def _every(self) -> int:
        """1 if every slide has its name written, 2 if only every second has."""
        return 1 if len(self._points) <= 20 else 2

    def _without_limits(self) -> None:
        """Write the values as text at the places of their slides."""
        for index, point in enumerate(self._points):
            shown = _shown(self._name, value(point.slide.measures, self._name))
            _write(self._pen, (self._x(index), self._y(-1.5)), shown, 14, _INK, "mm")
        _write(self._pen, (_LEFT, self._y(1.5)), "no limits yet: more slides first", 14, _QUIET)

    def _limit(self, limit: int, reference: QcReference) -> None:
        y = self._y(limit)
        self._pen.line((_LEFT, y, WIDTH - _RIGHT, y), fill=_INK if limit == 0 else (205, 208, 214))
        name = "centre" if limit == 0 else f"{limit:+d} s"
        _write(self._pen, (_LEFT - 8, y), name, 14, _QUIET, "rm")
        at_limit = reference.centre[self._name] + limit * reference.spread[self._name]
        if at_limit >= 0:
            shown = _shown(self._name, at_limit)
            _write(self._pen, (WIDTH - _RIGHT + 8, y), shown, 14, _QUIET, "lm")

    def _point(self, place: tuple[int, int], score: float, point: QcPoint) -> None:
        x, y = place
        if self._name not in point.scores:
            self._pen.ellipse((x - 5, y - 5, x + 5, y + 5), fill=_PAPER, outline=_INK, width=2)
            return
        rules = [broken.rule for broken in point.broken if broken.name == self._name]
        colour = BAD if any(rule.rejects for rule in rules) else WARNING if rules else _INK
        if abs(score) > _LIMIT:
            tip = 9 if score > 0 else -9
            self._pen.polygon([(x - 7, y + tip), (x + 7, y + tip), (x, y - tip // 2)], fill=colour)
        elif rules:
            self._pen.rectangle((x - 6, y - 6, x + 6, y + 6), fill=colour)
        else:
            self._pen.ellipse((x - 5, y - 5, x + 5, y + 5), fill=colour)
        below = (score < 0) is (
            abs(score) <= 3
        )  # beyond 3 spreads, towards the centre: no room outside
        told = [rule.value for rule in rules if rule.rejects] or [rule.value for rule in rules]
        for line, rule in enumerate(told):
            down = 10 + 13 * line
            _write(
                self._pen,
                (x, y + down if below else y - down),
                rule,
                13,
                colour,
                "ma" if below else "ms",
            )

    def _score(self, point: QcPoint, reference: QcReference) -> float:
        """Return the score by which the slide was judged. A founding slide is scored by the reference that it made."""
        if self._name in point.scores:
            return point.scores[self._name]
        return reference.score(self._name, value(point.slide.measures, self._name))

    def _x(self, index: int) -> int:
        step = (WIDTH - _LEFT - _RIGHT) / max(len(self._points), 10)
        return round(_LEFT + (index + 0.5) * step)

    def _y(self, score: float) -> int:
        share = 0.5 - min(max(score, -_LIMIT), _LIMIT) / (2 * _LIMIT)
        return round(self._plot + share * _PLOT)


def _shown(name: str, number: float) -> str:
    if name == "blasts":
        return f"{100 * number:.1f}"
    return f"{number:.3g}"


def _write(
    pen: ImageDraw.ImageDraw,
    at: tuple[int, int],
    text: str,
    size: int,
    colour: tuple[int, int, int],
    anchor: str = "la",
) -> None:
    pen.text(at, text, font=ImageFont.load_default(size), fill=colour, anchor=anchor)
