"""Reads a model bundle from disk and checks that the model is the one on its card."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from leukoscope.errors import BundleError
from leukoscope.model.card import Card, parse_card

CARD_FILE = "card.toml"


@dataclass(frozen=True)
class Bundle:
    """A model and its card. The model's SHA-256 is the one on the card.

    Attributes:
        card: What the model expects and what its numbers mean.
        model: The bytes of the TFLite file.
    """

    card: Card
    model: bytes


def load_bundle(folder: Path) -> Bundle:
    """Read and verify a bundle.

    Raises:
        BundleError: A file is missing or unreadable, the card is wrong, or the model is not the one that the card
            describes. The message names the bundle.
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
