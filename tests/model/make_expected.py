"""What the shipped bundle says of three drawn windows; run anew when the bundle is another:

python -m tests.model.make_expected
"""

from __future__ import annotations

import json
from pathlib import Path

from device.model.bundle import load_bundle
from device.model.readers import WindowReader
from device.reading.results import LABELS
from tests.model.examples import windows

COMMAND = "python -m tests.model.make_expected"
EXPECTED = Path(__file__).parent / "expected.json"
BUNDLE = Path(__file__).parents[2] / "models" / "field-cnn"


def main() -> None:
    bundle = load_bundle(BUNDLE)
    classifier = WindowReader(bundle, threads=1)
    rows = [[round(p, 4) for p in classifier.probabilities(window)] for window in windows()]
    expected = {"sha256": bundle.card.sha256, "labels": LABELS, "probabilities": rows}
    EXPECTED.write_text(json.dumps(expected, indent=2) + "\n", encoding="utf-8")
    print(f"{EXPECTED}: {classifier.runtime}, {bundle.card.name} {bundle.card.version}")


if __name__ == "__main__":
    main()
