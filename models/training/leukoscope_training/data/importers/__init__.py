"""Importers: one module for each set. It lists the set's pictures in a folder.

No importer downloads anything. Each module has the names of `Importer`; NOTE may be empty.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Protocol

from leukoscope_training.data.importers import (
    acevedo_pbc,
    all_idb1,
    all_idb2,
    aml_lmu,
    bccd,
    bccd_voc,
    c_nmc_2019,
    chula_pi,
    chula_wbc,
    leukemia_attri,
    lld_40x,
    raabin_wbc,
)
from leukoscope_training.data.importers.files import ImporterError
from leukoscope_training.data.manifest import Sample, sha256_of

__all__ = ["IMPORTERS", "Importer", "ImporterError", "import_samples"]


class Importer(Protocol):
    """The names that each module of this package has.

    Attributes:
        NAME: The set's name in commands.
        TITLE: The set's full name.
        TERMS: Its licence, and where that is written.
        LAYOUT: How the folder must be laid out.
        NOTE: What to watch for, printed as a warning.
        UM_PER_PX: The scale of its files, micrometres per pixel; None when it must be given.
    """

    NAME: str
    TITLE: str
    TERMS: str
    LAYOUT: str
    NOTE: str
    UM_PER_PX: float | None

    def list_samples(self, folder: Path, um_per_px: float) -> list[Sample]:
        """List the pictures below `folder`, with paths relative to it and not hashed yet.

        Raises:
            ImporterError: The folder is not as LAYOUT says.
        """
        ...


_ALL: tuple[Importer, ...] = (
    lld_40x,
    chula_pi,
    bccd,
    leukemia_attri,
    all_idb1,
    all_idb2,
    c_nmc_2019,
    aml_lmu,
    acevedo_pbc,
    raabin_wbc,
    chula_wbc,
    bccd_voc,
)

IMPORTERS: dict[str, Importer] = {importer.NAME: importer for importer in _ALL}


def import_samples(
    name: str, folder: Path, um_per_px: float | None = None, root: Path | None = None
) -> list[Sample]:
    """List and hash the samples of a set, sorted by path.

    Args:
        name: Name of the set.
        folder: The folder with its files.
        um_per_px: The scale of its files; needed if the importer has none.
        root: Where the samples' paths start; by default `folder`.

    Raises:
        ImporterError: The name is unknown, the folder has the wrong layout or is not below `root`, or the scale
            is missing.
    """
    if name not in IMPORTERS:
        raise ImporterError(f"{name}: no such set; known are {', '.join(IMPORTERS)}")
    importer = IMPORTERS[name]
    if not folder.is_dir():
        raise ImporterError(f"{folder}: no such folder")
    scale = importer.UM_PER_PX if um_per_px is None else um_per_px
    if scale is None:
        raise ImporterError(
            f"{name}: its µm per pixel are not known; measure a red cell, and give --um-per-px"
        )
    below = folder.resolve()
    start = below if root is None else root.resolve()
    if not below.is_relative_to(start):
        raise ImporterError(f"{folder}: is not below the root {root}")
    prefix = below.relative_to(start)
    found = importer.list_samples(folder, scale)
    hashed = [
        replace(s, image=(prefix / s.image).as_posix(), sha256=sha256_of(folder / s.image))
        for s in found
    ]
    return sorted(hashed, key=lambda sample: sample.image)
