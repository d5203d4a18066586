"""The settings file keeps all that a person wrote when the bundle is changed."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from leukoscope.errors import SettingsError
from leukoscope.settings.editing import with_bundle, write_bundle
from leukoscope.settings.settings import Settings, load_settings
from leukoscope.settings.writing import to_toml

WRITTEN = """\
# My microscope
[camera]
exposure_us = 9000 # measured

  [model]   # which one
# the old one was "field"
bundle = "/opt/old" # as shipped
threads = 1

[storage]
min_free_mb = 300
"""


def changed(text: str) -> str:
    return with_bundle(text, "/new", "here")


def test_ok__only_its_line_changes() -> None:
    assert changed(WRITTEN) == WRITTEN.replace('"/opt/old"', '"/new"')


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", '[model]\nbundle = "/new"\n'),
        ("# mine", '# mine\n\n[model]\nbundle = "/new"\n'),
        ("[model]", '[model]\nbundle = "/new"\n'),
        ("[model]\nthreads = 1\n", '[model]\nthreads = 1\nbundle = "/new"\n'),
        (
            "[model]\r\nthreads = 1\r\n\r\n[storage]\r\nmin_free_mb = 9\r\n",
            '[model]\r\nthreads = 1\r\nbundle = "/new"\r\n\r\n[storage]\r\nmin_free_mb = 9\r\n',
        ),
        ("[model]\r\nbundle = '/old'\r\n", '[model]\r\nbundle = "/new"\r\n'),
        ("[model]\nbundle='/o#d'#x", '[model]\nbundle="/new"#x\n'),
        (
            "[button]\npin = 5\n[model]\n[storage]\nmin_free_mb = 9\n",
            '[button]\npin = 5\n[model]\nbundle = "/new"\n[storage]\nmin_free_mb = 9\n',
        ),
    ],
)
def test_ok__forms_of_a_file(before: str, after: str) -> None:
    assert changed(before) == after


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('model = { bundle = "/old" }\n', 'model = { bundle = "/new" }\n'),
        ('model.bundle = "/old"\n', 'model.bundle = "/new"\n'),
        ('["model"]\nbundle = "/old"\n', '["model"]\nbundle = "/new"\n'),
        ('[model]\n"bundle" = "/old"\n', '[model]\n"bundle" = "/new"\n'),
        ('[model]\nbundle = """\n/old"""\n', '[model]\nbundle = "/new"\n'),
    ],
)
def test_ok__every_way_to_write_a_key(before: str, after: str) -> None:
    assert changed(before) == after


def test_fail__wrong_settings_are_not_touched(tmp_path: Path) -> None:
    file = tmp_path / "leukoscope.toml"
    file.write_text("[model]\nthreads = 99\n")
    with pytest.raises(SettingsError, match=r"line 2: model\.threads must be"):
        write_bundle(file, Path("/new"))
    assert file.read_text() == "[model]\nthreads = 99\n"


def test_ok__all_settings_of_the_device() -> None:
    text = to_toml(Settings())
    new = tomllib.loads(changed(text))
    assert new.pop("model")["bundle"] == "/new"
    old = tomllib.loads(text)
    del old["model"]
    assert new == old


@given(st.text(st.characters(codec="utf-8", exclude_characters="\0\x7f"), min_size=1))
def test_ok__any_name_comes_back(name: str) -> None:
    new = with_bundle(WRITTEN, name, "here")
    assert tomllib.loads(new)["model"]["bundle"] == name
    assert new.startswith("# My microscope\n")


@given(st.text(max_size=60))
def test_ok__any_text_is_edited_or_refused(text: str) -> None:
    try:
        new = changed(text)
    except SettingsError:
        return
    assert tomllib.loads(new)["model"]["bundle"] == "/new"


def test_ok__permissions_stay(tmp_path: Path) -> None:
    file = tmp_path / "leukoscope.toml"
    file.write_text(WRITTEN)
    file.chmod(0o640)
    write_bundle(file, Path("/new"))
    assert file.stat().st_mode & 0o777 == 0o640
    assert load_settings(file).model.bundle == "/new"
    assert [path.name for path in tmp_path.iterdir()] == ["leukoscope.toml"]


def test_ok__new_file_can_be_read_by_the_service(tmp_path: Path) -> None:
    file = tmp_path / "leukoscope.toml"
    write_bundle(file, Path("/new"))
    assert file.stat().st_mode & 0o777 == 0o644
    assert load_settings(file).model.bundle == "/new"


def test_ok__link_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "real.toml").write_text(WRITTEN)
    link = tmp_path / "leukoscope.toml"
    link.symlink_to("real.toml")
    write_bundle(link, Path("/new"))
    assert link.is_symlink()
    assert load_settings(link).model.bundle == "/new"


def test_fail__no_folder_for_it(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="can't write it: No such file or directory"):
        write_bundle(tmp_path / "absent" / "leukoscope.toml", Path("/new"))


def test_fail__not_text(tmp_path: Path) -> None:
    file = tmp_path / "leukoscope.toml"
    file.write_bytes(b"\xff\xfe")
    with pytest.raises(SettingsError, match="not UTF-8"):
        write_bundle(file, Path("/new"))


def test_fail__bundle_whose_name_is_no_text(tmp_path: Path) -> None:
    file = tmp_path / "leukoscope.toml"
    file.write_text(WRITTEN)
    with pytest.raises(SettingsError, match="not UTF-8"):
        write_bundle(file, Path("/new\udcff"))
    assert file.read_text() == WRITTEN


def test_fail__not_allowed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "leukoscope.toml"
    file.write_text(WRITTEN)

    def refuse(*given: object, **also: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("leukoscope.settings.editing.write_durably", refuse)
    with pytest.raises(SettingsError, match="Permission denied: try again with sudo"):
        write_bundle(file, Path("/new"))
    assert file.read_text() == WRITTEN
