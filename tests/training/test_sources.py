"""The committed lists: complete, disjoint by patient and slide, and of the files that are there."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

import pytest

from models.training.rendered import SEEDS
from models.training.sources import ENTRIES_OF, Split, read_split


@pytest.mark.parametrize("name", ["lld-40x", "chula-pi"])
def test_ok__no_patient_or_slide_is_in_test_and_in_training(name: str) -> None:
    splits = defaultdict(set)
    for entry in read_split(name):
        splits[entry.group].add(entry.split)
    assert all(found == {Split.TEST} for found in splits.values() if Split.TEST in found)


def test_ok__leukaemia_is_split_as_its_authors_did() -> None:
    test = {entry.group for entry in read_split("lld-40x") if entry.split is Split.TEST}
    assert test == {"patient-04", "patient-15", "patient-21", "patient-23", "patient-28"}


def test_ok__files_of_one_source_field_are_never_parted() -> None:
    splits = defaultdict(set)
    for entry in read_split("lld-40x"):
        splits[entry.group, Path(entry.image).name.split("_")[2]].add(entry.split)
    assert all(len(found) == 1 for found in splits.values())


def test_ok__the_external_set_is_never_trained_on() -> None:
    assert {entry.split for entry in read_split("bccd")} == {Split.EXTERNAL}


def test_ok__rendered_seeds_are_disjoint_and_not_the_demonstrations() -> None:
    seeds = [seed for split in SEEDS.values() for seed in split]
    assert len(set(seeds)) == len(seeds)
    assert min(seeds) >= 1000


@pytest.mark.parametrize("name", list(ENTRIES_OF))
@pytest.mark.shared
def test_ok__lists_are_what_the_data_give(name: str, shared_data: Path) -> None:
    assert ENTRIES_OF[name](shared_data / name) == read_split(name)
