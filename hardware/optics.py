"""Optics on paper: what the 40x objective, two cameras and the lamp give, each formula with its source.

`python -m hardware.optics` prints the Markdown tables that OPTICS.md includes. Nothing here was measured on hardware.
Lengths are in µm in the specimen, mm in the stand, unless a name says otherwise.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cache

from hardware.dimensions import (
    APERTURE_DIAMETERS,
    APERTURE_DISTANCE,
    APERTURE_THICKNESS,
    LED_DIAMETER,
    LED_TO_DIFFUSER,
    SLIDE_THICKNESS,
    WORKING_DISTANCE,
)
from hardware.electronics import LED_A, LIT, STRONG_HIGH_A, STRONG_LIT, table

MAGNIFICATION, NA = 40.0, 0.65
WAVELENGTH_UM = 0.55
"""Of resolution and aberration: green, where eye and sensor see best."""

# The device's own numbers; tests/hardware/test_optics.py holds them against device/.
TARGET_LEVEL = 0.75
LONGEST_MS = 200.0
MOST_GAIN = 16.0
FIELD_UM_PER_PX = 0.155
FOCUS_MS = 98.0
"""Longest exposure at which the focus meter gets its 10 frames a second: 100 ms less 2 for the readout."""

GAIN = 3.0
"""Chosen: the smallest whole gain at which both cameras keep to FOCUS_MS."""


@dataclass(frozen=True)
class Camera:
    """A sensor without lens. full_well_e: electrons at saturation, gain 1. most_gain: before the converter."""

    name: str
    width_px: int
    height_px: int
    pixel_um: float
    full_well_e: float
    most_gain: float


# 8180 e-: photon transfer of one HQ camera at gain 1, strollswithmydog.com, "Pi HQ Cam Sensor Performance". 4700 e-:
# assumed. Gain: Linux, imx219.c, 256 / (256 - 232); imx477.c allows 22, the device's settings 16.
HQ = Camera("HQ Camera (IMX477)", 4056, 3040, 1.55, 8180.0, MOST_GAIN)
V2 = Camera("Camera Module v2 (IMX219)", 3280, 2464, 1.12, 4700.0, 256 / 24)
CAMERAS = (HQ, V2)

# Geometry and resolution


def um_per_px(camera: Camera, binned: int = 1) -> float:
    """Pixel in the specimen, µm: pixel / M, the definition of lateral magnification."""
    return binned * camera.pixel_um / MAGNIFICATION


def field_um(camera: Camera) -> tuple[float, float]:
    """Width and height of the field of view, µm: pixels * µm per pixel."""
    return camera.width_px * um_per_px(camera), camera.height_px * um_per_px(camera)


def resolution_um(na: float, lit_na: float) -> float:
    """Rayleigh with a cone of illumination: 1.22 λ / (NA + lit NA); 0.61 λ / NA when that fills the objective.

    Born & Wolf, Principles of Optics, 8.6; Keiser, Biophotonics, eq. 8.7.
    """
    return 1.22 * WAVELENGTH_UM / (na + min(lit_na, na))


def cutoff_per_um(na: float) -> float:
    """Finest grating that passes, cycles per µm: 2 NA / λ. Abbe 1873; Born & Wolf 9.5."""
    return 2 * na / WAVELENGTH_UM


def depth_of_field_um(magnification: float, na: float, pixel_um: float) -> float:
    """Depth, near to far, in air: λ n / NA² + n e / (M NA), n = 1, e = pixel_um on the sensor.

    Inoué & Spring, Video Microscopy, 2nd ed. 1997, and MicroscopyU; after Berek (1927) and Shillaber (1944).
    """
    return WAVELENGTH_UM / na**2 + pixel_um / (magnification * na)


# Light

SLIDE_INDEX = 1.52
SLIDE_TRANSMISSION = 1 - 2 * ((SLIDE_INDEX - 1) / (SLIDE_INDEX + 1)) ** 2
"""Two faces towards air, each reflects ((n - 1) / (n + 1))²: Fresnel. A mounted cover glass adds no third."""

# Assumed; INPUTS says how far they may be off. EFFICACY: lumens per watt of the light itself. ELECTRONS: per photon of
# white light on a green pixel, quantum efficiency 0.7 and somewhat less than half of the photons green.
DIFFUSER_TRANSMISSION = 0.5
OBJECTIVE_TRANSMISSION = 0.8
EFFICACY = 300.0
LIGHT_UM = 0.56
ELECTRONS = 0.3


@dataclass(frozen=True)
class Lamp:
    """LED, diffuser and stop on one axis. cd: on the LED's axis. viewing_angle_deg: full angle at half intensity.

    gap_mm: LED's tip to diffuser. hole_mm: the stop's. screen_mm, edge_mm: below the smear lie the diffuser's upper
    face, which scatters, and the edge of the hole that limits the cone: the upper one, as the hole is wider below.
    """

    cd: float
    viewing_angle_deg: float
    gap_mm: float = LED_TO_DIFFUSER
    hole_mm: float = APERTURE_DIAMETERS["open"]
    screen_mm: float = APERTURE_DISTANCE + APERTURE_THICKNESS
    edge_mm: float = APERTURE_DISTANCE


def beam_order(viewing_angle_deg: float) -> float:
    """m of I = I0 cos^m: -ln 2 / ln cos(half angle). Moreno & Sun, Opt. Express 16, 1808 (2008)."""
    return -math.log(2) / math.log(math.cos(math.radians(viewing_angle_deg / 2)))


def flux_lm(lamp: Lamp) -> float:
    """Flux of the LED: I0 2π / (m + 1), the integral of I0 cos^m over the half space."""
    return lamp.cd * 2 * math.pi / (beam_order(lamp.viewing_angle_deg) + 1)


# 4.0 cd at 20 mA, 60°: Cree LC513FWH1-60Q, 5 mm, water clear, data sheet CLD-CT208. Light goes with the current.
LAMP = Lamp(4.0 * LIT[1].current_a / LED_A, 60.0)
# 110 lm at 350 mA, 110°: Kitronik 3547, a star of 1 W; its dome is taken for one of 5 mm too.
STRONG = Lamp(1.0, 110.0)
STRONG = replace(STRONG, cd=110 * STRONG_LIT[1].current_a / STRONG_HIGH_A / flux_lm(STRONG))


def dome_lux(lamp: Lamp, off_axis_mm: float) -> float:
    """Illuminance of the diffuser, lx, the LED's dome being a hemisphere that shines all over.

    Sum over 32 x 32 equal areas of half the dome: L cos(dome) cos(diffuser) area / distance² (Born & Wolf 4.8). L goes
    with the direction, so that the dome from afar, where it shows π r² (1 + cos) / 2, has the data sheet's I0 cos^m.
    """
    order, radius, side = beam_order(lamp.viewing_angle_deg), LED_DIAMETER / 2, 32
    total = 0.0
    for ring in range(side):
        z = (ring + 0.5) / side
        sine = math.sqrt(1 - z * z)
        for step in range(side):
            x = sine * math.cos(math.pi * (step + 0.5) / side)
            y = sine * math.sin(math.pi * (step + 0.5) / side)
            to = (off_axis_mm - radius * x, -radius * y, lamp.gap_mm + radius * (1 - z))
            distance = math.hypot(*to)
            leaving = (x * to[0] + y * to[1] + z * to[2]) / distance
            if leaving > 0:
                cos = to[2] / distance
                total += leaving * math.pow(cos, order + 1) / (1 + cos) / distance**2
    return lamp.cd * 1e6 * 4 * total / side**2


def ray_mm(sine: float, depth_mm: float) -> float:
    """How far off the axis, so deep below the smear, is a ray that meets it with this sine; slide by Snell's law."""
    air = (depth_mm - SLIDE_THICKNESS) * math.tan(math.asin(sine))
    return air + SLIDE_THICKNESS * math.tan(math.asin(sine / SLIDE_INDEX))


