"""What device/reading/README.md says of the gates and of finding white cells: measured here, printed as Markdown.

    python -m models.measure_reading --data ../shared/data

Real fields are read at the scale of the shipped model, by the device's own code. Two cores take three minutes.
"""

from __future__ import annotations

import argparse
import csv
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageFilter

from device.field import Field
from device.reading.flattening import flattened
from device.reading.focus import measure_focus
from device.reading.gates import MIN_SHARPNESS
from device.reading.glass import estimate_glass
from device.reading.reader import prepare
from device.reading.results import GateName, WhiteCell
from device.reading.scaling import resampled
from device.reading.white_cells import find_white_cells
from device.simulator.hematology import Diagnosis
from device.simulator.optics import defocus, expose
from device.simulator.smear import SmearSlide, render_field
from models.training.sources import UM_PER_PX

MODEL_UM_PER_PX, MODEL_WINDOW_PX = 0.34, 200
CHOSEN_ON_EVERY = {"bccd": 8, "chula-pi": 3}
"""The finder's weights and limits were chosen on every 8th and every 3rd image, in the order of cells.csv."""

BLURS_UM = (0.0, 0.5, 1.0, 2.0)
BLURRED_EVERY = 4
"""Blurring is slow: sharpness is measured on every 4th field of each set."""

BOOTSTRAPS = 2000
RENDERED_UM_PER_PX = 0.155
RENDERED_SEEDS = range(700, 708)
DEFOCUS_UM = (0.0, 0.5, 1.0, 1.25, 1.5, 1.75, 2.0, 3.0, 5.0)
EXPOSURES = (0.1, 0.15, 0.2, 0.5, 1.0, 1.2, 1.3, 1.4, 1.5, 2.0)

Box = tuple[float, float, float, float]


@dataclass(frozen=True)
class Found:
    """White cells in one image: boxes of experts, of them hit, cells found, of them in a box. group: image or slide."""

    group: str
    chosen_on: bool
    boxes: int
    hit: int
    found: int
    right: int


def match(cells: Sequence[WhiteCell], boxes: Sequence[Box]) -> tuple[int, int]:
    """How many boxes hold the centre of a found cell, and how many found cells have theirs in a box."""
    inside = [
        [
            x0 <= (cell.x0 + cell.x1) / 2 < x1 and y0 <= (cell.y0 + cell.y1) / 2 < y1
            for x0, y0, x1, y1 in boxes
        ]
        for cell in cells
    ]
    return sum(map(any, zip(*inside, strict=True))), sum(map(any, inside))


def interval(counts: npt.NDArray[np.int_], groups: Sequence[str]) -> tuple[float, float]:
    """95 % interval of sum(counts[:, 0]) / sum(counts[:, 1]), bootstrapped over groups (percentiles).

    counts: shape (images, 2); groups: one for each image.
    """
    names = sorted(set(groups))
    sums = np.zeros((len(names), 2))
    np.add.at(sums, [names.index(group) for group in groups], counts)
    drawn = np.random.default_rng(0).integers(len(names), size=(BOOTSTRAPS, len(names)))
    top, bottom = sums[drawn].sum(axis=1).T
    low, high = np.percentile(top[bottom > 0] / bottom[bottom > 0], [2.5, 97.5])
    return float(low), float(high)


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A Markdown table."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(map(str, line)) + " |" for line in lines) + "\n"


def opened(path: Path, um_per_px: float, blur_um: float = 0.0) -> Field:
    """An image file as a field, blurred by a Gaussian of standard deviation `blur_um`."""
    image = Image.open(path).convert("RGB")
    if blur_um:
        image = image.filter(ImageFilter.GaussianBlur(blur_um / um_per_px))
    return Field(np.asarray(image), um_per_px)


# --- white cells ------------------------------------------------------------------------------------------------


