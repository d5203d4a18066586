"""Changes the model bundle in the settings file. Everything else in the file stays as a person wrote it."""

from __future__ import annotations

import tomllib
from pathlib import Path

import tomlkit
from tomlkit.exceptions import TOMLKitError

from leukoscope.errors import SettingsError
from leukoscope.settings.settings import parse_settings
from leukoscope.system.durable import write_durably


def write_bundle(file: Path, bundle: Path) -> None:
    """Set `[model] bundle` in a settings file. If this fails, the file is unchanged.

    Owner and permissions stay. A file that does not exist is created, and everybody may read it.

    Args:
        file: The settings file.
        bundle: Folder of the bundle.

    Raises:
        SettingsError: The file is not a valid settings file, or can't be edited or written.
    """
    real = file.resolve()
    try:
        try:
            text, kept = real.read_bytes().decode("utf-8"), real.stat()
        except FileNotFoundError:
            text, kept = "", None
        data = with_bundle(text, str(bundle), f"settings {file}").encode("utf-8")
        if kept is None:
            write_durably(real, data, mode=0o644)
        else:
            owner = (kept.st_uid, kept.st_gid)
            write_durably(real, data, mode=kept.st_mode & 0o777, owner=owner)
    except UnicodeError as error:
        raise SettingsError(f"settings {file}: not UTF-8 text: {error}") from error
    except PermissionError as error:
        raise SettingsError(f"settings {file}: {error.strerror}: try again with sudo") from error
    except OSError as error:
        raise SettingsError(f"settings {file}: can't write it: {error.strerror}") from error


def with_bundle(text: str, bundle: str, where: str) -> str:
    """Return settings with another `[model] bundle`. Only that value changes.

    A new key is added at the end of its section, a new section at the end of the file.

    Args:
        text: The settings in TOML.
        bundle: The new value.
        where: Name of the settings in error messages.

    Raises:
        SettingsError: The settings are wrong, or can't be edited without changing something else.
    """
    parse_settings(text, where)
    before = tomllib.loads(text)
    wanted = {**before, "model": {**before.get("model", {}), "bundle": bundle}}
    try:
        new = _edit(text, bundle)
        right = tomllib.loads(new) == wanted
    except (TOMLKitError, tomllib.TOMLDecodeError):
        right = False
    if not right:
        raise SettingsError(
            f"{where}: can't change [model] bundle here: set it by hand to {bundle!r}"
        )
    return new


def _edit(text: str, bundle: str) -> str:
    newline = "\r\n" if "\r\n" in text else "\n"
    if text and not text.endswith("\n"):
        text += newline
    document = tomlkit.parse(text)
    if "model" not in document:
        section = tomlkit.table()
        section.trivia.trail = newline
        if document.body:
            document.add(tomlkit.ws(newline))
        document.add("model", section)
    value = tomlkit.string(bundle)
    value.trivia.trail = newline
    document["model"]["bundle"] = value
    return tomlkit.dumps(document)
