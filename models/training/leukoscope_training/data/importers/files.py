"""Functions for all importers: they find pictures, and make errors that say what was expected and what was found."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from leukoscope_training.data.manifest import Sample
from leukoscope_training.shared.errors import TrainingError

PICTURES = frozenset({".bmp", ".jpeg", ".jpg", ".png", ".tif", ".tiff"})

NO_PATIENTS = (
    "The public set does not say which pictures are of one patient: each is its own group, "
    "and a split by patient is not possible."
)


class ImporterError(TrainingError):
    """A folder has the wrong layout. The message says what was expected and what was found."""


def layout_error(folder: Path, expected: str) -> ImporterError:
    """Make the error for `folder`, with the first names in it."""
    names = sorted(path.name for path in folder.iterdir())
    found = ", ".join(names[:6]) + (f", … ({len(names)} in all)" if len(names) > 6 else "")
    return ImporterError(f"{folder}: expected {expected}; found {found or 'nothing'}")


def list_pictures(folder: Path) -> list[Path]:
    """List the pictures directly in `folder`, sorted by name. If there is no such folder, the list is empty."""
    if not folder.is_dir():
        return []
    return sorted(path for path in folder.iterdir() if path.suffix.lower() in PICTURES)


def find_start(folder: Path, *names: str) -> Path:
    """Return the first of the folders `names` in `folder` that exists, else `folder` itself."""
    return next((folder / name for name in names if (folder / name).is_dir()), folder)


def relative_path(path: Path, folder: Path) -> str:
    """Return the path relative to `folder`, with "/"."""
    return path.relative_to(folder).as_posix()


def list_cells_by_folder(
    folder: Path,
    parents: list[Path],
    type_of_folder: Mapping[str, str],
    common: Sample,
) -> list[Sample]:
    """List single cells that are sorted into one folder for each type.

    Args:
        folder: The set's folder. Paths are relative to it.
        parents: The folders that contain the folders of the types.
        type_of_folder: The cell type for each folder name in lower case.
        common: The values that all samples have in common.

    Raises:
        ImporterError: None of the folders has a picture.
    """
    found = []
    for parent in parents:
        for kind in sorted(path for path in parent.iterdir() if path.is_dir()):
            if kind.name.lower() in type_of_folder:
                cell_type = type_of_folder[kind.name.lower()]
                found += [
                    make_own_group(relative_path(path, folder), common, cell_type)
                    for path in list_pictures(kind)
                ]
    if not found:
        raise layout_error(folder, f"folders {', '.join(type_of_folder)} with pictures")
    return found


def make_own_group(image: str, common: Sample, cell_type: str = "") -> Sample:
    """Make a sample whose patient is unknown, in its own group."""
    return Sample(
        image=image,
        label=common.label,
        group=f"{common.source}/{image}",
        um_per_px=common.um_per_px,
        source=common.source,
        licence=common.licence,
        cell_type=cell_type,
    )
