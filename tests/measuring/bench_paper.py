"""Times a model on tflite-runtime (median ms): `python -m tests.measuring.bench_paper MODEL WINDOWS.npy THREADS`.

tests/measuring/bench.py runs this in the environment of tflite-runtime, which has another version of numpy.
"""

from __future__ import annotations

import statistics
import sys
import time

import numpy as np
from tflite_runtime.interpreter import Interpreter


def main(model: str, windows_file: str, threads: str) -> None:
    """Time the model and print the result.

    Args:
        model: Path of the model file.
        windows_file: Path of the windows, (n, 200, 200, 3) uint8, in R, G, B.
        threads: Number of threads.
    """
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
