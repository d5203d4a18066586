"""A bundle on disk: verified against its card, then made into a classifier."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from device.errors import BundleError, RuntimeMissingError
from device.field import Rgb
from device.model.card import Card, parse_card
from device.model.interpreter import load_runtime
from device.reading.pooling import Thresholds
from device.reading.results import LABELS

CARD_FILE = "card.toml"


@dataclass(frozen=True)
class Bundle:
    """A card and the model it vouches for: the bytes' SHA-256 is the card's."""

    card: Card
    model: bytes


def load_bundle(folder: Path) -> Bundle:
    """Read and verify a bundle.

    Raises BundleError, naming the bundle, when a file is missing or unreadable, the card is wrong,
    or the model is not the one that the card describes.
    """
    card_path = folder / CARD_FILE
    try:
        card = parse_card(card_path.read_text(encoding="utf-8"), str(card_path))
        model = (folder / card.file).read_bytes()
    except OSError as error:
        raise BundleError(
            f"model bundle {folder}: can't read {error.filename}: {error.strerror}; "
            "set [model] bundle or install the bundle again"
        ) from error
    except UnicodeDecodeError as error:
        raise BundleError(f"{card_path}: not UTF-8 text: {error}") from error
    digest = hashlib.sha256(model).hexdigest()
    if digest != card.sha256:
        raise BundleError(
            f"model bundle {folder}: {card.file} is not the model of its card (SHA-256 "
            f"{digest[:12]}…, card says {card.sha256[:12]}…); install the bundle again"
        )
    return Bundle(card, model)


class TfliteClassifier:
    """Class probabilities of a window by one interpreter, built once and warmed up.

    Not for use by two threads at once: make one each.
    """

    def __init__(self, bundle: Bundle, threads: int) -> None:
        """threads: of the interpreter, >= 1.

        Raises BundleError when the model is not as its card, RuntimeMissingError when no runtime works.
        """
        card = bundle.card
        self.card = card
        self.runtime, interpreter = load_runtime()
        try:
            self._interpreter = interpreter(model_content=bundle.model, num_threads=threads)
            self._interpreter.allocate_tensors()
        except (ValueError, RuntimeError) as error:
            raise BundleError(
                f"model {card.name}: {self.runtime} can't load {card.file}: {error}"
            ) from error
        except SystemError as error:  # all that tflite-runtime 2.14 says of numpy 2
            raise RuntimeMissingError(
                f"{self.runtime} does not work with numpy {np.__version__}: "
                "run `pip install 'numpy<2'`, or install ai-edge-litert"
            ) from error
        self._input = self._interpreter.get_input_details()[0]
        self._output = self._interpreter.get_output_details()[0]
        takes, gives = (
            tuple(int(n) for n in tensor["shape"]) for tensor in (self._input, self._output)
        )
        expected = (1, card.side_px, card.side_px, 3)
        if takes != expected:
            raise BundleError(f"model {card.name}: takes {takes}, its card says {expected}")
        if gives != (1, len(LABELS)):
            raise BundleError(f"model {card.name}: gives {gives}, not (1, {len(LABELS)})")
        self._bytes_to_input = self._input_table()
        self.probabilities(np.zeros((card.side_px, card.side_px, 3), np.uint8))

    @property
    def um_per_px(self) -> float:
        """Scale at which the model sees a field, micrometres per pixel."""
        return self.card.um_per_px

    @property
    def window_px(self) -> int:
        """Side of the model's square input, pixels."""
        return self.card.side_px

    @property
    def thresholds(self) -> Thresholds:
        """Least probabilities for a verdict."""
        return self.card.thresholds

    def _input_table(self) -> npt.NDArray[Any]:
        """What each byte 0..255 becomes at the model's input; shape (256,), the input's dtype."""
        values = np.arange(256) * self.card.scale + self.card.offset
        dtype = np.dtype(self._input["dtype"])
        if dtype == np.float32:
            return values.astype(np.float32)
        scale, zero_point = self._input["quantization"]
        if dtype not in (np.int8, np.uint8) or not scale:
            raise BundleError(f"model {self.card.name}: input must be float32 or int8, not {dtype}")
        limits = np.iinfo(dtype)
        table: npt.NDArray[Any] = np.clip(
            np.round(values / scale) + zero_point, limits.min, limits.max
        ).astype(dtype)
        return table

    def probabilities(self, window: Rgb) -> tuple[float, ...]:
        """Calibrated probabilities, one per label of `LABELS`, sum 1.

        window: shape (window_px, window_px, 3), uint8, R, G, B.
        """
        self._interpreter.set_tensor(self._input["index"], self._bytes_to_input.take(window)[None])
        self._interpreter.invoke()
        raw = self._interpreter.get_tensor(self._output["index"])[0]
        if raw.dtype != np.float32:
            scale, zero_point = self._output["quantization"]
            raw = (raw.astype(np.float32) - zero_point) * scale
        logits = raw if self.card.output_kind == "logits" else np.log(np.maximum(raw, 1e-7))
        return softmax(logits, self.card.temperature)


def softmax(logits: npt.NDArray[np.float32], temperature: float) -> tuple[float, ...]:
    """Probabilities from logits, divided by a temperature > 0 (Guo et al., ICML 2017)."""
    scaled = logits.astype(np.float64) / temperature
    powers = np.exp(scaled - scaled.max())
    return tuple(float(p) for p in powers / powers.sum())