@cache
def illumination_na(lamp: Lamp) -> float:
    """Of the cone that meets the smear: the sine whose ray touches the stop's edge; found by halving."""
    low, high = 0.0, 0.999
    while high - low > 1e-6:
        middle = (low + high) / 2
        inside = ray_mm(middle, lamp.edge_mm) < lamp.hole_mm / 2
        low, high = (middle, high) if inside else (low, middle)
    return low


@cache
def smear_lux(lamp: Lamp) -> float:
    """Illuminance of clear glass that the objective takes in, lx: the integral of π L over sine squared.

    Born & Wolf 4.8. L = τ E / π where the ray meets the diffuser, which is taken for ideal (Lambertian): so E's mean
    over rings of equal sine squared, times τ sin²u of the smaller cone.
    """
    sine, rings = min(illumination_na(lamp), NA), 24
    sines = (sine * math.sqrt((ring + 0.5) / rings) for ring in range(rings))
    mean = sum(dome_lux(lamp, ray_mm(one, lamp.screen_mm)) for one in sines) / rings
    return SLIDE_TRANSMISSION * DIFFUSER_TRANSMISSION * mean * sine**2


def condenser_lux(lamp: Lamp) -> float:
    """The same when a lens in place of the diffuser fills the stop with the LED's dome: π L sin²u, L = I / its area.

    At best: a lens can show the dome elsewhere, but never raise its luminance. Born & Wolf 4.8.
    """
    luminance = lamp.cd / (math.pi * (LED_DIAMETER / 2000) ** 2)
    return SLIDE_TRANSMISSION * math.pi * luminance * min(illumination_na(lamp), NA) ** 2


