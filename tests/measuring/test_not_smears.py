"""Pictures that are not smears, and the tables of the verdicts on them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from leukoscope_training.shared.non_smear_drawing import FORMATS, Maker, draw_look, photograph

from tests.measuring.blurred_smears import choose_files, gaussian_spectrum, motion_spectrum
from tests.measuring.false_verdicts import (
    KINDS,
    PlayedSlide,
    list_tasks,
    tabulate_fields,
    tabulate_slides,
)

MAKERS = [maker for makers in KINDS.values() for maker in makers]


@pytest.mark.parametrize("maker", MAKERS, ids=lambda maker: maker.__name__)
def test_ok__a_seed_makes_the_same_field_again_and_another_number_another(maker: Maker) -> None:
    look = draw_look(7)
    field = photograph(maker, look, 0)
    assert (field.um_per_px, field.rgb.shape[:2]) in FORMATS
    assert np.array_equal(field.rgb, photograph(maker, draw_look(7), 0).rgb)
    assert not np.array_equal(field.rgb, photograph(maker, look, 1).rgb)


def test_ok__looks_differ_in_scale_and_light() -> None:
    looks = [draw_look(seed) for seed in range(12)]
    assert {look.um_per_px for look in looks} == {um for um, _ in FORMATS}
    assert sum(look.tint == (1.0, 1.0) for look in looks) == 6


def test_ok__every_picture_is_asked_for_with_seeds_of_its_own() -> None:
    asked = list_tasks(300)
    assert {(kind, maker) for kind, maker, _ in asked} == {
        (kind, maker) for kind, makers in KINDS.items() for maker in range(len(makers))
    }
    assert len({seed for *_, seed in asked}) == len(asked)


def test_ok__blur_has_the_width_that_it_says() -> None:
    um_per_px, side = 0.25, 256
    down, across = np.fft.fftfreq(side, um_per_px)[:, None], np.fft.fftfreq(side, um_per_px)[None]
    at = (np.arange(side) - side // 2) * um_per_px
    for spectrum, deviation in (
        (gaussian_spectrum(2.0), 2.0),
        (motion_spectrum(8.0, 0.0), 8.0 / np.sqrt(12)),
    ):
        point = np.fft.fftshift(np.fft.ifft2(spectrum(down, across)).real)
        assert point.sum() == pytest.approx(1.0)
        assert np.sqrt((point.sum(axis=0) * at**2).sum()) == pytest.approx(deviation, rel=0.02)
    still = np.fft.ifft2(motion_spectrum(8.0, 0.0)(down, across)).real
    assert np.abs(still[1:]).max() < 1e-9  # moved to the right: nothing is blurred downwards


def test_ok__ten_fields_of_a_slide_with_more() -> None:
    files = [Path(f"{number}.jpg") for number in range(28)]
    assert [int(path.stem) for path in choose_files(files)] == [0, 3, 6, 9, 12, 15, 18, 21, 24, 27]


def test_ok__tables_count_what_is_refused_and_what_is_named() -> None:
    slides = [
        PlayedSlide("text", "text: label", ("focus", "normal"), "normal", "CLL"),
        PlayedSlide(
            "text", "text: label", ("white_cells", "inconclusive"), "inconclusive", "normal"
        ),
        PlayedSlide("noise", "noise: plain", ("focus", "acute"), "inconclusive", "inconclusive"),
    ]
    fields = tabulate_fields(slides).splitlines()
    head = fields[0].split(" | ")
    assert head[4:] == [
        *("focus, %", "scale, %", "red cells, %", "white cells, %", "artefacts, %"),
        "inconclusive, %",
        *("named normal, %", "named leukaemia, %", "refused, % |"),
    ]
    label = next(line for line in fields if "text: label" in line).split(" | ")
    assert label[1:5] == ["4", "–", "–", "25.0"]
    assert label[5:11] == ["–", "–", "25.0", "–", "25.0", "25.0"]
    assert label[11:] == ["–", label[12]]
    assert label[12].startswith("75.0 (")
    noise = next(line for line in fields if "**noise**" in line).split(" | ")
    assert noise[11] == "50.0"
    whole = tabulate_slides(slides).splitlines()[-1].split(" | ")
    assert whole[:5] == ["| **all**", "3", "66.7", "33.3", "–"]
    assert whole[5].startswith("66.7 (")
    assert whole[6:] == ["33.3", "33.3 |"]
