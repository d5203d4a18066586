"""A manifest comes back as it was written, and says where a bad one is bad."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from leukoscope.reading.results import LABELS
from leukoscope_training.data.manifest import (
    COLUMNS,
    SAMPLE_TYPES,
    Manifest,
    ManifestError,
    Sample,
    read_manifest,
    write_manifest,
)

HEADING = ",".join(COLUMNS)
GOOD = "a/b.jpg,ALL,set/p1,0.14,set,MIT,,"

texts = st.text(st.characters(codec="utf-8", exclude_characters="\0\r"), max_size=12)
names = st.text(
    st.characters(codec="utf-8", exclude_characters='\0\r\n/\\"'), min_size=1, max_size=12
)
images = st.lists(names.filter(lambda n: n not in {".", ".."}), min_size=1, max_size=3).map(
    "/".join
)
samples = st.builds(
    Sample,
    image=images,
    label=st.sampled_from(["", *LABELS]),
    group=texts.filter(bool),
    um_per_px=st.floats(min_value=1e-6, max_value=1e6),
    source=texts.filter(bool),
    licence=texts,
    sha256=st.sampled_from(["", "0" * 64, "0123456789abcdef" * 4]),
    cell_type=st.sampled_from(["", *SAMPLE_TYPES]),
)
lists = st.lists(samples, max_size=4, unique_by=lambda sample: sample.image)
several = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])


@several
@given(samples=lists)
def test_ok__csv_comes_back_as_written(samples: list[Sample], tmp_path: Path) -> None:
    path = tmp_path / "m.csv"
    write_manifest(Manifest(tmp_path, tuple(samples)), path)
    assert read_manifest(path) == Manifest(tmp_path, tuple(samples))


@several
@given(samples=lists)
def test_ok__parquet_comes_back_as_written(samples: list[Sample], tmp_path: Path) -> None:
    pytest.importorskip("pyarrow", reason="PyArrow, of the [train] extra, is not installed")
    path = tmp_path / "m.parquet"
    write_manifest(Manifest(tmp_path, tuple(samples)), path)
    assert read_manifest(path) == Manifest(tmp_path, tuple(samples))


def test_ok__paths_start_at_the_root_that_is_given(tmp_path: Path) -> None:
    path = tmp_path / "m.csv"
    path.write_text(f"{HEADING}\n{GOOD}\n")
    manifest = read_manifest(path, tmp_path / "elsewhere")
    assert manifest.path(manifest.samples[0]) == tmp_path / "elsewhere/a/b.jpg"


def test_ok__more_columns_and_another_order_are_read(tmp_path: Path) -> None:
    path = tmp_path / "m.csv"
    path.write_text(f"remark,{HEADING}\nhello,{GOOD}\n", encoding="utf-8-sig")
    assert read_manifest(path).samples[0].group == "set/p1"


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("a.jpg,flu,g,0.1,s,MIT,,", "line 3, column label: 'flu'"),
        ("a.jpg,ALL,g,0.1,s,MIT,,giant", "line 3, column cell_type: 'giant'"),
        ("a.jpg,ALL,g,0,s,MIT,,", "line 3, column um_per_px: '0'"),
        ("a.jpg,ALL,g,-1,s,MIT,,", "line 3, column um_per_px"),
        ("a.jpg,ALL,g,nan,s,MIT,,", "line 3, column um_per_px"),
        ("a.jpg,ALL,g,inf,s,MIT,,", "line 3, column um_per_px"),
        ("a.jpg,ALL,g,wide,s,MIT,,", "line 3, column um_per_px: 'wide'"),
        ("a.jpg,ALL,,0.1,s,MIT,,", "line 3, column group: empty"),
        ("a.jpg,ALL,g,0.1,,MIT,,", "line 3, column source: empty"),
        ("a.jpg,ALL,g,0.1,s,MIT,abc,", "line 3, column sha256"),
        ("../a.jpg,ALL,g,0.1,s,MIT,,", "line 3, column image: '../a.jpg'"),
        ("b/../../a.jpg,ALL,g,0.1,s,MIT,,", "line 3, column image"),
        ("/a.jpg,ALL,g,0.1,s,MIT,,", "line 3, column image"),
        ("b\\a.jpg,ALL,g,0.1,s,MIT,,", "line 3, column image"),
        (",ALL,g,0.1,s,MIT,,", "line 3, column image"),
        (GOOD, "line 3, column image: a/b.jpg is already in line 2"),
        ("a.jpg,ALL", "line 3: not 8 values"),
        (f"{GOOD},more", "line 3: not 8 values"),
        ('"a.jpg', "not CSV"),
    ],
)
def test_fail__a_bad_line_is_named(line: str, said: str, tmp_path: Path) -> None:
    path = tmp_path / "m.csv"
    path.write_text(f"{HEADING}\n{GOOD}\n{line}\n")
    with pytest.raises(ManifestError) as error:
        read_manifest(path)
    assert said in str(error.value)
    assert str(path) in str(error.value)


def test_fail__missing_columns_are_named(tmp_path: Path) -> None:
    path = tmp_path / "m.csv"
    path.write_text("image,label,um_per_px,source,licence,cell_type\n")
    with pytest.raises(ManifestError, match="line 1: no column group, sha256;"):
        read_manifest(path)


def test_fail__an_empty_file_has_no_columns(tmp_path: Path) -> None:
    path = tmp_path / "m.csv"
    path.touch()
    with pytest.raises(ManifestError, match="no column image"):
        read_manifest(path)


def test_fail__not_utf8(tmp_path: Path) -> None:
    path = tmp_path / "m.csv"
    path.write_bytes(HEADING.encode() + b"\nf\xfcr.jpg,ALL,g,0.1,s,MIT,,\n")
    with pytest.raises(ManifestError, match="not UTF-8"):
        read_manifest(path)


def test_fail__not_parquet(tmp_path: Path) -> None:
    pytest.importorskip("pyarrow", reason="PyArrow, of the [train] extra, is not installed")
    path = tmp_path / "m.parquet"
    path.write_bytes(b"no such thing")
    with pytest.raises(ManifestError, match=r"m\.parquet: not a Parquet file"):
        read_manifest(path)


def test_fail__parquet_with_other_columns(tmp_path: Path) -> None:
    pyarrow = pytest.importorskip(
        "pyarrow", reason="PyArrow, of the [train] extra, is not installed"
    )
    parquet = pytest.importorskip("pyarrow.parquet")
    path = tmp_path / "m.parquet"
    parquet.write_table(pyarrow.table({"image": ["a.jpg"]}), path)
    with pytest.raises(ManifestError, match="no column label"):
        read_manifest(path)


def test_fail__parquet_with_no_text_where_text_must_be(tmp_path: Path) -> None:
    pyarrow = pytest.importorskip(
        "pyarrow", reason="PyArrow, of the [train] extra, is not installed"
    )
    parquet = pytest.importorskip("pyarrow.parquet")
    path = tmp_path / "m.parquet"
    parquet.write_table(pyarrow.table({name: [1] for name in COLUMNS}), path)
    with pytest.raises(ManifestError, match="line 2, column image: 1 is not text"):
        read_manifest(path)


def test_fail__no_pyarrow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "pyarrow", None)
    with pytest.raises(ManifestError, match="pip install pyarrow"):
        write_manifest(Manifest(tmp_path, ()), tmp_path / "m.parquet")


def test_fail__another_suffix(tmp_path: Path) -> None:
    with pytest.raises(ManifestError, match=r"\.csv or \.parquet"):
        read_manifest(tmp_path / "m.xlsx")


@pytest.mark.parametrize("image", ["../a.jpg", "/a.jpg"])
def test_fail__a_bad_manifest_is_not_written(image: str, tmp_path: Path) -> None:
    sample = Sample(image, "ALL", "g", 0.1, "s", "MIT")
    with pytest.raises(ManifestError, match="column image"):
        write_manifest(Manifest(tmp_path, (sample,)), tmp_path / "m.csv")
    assert not (tmp_path / "m.csv").exists()
