"""Measure a calibrated bundle on the test fields: the int8 and the float32 file.

    python -m models.training.evaluate models/field-cnn

Writes measured.md and measured.json to --out, and the main numbers to the bundle's card.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from device.reading.results import LABELS

from . import cache
from .cache import Ready, fixed_windows, load_split
from .calibration import PATTERNS, patterns, softmax
from .card import FLOAT32, INT8, read_card, write_card
from .metrics import class_numbers, confusion, group_interval
from .runtime import logits
from .sources import Split

FILES = {"int8": INT8, "float32": FLOAT32}


@dataclass(frozen=True, eq=False)
class Said:
    """What a file said of n fields. probabilities: shape (n, 5)."""

    label: npt.NDArray[np.int64]
    group: npt.NDArray[np.str_]
    probabilities: npt.NDArray[np.float64]

    @property
    def right(self) -> npt.NDArray[np.bool_]:
        """Whether the most probable class is the true one, one a field."""
        return np.asarray(self.probabilities.argmax(1) == self.label)


def test_sets(folder: Path) -> dict[str, list[Ready]]:
    """The test fields, by where they come from."""
    sets = load_split(folder, Split.TEST)
    return {
        "real": [sets["lld-40x"], sets["chula-pi"]],
        "rendered": [sets["rendered"]],
        "bccd": [cache.load(folder / "bccd-external.npz")],
    }


def say(model: Path, sets: list[Ready], kind: str, temperature: float) -> Said:
    """Run a file on the windows of some sets; kind: "intact" or "erased"."""
    rows = logits(model, np.concatenate([fixed_windows(ready, kind) for ready in sets]))
    return Said(
        label=np.concatenate([ready.label for ready in sets]),
        group=np.concatenate([ready.group for ready in sets]),
        probabilities=softmax(rows, temperature),
    )


def numbers(said: Said, class_threshold: float, pattern_threshold: float) -> dict[str, Any]:
    """Everything that is reported of one file on one set."""
    guess = said.probabilities.argmax(1)
    table = confusion(said.label, guess, len(LABELS))
    per_class = class_numbers(table)
    sure = said.probabilities.max(1) >= class_threshold
    of_pattern = patterns(said.probabilities)
    pattern_right = of_pattern.argmax(1) == PATTERNS[said.label]
    pattern_sure = of_pattern.max(1) >= pattern_threshold
    present = [k for k in range(len(LABELS)) if table[k].sum()]
    return {
        "fields": len(said.label),
        "groups": len(set(zip(said.label.tolist(), said.group.tolist(), strict=True))),
        "accuracy": float(said.right.mean()),
        "accuracy_ci95": list(group_interval(said.right, said.label, said.group)),
        "mean_recall": float(np.mean([per_class[k].recall for k in present])),
        "coverage": float(sure.mean()),
        "accuracy_when_sure": _mean(said.right[sure]),
        "pattern_accuracy": float(pattern_right.mean()),
        "pattern_coverage": float(pattern_sure.mean()),
        "pattern_accuracy_when_sure": _mean(pattern_right[pattern_sure]),
        "slides_right": sum(_slides(said)),
        "slides": len(_slides(said)),
        "confusion": table.tolist(),
        "classes": {LABELS[k]: asdict(per_class[k]) for k in present},
    }


def _mean(right: npt.NDArray[np.bool_]) -> float:
    return float(right.mean()) if len(right) else float("nan")


def _slides(said: Said) -> list[bool]:
    """For each patient or slide, whether the mean of its fields' probabilities is right."""
    return [
        bool(said.probabilities[rows].mean(0).argmax() == label)
        for label in np.unique(said.label)
        for group in np.unique(said.group[said.label == label])
        for rows in [(said.label == label) & (said.group == group)]
    ]


