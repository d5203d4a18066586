"""Fields made ready once: at the model's scale, gated, with cells, window and control pictures."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from device.field import Rgb
from device.reading.reader import prepare
from device.reading.results import LABELS, Window
from device.reading.window import cut

from .erase import cell_masks, with_decoys, without_cells
from .sources import Source, Split

WINDOW_PX = 200
MODEL_UM_PER_PX = 0.34
TRAINING_SETS = ("lld-40x", "chula-pi", "rendered")


@dataclass(frozen=True, eq=False)
class Ready:
    """The fields of one set and split that passed their gates, n of them, all of one size.

    intact, erased, decoy: shape (n, height, width, 3), uint8, at 0.34 µm/px: as taken, with the
    white cells cut out, and with patches beside the cells.
    windows: shape (n, 2), the window's left and top. centres: shape (n, most, 2), float32, x and y
    of the white cells, NaN where a field has fewer. label: 0..4. refused: one line a refused field.
    """

    intact: npt.NDArray[np.uint8]
    erased: npt.NDArray[np.uint8]
    decoy: npt.NDArray[np.uint8]
    windows: npt.NDArray[np.int32]
    centres: npt.NDArray[np.float32]
    label: npt.NDArray[np.int64]
    group: npt.NDArray[np.str_]
    name: npt.NDArray[np.str_]
    refused: npt.NDArray[np.str_]

    def __len__(self) -> int:
        return len(self.label)


def make_ready(sources: Iterable[Source]) -> Ready:
    """Prepare fields as the device does; those that a gate refuses are only named."""
    pictures: dict[str, list[Rgb]] = {"intact": [], "erased": [], "decoy": []}
    windows, centres, rows, refused = [], [], [], []
    for number, source in enumerate(sources):
        ready = prepare(source.field, MODEL_UM_PER_PX, WINDOW_PX)
        if ready.window is None:
            gate = next(gate for gate in ready.gates if not gate.passed)
            refused.append(f"{source.label},{source.group},{source.name},{gate.name.value}")
            continue
        rng = np.random.default_rng(number)
        masks = cell_masks(ready.picture, ready.white_cells, MODEL_UM_PER_PX)
        pictures["intact"].append(ready.picture)
        pictures["erased"].append(without_cells(ready.picture, masks, rng))
        pictures["decoy"].append(with_decoys(ready.picture, masks, rng))
        windows.append((ready.window.x0, ready.window.y0))
        centres.append([((c.x0 + c.x1) / 2, (c.y0 + c.y1) / 2) for c in ready.white_cells])
        rows.append((LABELS.index(source.label), source.group, source.name))
    most = max(map(len, centres))
    padded = np.full((len(centres), most, 2), np.nan, np.float32)
    for row, points in zip(padded, centres, strict=True):
        row[: len(points)] = points
    label, group, name = zip(*rows, strict=True)
    return Ready(
        **{kind: np.stack(images) for kind, images in pictures.items()},
        windows=np.array(windows, np.int32),
        centres=padded,
        label=np.array(label, np.int64),
        group=np.array(group),
        name=np.array(name),
        refused=np.array(refused, np.str_),
    )


def save(ready: Ready, path: Path) -> None:
    """Write to an .npz file, uncompressed."""
    np.savez(path, **vars(ready))


def load(path: Path) -> Ready:
    """Read what `save` wrote."""
    with np.load(path) as arrays:
        return Ready(**arrays)


def load_split(folder: Path, split: Split) -> dict[str, Ready]:
    """The prepared fields of a split of each set that is trained on."""
    return {name: load(folder / f"{name}-{split.value}.npz") for name in TRAINING_SETS}


def fixed_windows(ready: Ready, kind: str = "intact") -> npt.NDArray[np.uint8]:
    """The windows that the device would choose, shape (n, 200, 200, 3), uint8.

    kind: the name of the pictures to cut them from, "intact" or "erased".
    """
    return np.stack(
        [
            cut(picture, Window(x0, y0, x0 + WINDOW_PX, y0 + WINDOW_PX))
            for picture, (x0, y0) in zip(getattr(ready, kind), ready.windows.tolist(), strict=True)
        ]
    )
