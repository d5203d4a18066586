"""What the tiny int8 model says of three drawn windows; run it again when the model is another:

python -m tests.model.make_expected
"""

from __future__ import annotations

import json
from pathlib import Path

from leukoscope.model.readers import open_window_reader
from leukoscope.reading.results import LABELS

from tests.model.examples import window_bundle, windows

COMMAND = "python -m tests.model.make_expected"
EXPECTED = Path(__file__).parent / "expected.json"


def main() -> None:
    bundle = window_bundle()
    model = open_window_reader(bundle, threads=1).model
    rows = [[round(p, 4) for p in model.run(window)] for window in windows()]
    expected = {"sha256": bundle.card.sha256, "labels": LABELS, "probabilities": rows}
    EXPECTED.write_text(json.dumps(expected, indent=2) + "\n", encoding="utf-8")
    print(f"{EXPECTED}: {model.runtime}")


if __name__ == "__main__":
    main()