def expert_boxes(folder: Path) -> dict[str, tuple[str, list[Box]]]:
    """Of each image of cells.csv, in its order: its slide (else the image itself) and its white cells' boxes."""
    images: dict[str, tuple[str, list[Box]]] = {}
    with (folder / "cells.csv").open(newline="") as file:
        for row in csv.DictReader(file):
            _, boxes = images.setdefault(row["image"], (row.get("slide", row["image"]), []))
            if row["cell_type"] not in ("red_blood_cell", "platelet"):
                x0, y0, x1, y1 = (float(row[key]) for key in ("x0", "y0", "x1", "y1"))
                boxes.append((x0, y0, x1, y1))
    return images


def _found(task: tuple[Path, float, str, bool, list[Box]]) -> Found:
    path, um_per_px, group, chosen_on, boxes = task
    factor = um_per_px / MODEL_UM_PER_PX
    picture = resampled(opened(path, um_per_px), MODEL_UM_PER_PX)
    glass = estimate_glass(picture, MODEL_UM_PER_PX)
    cells = find_white_cells(flattened(picture, glass), MODEL_UM_PER_PX)
    scaled = [(x0 * factor, y0 * factor, x1 * factor, y1 * factor) for x0, y0, x1, y1 in boxes]
    hit, right = match(cells, scaled)
    return Found(group, chosen_on, len(boxes), hit, len(cells), right)


def white_cells(data: Path, workers: ProcessPoolExecutor) -> str:
    """Recall and precision of finding white cells, against the boxes of experts."""
    rows = []
    for name in ("bccd", "chula-pi"):
        tasks = [
            (data / name / image, UM_PER_PX[name], group, i % CHOSEN_ON_EVERY[name] == 0, boxes)
            for i, (image, (group, boxes)) in enumerate(expert_boxes(data / name).items())
        ]
        all_found = list(workers.map(_found, tasks, chunksize=16))
        for part, found in (
            ("chosen on", [f for f in all_found if f.chosen_on]),
            ("**not chosen on**", [f for f in all_found if not f.chosen_on]),
        ):
            groups = [f.group for f in found]
            recall = np.array([(f.hit, f.boxes) for f in found])
            precision = np.array([(f.right, f.found) for f in found])
            rows.append(
                (
                    name,
                    part,
                    len(found),
                    f"{len(set(groups))} {'slides' if name == 'chula-pi' else 'images'}",
                    _share(recall, groups),
                    _share(precision, groups),
                )
            )
    return table(("set", "images", "number", "bootstrapped over", "recall", "precision"), rows)


def _share(counts: npt.NDArray[np.int_], groups: Sequence[str]) -> str:
    top, bottom = counts.sum(axis=0)
    low, high = interval(counts, groups)
    return f"{top / bottom:.3f} ({top}/{bottom}; {low:.3f} to {high:.3f})"


# --- gates ------------------------------------------------------------------------------------------------------


def sets(data: Path) -> dict[str, list[Path]]:
    """The real fields by set, the leukaemia set by class."""
    found = {
        f"lld-40x/{label}": sorted((data / "lld-40x" / label).glob("patient-*/*.jpg"))
        for label in ("ALL", "AML", "APML", "CML", "CLL")
    }
    return found | {
        name: sorted((data / name / "fields").glob("*.jpg")) for name in ("chula-pi", "bccd")
    }


def refusal(field: Field) -> GateName | None:
    """The gate that refuses a field, None when it is read."""
    gates = prepare(field, MODEL_UM_PER_PX, MODEL_WINDOW_PX).gates
    return next((gate.name for gate in gates if not gate.passed), None)


def _file_refusal(task: tuple[Path, float]) -> GateName | None:
    return refusal(opened(*task))


