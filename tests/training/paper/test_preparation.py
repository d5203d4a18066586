"""The paper's pictures, their ablation, and the augmentation."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from leukoscope.field import Field, Rgb
from leukoscope_training.data.manifest import Manifest, Sample, sha256_of
from leukoscope_training.paper.augmentation import augment
from leukoscope_training.paper.pictures import PictureSet, load, save
from leukoscope_training.paper.preparation import cut_out_white_cells, prepare
from leukoscope_training.shared.errors import TrainingError
from PIL import Image

from tests.smears import UM_PER_PX, smear


@pytest.fixture(scope="module")
def taken() -> Rgb:
    """A field of several white cells."""
    return smear()


@pytest.fixture
def manifest(taken: Rgb, tmp_path: Path) -> Manifest:
    """Two fields of one slide, the second without white cells."""
    empty = np.full_like(taken, 225)
    samples = []
    for name, rgb, label in (("1.png", taken, "CML"), ("2.png", empty, "normal")):
        Image.fromarray(rgb).save(tmp_path / name)
        sha256 = sha256_of(tmp_path / name)
        samples.append(Sample(name, label, f"set/{label}", UM_PER_PX, "set", "none", sha256))
    return Manifest(tmp_path, tuple(samples))


@pytest.fixture
def pictures(manifest: Manifest) -> PictureSet:
    return prepare([manifest])


def test_ok__whole_fields_are_squashed_to_the_papers_size(pictures: PictureSet) -> None:
    assert pictures.whole.shape == pictures.cut_out.shape == (2, 200, 200, 3)
    assert pictures.label.tolist() == [3, 0]
    assert pictures.group.tolist() == ["set/CML", "set/normal"]


def test_ok__the_ablation_differs_where_white_cells_were(pictures: PictureSet) -> None:
    assert pictures.cells[0] > 0
    changed = (pictures.whole[0] != pictures.cut_out[0]).any(-1)
    assert 0 < changed.mean() < 0.5
    assert pictures.cells[1] == 0
    assert (pictures.whole[1] == pictures.cut_out[1]).all()


def test_ok__no_white_cell_is_found_in_an_ablation(taken: Rgb) -> None:
    rng = np.random.default_rng(0)
    ablation, found = cut_out_white_cells(Field(taken, UM_PER_PX), rng)
    assert found > 0
    assert cut_out_white_cells(Field(ablation, UM_PER_PX), rng)[1] == 0


def test_ok__pictures_are_kept(pictures: PictureSet, tmp_path: Path) -> None:
    save(pictures, tmp_path)
    again = load(tmp_path)
    assert all(
        np.array_equal(value, getattr(again, name)) for name, value in vars(pictures).items()
    )


def test_fail__nothing_prepared(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="paper prepare"):
        load(tmp_path)


def test_fail__a_sample_without_a_label(manifest: Manifest) -> None:
    sample = Sample("1.png", "", "set/x", UM_PER_PX, "set", "none", "0" * 64)
    with pytest.raises(TrainingError, match=r"1\.png: its manifest has no label"):
        prepare([Manifest(manifest.root, (sample,))])


def test_fail__a_file_that_is_no_picture(manifest: Manifest) -> None:
    (manifest.root / "2.png").write_text("not a picture")
    with pytest.raises(TrainingError, match=r"2\.png: can't be read"):
        prepare([manifest])


def test_ok__augmentation_depends_on_its_seed_alone(pictures: PictureSet) -> None:
    first, again = (augment(pictures.whole[0], np.random.default_rng(7)) for _ in range(2))
    other = augment(pictures.whole[0], np.random.default_rng(8))
    assert (first == again).all()
    assert (first != other).any()


def test_ok__augmentation_keeps_colours_and_fills_the_rim(pictures: PictureSet) -> None:
    picture = pictures.whole[0]
    for seed in range(8):
        seen = augment(picture, np.random.default_rng(seed))
        assert seen.shape == picture.shape
        assert seen.min() >= picture.min()
        assert seen.mean((0, 1)) == pytest.approx(picture.mean((0, 1)), abs=8)
