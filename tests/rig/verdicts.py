"""Compare what two computers read: `render FOLDER`, then on each `read FOLDER >FILE`, then `compare FILE FILE`.

The model's output for a cell is int8, in steps of 1/256, and may differ by one step. The cells found, their places and
the verdict must be equal.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
from leukoscope import assembly
from leukoscope.field import Field
from leukoscope.settings.settings import Settings
from leukoscope.simulator.hematology import Diagnosis
from leukoscope.simulator.microscope import SimulatedCamera, SimulatedLight
from leukoscope.simulator.smear import SmearSlide
from leukoscope.simulator.stage import Stage
from PIL import Image

WIDTH, HEIGHT, UM_PER_PX = 1014, 760, 0.155
STEP = 1 / 256


def render(folder: Path) -> None:
    """Render four fields of each diagnosis as PNG, which every decoder reads alike."""
    folder.mkdir(parents=True, exist_ok=True)
    for diagnosis in Diagnosis:
        for seed in range(1, 5):
            stage = Stage(SmearSlide(diagnosis, seed))
            light = SimulatedLight(stage)
            light.on()
            camera = SimulatedCamera(
                stage, light, width=WIDTH, height=HEIGHT, um_per_px=UM_PER_PX, timeout_s=1.0
            )
            Image.fromarray(camera.capture()[0].rgb).save(folder / f"{diagnosis.value}-{seed}.png")


def read(folder: Path) -> list[dict[str, object]]:
    """Read each picture in `folder` with the default model, in the order of their names."""
    reader = assembly.open_reader(Settings(), threads=1)
    print(f"read with {reader.model.runtime}, numpy {np.__version__}", file=sys.stderr)
    said = []
    for path in sorted(folder.glob("*.png")):
        reading = reader.read(Field(np.asarray(Image.open(path)), UM_PER_PX, {}))
        verdict = reader.judge([reading])
        # A cell that the edge of the picture cuts is found but not read: it has no types.
        cells = [(c.x0, c.y0, c.x1, c.y1, bool(c.types)) for c in reading.white_cells]
        types = [c.types for c in reading.white_cells if c.types]
        said.append({"picture": path.name, "said": [verdict.headline, cells], "types": types})
    return said


def compare(one: list[dict[str, object]], other: list[dict[str, object]]) -> int:
    """Print what differs. Returns 1 where it is more than one step of int8, else 0."""
    alike = [a["said"] == b["said"] for a, b in zip(one, other, strict=True)]
    for a, b, same in zip(one, other, alike, strict=True):
        if not same:
            print(f"FAILED  {a['picture']}: {a['said']} and {b['said']}")
    if not all(alike):
        return 1
    types = [np.concatenate([f["types"] for f in said if f["types"]]) for said in (one, other)]
    steps = np.abs(types[0] - types[1]).max(axis=1) / STEP
    print(
        f"{'ok' if steps.max() <= 1 else 'FAILED':<8}{len(one)} fields: the same cells and verdicts; "
        f"of {len(steps)} cells read, {np.count_nonzero(steps)} are read otherwise, "
        f"by at most {steps.max():.2f} steps of int8"
    )
    return int(steps.max() > 1)


def main() -> int:
    match sys.argv[1:]:
        case ["render", folder]:
            render(Path(folder))
        case ["read", folder]:
            json.dump(read(Path(folder)), sys.stdout)
        case ["compare", one, other]:
            return compare(*(json.loads(Path(file).read_text()) for file in (one, other)))
        case _:
            raise SystemExit(__doc__)
    return 0


if __name__ == "__main__":
    sys.exit(main())
