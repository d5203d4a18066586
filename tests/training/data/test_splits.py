"""Splits: no patient is in two parts, no place is used twice, and the committed ones are of these files."""

from __future__ import annotations

import csv
from collections import Counter, defaultdict
from pathlib import Path

import numpy as np
import pytest
from leukoscope_training.data.manifest import Manifest, ManifestError, Sample, sha256_of
from leukoscope_training.data.splits import (
    CHULA_B,
    FOLDS,
    LLD_A,
    SPLITS,
    SplitRow,
    find_same_place,
    make_committed_splits,
    read_split,
    read_split_file,
    sort_by_part,
    split_by_group,
    split_by_image,
    write_split,
)
from PIL import Image


def manifest_of(folder: Path, groups: dict[str, tuple[str, int]], cell_type: str = "") -> Manifest:
    """Noise pictures; groups: name to label and number of pictures."""
    samples = []
    for seed, (group, (label, count)) in enumerate(groups.items()):
        random = np.random.default_rng(seed)
        for i in range(count):
            path = folder / f"{group}-{i}.png"
            Image.fromarray(random.integers(0, 255, (64, 64), dtype=np.uint8)).save(path)
            samples.append(
                Sample(path.name, label, f"s/{group}", 0.2, "s", "MIT", sha256_of(path), cell_type)
            )
    return Manifest(folder, tuple(samples))


def copied(manifest: Manifest, i: int, **changes: str) -> Manifest:
    """With a mirrored picture of sample i added."""
    one = manifest.samples[i]
    path = manifest.root / "again.png"
    Image.open(manifest.path(one)).transpose(Image.Transpose.FLIP_LEFT_RIGHT).save(path)
    values = {"label": one.label, "group": one.group, **changes}
    again = Sample(
        path.name, um_per_px=0.2, source="s", licence="", sha256=sha256_of(path), **values
    )
    return Manifest(manifest.root, (*manifest.samples, again))


