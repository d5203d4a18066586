"""Each importer reads its set's layout, and says what it expected of a folder that is another."""

from __future__ import annotations

from pathlib import Path

import pytest
from leukoscope_training.data.importers import IMPORTERS, ImporterError, import_samples
from leukoscope_training.data.manifest import (
    Manifest,
    Sample,
    read_manifest,
    sha256_of,
    write_manifest,
)

LAYOUTS: dict[str, dict[str, tuple[str, str, str]]] = {
    # file: label, group, cell type
    "lld-40x": {
        "ALL/patient-01/1_2_3_400_ALL.jpg": ("ALL", "lld-40x/patient-01", ""),
        "APML/patient-23/23_2_3_400_APML.jpg": ("AML", "lld-40x/patient-23", ""),
    },
    "chula-pi": {"fields/B-30_0047.jpg": ("normal", "chula-pi/slide_30", "")},
    "bccd": {
        "fields/BloodImage_00001.jpg": ("normal", "bccd/fields/BloodImage_00001.jpg", ""),
    },
    "leukemia-attri": {
        "Images/train/1_11_114_400_ALL.jpg": ("ALL", "leukemia-attri/patient-01", ""),
        "Images/test/23_1_2_400_APML.jpg": ("AML", "leukemia-attri/patient-23", ""),
    },
    "all-idb1": {
        "ALL_IDB1/im/Im001_1.jpg": ("ALL", "all-idb1/ALL_IDB1/im/Im001_1.jpg", ""),
        "ALL_IDB1/im/Im034_0.jpg": ("normal", "all-idb1/ALL_IDB1/im/Im034_0.jpg", ""),
    },
    "all-idb2": {
        "img/Im001_1.tif": ("ALL", "all-idb2/img/Im001_1.tif", "lymphoblast"),
        "img/Im131_0.tif": ("normal", "all-idb2/img/Im131_0.tif", ""),
    },
    "c-nmc-2019": {
        "fold_0/all/UID_9_11_1_all.bmp": ("ALL", "c-nmc-2019/9", "lymphoblast"),
        "fold_1/hem/UID_H21_19_3_hem.bmp": ("normal", "c-nmc-2019/H21", ""),
    },
    "aml-lmu": {
        "AML-Cytomorphology/MYO/MYO_0001.tiff": (
            "",
            "aml-lmu/AML-Cytomorphology/MYO/MYO_0001.tiff",
            "myeloblast",
        ),
        "AML-Cytomorphology/EBO/EBO_0001.tiff": (
            "",
            "aml-lmu/AML-Cytomorphology/EBO/EBO_0001.tiff",
            "",
        ),
    },
    "acevedo-pbc": {
        "basophil/BA_1.jpg": ("normal", "acevedo-pbc/basophil/BA_1.jpg", "basophil"),
        "ig/MY_1.jpg": ("normal", "acevedo-pbc/ig/MY_1.jpg", ""),
    },
    "raabin-wbc": {
        "Train/Neutrophil/1.jpg": ("normal", "raabin-wbc/Train/Neutrophil/1.jpg", "neutrophil"),
        "TestA/Monocyte/1.jpg": ("normal", "raabin-wbc/TestA/Monocyte/1.jpg", "monocyte"),
    },
    "chula-wbc": {
        "WBC_Samples/train/images/B-30_0047.jpg": ("normal", "chula-wbc/slide_30", ""),
        "WBC_Samples/test/images/HF-M-8_0037.jpg": ("normal", "chula-wbc/slide_8", ""),
    },
    "bccd-voc": {
        "BCCD/JPEGImages/BloodImage_00001.jpg": (
            "normal",
            "bccd-voc/BCCD/JPEGImages/BloodImage_00001.jpg",
            "",
        ),
    },
}

BESIDE = {
    "chula-pi": {"fields.csv": "image,slide\nfields/B-30_0047.jpg,slide_30\n"},
    "bccd-voc": {"BCCD/Annotations/BloodImage_00001.xml": "<annotation/>"},
    "acevedo-pbc": {"basophil/.DS_Store": ""},
}


def lay_out(name: str, folder: Path) -> Path:
    for file in LAYOUTS[name]:
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
        (folder / file).write_bytes(file.encode())
    for file, text in BESIDE.get(name, {}).items():
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
        (folder / file).write_text(text)
    return folder


def test_ok__every_importer_is_tested_here_and_says_what_it_is() -> None:
    assert set(LAYOUTS) == set(IMPORTERS)
    for importer in IMPORTERS.values():
        assert importer.TITLE
        assert importer.TERMS
        assert importer.LAYOUT
        assert importer.NOTE


