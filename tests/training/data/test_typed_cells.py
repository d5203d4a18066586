"""Lists of typed cells: what is read of them, and what is refused."""

from __future__ import annotations

import csv
import io
import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from leukoscope.reading.cell_types import CellType
from leukoscope_training.data.typed_cells import WORDS, CellBox, Group, read_typed_cells
from leukoscope_training.shared.errors import TrainingError

LISTS = ("bccd", "chula-pi", "jhu-cells", "lld-40x", "lyon-lymphocytes", "pbc-cells")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with the pictures a.png and deep/b.png."""
    (tmp_path / "deep").mkdir()
    for name in ("a.png", "deep/b.png"):
        (tmp_path / name).touch()
    return tmp_path


def listing(folder: Path, text: str) -> Path:
    path = folder / "cells.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_ok__a_cell_a_line(folder: Path) -> None:
    text = 'image,patient,cell_type\na.png,p1,"blast, no lineage spec"\ndeep/b.png,p2,Band_Neutrophils\n'
    blast, band = read_typed_cells(listing(folder, text))
    assert (blast.path, blast.patient, blast.box) == (folder / "a.png", "p1", None)
    assert blast.expert_type.group is Group.BLAST
    assert blast.expert_type.normal is None
    assert band.word == "band neutrophils"
    assert band.expert_type.group is Group.MATURE
    assert band.expert_type.normal is CellType.NEUTROPHIL


def test_ok__boxes_in_pixels_and_in_shares(folder: Path) -> None:
    pixels = listing(folder, "image,slide,cell_type,x0,y0,x1,y1\na.png,s,monocyte,10,20,30,60\n")
    (cell,) = read_typed_cells(pixels)
    assert (cell.patient, cell.box) == ("s", CellBox(20, 40, 20, 40, in_pixels=True))
    shares = listing(folder, "image,cell_type,cx,cy,w,h\na.png,monocyte,0.5,0.25,0.1,0.2\n")
    assert read_typed_cells(shares)[0].box == CellBox(0.5, 0.25, 0.1, 0.2, in_pixels=False)


def test_ok__a_name_alone_is_looked_for_in_the_folders_below(folder: Path) -> None:
    (cell,) = read_typed_cells(listing(folder, "image,lymphocytosis\nb.png,tumoral\n"))
    assert cell.path == folder / "deep" / "b.png"
    assert cell.expert_type.group is Group.LYMPHOCYTE


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "line 1: no column image"),
        ("image,kind\na.png,monocyte\n", "line 1: no column cell_type or lymphocytosis"),
        ("image,cell_type\n", "no cell is listed"),
        (
            "image,cell_type\na.png,monocyte\na.png,platypus\n",
            "line 3, column cell_type: 'platypus'",
        ),
        ("image,cell_type\nc.png,monocyte\n", "line 2, column image: no such picture"),
        ("image,cell_type\n,monocyte\n", "line 2, column image: no such picture"),
        ("image,cell_type\na.png\n", "line 2: not 2 values"),
        ("image,cell_type\na.png,monocyte,1\n", "line 2: not 2 values"),
        ("image,cell_type,cx,cy,w,h\na.png,monocyte,1,nan,1,1\n", "line 2, column cy: 'nan' is no"),
        ("image,cell_type,x0,y0,x1,y1\na.png,monocyte,3,0,1,1\n", "line 2: the box ends before"),
    ],
)
def test_fail__the_message_names_file_and_line(folder: Path, text: str, said: str) -> None:
    path = listing(folder, text)
    with pytest.raises(TrainingError) as caught:
        read_typed_cells(path)
    assert str(caught.value).startswith(str(path))
    assert said in str(caught.value)


def test_fail__two_pictures_of_one_name(folder: Path) -> None:
    (folder / "other").mkdir()
    (folder / "other" / "b.png").touch()
    with pytest.raises(TrainingError, match="several pictures have this name"):
        read_typed_cells(listing(folder, "image,cell_type\nb.png,monocyte\n"))


@given(
    st.lists(
        st.tuples(st.sampled_from(sorted(WORDS)), st.text(st.characters(codec="utf-8"))), min_size=1
    )
)
def test_ok__what_csv_writes_is_read_back(rows: list[tuple[str, str]]) -> None:
    text = io.StringIO()
    csv.writer(text).writerows(
        [("image", "cell_type", "patient"), *(("a.png", *row) for row in rows)]
    )
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "a.png").touch()
        path = Path(folder) / "cells.csv"
        path.write_bytes(text.getvalue().encode())
        assert [(cell.word, cell.patient) for cell in read_typed_cells(path)] == rows


@given(
    st.binary() | st.text(st.sampled_from('image,cell_type\n"\r\0x0monocyte.png/')).map(str.encode)
)
def test_fail__any_other_file_is_refused(content: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "cells.csv"
        path.write_bytes(content)
        with pytest.raises(TrainingError):
            read_typed_cells(path)


@pytest.mark.shared
@pytest.mark.parametrize("name", LISTS)
def test_ok__the_lists_of_the_public_sets(shared_data: Path, name: str) -> None:
    assert len(read_typed_cells(shared_data / name / "cells.csv")) > 500