def rows_of(name: str) -> list[dict[str, str]]:
    with (SPLITS / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_ok__nobody_is_on_both_sides_of_patient_disjoint() -> None:
    sides = defaultdict(set)
    for row in rows_of("patient-disjoint"):
        sides[row["group"]].add(row["part"])
    assert all(len(found) == 1 for found in sides.values())
    assert {group for group, side in sides.items() if side == {"A"} and "lld" in group} == LLD_A
    assert {group for group, side in sides.items() if side == {"B"} and "chula" in group} == CHULA_B


def test_ok__both_halves_have_every_class_and_bccd_is_external() -> None:
    labels = defaultdict(set)
    for row in rows_of("patient-disjoint"):
        labels[row["part"]].add(row["label"])
        assert (row["part"] == "external") == (row["source"] == "bccd")
    assert labels["A"] == labels["B"] == {"normal", "ALL", "AML", "CML", "CLL"}


def test_ok__image_level_is_stratified_and_names_no_file_twice() -> None:
    rows = rows_of("image-level")
    assert len({row["sha256"] for row in rows}) == len(rows)
    counts = Counter((row["label"], row["part"]) for row in rows)
    for label, number in Counter(row["label"] for row in rows).items():
        assert counts[label, "train"] / number == pytest.approx(0.7, abs=0.02)
        assert counts[label, "val"] == counts[label, "test"]


@pytest.mark.parametrize(
    "pair",
    [("21_34_46", "21_60_46"), ("/M-8_0037", "HF-M-8_0037"), ("E-11_0423", "E-11_0424")],
)
def test_ok__known_near_duplicates_are_not_both_in_image_level(pair: tuple[str, str]) -> None:
    images = [row["image"] for row in rows_of("image-level")]
    assert sum(any(name in image for image in images) for name in pair) == 1


@pytest.mark.shared
def test_ok__committed_splits_are_what_the_data_give(shared_data: Path, tmp_path: Path) -> None:
    """Which holds their hashes too."""
    for name, rows in make_committed_splits(shared_data).items():
        write_split(rows, tmp_path / "again.csv")
        assert (tmp_path / "again.csv").read_text() == (SPLITS / f"{name}.csv").read_text()


@pytest.mark.shared
def test_ok__no_glass_is_in_two_parts(shared_data: Path) -> None:
    rows = [row for row in rows_of("patient-disjoint") if row["part"] != "external"]
    samples = [
        Sample(r["image"], r["label"], r["group"], 0.1, r["source"], "", r["sha256"]) for r in rows
    ]
    dealt = read_split("image-level")
    for pair in find_same_place(Manifest(shared_data, tuple(samples))):
        one, other = rows[pair.first], rows[pair.second]
        assert one["part"] == other["part"]
        assert pair.equal_files or not {one["sha256"], other["sha256"]} <= set(dealt)


def test_ok__by_image_is_the_same_with_the_same_seed_and_another_with_another(
    tmp_path: Path,
) -> None:
    manifest = manifest_of(tmp_path, {"p": ("ALL", 20), "q": ("normal", 20)})
    assert split_by_image(manifest, 1) == split_by_image(manifest, 1) != split_by_image(manifest, 2)
    counts = Counter((row.sample.label, row.part) for row in split_by_image(manifest, 1))
    assert counts["ALL", "train"] == 14
    assert counts["ALL", "val"] == counts["normal", "test"] == 3


def test_ok__by_image_deals_one_glass_out_once(tmp_path: Path) -> None:
    manifest = manifest_of(tmp_path, {"p": ("ALL", 20)})
    assert "again.png" not in {row.sample.image for row in split_by_image(copied(manifest, 3), 0)}


def test_ok__single_cells_that_look_alike_are_kept(tmp_path: Path) -> None:
    manifest = manifest_of(tmp_path, {"p": ("ALL", 20)}, cell_type="lymphoblast")
    assert len(split_by_image(copied(manifest, 3), 0)) == 21


def test_ok__by_group_parts_no_group_and_evens_the_halves(tmp_path: Path) -> None:
    groups = {
        "a": ("ALL", 6),
        "b": ("ALL", 3),
        "c": ("ALL", 3),
        "d": ("normal", 2),
        "e": ("normal", 2),
    }
    rows = split_by_group(manifest_of(tmp_path, groups), 0)
    sides = {row.sample.group: row.part for row in rows}
    assert all(sides[row.sample.group] == row.part for row in rows)
    assert Counter(row.part for row in rows) == {"A": 8, "B": 8}
    assert sides["s/b"] == sides["s/c"] != sides["s/a"]


def test_ok__groups_of_one_glass_stay_together(tmp_path: Path) -> None:
    groups = {"a": ("ALL", 3), "b": ("ALL", 3), "c": ("ALL", 3), "d": ("ALL", 3)}
    manifest = copied(manifest_of(tmp_path, groups), 0, group="s/d")
    for seed in range(5):
        sides = {row.sample.group: row.part for row in split_by_group(manifest, seed)}
        assert sides["s/a"] == sides["s/d"]


def test_ok__parts_of_a_manifest(tmp_path: Path) -> None:
    manifest = manifest_of(tmp_path, {"p": ("ALL", 3)})
    one, other, left_out = manifest.samples
    write_split([SplitRow(one, "A"), SplitRow(other, "B")], tmp_path / "s.csv")
    assert sort_by_part(manifest, read_split_file(tmp_path / "s.csv")) == {"A": [one], "B": [other]}
    assert left_out.sha256 not in read_split_file(tmp_path / "s.csv")


def test_ok__committed_splits_are_read() -> None:
    assert set(read_split("image-level").values()) == {"train", "val", "test"}
    assert set(read_split("patient-disjoint").values()) == {"A", "B", "external"}


def test_fail__unknown_split() -> None:
    with pytest.raises(ManifestError, match="committed are image-level, patient-disjoint"):
        read_split("../secret")


def test_fail__a_split_of_other_pictures_and_a_sample_without_hash(tmp_path: Path) -> None:
    manifest = manifest_of(tmp_path, {"p": ("ALL", 1)})
    with pytest.raises(ManifestError, match="names no picture"):
        sort_by_part(manifest, read_split("image-level"))
    bare = Manifest(tmp_path, (Sample("a.png", "ALL", "g", 0.2, "s", ""),))
    with pytest.raises(ManifestError, match=r"a\.png: no SHA-256"):
        sort_by_part(bare, {})


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("image,part\n", "line 1: not the columns"),
        ("source,image,sha256,label,group,part\ns,a,0\n", "line 2: not 6 values"),
        (
            "source,image,sha256,label,group,part\ns,a,0,ALL,g,A\ns,b,0,ALL,g,B\n",
            "line 3: b is in two parts",
        ),
    ],
)
def test_fail__a_bad_split_file(text: str, said: str, tmp_path: Path) -> None:
    (tmp_path / "s.csv").write_text(text)
    with pytest.raises(ManifestError, match=said):
        read_split_file(tmp_path / "s.csv")


def test_fail__one_glass_with_two_labels(tmp_path: Path) -> None:
    manifest = copied(manifest_of(tmp_path, {"p": ("ALL", 20)}), 0, label="CLL")
    with pytest.raises(ManifestError, match="same place with different labels"):
        split_by_image(manifest, 0)


def test_fail__too_few_to_split(tmp_path: Path) -> None:
    manifest = manifest_of(tmp_path, {"p": ("ALL", 3)})
    with pytest.raises(ManifestError, match="label ALL: 3 pictures are too few"):
        split_by_image(manifest, 0)
    with pytest.raises(ManifestError, match="label ALL: only group s/p"):
        split_by_group(manifest, 0)


def test_fail__a_group_of_two_labels(tmp_path: Path) -> None:
    manifest = copied(manifest_of(tmp_path, {"p": ("ALL", 3), "q": ("ALL", 3)}), 0, label="CLL")
    with pytest.raises(ManifestError, match="group s/p has several labels"):
        split_by_group(manifest, 0)


def test_ok__a_fold_has_one_patient_and_two_slides_of_its_own() -> None:
    groups: dict[str, set[str]] = {}
    for row in rows_of("ten-fold"):
        groups.setdefault(row["part"], set()).add(row["group"])
    assert sorted(groups) == list(FOLDS)
    for own in groups.values():
        assert sorted(name.split("/")[0] for name in own) == ["chula-pi", "chula-pi", "lld-40x"]
    assert len(set.union(*groups.values())) == 30
