"""picamera2 on the kernel's vimc, whose test pattern is dark while the LED's line is low (see one_stream.py)."""

from __future__ import annotations

import numpy as np

from tests.rig.button import light
from tests.rig.one_stream import one_stream, real_picamera2

BRIGHTNESS = 0.8
"""Of the pattern, whose white would else be glare."""

real = real_picamera2(__file__)


class VimcCamera(one_stream(real.Picamera2)):  # type: ignore[misc]
    """See the module."""

    def lit(self) -> bool:
        return light()

    def rgb(self, request: object) -> np.ndarray:
        return (super().rgb(request) * BRIGHTNESS).astype(np.uint8)


real.Picamera2 = VimcCamera
