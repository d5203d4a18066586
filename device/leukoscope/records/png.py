"""A field as PNG bytes, lossless."""

from __future__ import annotations

import io
import zlib
from collections.abc import Mapping

from PIL import Image
from PIL.PngImagePlugin import PngInfo

from leukoscope.field import Rgb

_MOST_PER_METRE = 2**31 - 1


def encode_png(rgb: Rgb, um_per_px: float, texts: Mapping[str, str]) -> bytes:
    """Return `rgb`, shape (height, width, 3), uint8, as the bytes of a PNG file.

    um_per_px: written as the file's own resolution (pHYs, pixels per metre), so that the picture
    can be read again as a field at its true scale; left out where PNG can't hold the number.
    texts: keyword -> text (Latin-1), for whoever finds the picture away from its record.
    """
    info = PngInfo()
    for keyword, text in texts.items():
        info.add_text(keyword, text.encode("latin-1", "replace").decode("latin-1"))
    options: dict[str, object] = {}
    per_metre = 1e6 / um_per_px
    if 1 <= per_metre <= _MOST_PER_METRE:
        options["dpi"] = (per_metre * 0.0254, per_metre * 0.0254)
    file = io.BytesIO()
    # Huffman coding alone: stained cells and sensor noise have hardly any repeats to look for, so
    # that it is quicker than level 1 by a fifth and the file smaller by as much.
    Image.fromarray(rgb).save(
        file, "PNG", pnginfo=info, compress_level=1, compress_type=zlib.Z_HUFFMAN_ONLY, **options
    )
    return file.getvalue()
