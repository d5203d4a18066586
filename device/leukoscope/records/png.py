"""Encodes pictures as PNG, without loss. The text of each file has the notice that it is not a diagnosis."""

from __future__ import annotations

import io
import zlib
from collections.abc import Mapping

from PIL import Image
from PIL.PngImagePlugin import PngInfo

from leukoscope.notice import NOTICE, SIMULATED

_MOST_PER_METRE = 2**31 - 1


# Options for Pillow, by what a picture shows.
CAMERA: Mapping[str, object] = {"compress_level": 1, "compress_type": zlib.Z_HUFFMAN_ONLY}
"""For camera pictures: only Huffman coding, because stained cells and sensor noise have hardly any repeats. It is a
fifth quicker than level 1, and the file is a fifth smaller."""
PAGE: Mapping[str, object] = {"compress_level": 1, "compress_type": zlib.Z_RLE}
"""For camera pictures on a plain page. A longer search makes the file a tenth smaller but takes three times as long."""
DRAWING: Mapping[str, object] = {"optimize": True}
"""For lines and letters: the smallest file."""


def encode_png(
    image: Image.Image,
    texts: Mapping[str, str],
    *,
    compression: Mapping[str, object] = CAMERA,
    simulated: bool = False,
    um_per_px: float | None = None,
) -> bytes:
    """Return `image` as the bytes of a PNG file.

    Args:
        image: The picture, of any mode that PNG has.
        texts: Keywords and their texts (Latin-1), for a person who finds the picture without its record. The notice
            is added as the Comment.
        compression: `CAMERA`, `PAGE` or `DRAWING`.
        simulated: Whether the Comment also says SIMULATED.
        um_per_px: Scale, written as the file's resolution (pHYs, pixels per metre), so that the picture can be
            read again as a field at its true scale. It is left out if PNG can't hold the number.
    """
    info = PngInfo()
    comment = f"{NOTICE} {SIMULATED}" if simulated else NOTICE
    for keyword, text in {**texts, "Comment": comment}.items():
        info.add_text(keyword, text.encode("latin-1", "replace").decode("latin-1"))
    options: dict[str, object] = dict(compression)
    per_metre = 1e6 / um_per_px if um_per_px else 0.0
    if 1 <= per_metre <= _MOST_PER_METRE:
        options["dpi"] = (per_metre * 0.0254, per_metre * 0.0254)
    file = io.BytesIO()
    image.save(file, "PNG", pnginfo=info, **options)
    return file.getvalue()
