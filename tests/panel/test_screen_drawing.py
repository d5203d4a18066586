"""Every screen, bit for bit, and what all of them promise."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from leukoscope.errors import Fault
from leukoscope.panel import screens
from leukoscope.panel.canvas import SIZE, WIDTH, draw_small
from leukoscope.panel.large_letters import draw_letters
from leukoscope.panel.screen_drawing import draw
from leukoscope.panel.small_font import GLYPHS, HEIGHT
from leukoscope.reading.cell_types import CellType
from leukoscope.reading.results import LABELS, Pattern, QcState, Reason
from leukoscope.reading.wording import finding_text, pattern_text, qc_mark
from PIL import Image, ImageChops

from tests.panel.examples import ACUTE, EXAMPLES, ON_CELLS, UNSURE, conclusive, on_cells
from tests.panel.make_golden import COMMAND, GALLERY, GOLDEN, gallery, pictures

MARK = (70, 1, 127, 10)
NO_MARK = [name for name in EXAMPLES if name != "asleep"]


def same(left: Image.Image, right: Image.Image) -> bool:
    return left.size == right.size and left.convert("L").tobytes() == right.convert("L").tobytes()


def ink(image: Image.Image) -> tuple[int, int, int, int]:
    box = image.getbbox()
    assert box is not None
    return box


@pytest.mark.parametrize("name", pictures())
def test_ok__golden(name: str, tmp_path: Path) -> None:
    path = GOLDEN / f"{name}.png"
    drawn = pictures()[name]
    seen = tmp_path / f"{name}.png"
    drawn.save(seen)
    advice = f"look at {seen} beside {path}; if the new one is right: {COMMAND}"
    assert path.is_file(), f"{name} has no golden: {advice}"
    with Image.open(path) as golden:
        assert same(golden, drawn), f"{name} is drawn differently: {advice}"


def test_ok__no_golden_is_left_over() -> None:
    assert {path.stem for path in GOLDEN.glob("*.png")} == set(pictures()), f"run {COMMAND}"


def test_ok__gallery_is_what_is_drawn() -> None:
    with Image.open(GALLERY) as stored:
        assert same(stored, gallery(pictures())), f"{GALLERY} is old: run {COMMAND}"


def test_ok__every_screen_has_an_example() -> None:
    assert {type(screen) for screen in EXAMPLES.values()} == set(screens.Screen.__args__)
    assert {s.fault for s in EXAMPLES.values() if isinstance(s, screens.FaultScreen)} == set(Fault)


@pytest.mark.parametrize("simulated", [False, True])
@pytest.mark.parametrize("name", EXAMPLES)
def test_ok__picture_is_128x64_with_a_dark_margin(name: str, simulated: bool) -> None:
    image = draw(EXAMPLES[name], simulated=simulated)
    assert (image.mode, image.size) == ("1", SIZE)
    inner = Image.new("1", SIZE)
    inner.paste(image.crop((1, 1, 127, 63)), (1, 1))
    assert same(inner, image)


@pytest.mark.parametrize("name", NO_MARK)
def test_ok__simulated_mark_hides_nothing(name: str) -> None:
    real, simulated = (draw(EXAMPLES[name], simulated=flag) for flag in (False, True))
    assert real.crop(MARK).getbbox() is None
    assert ink(ImageChops.logical_xor(real, simulated)) == MARK
    mark = draw(EXAMPLES["focus"], simulated=True).crop(MARK)
    assert same(simulated.crop(MARK), mark)


def test_ok__simulated_mark_reads_simulated() -> None:
    inverted = ImageChops.invert(draw(EXAMPLES["focus"], simulated=True).crop(MARK).convert("L"))
    word = draw_small("SIMULATED", WIDTH)
    assert same(inverted.crop(inverted.getbbox()), word.crop(word.getbbox()))


def test_ok__asleep_is_dark() -> None:
    assert draw(screens.AsleepScreen(), simulated=False).getbbox() is None
    assert draw(screens.AsleepScreen(), simulated=True).getbbox() is None


@pytest.mark.parametrize("simulated", [False, True])
@pytest.mark.parametrize("done", [False, True])
@pytest.mark.parametrize(
    "verdict", [*(conclusive(label, 0.9, 12, 2) for label in LABELS), ACUTE, UNSURE]
)
def test_ok__every_letter_of_the_verdict_is_20_pixels_high(verdict, done, simulated) -> None:
    screen = (
        screens.SlideDoneScreen("S0042", verdict)
        if done
        else screens.ResultScreen(
            "S0042", verdict, verdict.headline, verdict.confidence, 0.7, False
        )
    )
    image = draw(screen, simulated=simulated)
    word = draw_letters(verdict.headline, WIDTH, 22)
    x = 1 + (WIDTH - word.width) // 2
    shown = image.crop((x, 12, x + word.width, 12 + word.height))
    assert same(shown, word)
    # Nothing touches the word: what is measured is its letters.
    assert image.crop((0, 10, 128, 12)).getbbox() is None
    assert image.crop((0, 12 + word.height, 128, 36)).getbbox() is None
    letters = 0
    columns = [shown.crop((c, 0, c + 1, shown.height)).getbbox() for c in range(shown.width)]
    run: list[tuple[int, int]] = []
    for box in [*columns, None]:
        if box is not None:
            run.append((box[1], box[3]))
        elif run:
            letters += 1
            assert max(bottom for _, bottom in run) - min(top for top, _ in run) >= 20
            run = []
    assert letters == len(verdict.headline)


@pytest.mark.parametrize("done", [False, True])
@pytest.mark.parametrize("verdict", ON_CELLS)
def test_ok__pattern_of_cells_is_20_pixels_high(verdict, done) -> None:
    screen = (
        screens.SlideDoneScreen("S0042", verdict)
        if done
        else screens.ResultScreen(
            "S0042", verdict, verdict.headline, verdict.confidence, 0.7, False
        )
    )
    image = draw(screen, simulated=False)
    word = draw_letters(pattern_text(verdict), WIDTH, 22)
    x = 1 + (WIDTH - word.width) // 2
    assert word.height >= 20
    assert same(image.crop((x, 12, x + word.width, 12 + word.height)), word)
    assert image.crop((0, 10, 128, 12)).getbbox() is None
    assert image.crop((0, 12 + word.height, 128, 36)).getbbox() is None


@pytest.mark.parametrize("done", [False, True])
@pytest.mark.parametrize("control", QcState)
@pytest.mark.parametrize("verdict", ON_CELLS)
def test_ok__control_mark_stands_whole_beside_the_cells(verdict, control, done) -> None:
    marked = type(verdict)(**{**vars(verdict), "qc": control})
    screen = (
        screens.SlideDoneScreen("S0042", marked)
        if done
        else screens.ResultScreen("S0042", marked, "", 0.0, 0.0, False)
    )
    row = draw(screen, simulated=False).crop((1, 54 if done else 53, 127, 62 if done else 61))
    mark = qc_mark(control)
    if mark:
        word = draw_small(mark, WIDTH)
        assert same(row.crop((WIDTH - word.width, 0, WIDTH, 8)), word)
        counted = draw_small("888/100", WIDTH)
        assert counted.width + 2 <= WIDTH - word.width
    else:
        assert not same(row, Image.new("1", row.size))


@pytest.mark.parametrize("pattern", Pattern)
@pytest.mark.parametrize("share", [0.88, 1.0])
def test_ok__finding_fits(pattern: Pattern, share: float, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of 888 cells and any pattern."""
    seen = {CellType.MYELOBLAST: 888 * share}
    if pattern is Pattern.CML:
        seen = {CellType.MYELOCYTE: 888 * share}
    if pattern is Pattern.LYMPHOCYTOSIS:
        seen = {CellType.LYMPHOCYTE: 888 * share}
    verdict = on_cells(None, pattern, (0.9, 0.9), {**seen, CellType.MONOCYTE: 888 * (1 - share)})
    assert finding_text(verdict).endswith(" of 888")
    monkeypatch.delitem(GLYPHS, "…")
    draw(screens.SlideDoneScreen("S0042", verdict), simulated=True)


