"""Running a bundle's TFLite file on many windows, as the device runs it on one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

try:
    from ai_edge_litert.interpreter import Interpreter
except ImportError:  # the older name of the same runtime
    from tflite_runtime.interpreter import Interpreter


def logits(model: Path, windows: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
    """Logits, shape (n, 5), of windows of shape (n, 200, 200, 3)."""
    interpreter = Interpreter(model_path=str(model), num_threads=2)
    interpreter.allocate_tensors()
    into, out = interpreter.get_input_details()[0], interpreter.get_output_details()[0]
    rows = np.empty((len(windows), out["shape"][-1]), np.float32)
    for row, window in zip(rows, windows, strict=True):
        interpreter.set_tensor(into["index"], _quantised(window / np.float32(255), into)[None])
        interpreter.invoke()
        row[:] = _real(interpreter.get_tensor(out["index"])[0], out)
    return rows


def _quantised(values: npt.NDArray[np.float32], detail: dict[str, Any]) -> npt.NDArray[Any]:
    if detail["dtype"] is np.float32:
        return values
    scale, zero = detail["quantization"]
    limits = np.iinfo(detail["dtype"])
    return np.clip(np.rint(values / scale) + zero, limits.min, limits.max).astype(detail["dtype"])


def _real(values: npt.NDArray[Any], detail: dict[str, Any]) -> npt.NDArray[np.float32]:
    if detail["dtype"] is np.float32:
        return values
    scale, zero = detail["quantization"]
    return (values.astype(np.float32) - zero) * np.float32(scale)
