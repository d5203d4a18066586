"""Makes pictures in linear light, real and rendered, blurs them, adds dust and photographs them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from leukoscope.field import Field, Rgb
from leukoscope.imaging.scaling import resample
from leukoscope.simulator.hematology import Diagnosis
from leukoscope.simulator.optics import WELL_EXPOSED, expose
from leukoscope_training.shared.non_smear_drawing import Linear
from PIL import Image

from tests.measuring.focus_measures import MEASURES
from tests.measuring.real import MODEL_UM_PER_PX

CAPTURED_UM_PER_PX = 0.155
LIVE_UM_PER_PX, LIVE_SHAPE = 0.245, (480, 640)
CLASSES = tuple(diagnosis for diagnosis in Diagnosis if diagnosis is not Diagnosis.EMPTY)


def make_dust(seed: int, shape: tuple[int, int], um_per_px: float) -> Linear:
    """Make 15 soft specks on the camera: transmission, shape (height, width, 1). Defocus does not change them."""
    rng = np.random.default_rng(seed)
    y, x = (axis * um_per_px for axis in np.mgrid[: shape[0], : shape[1]])
    through = np.ones(shape, np.float32)
    for _ in range(15):
        radius, depth = rng.uniform(0.6, 2.5), rng.uniform(0.15, 0.5)
        at = rng.uniform(0, np.array(shape) * um_per_px)
        through *= 1 - depth * np.exp(-((y - at[0]) ** 2 + (x - at[1]) ** 2) / (2 * radius**2))
    return through[..., None]


def decode_levels(levels: Rgb) -> Linear:
    """Decode sRGB levels (IEC 61966-2-1) to linear light, of which `expose` at 1 makes the same levels again."""
    share = np.arange(256) / 255
    linear = np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)
    scaled: Linear = (linear / linear[WELL_EXPOSED]).astype(np.float32)[levels]
    return scaled


def open_real_light(path: Path, um_per_px: float) -> Linear:
    """Open an image file in linear light, at the scale that the device captures."""
    light = decode_levels(np.asarray(Image.open(path).convert("RGB")))
    height, width = (round(n * um_per_px / CAPTURED_UM_PER_PX) for n in light.shape[:2])
    planes = (
        Image.fromarray(light[..., channel]).resize((width, height), Image.Resampling.BILINEAR)
        for channel in range(3)
    )
    return np.stack([np.asarray(plane) for plane in planes], axis=-1)


def blur(light: Linear, blur_um: float) -> Linear:
    """Blur by a Gaussian of standard deviation `blur_um`, in float, with mirrored edges."""
    if not blur_um:
        return light
    pad = int(4 * blur_um / CAPTURED_UM_PER_PX) + 1
    wide = np.pad(light, ((pad, pad), (pad, pad), (0, 0)), mode="symmetric")
    down = np.fft.fftfreq(wide.shape[0], CAPTURED_UM_PER_PX)[:, None, None]
    across = np.fft.rfftfreq(wide.shape[1], CAPTURED_UM_PER_PX)[None, :, None]
    passed = np.exp(-2 * (np.pi * blur_um) ** 2 * (down**2 + across**2))
    spectrum = np.fft.fft(np.fft.rfft(wide, axis=1), axis=0)
    blurred = np.fft.irfft(np.fft.ifft(spectrum * passed, axis=0), wide.shape[1], axis=1)
    return blurred[pad:-pad, pad:-pad].astype(np.float32)


def photograph(
    light: Linear, rng: np.random.Generator, exposure: float = 1.0, noise: float = 1.0
) -> Rgb:
    """Photograph some light; noise: variance of photons relative to the camera's own."""
    return expose(
        light,
        led_level=1.0,
        exposure=exposure,
        shading=0.0,
        rng=rng,
        full_well_e=30_000.0 / noise if noise else 1e12,
        read_noise_e=20.0 if noise else 0.0,
    )


def apply_measures(rgb: Rgb, um_per_px: float) -> dict[str, float]:
    """Apply every measure to a picture at the model's scale."""
    picture = resample(Field(rgb, um_per_px), MODEL_UM_PER_PX)
    plane = picture[..., 1].astype(np.float32)
    return {name: measure(plane) for name, measure in MEASURES.items()}