def image_lux(lux: float) -> float:
    """Illuminance of the sensor, lx: τ E / M², the same flux over M² the area. Born & Wolf 4.8."""
    return OBJECTIVE_TRANSMISSION * lux / MAGNIFICATION**2


def photons_per_ms(lux: float, pixel_um: float) -> float:
    """Photons on one pixel per ms: E / K area λ / (h c).

    K, lumens per watt of radiation, is 250 to 370 for white light: Murphy, J. Appl. Phys. 111, 104909 (2012).
    """
    planck_j_s, light_m_s = 6.62607015e-34, 299_792_458.0  # exact, SI 2019
    watts = lux / EFFICACY * (pixel_um * 1e-6) ** 2
    return watts * LIGHT_UM * 1e-6 / (planck_j_s * light_m_s) / 1000


def electrons_per_ms(camera: Camera, lux: float) -> float:
    """Electrons in a green pixel per ms, clear glass being lit with lux."""
    return photons_per_ms(image_lux(lux), camera.pixel_um) * ELECTRONS


def exposure_ms(camera: Camera, lux: float, gain: float = 1.0) -> float:
    """Exposure that brings clear glass to the device's level: level * full well / gain / electrons per ms."""
    return TARGET_LEVEL * camera.full_well_e / gain / electrons_per_ms(camera, lux)


_DIMMEST, _TYPICAL, _, _BRIGHTEST = (lit.current_a for lit in LIT)
INPUTS = (
    ("LED intensity at 20 mA", "4.0 cd", 2.1 / 4, 8.2 / 4, "its data sheet's bins, 2.1 to 8.2"),
    ("LED current", "18.6 mA", _DIMMEST / _TYPICAL, _BRIGHTEST / _TYPICAL, "ELECTRONICS.md"),
    ("LED shines from", "its dome", 0.59, 1.49, "5 mm behind its tip; a flat disc at its tip"),
    ("White walls of the chamber", "left out", 1.0, 1.5, "assumed"),
    ("Diffuser's transmission", "0.5", 0.3 / 0.5, 0.7 / 0.5, "assumed, 0.3 to 0.7"),
    ("Objective's transmission", "0.8", 0.7 / 0.8, 0.9 / 0.8, "assumed, 0.7 to 0.9"),
    ("Lumens per watt of light", "300", 300 / 370, 300 / 250, "370 to 250, Murphy 2012"),
    ("Mean wavelength", "0.56 µm", 0.54 / 0.56, 0.58 / 0.56, "assumed, 0.54 to 0.58"),
    ("Electrons per photon, green", "0.3", 0.15 / 0.3, 0.4 / 0.3, "assumed, 0.15 to 0.4"),
)
"""What the light budget takes and is not drawn, with what its unkind and its kind end do to the light, as factors."""


def together(factors: Iterable[float]) -> float:
    """Spread of independent factors: root of the sum of squares of their logarithms (propagation of error, GUM 5.1)."""
    return math.exp(math.sqrt(sum(math.log(factor) ** 2 for factor in factors)))


# Cover glass

