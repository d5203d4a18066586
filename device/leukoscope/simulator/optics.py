"""The objective and the camera: defocus by the lens's transfer function, then light, noise and encoding."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from leukoscope.simulator.encoding import LINEAR_STEPS, srgb_decode, srgb_table
from leukoscope.simulator.noise import POOL_SIZE, noise_pool

CHANNEL_WAVELENGTHS = (1.10, 1.00, 0.85)
"""Mean wavelengths of the camera's R, G, B relative to that of green (605, 550, 468 nm for green of 0.55 µm)."""

_OTF_SAMPLES = 512
_PAD_UM = 6.0

WELL_EXPOSED = 225
"""sRGB level, 0..255, of clear glass at LED level 1, exposure 1 and no shading."""

NEUTRAL_GAIN = 2.0
"""White-balance gain of red and of blue that makes the white LED neutral.

It means that the sensor gets half as much red and blue as green. This value was chosen here. The two gains of a real
camera differ, and depend on the LED.
"""

_RAW_TOP, _RAW_BLACK = 4095, 256
"""Values of a 12-bit raw frame at saturation, and without light (4096 of 65535 in libcamera's tuning of the
IMX477)."""


def otf(defocus_um: float, na: float, wavelength_um: float) -> npt.NDArray[np.float64]:
    """Return the optical transfer function of a defocused, aberration-free lens in incoherent light.

    Hopkins, "The frequency response of a defocused optical system", Proc. R. Soc. A 231, 1955. With s the frequency
    as a share of the cut-off 2 NA / wavelength, and w the wavefront error at the rim of the pupil in waves:

        H(s) = 4/pi * integral from 0 to 1 - s of sqrt(1 - (x + s)^2) cos(8 pi w s x) dx

    w is exact at the rim: defocus (1 - sqrt(1 - NA^2)) / wavelength in air. The paraxial NA^2 / 2 would be 14 % too
    small at NA 0.65. The condenser is assumed to fill the pupil.

    Args:
        defocus_um: Distance from focus, µm.
        na: Numerical aperture in air.
        wavelength_um: Wavelength, µm.

    Returns:
        H at 512 evenly spaced s from 0 to 1, float64. H(0) = 1. It is negative where contrast is reversed.
    """
    waves = defocus_um * (1.0 - np.sqrt(1.0 - na * na)) / wavelength_um
    share = np.linspace(0.0, 1.0, _OTF_SAMPLES)[:, None]
    # x = (1 - s) sin^2(t): even steps of t give more points where the square root is steep.
    steps = (np.arange(192) + 0.5) / 192 * (np.pi / 2)
    x = (1.0 - share) * np.sin(steps) ** 2
    dx = (1.0 - share) * np.sin(2.0 * steps) * (np.pi / 2) / 192
    chord = np.sqrt(np.maximum(1.0 - (x + share) ** 2, 0.0))
    values = 4.0 / np.pi * np.sum(chord * np.cos(8.0 * np.pi * waves * share * x) * dx, axis=1)
    return np.asarray(values / values[0], dtype=np.float64)


def _find_fast_length(least: int) -> int:
    """Return the smallest length >= least without a prime factor above 5, for which an FFT is fast."""
    length = least
    while True:
        rest = length
        for prime in (2, 3, 5):
            while rest % prime == 0:
                rest //= prime
        if rest == 1:
            return length
        length += 1