def test_ok__finished_slide_is_not_told_to_go_on() -> None:
    few = on_cells(None, None, (0.6, 0.7), {CellType.NEUTROPHIL: 9}, reason=Reason.FEW_CELLS)
    line = draw(screens.SlideDoneScreen("S0042", few), simulated=False).crop((1, 36, 127, 44))
    words = draw_small("too few cells", WIDTH)
    assert same(line.crop((0, 0, words.width, 8)), words)
    assert line.crop((words.width, 0, WIDTH, 8)).getbbox() is None


@pytest.mark.parametrize("verdict", [conclusive("AML", 0.7, 3, 1), ACUTE, UNSURE])
def test_ok__confidence_is_drawn(verdict) -> None:
    """A verdict that differs in nothing but its confidence is another picture."""
    fields = {**vars(verdict), "confidence": 0.31, "pattern_confidence": 0.32}
    other = type(verdict)(**fields)
    assert not same(
        draw(screens.SlideDoneScreen("S0042", verdict), simulated=False),
        draw(screens.SlideDoneScreen("S0042", other), simulated=False),
    )


@pytest.mark.parametrize("reason", [Reason.LOW_CONFIDENCE, Reason.CLASS_UNSURE])
def test_ok__reason_fits_beside_its_confidence(reason: Reason) -> None:
    assert draw_small(f"{reason.value} 99%", 999).width <= WIDTH