COVER_MM, COVER_INDEX = 0.17, 1.523
"""Cover glass that biological objectives are corrected for: no. 1½, 0.16 to 0.19 mm, n_D 1.523."""


def _path(glass_um: float, air_um: float, sine_squared: float) -> float:
    """Path of a ray through glass less that through air, waves, by its sine in air: t sqrt(n² - s²) - z sqrt(1 - s²).

    Exact (Snell): Gibson & Lanni, J. Opt. Soc. Am. A 8, 1601 (1991).
    """
    glass = glass_um * math.sqrt(COVER_INDEX**2 - sine_squared)
    return (glass - air_um * math.sqrt(1 - sine_squared)) / WAVELENGTH_UM


def aberration(error_mm: float, na: float) -> tuple[float, float]:
    """RMS, waves, that a glass error leaves at its best focus, and the µm of air that the glass is focused like.

    Path over the pupil less constant and focus by least squares; rings of equal area are even in the sine squared (sine
    condition, Born & Wolf 4.5). 1/14 wave is Maréchal's limit for a good image, Born & Wolf 9.3.
    """
    pupil = [(ring + 0.5) / 800 * na**2 for ring in range(800)]
    glass = [_path(error_mm * 1000, 0.0, s) for s in pupil]
    air = [-_path(0.0, 1.0, s) for s in pupil]  # waves per µm of refocusing
    mean_glass, mean_air = sum(glass) / len(glass), sum(air) / len(air)
    slope = sum((g - mean_glass) * (a - mean_air) for g, a in zip(glass, air, strict=True))
    slope /= sum((a - mean_air) ** 2 for a in air)
    left = [g - mean_glass - slope * (a - mean_air) for g, a in zip(glass, air, strict=True)]
    return math.sqrt(sum(w * w for w in left) / len(left)), slope


def contrasts(
    error_mm: float, na: float, lit_na: float, periods_um: Sequence[float]
) -> list[float]:
    """Contrast of faint gratings under partly coherent light, 1 of a coarse one, at the focus best for the first.

    Mean over the cone of illumination of cos 2π(W(p + f) - W(p)) where p + f is in the pupil: the weak-object
    transfer function. Streibl, J. Opt. Soc. Am. A 2, 121 (1985). When the cone fills the pupil and W is 0 it
    is the usual MTF.
    """
    side, cone = 32, min(lit_na, na)
    axis = [cone * ((i + 0.5) / side * 2 - 1) for i in range(side)]
    source = [(x, y) for x in axis for y in axis if x * x + y * y <= cone * cone]

    def contrast(period: float, air: float) -> float:
        total = 0.0
        for x, y in source:
            moved = (x + WAVELENGTH_UM / period) ** 2 + y * y
            if moved < na * na:
                here = _path(error_mm * 1000, air, x * x + y * y)
                total += math.cos(2 * math.pi * (_path(error_mm * 1000, air, moved) - here))
        return total / len(source)

    # That of least RMS is not the sharpest when there is much: from 2 µm below it to 8 above.
    focuses = [aberration(error_mm, na)[1] + i / 5 for i in range(-10, 41)]
    best = max(focuses, key=lambda air: contrast(periods_um[0], air))
    return [contrast(period, best) for period in periods_um]


def clearance_mm(error_mm: float) -> float:
    """Smear to front lens, glass too thin by error_mm: working distance, glass, and air for what is missing."""
    return WORKING_DISTANCE + COVER_MM - error_mm + aberration(error_mm, NA)[1] / 1000


# "1000x"


def afocal(objective: float, eyepiece: float, phone_focal_mm: float) -> float:
    """Magnification onto the sensor of a phone that looks into an eyepiece: M f / (250 mm / eyepiece).

    The eyepiece's focal length is 250 mm, the near distance by convention, over its power. Afocal coupling multiplies
    by the ratio of focal lengths: Covington, Astrophotography for the Amateur.
    """
    return objective * phone_focal_mm / (250 / eyepiece)


# Tables


def _g(number: float) -> str:
    """The number to three digits, never in powers of ten."""
    return f"{float(f'{number:.3g}'):,.12g}".replace(",", " ")


