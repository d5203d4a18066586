"""Pictures of one place are found after refocusing, shifts and mirroring; others are not."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from leukoscope_training.data.near_duplicates import Pair, find_groups, find_pairs
from leukoscope_training.shared.errors import TrainingError
from PIL import Image, ImageDraw, ImageFilter


def glass(seed: int, size: int = 400) -> Image.Image:
    """A smear: 150 discs on a light ground."""
    random = np.random.default_rng(seed)
    picture = Image.new("L", (size, size), 220)
    draw = ImageDraw.Draw(picture)
    for _ in range(150):
        x, y = random.uniform(0, size, 2)
        radius = random.uniform(8, 16)
        box = (x - radius, y - radius, x + radius, y + radius)
        draw.ellipse(box, fill=int(random.integers(60, 190)))
    return picture.convert("RGB")


def field(picture: Image.Image, x: int = 40, y: int = 40) -> Image.Image:
    return picture.crop((x, y, x + 320, y + 320))


def shaded(picture: Image.Image) -> Image.Image:
    """Under a light that falls off to one side by half."""
    light = np.linspace(1, 0.5, picture.width)[None, :, None]
    return Image.fromarray((np.asarray(picture) * light).astype(np.uint8))


def save(folder: Path, *pictures: Image.Image) -> list[Path]:
    paths = [folder / f"{i}.png" for i in range(len(pictures))]
    for path, picture in zip(paths, pictures, strict=True):
        picture.save(path)
    return paths


def test_ok__equal_files_are_found(tmp_path: Path) -> None:
    paths = save(tmp_path, field(glass(1)), field(glass(2)), field(glass(1)))
    assert find_pairs(paths) == [Pair(0, 2, 1.0, equal_files=True)]


@pytest.mark.parametrize(
    "again",
    [
        pytest.param(lambda one: field(one).filter(ImageFilter.GaussianBlur(4)), id="refocused"),
        pytest.param(lambda one: field(one, x=70, y=20), id="shifted"),
        pytest.param(lambda one: shaded(field(one)), id="shaded"),
        pytest.param(
            lambda one: field(one).transpose(Image.Transpose.FLIP_LEFT_RIGHT), id="mirror"
        ),
        pytest.param(lambda one: field(one).transpose(Image.Transpose.ROTATE_180), id="half turn"),
        pytest.param(lambda one: field(one).resize((200, 200)), id="smaller"),
    ],
)
def test_ok__the_same_glass_again_is_found(again, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    others = [field(glass(seed)) for seed in range(2, 30)]
    pairs = find_pairs(save(tmp_path, field(glass(1)), again(glass(1)), *others))
    assert [(pair.first, pair.second) for pair in pairs] == [(0, 1)]


def test_ok__other_glass_under_one_light_is_not(tmp_path: Path) -> None:
    assert find_pairs(save(tmp_path, *(shaded(field(glass(seed))) for seed in range(12)))) == []


def test_ok__an_empty_overlap_is_no_evidence(tmp_path: Path) -> None:
    noise = np.random.default_rng(0).integers(0, 255, (6, 64, 64), dtype=np.uint8)
    nearly_empty = Image.new("L", (64, 64), 128)
    nearly_empty.paste(Image.fromarray(noise[0, :8, :8]), (0, 0))
    others = (Image.fromarray(one) for one in noise[1:])
    assert find_pairs(save(tmp_path, nearly_empty, *others)) == []


def test_ok__empty_pictures_and_few_of_them_are_no_pairs(tmp_path: Path) -> None:
    white, grey = Image.new("RGB", (300, 200), "white"), Image.new("RGB", (300, 200), "grey")
    paths = save(tmp_path, white, grey)
    assert find_pairs(paths) == find_pairs(paths[:1]) == find_pairs([]) == []


def test_ok__pairs_join_to_groups() -> None:
    pairs = [Pair(1, 3, 0.9), Pair(3, 4, 0.8), Pair(0, 5, 0.7)]
    assert find_groups(6, pairs) == [0, 1, 2, 1, 1, 0]


@pytest.mark.parametrize("content", [b"", b"no picture", b"\x89PNG\r\n\x1a\n"])
def test_fail__what_is_no_picture_is_named(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "broken.png").write_bytes(content)
    paths = [*save(tmp_path, field(glass(1))), tmp_path / "broken.png"]
    with pytest.raises(TrainingError, match=r"broken\.png: can't be read"):
        find_pairs(paths)


@pytest.mark.shared
def test_ok__known_pairs_of_the_leukaemia_and_pi_fields_are_found(shared_data: Path) -> None:
    leukaemia = shared_data / "lld-40x/CLL/patient-21"
    pi = shared_data / "chula-pi/fields"
    known = [
        (leukaemia / "21_34_46_400_CLL.jpg", leukaemia / "21_60_46_400_CLL.jpg"),  # equal
        (pi / "HF-M-8_0037.jpg", pi / "M-8_0037.jpg"),  # mirrored
        (pi / "E-11_0667.jpg", pi / "E-11_0678.jpg"),  # refocused
        (pi / "B-53_0102.jpg", pi / "B-53_0103.jpg"),  # another exposure
        (pi / "B-30_0102.jpg", pi / "B-30_0109.jpg"),  # shifted
    ]
    others = sorted(pi.glob("L-8_*.jpg"))[:20]
    paths = [path for pair in known for path in pair]
    found = find_pairs([*paths, *others])
    assert {(0, 1), (2, 3), (4, 5), (6, 7), (8, 9)} == {
        (pair.first, pair.second) for pair in found if pair.first < len(paths)
    }
