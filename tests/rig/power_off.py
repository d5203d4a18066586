"""Holds the button for more than 6 s, and saves what the OLED shows last, until the machine is off."""

from __future__ import annotations

import sys
import time
from pathlib import Path

from PIL import Image

from tests.rig.button import pull
from tests.rig.wire import Wire

OUT = Path("/out")
GOLDEN = Path("tests/panel/golden/safe-to-unplug.png")
LIMIT_S = 150.0


def main() -> int:
    """Does not return when the test passes: the machine powers off first."""
    wire = Wire()
    time.sleep(2)
    pull("pull-down")
    time.sleep(8)
    pull("pull-up")
    safe = Image.open(GOLDEN).convert("1").tobytes()
    seen, until = 0, time.monotonic() + LIMIT_S
    while time.monotonic() < until:
        if len(wire.pictures) > seen:
            seen = len(wire.pictures)
            picture = wire.pictures[-1].picture
            picture.save(OUT / "last.png")
            if picture.tobytes() == safe:
                (OUT / "safe-to-unplug").touch()
        time.sleep(0.05)
    (OUT / "still-on").touch()
    return 1


if __name__ == "__main__":
    sys.exit(main())
