"""A bundle's model in its interpreter: takes pictures as bytes and gives probabilities."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import numpy.typing as npt

from leukoscope.errors import BundleError, RuntimeMissingError
from leukoscope.model.bundle import Bundle
from leukoscope.model.interpreter import load_runtime
from leukoscope.model.quiet_runtime import silence_runtime


class TfliteModel:
    """A model in one interpreter. Two threads must not use it at the same time: make one for each thread."""

    def __init__(self, bundle: Bundle, threads: int, *, outputs: int, geometry: int = 0) -> None:
        """Load the model of a bundle.

        Args:
            bundle: The model and its card.
            threads: Threads of the interpreter, >= 1.
            outputs: How many probabilities the model must give.
            geometry: How many numbers the model takes beside the picture; 0 if it takes only the picture.

        Raises:
            BundleError: The model does not match its card.
            RuntimeMissingError: No runtime works on this machine.
        """
        card = bundle.card
        self.card = card
        self.runtime, interpreter = load_runtime()
        try:
            with silence_runtime():
                self._interpreter = interpreter(model_content=bundle.model, num_threads=threads)
                self._interpreter.allocate_tensors()
        except (ValueError, RuntimeError) as error:
            raise BundleError(
                f"model {card.name}: {self.runtime} can't load {card.file}: {error}"
            ) from error
        except SystemError as error:  # tflite-runtime 2.14 with numpy 2
            raise RuntimeMissingError(
                f"{self.runtime} does not work with numpy {np.__version__}: "
                "run `pip install 'numpy<2'`, or install ai-edge-litert"
            ) from error
        inputs = {_shape(tensor): tensor for tensor in self._interpreter.get_input_details()}
        expected = [(1, card.side_px, card.side_px, 3)] + [(1, geometry)] * (geometry > 0)
        if sorted(inputs, key=len) != sorted(expected, key=len):
            raise BundleError(
                f"model {card.name}: takes {_shapes(inputs)}, its card says {_shapes(expected)}"
            )
        self._picture = inputs[expected[0]]
        self._geometry = inputs[expected[1]] if geometry else None
        self._output = self._interpreter.get_output_details()[0]
        if _shape(self._output) != (1, outputs):
            raise BundleError(
                f"model {card.name}: gives {_shape(self._output)}, not (1, {outputs})"
            )
        self._bytes_to_input = self._make_input_table()

    @property
    def um_per_px(self) -> float:
        """Scale of the pictures that the model takes, micrometres per pixel."""
        return self.card.um_per_px

    def run(
        self, picture: npt.NDArray[np.uint8], geometry: tuple[float, ...] = ()
    ) -> tuple[float, ...]:
        """Read a picture.

        Args:
            picture: Shape (side_px, side_px, 3), uint8.
            geometry: Numbers beside the picture; ignored by a model that takes none.

        Returns:
            The probabilities, scaled by the card's temperature; sum 1.
        """
        self._interpreter.set_tensor(
            self._picture["index"], self._bytes_to_input.take(picture)[None]
        )
        if self._geometry is not None:
            numbers = np.array([geometry], np.float32)
            self._interpreter.set_tensor(
                self._geometry["index"], _quantise(numbers, self._geometry)
            )
        self._interpreter.invoke()
        raw = self._interpreter.get_tensor(self._output["index"])[0]
        if raw.dtype != np.float32:
            scale, zero_point = self._output["quantization"]
            raw = (raw.astype(np.float32) - zero_point) * scale
        logits = raw if self.card.output_kind == "logits" else np.log(np.maximum(raw, 1e-7))
        return softmax(logits, self.card.temperature)

    def _make_input_table(self) -> npt.NDArray[Any]:
        """Return the model's input for each byte 0..255; shape (256,), the input's dtype."""
        values = np.arange(256) * self.card.scale + self.card.offset
        dtype = np.dtype(self._picture["dtype"])
        scale, _ = self._picture["quantization"]
        if dtype != np.float32 and (dtype not in (np.int8, np.uint8) or not scale):
            raise BundleError(f"model {self.card.name}: input must be float32 or int8, not {dtype}")
        return _quantise(values.astype(np.float32), self._picture)


def softmax(logits: npt.NDArray[np.float32], temperature: float) -> tuple[float, ...]:
    """Return the probabilities for logits that are first divided by a temperature > 0 (Guo et al., ICML 2017)."""
    scaled = logits.astype(np.float64) / temperature
    powers = np.exp(scaled - scaled.max())
    return tuple(float(p) for p in powers / powers.sum())


def _shape(tensor: dict[str, Any]) -> tuple[int, ...]:
    return tuple(int(n) for n in tensor["shape"])


def _shapes(shapes: Iterable[tuple[int, ...]]) -> str:
    return " and ".join(map(str, sorted(shapes)))


def _quantise(values: npt.NDArray[np.float32], tensor: dict[str, Any]) -> npt.NDArray[Any]:
    """Convert values for a tensor: to float32, or to 8-bit numbers with its scale and zero point."""
    dtype = np.dtype(tensor["dtype"])
    if dtype == np.float32:
        return values
    scale, zero_point = tensor["quantization"]
    limits = np.iinfo(dtype)
    levels: npt.NDArray[Any] = np.clip(
        np.round(values / scale) + zero_point, limits.min, limits.max
    ).astype(dtype)
    return levels
