"""`leukoscope models`: list, verify or select the model bundles of this device."""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from leukoscope.commands.arguments import Commands, UsageError, add_command
from leukoscope.errors import BundleError, RuntimeMissingError
from leukoscope.model.bundle import CARD_FILE, Bundle, load_bundle
from leukoscope.model.readers import open_reader
from leukoscope.notice import NOTICE
from leukoscope.reports.table import text_table
from leukoscope.settings.editing import write_bundle
from leukoscope.settings.settings import DEFAULT_BUNDLE, SETTINGS_FILE, Settings, load_settings

RESTART = "sudo systemctl restart leukoscope"

HIDDEN_FROM_THE_SERVICE = ("/home", "/root", "/run/user", "/tmp", "/var/tmp")  # noqa: S108
"""Folders that ProtectHome= and PrivateTmp= of the systemd unit hide from the service."""


def add_parser(commands: Commands, meaning: str) -> None:
    """Add the command and its options."""
    parser = add_command(commands, "models", meaning, run)
    parser.add_argument(
        "action",
        nargs="?",
        choices=("list", "verify", "select"),
        default="list",
        help="verify also runs the model; select takes effect at the next start",
    )
    parser.add_argument(
        "bundle", nargs="?", metavar="NAME|FOLDER", help="verify: all bundles without it"
    )
    parser.add_argument("--json", action="store_true", help="one JSON object")


def run(options: argparse.Namespace) -> int:
    """List, verify or select. Return 1 if a bundle to verify has a problem."""
    wanted = {"list": (False,), "verify": (False, True), "select": (True,)}[options.action]
    if (options.bundle is not None) not in wanted:
        raise UsageError("give select one bundle, and list none")
    settings = load_settings(options.settings)
    if options.action == "select":
        return _select(options, settings)
    if options.bundle is not None:
        found = [inspect_bundle(find_bundle(settings, options.bundle), settings, run=True)]
    elif options.action == "verify":
        found = [inspect_bundle(one.folder, settings, run=True) for one in find_bundles(settings)]
    else:
        found = find_bundles(settings)
    if options.json:
        print(json.dumps({"models": [one.to_json() for one in found]}))
    else:
        print(f"{models_table(found)}\n\n*: selected. {NOTICE}")
    return int(options.action == "verify" and any(one.problem for one in found))


def _select(options: argparse.Namespace, settings: Settings) -> int:
    folder = find_bundle(settings, options.bundle)
    bundle, file = select_bundle(settings, options.settings, folder)
    if options.json:
        print(json.dumps({"selected": str(bundle), "settings": str(file), "restart": RESTART}))
    else:
        print(f"selected {bundle} in {file}; in use after: {RESTART}")
    return 0


@dataclass(frozen=True)
class BundleEntry:
    """A bundle's folder, with the bundle if its model matches its card, otherwise with the problem."""

    folder: Path
    bundle: Bundle | None
    problem: str
    selected: bool

    @property
    def name(self) -> str:
        """The name on the card, or the folder's name if the bundle has a problem."""
        return self.folder.name if self.bundle is None else self.bundle.card.name

    def to_json(self) -> dict[str, object]:
        """Return a JSON object. The values from the card are null if there is a problem."""
        card = None if self.bundle is None else self.bundle.card
        return {
            "name": self.name,
            "version": None if card is None else card.version,
            "kind": None if card is None else card.kind,
            "model_bytes": None if self.bundle is None else len(self.bundle.model),
            "sha256": None if card is None else card.sha256,
            "verified": self.bundle is not None,
            "problem": self.problem or None,
            "selected": self.selected,
            "folder": str(self.folder.absolute()),
        }


def own_bundles(settings: Settings) -> Path:
    """Return the folder for the user's own bundles, which the service can read."""
    return Path(settings.storage.directory) / "models"