def _rendered(task: tuple[Diagnosis, int]) -> list[tuple[str, GateName | None]]:
    """What is done to one rendered field, and the gate that refuses it then."""
    diagnosis, seed = task
    smear = render_field(SmearSlide(diagnosis, seed), 0, um_per_px=RENDERED_UM_PER_PX)
    rng = np.random.default_rng(seed)

    def seen(defocus_um: float = 0.0, exposure: float = 1.0, led: float = 1.0) -> GateName | None:
        light = defocus(smear.transmittance, defocus_um, RENDERED_UM_PER_PX)
        on, off = (
            expose(light, led_level=level, exposure=exposure, shading=0.15, rng=rng)
            for level in (led, 0.0)
        )
        return refusal(Field(on, RENDERED_UM_PER_PX, off_level=float(off.mean()), simulated=True))

    return [
        *((f"defocus {um:g} µm", seen(defocus_um=um)) for um in DEFOCUS_UM),
        *((f"exposure x {exposure:g}", seen(exposure=exposure)) for exposure in EXPOSURES),
        ("LED at 5 %", seen(led=0.05)),
        ("LED off", seen(led=0.0)),
    ]


def _refused_row(name: str, refusals: Sequence[GateName | None]) -> tuple[object, ...]:
    shares = [100 * sum(r is gate for r in refusals) / len(refusals) for gate in (*GateName, None)]
    return (name, len(refusals), *(f"{share:.1f}" if share else "–" for share in shares))


def gates(data: Path, workers: ProcessPoolExecutor) -> tuple[str, str]:
    """Which gate refuses how many of the real fields, and of rendered ones with known faults."""
    head = ("fields", "number", *(f"{g.value.replace('_', ' ')}, %" for g in GateName), "read, %")
    real = [
        _refused_row(name, list(workers.map(_file_refusal, tasks, chunksize=16)))
        for name, paths in sets(data).items()
        if (tasks := [(path, UM_PER_PX[name.split("/")[0]]) for path in paths])
    ]
    by_fault: dict[str, list[GateName | None]] = {}
    smears = [(d, seed) for d in Diagnosis if d is not Diagnosis.EMPTY for seed in RENDERED_SEEDS]
    empty = [(Diagnosis.EMPTY, seed) for seed in RENDERED_SEEDS]
    for outcome in workers.map(_rendered, smears):
        for fault, refused_by in outcome:
            by_fault.setdefault(fault, []).append(refused_by)
    by_fault["no specimen"] = [outcome[0][1] for outcome in workers.map(_rendered, empty)]
    return table(head, real), table(head, (_refused_row(*item) for item in by_fault.items()))


# --- sharpness --------------------------------------------------------------------------------------------------


def _sharpness(task: tuple[Path, float]) -> list[float]:
    return [
        measure_focus(resampled(opened(*task, blur), MODEL_UM_PER_PX), MODEL_UM_PER_PX).sharpness
        for blur in BLURS_UM
    ]


def sharpness(data: Path, workers: ProcessPoolExecutor) -> str:
    """Sharpness of the real fields as they are, and blurred by Gaussians."""

    def rows() -> Iterator[tuple[str, ...]]:
        for name, paths in sets(data).items():
            tasks = [(path, UM_PER_PX[name.split("/")[0]]) for path in paths[::BLURRED_EVERY]]
            measured = np.array(list(workers.map(_sharpness, tasks, chunksize=8)))
            for blur, values in zip(BLURS_UM, measured.T, strict=True):
                low, middle, high = np.percentile(values, [2, 50, 98])
                refused = 100 * float((values < MIN_SHARPNESS).mean())
                yield (
                    *(name, str(len(tasks)), f"{blur:g} µm" if blur else "as it is"),
                    *(f"{value:.3f}" for value in (low, middle, high)),
                    f"{refused:.0f}",
                )

    head = ("set", "fields", "blur", "2 %", "median", "98 %", f"below {MIN_SHARPNESS}, %")
    return table(head, rows())


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--workers", type=int, default=2)
    arguments = parser.parse_args()
    with ProcessPoolExecutor(arguments.workers) as workers:
        print("### White cells\n", white_cells(arguments.data, workers), sep="\n")
        real, rendered = gates(arguments.data, workers)
        print("### Gates, real fields\n", real, sep="\n")
        print("### Gates, rendered fields\n", rendered, sep="\n")
        print("### Sharpness\n", sharpness(arguments.data, workers), sep="\n")


if __name__ == "__main__":
    main()