def _by_camera(head: str, column: Callable[[Camera], dict[str, str]]) -> str:
    """A table with a column for each camera; the keys of `column` name its rows."""
    columns = [column(camera) for camera in CAMERAS]
    rows = [[name, *(cells[name] for cells in columns)] for name in columns[0]]
    return table([head, *(camera.name for camera in CAMERAS)], rows)


def geometry_table() -> str:
    """Field, sampling, resolution and depth of both cameras."""
    fine, lit = resolution_um(NA, NA), resolution_um(NA, illumination_na(LAMP))

    def column(camera: Camera) -> dict[str, str]:
        one, four = um_per_px(camera), um_per_px(camera, 4)
        return {
            "Sensor, pixels": f"{camera.width_px} x {camera.height_px} of {camera.pixel_um} µm",
            "Field of view": "{:.0f} x {:.0f} µm".format(*field_um(camera)),
            "µm per pixel; 4x4 binned": f"{one:.5f}; {four:.3f}",
            "Resolution, illumination fills the objective": f"{fine:.2f} µm",
            "Resolution, illumination as drawn": f"{lit:.2f} µm",
            "Largest pixel by Nyquist, for the resolution": f"{fine / 2:.2f} µm",
            "Largest pixel by Nyquist, for the finest grating": f"{1 / (2 * cutoff_per_um(NA)):.2f} µm",
            "Finer than the resolution needs; 4x4 binned": f"{fine / 2 / one:.1f}; {fine / 2 / four:.1f} times",
            "Depth of field; 4x4 binned": "{:.1f}; {:.1f} µm".format(
                *(depth_of_field_um(MAGNIFICATION, NA, n * camera.pixel_um) for n in (1, 4))
            ),
        }

    return _by_camera("40x/0.65 at 0.55 µm", column)


def light_table() -> str:
    """From the LED's current to electrons at the chosen exposure. Shot noise: sqrt(N), Janesick, Photon Transfer."""
    na, lux, middle = illumination_na(LAMP), smear_lux(LAMP), dome_lux(LAMP, 0)
    edge = dome_lux(LAMP, ray_mm(na, LAMP.screen_mm)) / middle

    def column(camera: Camera) -> dict[str, str]:
        exposure, sensor = exposure_ms(camera, lux), image_lux(lux)
        electrons = TARGET_LEVEL * camera.full_well_e / GAIN
        green_pixels = (FIELD_UM_PER_PX / um_per_px(camera)) ** 2 / 2
        return {
            "LED": f"{LIT[1].current_a * 1000:.1f} mA, {_g(LAMP.cd)} cd, {_g(flux_lm(LAMP))} lm",
            "Illuminance of the diffuser's middle": f"{_g(middle)} lx",
            "the same where the stop ends, of it": f"{edge:.0%}",
            "Luminance of its middle, τ E / π": f"{_g(DIFFUSER_TRANSMISSION * middle / math.pi)} cd/m²",
            "NA of illumination": f"{na:.2f}",
            "Illuminance of clear glass": f"{_g(lux)} lx",
            "Illuminance of the sensor": f"{_g(sensor)} lx",
            "Photons per pixel and ms": _g(photons_per_ms(sensor, camera.pixel_um)),
            "Electrons per green pixel and ms": _g(electrons_per_ms(camera, lux)),
            f"Exposure to {TARGET_LEVEL:.0%}, gain 1": f"{_g(exposure)} ms",
            **{f"Gain for {ms:.0f} ms": f"{exposure / ms:.1f}" for ms in (LONGEST_MS, FOCUS_MS)},
            f"**Exposure at gain {GAIN:.0f}**": f"**{_g(exposure / GAIN)} ms**",
            "electrons per green pixel then": f"{electrons:.0f}",
            "their signal to shot noise": f"{math.sqrt(electrons):.0f}",
            "the same in green of 0.155 µm": f"{math.sqrt(electrons * green_pixels):.0f}",
        }

    return _by_camera("Clear glass, one frame", column)