def measure(bundle: Path, folder: Path) -> dict[str, dict[str, Any]]:
    """All numbers of a bundle: by file, then by set, then with the white cells cut out."""
    output = read_card(bundle)["output"]
    measured: dict[str, dict[str, Any]] = {}
    for file, model in FILES.items():
        for name, sets in test_sets(folder).items():
            for kind in ("intact", "erased"):
                said = say(bundle / model, sets, kind, output["temperature"])
                measured[f"{name}, {file}, {kind}"] = numbers(
                    said, output["class_threshold"], output["pattern_threshold"]
                )
    return measured


def for_card(measured: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """The main numbers, rounded, by plain keys."""
    values: dict[str, Any] = {}
    for name in ("real", "rendered", "bccd"):
        intact, erased = (measured[f"{name}, int8, {kind}"] for kind in ("intact", "erased"))
        float32 = measured[f"{name}, float32, intact"]
        values |= {
            f"{name}_fields": intact["fields"],
            f"{name}_groups": intact["groups"],
            f"{name}_accuracy": round(intact["accuracy"], 4),
            f"{name}_accuracy_ci95": [round(v, 4) for v in intact["accuracy_ci95"]],
            f"{name}_accuracy_float32": round(float32["accuracy"], 4),
            f"{name}_coverage": round(intact["coverage"], 4),
            f"{name}_accuracy_when_sure": round(intact["accuracy_when_sure"], 4),
            f"{name}_accuracy_cells_cut_out": round(erased["accuracy"], 4),
            f"{name}_coverage_cells_cut_out": round(erased["coverage"], 4),
        }
    return values


def markdown(measured: dict[str, dict[str, Any]]) -> str:
    """The numbers as tables."""
    lines = [
        "| test fields, file | n | groups | accuracy | 95 % interval | mean recall | named "
        "| right when named | pattern right | pattern named | right when named "
        "| patients and slides |",
        "|---|---|---|---|---|---|---|---|---|---|---|---|",
    ]
    for name, row in measured.items():
        low, high = row["accuracy_ci95"]
        shares = (
            row["mean_recall"],
            row["coverage"],
            row["accuracy_when_sure"],
            row["pattern_accuracy"],
            row["pattern_coverage"],
            row["pattern_accuracy_when_sure"],
        )
        lines.append(
            f"| {name} | {row['fields']} | {row['groups']} | {row['accuracy']:.3f} "
            f"| {low:.3f}-{high:.3f} | {' | '.join(f'{value:.3f}' for value in shares)} "
            f"| {row['slides_right']}/{row['slides']} |"
        )
    for name in ("real", "rendered"):
        row = measured[f"{name}, int8, intact"]
        lines += [
            "",
            f"{name.capitalize()} test fields, int8: true class by row, what was said by column.",
            "",
            f"| | {' | '.join(LABELS)} | recall | precision | F1 | specificity |",
            "|---" * (len(LABELS) + 5) + "|",
        ]
        for label, counts in zip(LABELS, row["confusion"], strict=True):
            shares = row["classes"][label].values()
            lines.append(
                f"| {label} | {' | '.join(map(str, counts))} "
                f"| {' | '.join(f'{value:.3f}' for value in shares)} |"
            )
    return "\n".join(lines) + "\n"


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("bundle", type=Path)
    parser.add_argument("--cache", type=Path, default=Path("build/training"))
    parser.add_argument(
        "--out", type=Path, help="default: a folder of the bundle's name in --cache"
    )
    arguments = parser.parse_args()
    out = arguments.out or arguments.cache / "measured" / arguments.bundle.name
    out.mkdir(parents=True, exist_ok=True)
    measured = measure(arguments.bundle, arguments.cache)
    (out / "measured.json").write_text(json.dumps(measured, indent=1))
    (out / "measured.md").write_text(markdown(measured))
    card = read_card(arguments.bundle)
    write_card(arguments.bundle, card | {"measured": for_card(measured)})
    print((out / "measured.md").read_text())


if __name__ == "__main__":
    main()