@pytest.mark.parametrize("name", list(LAYOUTS))
def test_ok__a_layout_is_read(name: str, tmp_path: Path) -> None:
    samples = import_samples(name, lay_out(name, tmp_path), um_per_px=0.2)
    assert {s.image: (s.label, s.group, s.cell_type) for s in samples} == LAYOUTS[name]
    assert {(s.source, s.um_per_px) for s in samples} == {(name, 0.2)}
    assert all(s.sha256 == sha256_of(tmp_path / s.image) and s.licence for s in samples)


@pytest.mark.parametrize("name", list(LAYOUTS))
def test_ok__what_is_imported_is_a_manifest(name: str, tmp_path: Path) -> None:
    folder = lay_out(name, tmp_path / "set")
    samples = tuple(import_samples(name, folder, 0.2, root=tmp_path))
    write_manifest(Manifest(tmp_path, samples), tmp_path / "m.csv")
    assert read_manifest(tmp_path / "m.csv").samples == samples
    assert all(sample.image.startswith("set/") for sample in samples)


@pytest.mark.parametrize("name", list(LAYOUTS))
def test_fail__another_layout_names_what_was_expected_and_found(name: str, tmp_path: Path) -> None:
    (tmp_path / "holiday").mkdir()
    with pytest.raises(ImporterError) as error:
        import_samples(name, tmp_path, 0.2)
    assert "expected" in str(error.value)
    assert "found holiday" in str(error.value)


@pytest.mark.parametrize(
    ("name", "file"),
    [
        ("leukemia-attri", "Images/train/1_11_114_400_flu.jpg"),
        ("leukemia-attri", "Images/train/one.jpg"),
        ("chula-wbc", "WBC_Samples/train/images/x.jpg"),
        ("all-idb1", "ALL_IDB1/im/Im001.jpg"),
        ("all-idb2", "img/Im001_2.tif"),
        ("c-nmc-2019", "fold_0/all/17.bmp"),
        ("c-nmc-2019", "fold_0/all/UID_H1_2_3_hem.bmp"),
        ("bccd-voc", "BCCD/JPEGImages/unannotated.jpg"),
    ],
)
def test_fail__a_file_that_says_nothing_of_itself_is_named(
    name: str, file: str, tmp_path: Path
) -> None:
    lay_out(name, tmp_path)
    (tmp_path / file).touch()
    with pytest.raises(ImporterError, match=Path(file).name):
        import_samples(name, tmp_path, 0.2)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("image\nfields/B-30_0047.jpg\n", "expected the columns image, slide"),
        ("image,slide\nfields/gone.jpg,slide_1\n", r"line 2: expected a file fields/gone\.jpg"),
        ("image,slide\n", "found none"),
    ],
)
def test_fail__a_bad_list_of_slides(text: str, said: str, tmp_path: Path) -> None:
    lay_out("chula-pi", tmp_path)
    (tmp_path / "fields.csv").write_text(text)
    with pytest.raises(ImporterError, match=said):
        import_samples("chula-pi", tmp_path)


@pytest.mark.parametrize("name", [n for n, i in IMPORTERS.items() if i.UM_PER_PX is None])
def test_fail__no_scale_is_guessed(name: str, tmp_path: Path) -> None:
    with pytest.raises(ImporterError, match="give --um-per-px"):
        import_samples(name, lay_out(name, tmp_path))


def test_fail__unknown_set_absent_folder_and_root_elsewhere(tmp_path: Path) -> None:
    with pytest.raises(ImporterError, match="no such set; known are lld-40x"):
        import_samples("mnist", tmp_path)
    with pytest.raises(ImporterError, match="gone: no such folder"):
        import_samples("bccd", tmp_path / "gone")
    folder = lay_out("bccd", tmp_path / "set")
    (tmp_path / "other").mkdir()
    with pytest.raises(ImporterError, match="is not below the root"):
        import_samples("bccd", folder, root=tmp_path / "other")


@pytest.mark.shared
@pytest.mark.parametrize(
    ("name", "pictures", "groups", "labels"),
    [
        ("lld-40x", 563, 10, {"ALL", "AML", "CLL", "CML"}),
        ("chula-pi", 500, 20, {"normal"}),
        ("bccd", 364, 364, {"normal"}),
    ],
)
def test_ok__the_shared_sets_are_read(
    name: str, pictures: int, groups: int, labels: set[str], shared_data: Path
) -> None:
    samples: list[Sample] = import_samples(name, shared_data / name)
    assert len(samples) == pictures
    assert len({sample.group for sample in samples}) == groups
    assert {sample.label for sample in samples} == labels