def exposures_table() -> str:
    """The exposure over the whole range of the inputs, and with other light."""
    unkind = [low for _, _, low, _, _ in INPUTS]
    kind = [high for *_, high, _ in INPUTS]
    lux = smear_lux(LAMP)
    lit = {
        "**as drawn**": lux,
        "all inputs kind": lux * math.prod(kind),
        "likely brightest": lux * together(kind),
        "likely dimmest": lux / together(unkind),
        "all inputs unkind": lux * math.prod(unkind),
    }
    contrast = APERTURE_DIAMETERS["contrast"]
    lamps = {
        f"hole of {contrast} mm": replace(LAMP, hole_mm=contrast),
        "LED of 30°, 15 cd (assumed)": replace(LAMP, cd=LAMP.cd * 15 / 4, viewing_angle_deg=30.0),
        f"1 W LED, {STRONG_LIT[1].current_a * 1000:.0f} mA": STRONG,
    }
    lit |= {name: smear_lux(lamp) for name, lamp in lamps.items()}
    lit["condenser lens in place of the diffuser, at best"] = condenser_lux(LAMP)

    def cells(camera: Camera, lux: float) -> list[str]:
        exposure = exposure_ms(camera, lux)
        gains = [max(exposure / longest, 1.0) for longest in (LONGEST_MS, FOCUS_MS)]
        reached = (f"{g:.1f}" if g <= camera.most_gain else f"none ({g:.0f})" for g in gains)
        return [f"{_g(exposure)} ms", *reached]

    rows = (
        [name, f"{illumination_na(lamps.get(name, LAMP)):.2f}", *cells(HQ, lux), *cells(V2, lux)]
        for name, lux in lit.items()
    )
    gains = [f"gain for {LONGEST_MS:.0f} ms", f"for {FOCUS_MS:.0f} ms"]
    return table(["Light", "NA", "HQ, gain 1", *gains, "v2, gain 1", *gains], rows)


def inputs_table() -> str:
    """What the light budget rests on."""
    rows = ([name, at, f"x {low:.2f} to {high:.2f}", why] for name, at, low, high, why in INPUTS)
    return table(["Input", "value", "light, unkind to kind", "source"], rows)


def thousand_table() -> str:
    """What "1000x" is on a sensor. The phone's lens of 4.3 mm and pixels of 1.4 µm are assumed."""
    chains = [
        ("100x/1.25 oil, 10x eyepiece, phone", 1.25, afocal(100, 10, 4.3), 1.4),
        ("40x/0.65, HQ", NA, MAGNIFICATION, HQ.pixel_um),
        ("40x/0.65, HQ 4x4 binned, as a field is kept", NA, MAGNIFICATION, 4 * HQ.pixel_um),
    ]
    rows = []
    for name, na, onto, pixel in chains:
        fine, pitch = resolution_um(na, na), pixel / onto
        cells = f"{fine:.2f} µm", f"{_g(onto)}x", f"{pitch:.3f} µm", f"{fine / pitch:.1f}"
        rows.append([name, *cells])
    head = ["Chain", "resolution", "onto the sensor", "pixel in the smear", "pixels a resolution"]
    return table(head, rows)


def cover_table() -> str:
    """Cover glass missing or thin; one too thick does the same."""
    lit = illumination_na(LAMP)
    cases = [
        ("40x/0.65, glass of 0.17 mm", NA, 0.0),
        ("40x/0.65, glass of 0.13 mm", NA, 0.04),
        ("**40x/0.65, no glass**", NA, COVER_MM),
        ("20x/0.40, no glass", 0.4, COVER_MM),
    ]
    rows = []
    for name, na, error in cases:
        kept, best = (contrasts(e, na, lit, (2.0, 1.0)) for e in (error, 0.0))
        shown = (f"{here:.2f} of {most:.2f}" for here, most in zip(kept, best, strict=True))
        clear = f"{clearance_mm(error):.2f} mm" if na == NA else "–"
        rows.append([name, f"{aberration(error, na)[0]:.2f}", *shown, clear])
    head = ["Made for 0.17 mm", "error, waves RMS", "contrast at 2 µm", "contrast at 1 µm"]
    return table([*head, "smear to front lens"], rows)


def tables() -> str:
    """All tables, each under its name, as OPTICS.md includes them."""
    parts = {
        "Field, sampling, resolution, depth": geometry_table(),
        "Light budget": light_table(),
        "Exposure": exposures_table(),
        "What the light budget rests on": inputs_table(),
        "What 1000x is": thousand_table(),
        "Cover glass": cover_table(),
    }
    return "\n\n".join(f"### {name}\n\n{part}" for name, part in parts.items())


if __name__ == "__main__":
    print(tables())