def defocus(
    transmittance: npt.NDArray[np.float32],
    defocus_um: float,
    um_per_px: float,
    na: float = 0.65,
    wavelength_um: float = 0.55,
) -> npt.NDArray[np.float32]:
    """Image a specimen that is `defocus_um` away from the focal plane.

    Args:
        transmittance: Shape (height, width, 3), float32, linear light, R, G, B.
        defocus_um: µm, of either sign (an ideal lens blurs both sides the same). At 0 only diffraction blurs.
        um_per_px: Micrometres of the specimen per pixel.
        na: Numerical aperture in air, below 1.
        wavelength_um: Wavelength of the green channel. Those of red and blue follow from `CHANNEL_WAVELENGTHS`.

    Returns:
        The image, float32, same shape, clipped to 0..1. Outside its edges the specimen is taken to be mirrored, so
        that the mean stays nearly the same.

    Raises:
        ValueError: Shape, scale, aperture or wavelength is wrong.
    """
    if transmittance.ndim != 3 or transmittance.shape[2] != 3 or 0 in transmittance.shape:
        raise ValueError(
            f"defocus needs transmittance of shape (height, width, 3), not {transmittance.shape}"
        )
    if not (um_per_px > 0 and 0 < na < 1 and wavelength_um > 0 and np.isfinite(defocus_um)):
        raise ValueError(
            "defocus needs um_per_px > 0, 0 < na < 1, wavelength_um > 0 and a finite defocus_um, "
            f"not {um_per_px}, {na}, {wavelength_um}, {defocus_um}"
        )
    height, width = transmittance.shape[:2]
    # Light spreads defocus * tan(asin(na)) sideways. Such wide padding would be slow for a large defocus. There the
    # mirrored rim is only a blur of mean brightness, so less is enough.
    pad = min(int(_PAD_UM / um_per_px) + 1, height, width)
    size = (_find_fast_length(height + 2 * pad), _find_fast_length(width + 2 * pad))
    rows = _mirror_indices(height, pad, size[0])
    columns = _mirror_indices(width, pad, size[1])
    result = np.empty(transmittance.shape, dtype=np.float32)
    for channel, relative in enumerate(CHANNEL_WAVELENGTHS):
        wavelength = wavelength_um * relative
        cutoff = 2.0 * na / wavelength
        curve = otf(defocus_um, na, wavelength).astype(np.float32)
        plane = transmittance[:, :, channel]
        # FFTs in strips, along rows and then along columns. numpy computes in double precision, and whole planes of
        # that would need most of the memory that the daemon may use.
        spectrum = np.empty((size[0], size[1] // 2 + 1), dtype=np.complex64)
        for strip in _split_strips(size[0]):
            spectrum[strip] = np.fft.rfft(plane[rows[strip, None], columns[None, :]], axis=1)
        down = np.fft.fftfreq(size[0], um_per_px).astype(np.float32)[:, None]
        across = np.fft.rfftfreq(size[1], um_per_px).astype(np.float32)
        for strip in _split_strips(spectrum.shape[1]):
            share = np.hypot(down, across[None, strip]) * np.float32(1.0 / cutoff)
            part = np.fft.fft(spectrum[:, strip], axis=0) * _interpolate(curve, share)
            spectrum[:, strip] = np.fft.ifft(part, axis=0)
        for strip in _split_strips(height):
            visible = spectrum[pad : pad + height][strip]
            blurred = np.fft.irfft(visible, size[1], axis=1)[:, pad : pad + width]
            result[strip, :, channel] = np.clip(blurred, 0.0, 1.0)
    return result


def _split_strips(length: int) -> list[slice]:
    """Split 0..length into strips of 64."""
    return [slice(start, min(start + 64, length)) for start in range(0, length, 64)]


def _interpolate(
    curve: npt.NDArray[np.float32], share: npt.NDArray[np.float32]
) -> npt.NDArray[np.float32]:
    """Return an OTF at shares of the cut-off frequency: linear between its samples, 0 beyond the cut-off."""
    index = np.minimum(share * np.float32(_OTF_SAMPLES - 1), np.float32(_OTF_SAMPLES - 1.001))
    base = index.astype(np.int32)
    index -= base
    return np.asarray(curve[base] + index * np.diff(curve)[base], dtype=np.float32)


def _mirror_indices(length: int, pad: int, total: int) -> npt.NDArray[np.intp]:
    """Return indices that extend 0..length-1 by mirroring: `pad` before it, `total` in all."""
    index = np.abs(np.arange(-pad, total - pad) + 0.5).astype(np.intp) % (2 * length)
    return np.asarray(np.minimum(index, 2 * length - 1 - index), dtype=np.intp)


def shift(image: npt.NDArray[np.float32], pixels: int) -> npt.NDArray[np.float32]:
    """Return the picture of a specimen, shifted by whole pixels. At the edge the mirror image comes in.

    Args:
        image: Shape (height, width, 3).
        pixels: To the right; below 0 to the left.
    """
    return image[:, _mirror_indices(image.shape[1], pixels, image.shape[1])]


SHADING_CAST = (0.75, 1.0, 0.85)
"""Shading of R, G, B relative to G. A Pi camera without its lens has a pink rim and a green centre."""


def expose(
    transmittance: npt.NDArray[np.float32],
    *,
    led_level: float,
    exposure: float,
    shading: float,
    rng: np.random.Generator,
    led_tint: tuple[float, float] = (1.0, 1.0),
    analogue_gain: float = 1.0,
    red_gain: float = NEUTRAL_GAIN,
    blue_gain: float = NEUTRAL_GAIN,
    full_well_e: float = 30_000.0,
    read_noise_e: float = 20.0,
) -> npt.NDArray[np.uint8]:
    """Expose a picture as the camera does.

    Shot noise is Poisson noise, approximated by a normal distribution.

    Args:
        transmittance: Shape (height, width, 3), float32, linear light 0..1, R, G, B.
        led_level: 0 (off; the frame is only read noise) to 1.
        exposure: Relative to the exposure at which clear glass has level `WELL_EXPOSED`; 0 or more.
        shading: Loss of green light in the corners, 0 (even) to 1 (black). Red and blue lose less.
        rng: Chooses the noise.
        led_tint: Red and blue light of the LED relative to a white LED, above 0.
        analogue_gain: Gain before the converter, 1 or more. More gain is brighter, and noisier, because fewer
            electrons fill the converter's range.
        red_gain: White balance of red, above 0. It is applied after the converter. Where the converter saturates,
            green is 1 and red and blue are their gains, before the picture is clipped at 1.
        blue_gain: White balance of blue, likewise.
        full_well_e: Electrons per pixel at saturation, for 4x4 binned IMX477 pixels at some gain.
        read_noise_e: Read noise per pixel in electrons, likewise.

    Returns:
        Shape (height, width, 3), uint8, sRGB-encoded, clipped at 0 and 255.

    Raises:
        ValueError: A number is out of range, or the shape is wrong.
    """
    if transmittance.ndim != 3 or transmittance.shape[2] != 3:
        raise ValueError(
            f"expose needs transmittance of shape (height, width, 3), not {transmittance.shape}"
        )
    _check_light(led_level, exposure, shading, analogue_gain)
    if not (full_well_e > 0 and read_noise_e >= 0):
        raise ValueError(
            f"expose needs full_well_e > 0 and read_noise_e >= 0, not {full_well_e}, {read_noise_e}"
        )
    if not all(0.0 < number < np.inf for number in (*led_tint, red_gain, blue_gain)):
        raise ValueError(
            "expose needs led_tint, red_gain and blue_gain above 0, "
            f"not {led_tint}, {red_gain}, {blue_gain}"
        )
    height, width = transmittance.shape[:2]
    top = np.float32(LINEAR_STEPS)
    well_exposed = srgb_decode(WELL_EXPOSED / 255)
    light = np.float32(top * led_level * exposure * well_exposed * analogue_gain)
    # In table steps: variance = signal * steps per electron + read noise squared.
    per_electron = np.float32(top / full_well_e * analogue_gain)
    floor = np.float32((read_noise_e * top / full_well_e * analogue_gain) ** 2)
    pool, table = noise_pool(), srgb_table()
    down, across = _square_distance(height, width)
    loss = np.asarray(SHADING_CAST, dtype=np.float32) * np.float32(shading)
    # One number per channel, repeated to a whole row of the picture, because numpy is slow with rows of three.
    tint = np.tile(np.array([led_tint[0], 1.0, led_tint[1]], np.float32) * light, width)
    balance = np.tile(np.array([red_gain, NEUTRAL_GAIN, blue_gain], np.float32), width)
    balance /= np.float32(NEUTRAL_GAIN)
    saturated = np.tile(np.array([NEUTRAL_GAIN, 1.0, NEUTRAL_GAIN], np.float32) * top, width)
    image = np.empty(transmittance.shape, dtype=np.uint8)
    # A few rows at a time fit into the processor's cache. Each time another part of the noise is used.
    rows = max(1, min(32, POOL_SIZE // (8 * 3 * width)))
    for start in range(0, height, rows):
        lit = transmittance[start : start + rows]
        part = (lit.reshape(len(lit), -1) * tint).reshape(lit.shape)
        if shading > 0.0:
            part *= 1.0 - (down[start : start + rows] + across)[:, :, None] * loss
        noise = np.maximum(part, 0.0)
        noise *= per_electron
        noise += floor
        np.sqrt(noise, out=noise)
        offset = int(rng.integers(POOL_SIZE - noise.size))
        noise *= pool[offset : offset + noise.size].reshape(noise.shape)
        part += noise
        flat = part.reshape(len(lit), -1)
        np.minimum(flat, saturated, out=flat)
        flat *= balance
        part += np.float32(0.5)
        np.clip(part, 0.0, top, out=part)
        image[start : start + rows] = table[part.astype(np.uint16)]
    return image


def expose_raw_green(
    transmittance: npt.NDArray[np.float32],
    *,
    led_level: float,
    exposure: float,
    shading: float,
    rng: np.random.Generator,
    analogue_gain: float = 1.0,
    full_well_e: float = 30_000.0,
    read_noise_e: float = 20.0,
) -> npt.NDArray[np.float32]:
    """Expose the green pixels of a picture, as raw values of the converter. The arguments are those of `expose`.

    Returns:
        The green pixels of a Bayer pattern (every other pixel), shape (height, width // 2), float32. 0 is black and
        1.0 is saturation, in steps of a 12-bit converter. Noise can make a value negative.

    Raises:
        ValueError: A number is out of range.
    """
    _check_light(led_level, exposure, shading, analogue_gain)
    height, width = transmittance.shape[:2]
    down, across = _square_distance(height, width)
    well_exposed = srgb_decode(WELL_EXPOSED / 255)
    light = np.float32(led_level * exposure * well_exposed * analogue_gain)
    whole = transmittance[:, :, 1] * (1.0 - (down + across) * np.float32(shading)) * light
    # Red and green alternate along even rows, green and blue along odd ones.
    green = np.empty((height, width // 2), dtype=np.float32)
    green[0::2] = whole[0::2, 0 : width // 2 * 2 : 2]
    green[1::2] = whole[1::2, 1::2]
    spread = np.sqrt(
        np.maximum(green, 0.0) * np.float32(analogue_gain / full_well_e)
        + np.float32((read_noise_e / full_well_e * analogue_gain) ** 2)
    )
    green += spread * rng.standard_normal(green.shape, dtype=np.float32)
    span = np.float32(_RAW_TOP - _RAW_BLACK)
    counts = np.clip(np.rint(green * span), -_RAW_BLACK, span)
    return np.asarray(counts / span, dtype=np.float32)


def _check_light(led_level: float, exposure: float, shading: float, analogue_gain: float) -> None:
    """Check the ranges that `expose` documents.

    Raises:
        ValueError: A number is out of range.
    """
    if not (0.0 <= led_level <= 1.0 and 0.0 <= shading <= 1.0 and 0.0 <= exposure < np.inf):
        raise ValueError(
            "expose needs led_level and shading in 0..1 and exposure of 0 or more, "
            f"not {led_level}, {shading}, {exposure}"
        )
    if not 1.0 <= analogue_gain < np.inf:
        raise ValueError(f"expose needs analogue_gain of 1 or more, not {analogue_gain}")


def _square_distance(
    height: int, width: int
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """Return the squared distance from the middle of the picture, 1 in the corners, as two parts to be added.

    Returns:
        The parts, shapes (height, 1) and (1, width), float32, each 0..0.5.
    """
    down = np.linspace(-1.0, 1.0, height, dtype=np.float32)[:, None]
    across = np.linspace(-1.0, 1.0, width, dtype=np.float32)[None, :]
    half = np.float32(0.5)
    return down * down * half, across * across * half
