"""Changing one line of the settings file, with all that a person wrote around it left as it is."""

from __future__ import annotations

import json
import os
import re
import tomllib
from pathlib import Path

from leukoscope.errors import SettingsError
from leukoscope.settings.settings import parse_settings
from leukoscope.system.durable import write_durably

_MODEL = re.compile(r"\s*\[\s*model\s*\]\s*(#.*)?")
_SECTION = re.compile(r"\s*\[")
_BUNDLE = re.compile(r"""(\s*bundle\s*=\s*)("(?:[^"\\]|\\.)*"|'[^']*')(\s*(?:#.*)?)""")


def write_bundle(file: Path, bundle: Path) -> None:
    """Set `[model] bundle` in a settings file, whole or not at all; an absent file is made.

    Owner and permissions stay; a new file can be read by everybody. Raises SettingsError when the
    file is no valid settings file, has a form that can't be edited by its lines, or can't be written.
    """
    real = file.resolve()
    temporary = real.with_name(f".{real.name}.new")
    try:
        try:
            text, kept = real.read_bytes().decode("utf-8"), real.stat()
        except FileNotFoundError:
            text, kept = "", None
        data = with_bundle(text, str(bundle), f"settings {file}").encode("utf-8")
        try:
            # With its permissions before its name: the daemon may start at any moment.
            descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            try:
                if kept is not None:
                    os.fchown(descriptor, kept.st_uid, kept.st_gid)
                os.fchmod(descriptor, 0o644 if kept is None else kept.st_mode & 0o777)
            finally:
                os.close(descriptor)
            write_durably(real, data, temporary)
        except OSError:
            temporary.unlink(missing_ok=True)
            raise
    except UnicodeError as error:
        raise SettingsError(f"settings {file}: not UTF-8 text: {error}") from error
    except PermissionError as error:
        raise SettingsError(f"settings {file}: {error.strerror}: try again with sudo") from error
    except OSError as error:
        raise SettingsError(f"settings {file}: can't write it: {error.strerror}") from error


def with_bundle(text: str, bundle: str, where: str) -> str:
    """The settings in TOML `text` with another `[model] bundle`; `where` names them in errors.

    Only that line changes; without one it becomes the first of its section, without a section the
    last of the file. Raises SettingsError when the settings are wrong, or would not be these with
    another bundle: [model] can be written in ways that have no line of its own for it.
    """
    parse_settings(text, where)
    document = tomllib.loads(text)
    new = _edited(text, json.dumps(bundle, ensure_ascii=False))
    wanted = {**document, "model": {**document.get("model", {}), "bundle": bundle}}
    try:
        right = tomllib.loads(new) == wanted
    except tomllib.TOMLDecodeError:
        right = False
    if not right:
        raise SettingsError(
            f"{where}: can't change [model] bundle here: set it by hand to {bundle!r}"
        )
    return new


def _edited(text: str, literal: str) -> str:
    lines = text.splitlines(keepends=True)
    newline = "\r\n" if "\r\n" in text else "\n"
    if lines and not lines[-1].endswith("\n"):
        lines[-1] += newline
    header = next((i for i, line in enumerate(lines) if _MODEL.fullmatch(line.rstrip())), None)
    if header is None:
        blank = [newline] if lines else []
        return "".join([*lines, *blank, f"[model]{newline}", f"bundle = {literal}{newline}"])
    for i in range(header + 1, len(lines)):
        if _SECTION.match(lines[i]):
            break
        if match := _BUNDLE.fullmatch(lines[i].rstrip("\r\n")):
            lines[i] = f"{match[1]}{literal}{match[3]}{newline}"
            return "".join(lines)
    lines.insert(header + 1, f"bundle = {literal}{newline}")
    return "".join(lines)
