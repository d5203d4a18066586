"""Median ms of a model on tflite-runtime: `python -m tests.measuring.bench_paper MODEL WINDOWS.npy THREADS`.

Run by tests/measuring/bench.py in the environment that has tflite-runtime, which has another numpy.
"""

from __future__ import annotations

import statistics
import sys
import time

import numpy as np
from tflite_runtime.interpreter import Interpreter


def main(model: str, windows_file: str, threads: str) -> None:
    """windows_file: (n, 200, 200, 3) uint8, in R, G, B."""
    interpreter = Interpreter(model_path=model, num_threads=int(threads))
    interpreter.allocate_tensors()
    entry = interpreter.get_input_details()[0]["index"]
    windows = np.load(windows_file)
    times = []
    for n in range(32):
        interpreter.set_tensor(entry, windows[n % len(windows)][None].astype(np.float32) / 255)
        begun = time.perf_counter()
        interpreter.invoke()
        times.append(time.perf_counter() - begun)
    print(1000 * statistics.median(times[2:]))


if __name__ == "__main__":
    main(*sys.argv[1:])