def find_bundles(settings: Settings) -> list[BundleEntry]:
    """Return the bundles that came with the device, the user's own, and those beside the selected one.

    The selected one is always among them.

    Raises:
        BundleError: A folder can't be read.
    """
    selected = Path(settings.model.bundle)
    places = (DEFAULT_BUNDLE.parent, own_bundles(settings), selected.parent)
    folders = {folder.resolve(): folder for place in places for folder in _bundles_in(place)}
    folders.setdefault(selected.resolve(), selected)
    return [inspect_bundle(folder, settings, run=False) for folder in folders.values()]


def inspect_bundle(folder: Path, settings: Settings, *, run: bool) -> BundleEntry:
    """Verify a bundle against its card.

    Args:
        folder: The bundle's folder.
        settings: Name the selected bundle.
        run: Whether to check also that the model runs here as the card says.
    """
    selected = folder.resolve() == Path(settings.model.bundle).resolve()
    try:
        bundle = load_bundle(folder)
        if run:
            open_reader(bundle, threads=1)
    except (BundleError, RuntimeMissingError) as error:
        return BundleEntry(folder, None, str(error), selected)
    return BundleEntry(folder, bundle, "", selected)


def find_bundle(settings: Settings, name_or_folder: str) -> Path:
    """Return the folder of the bundle with this name, or with this folder.

    Raises:
        BundleError: No bundle has this name, or several have it.
    """
    named = [f for f in find_bundles(settings) if name_or_folder in (f.name, f.folder.name)]
    if len(named) == 1:
        return named[0].folder
    if named:
        folders = ", ".join(str(found.folder) for found in named)
        raise BundleError(f"{len(named)} bundles are named {name_or_folder}: give one of {folders}")
    folder = Path(name_or_folder)
    if not folder.is_dir():
        raise BundleError(
            f"no model bundle {name_or_folder}: leukoscope models lists them; "
            f"or give the folder of a {CARD_FILE} and its model"
        )
    return folder


def select_bundle(
    settings: Settings, settings_file: Path | None, folder: Path
) -> tuple[Path, Path]:
    """Write into the settings file that the daemon uses this bundle from its next start.

    Args:
        settings: The settings in use.
        settings_file: The file to change. None is the system's settings file.
        folder: The bundle's folder.

    Returns:
        The absolute path of the bundle, and the settings file.

    Raises:
        BundleError: The bundle is damaged, does not run here, or the service can't see its folder.
            Nothing has changed.
        SettingsError: The settings can't be changed.
    """
    found = inspect_bundle(folder, settings, run=True)
    if found.bundle is None:
        raise BundleError(found.problem)
    path = Path(os.path.abspath(folder))  # noqa: PTH100 - resolve() would follow a link that a person may change later
    file = SETTINGS_FILE if settings_file is None else settings_file
    hidden = any(path.resolve().is_relative_to(place) for place in HIDDEN_FROM_THE_SERVICE)
    if file == SETTINGS_FILE and hidden:
        own = own_bundles(settings)
        raise BundleError(
            f"model bundle {path}: the service can't see this folder: "
            f"sudo mkdir -p {own} && sudo cp -r {path} {own}/, then select {own / path.name}"
        )
    write_bundle(file, path)
    return path, file


def models_table(found: Sequence[BundleEntry]) -> str:
    """Return a table with one line per bundle, and below it the problems. '*' marks the selected bundle."""
    rows = [("", "NAME", "VERSION", "KIND", "STATE", "FOLDER"), *map(_row, found)]
    problems = [f"! {one.name}: {one.problem}" for one in found if one.problem]
    return "\n".join(text_table(rows) + problems)


def _row(found: BundleEntry) -> tuple[str, ...]:
    mark, folder = "*" if found.selected else "", str(found.folder)
    if found.bundle is None:
        return (mark, found.name, "-", "-", "damaged", folder)
    card = found.bundle.card
    return (mark, found.name, card.version, card.kind, "verified", folder)


def _bundles_in(place: Path) -> Iterator[Path]:
    """Yield the folders in `place` that have a card; none if `place` does not exist."""
    try:
        yield from sorted(f for f in place.iterdir() if (f / CARD_FILE).is_file())
    except (FileNotFoundError, NotADirectoryError):
        return
    except OSError as error:
        raise BundleError(
            f"models in {place}: can't read them: {error.strerror}: try again with sudo"
        ) from error
