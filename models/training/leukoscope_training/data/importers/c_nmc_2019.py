"""C-NMC 2019: single cells of ALL patients and of healthy donors; the donor is in the file's name."""

from __future__ import annotations

import re
from pathlib import Path

from leukoscope_training.data.importers.files import (
    ImporterError,
    find_start,
    layout_error,
    list_pictures,
    relative_path,
)
from leukoscope_training.data.manifest import Sample

NAME = "c-nmc-2019"
TITLE = "C-NMC 2019 (ISBI challenge), training data, single cells"
LICENCE = "not stated here: see The Cancer Imaging Archive"
TERMS = "The Cancer Imaging Archive, collection C-NMC 2019; its terms were not checked"
LAYOUT = (
    "C-NMC_training_data/fold_N/all/UID_<patient>_<image>_<cell>_all.bmp and "
    "fold_N/hem/UID_H<donor>_<image>_<cell>_hem.bmp. Names as a public copy lists them; not checked against a download"
)
NOTE = (
    "Cells are cut out on black. The files of its two test phases do not say their patient in their name and are not "
    "imported. The type of a healthy cell (hem) is left open."
)
UM_PER_PX: float | None = None

_FILE = re.compile(r"UID_(?P<donor>H?\d+)_\d+_\d+_(?P<kind>all|hem)")


def list_samples(folder: Path, um_per_px: float) -> list[Sample]:
    """See `Importer`."""
    start = find_start(folder, "C-NMC_training_data")
    found = [
        _sample(path, folder, um_per_px)
        for kind in ("all", "hem")
        for part in sorted(start.glob(f"fold_*/{kind}"))
        for path in list_pictures(part)
    ]
    if not found:
        raise layout_error(start, "folders such as fold_0/all and fold_0/hem with pictures")
    return found


def _sample(path: Path, folder: Path, um_per_px: float) -> Sample:
    match = _FILE.fullmatch(path.stem)
    if match is None or match["kind"] != path.parent.name:
        raise ImporterError(
            f"{path}: expected a name such as UID_1_2_3_all.bmp in all/ or UID_H1_2_3_hem.bmp in hem/"
        )
    leukaemia = match["kind"] == "all"
    return Sample(
        image=relative_path(path, folder),
        label="ALL" if leukaemia else "normal",
        group=f"{NAME}/{match['donor']}",
        um_per_px=um_per_px,
        source=NAME,
        licence=LICENCE,
        cell_type="lymphoblast" if leukaemia else "",
    )
