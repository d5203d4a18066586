"""Control slides on the disk: kept, removed, restarted, damaged."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from leukoscope.errors import StoreError
from leukoscope.notice import NOTICE
from leukoscope.qc import folder as folder_module
from leukoscope.qc.errors import QcError
from leukoscope.qc.folder import QcFolder
from leukoscope.qc.series import QcScope
from leukoscope.qc.slide_file import parse_qc_slide, to_toml

from tests.qc.examples import MADE_FOR, control_slides

SLIDES = control_slides([0.0, 0.5, -0.5])


@pytest.fixture
def folder(tmp_path: Path) -> QcFolder:
    kept = QcFolder(tmp_path / "state" / "control")
    (tmp_path / "state").mkdir()
    for slide in SLIDES:
        kept.keep(slide)
    return kept


def names(folder: QcFolder) -> list[str]:
    return [slide.slide for slide in folder.load(MADE_FOR).slides]


def test_ok__kept_slides_come_back_in_order(folder: QcFolder) -> None:
    found = folder.load(MADE_FOR)
    assert found.slides == tuple(SLIDES)
    assert (found.others, found.problems) == (0, ())
    assert NOTICE in (folder.root / "S0001.toml").read_text(encoding="utf-8")


def test_ok__none_was_kept_yet(tmp_path: Path) -> None:
    folder = QcFolder(tmp_path / "absent")
    assert folder.load(MADE_FOR).slides == ()
    assert folder.changed() == folder.changed()
    assert not folder.root.exists()


def test_ok__the_folder_says_when_it_has_changed(folder: QcFolder) -> None:
    seen = folder.changed()
    os.utime(folder.root, ns=(0, 0))  # so that the clock's steps do not matter
    seen = folder.changed()
    folder.remove("S0002")
    assert folder.changed() != seen


def test_ok__slides_of_another_model_or_of_a_simulator_do_not_count(folder: QcFolder) -> None:
    for other in (replace(MADE_FOR, simulated=True), QcScope("cd" * 32, simulated=False)):
        found = folder.load(other)
        assert (found.slides, found.others) == ((), 3)


def test_ok__a_removed_slide_stays_on_the_disk(folder: QcFolder) -> None:
    kept = folder.remove("S0002")
    assert names(folder) == ["S0001", "S0003"]
    assert parse_qc_slide(kept.read_text(encoding="utf-8"), "it") == SLIDES[1]
    folder.keep(SLIDES[1])
    assert folder.remove("S0002") != kept
    assert kept.exists()


def test_ok__a_restart_keeps_the_old_slides_and_counts_the_new_ones(folder: QcFolder) -> None:
    assert folder.restart() == "S0003"
    assert names(folder) == []
    assert len(list(folder.root.glob("S*.toml"))) == 3
    (newer,) = control_slides([0.0], first=4)
    folder.keep(newer)
    assert names(folder) == ["S0004"]


def test_fail__kept_twice(folder: QcFolder) -> None:
    with pytest.raises(QcError, match="S0001 is a control slide already"):
        folder.keep(SLIDES[0])


def test_fail__read_before_the_restart(folder: QcFolder) -> None:
    folder.restart()
    folder.remove("S0002")
    with pytest.raises(QcError, match="S0002 was read before the control slides were restarted"):
        folder.keep(SLIDES[1])


def test_fail__removed_or_restarted_without_a_control(tmp_path: Path) -> None:
    folder = QcFolder(tmp_path / "control")
    with pytest.raises(QcError, match="S0009 is not a control slide"):
        folder.remove("S0009")
    with pytest.raises(QcError, match="nothing to restart"):
        folder.restart()


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("format = 1", "format = 2", "format"),
        ('slide = "S0002"', 'slide = "42"', "slide must be"),
        ('slide = "S0002"', 'slide = "S0009"', "its file is of S0009"),
        ('made = "', 'made = "x', "made must be"),
        ("cells = 100", "cells = 3", "cells must be"),
        ("nuclear_area = ", "nuclear_area = nan # ", "medians.nuclear_area"),
        ("blasts = 0.01", "blasts = 1.5", "shares.blasts"),
        ("[medians]", "[medians", "not valid TOML"),
        ("lobes = 2.0\n", "", "medians.lobes is missing"),
    ],
)
def test_fail__a_damaged_file_is_named_and_the_others_count(
    folder: QcFolder, old: str, new: str, says: str
) -> None:
    path = folder.root / "S0002.toml"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")
    assert names(folder) == ["S0001", "S0003"]
    (problem,) = folder.load(MADE_FOR).problems
    assert "S0002.toml" in problem
    assert says in problem


@pytest.mark.parametrize("data", [b"", b"\xff\xfe", b"after = 3", b"after = 'x'"])
def test_fail__after_a_damaged_restart_no_slide_counts(folder: QcFolder, data: bytes) -> None:
    folder.restart()
    (folder.root / "restarted.toml").write_bytes(data)
    assert names(folder) == []
    (problem,) = folder.load(MADE_FOR).problems
    assert "restarted.toml" in problem
    folder.restart()
    assert folder.load(MADE_FOR).problems == ()


def test_fail__a_full_disk(folder: QcFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*given: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(folder_module, "write_durably", fail)
    (newer,) = control_slides([0.0], first=4)
    with pytest.raises(StoreError, match="no room to write the control slide"):
        folder.keep(newer)
    assert names(folder) == ["S0001", "S0002", "S0003"]


@given(st.text())
def test_fail__any_text_is_a_slide_or_a_control_error(text: str) -> None:
    with pytest.raises(QcError, match="somewhere"):
        parse_qc_slide(text, "somewhere")


@given(st.integers(0, 10_000), st.text(max_size=3))
def test_fail__a_file_that_was_changed_anywhere(position: int, inserted: str) -> None:
    text = to_toml(SLIDES[0])
    at = position % len(text)
    try:
        parsed = parse_qc_slide(text[:at] + inserted + text[at:], "somewhere")
    except QcError as error:
        assert "somewhere" in str(error)  # noqa: PT017
    else:
        assert parsed.measures.cells >= 50


def test_ok__the_same_slide_is_the_same_text() -> None:
    text = to_toml(SLIDES[1])
    assert parse_qc_slide(text, "it") == SLIDES[1]
    assert to_toml(parse_qc_slide(text, "it")) == text


@pytest.mark.parametrize("name", ["S0000.toml", "S٠٠٠٤.toml", "S42.toml"])
def test_ok__files_with_other_names_are_not_read(folder: QcFolder, name: str) -> None:
    (folder.root / name).write_text("")
    found = folder.load(MADE_FOR)
    assert (found.slides, found.problems) == (tuple(SLIDES), ())