@pytest.mark.parametrize("reason", Reason)
def test_ok__reason_fits(reason: Reason) -> None:
    assert draw_small(reason.value, 999).width <= WIDTH


@pytest.mark.parametrize("name", EXAMPLES)
def test_ok__no_example_is_cut(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The three dots of a cut text are nowhere: drawing them would fail."""
    monkeypatch.delitem(GLYPHS, "…")
    draw(EXAMPLES[name], simulated=True)


def test_ok__font_has_ascii_and_micro() -> None:
    assert {*map(chr, range(32, 127)), "µ", "…"} == set(GLYPHS)
    for rows in GLYPHS.values():
        assert len(rows) == HEIGHT
        assert 1 <= len(rows[0]) <= 5
        assert {len(row) for row in rows} == {len(rows[0])}
    inked = [rows for char, rows in GLYPHS.items() if char != " "]
    assert len(set(inked)) == len(inked)


@given(st.text(max_size=40), st.integers(20, 126))
def test_ok__small_text_fits(text: str, width: int) -> None:
    assert draw_small(text, width).width <= width


@given(st.text(max_size=40), st.sampled_from([14, 16, 22, 24]))
def test_ok__large_text_fits(text: str, height: int) -> None:
    picture = draw_letters(text, WIDTH, height)
    assert picture.width <= WIDTH
    assert height - 1 <= picture.height <= height


@pytest.mark.parametrize("char", "MW")
def test_ok__18_letters_are_never_cut(char: str) -> None:
    assert not same(draw_letters(char * 18, WIDTH, 22), draw_letters(char * 17, WIDTH, 22))


@given(
    st.floats(0, 1),
    st.floats(0, 1),
    st.text(max_size=30),
    st.text(max_size=30),
    st.text(max_size=30),
    st.integers(0, 10**6),
)
def test_ok__focus_meter_draws_anything(sharpness, peak, problem, advice, warning, count) -> None:
    screen = screens.FocusScreen(
        "S123456", sharpness, peak, problem, advice, count, 10 * count, warning
    )
    image = draw(screen, simulated=True)
    assert image.crop((0, 63, 128, 64)).getbbox() is None
    assert image.crop((127, 0, 128, 64)).getbbox() is None


def test_ok__focus_bar_grows_with_sharpness() -> None:
    lengths = []
    for sharpness in (0.0, 0.25, 0.5, 0.75, 1.0):
        screen = screens.FocusScreen("S0042", sharpness, 0.0, "X", "", 0, 0, "")
        row = draw(screen, simulated=False).crop((2, 19, 126, 20))
        lengths.append(row.convert("L").tobytes().count(255))
    assert lengths == sorted(set(lengths))
