"""Makes one field from several frames: their mean if the stage stood still, otherwise the sharpest frame."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from leukoscope.field import STILL_UM, Field, Rgb
from leukoscope.imaging.registration import find_motion


def merge(frames: Sequence[Field]) -> Field:
    """Merge the frames of a burst.

    Args:
        frames: At least one, all of one shape and scale.

    Returns:
        The mean of all frames if they moved by less than `STILL_UM`, otherwise the sharpest. The keys Frames,
        FrameUsed ("mean", or the number from 1) and StageMovedUm of its `metadata` say which it is.
    """
    if len(frames) == 1:
        return frames[0]
    pictures = [frame.rgb for frame in frames]
    motion = find_motion(pictures, frames[0].um_per_px)
    still = motion.um < STILL_UM
    chosen = frames[0 if still else motion.sharpest]
    used: object = "mean" if still else motion.sharpest + 1
    return replace(
        chosen,
        rgb=_mean(pictures) if still else chosen.rgb,
        metadata={
            **chosen.metadata,
            "Frames": len(frames),
            "FrameUsed": used,
            "StageMovedUm": round(motion.um, 2),
        },
        moved_um=motion.um,
    )


def _mean(pictures: Sequence[Rgb]) -> Rgb:
    """Return the rounded mean. It is made in bands of 64 rows, which fit into the processor's cache."""
    result = np.empty_like(pictures[0])
    half = len(pictures) // 2
    for start in range(0, len(result), 64):
        rows = slice(start, start + 64)
        total = np.add(pictures[0][rows], pictures[1][rows], dtype=np.uint16)
        for picture in pictures[2:]:
            total += picture[rows]
        total += half
        total //= len(pictures)
        result[rows] = total
    return result
