"""Optics on paper: against numbers that others give, properties of the formulas, and what OPTICS.md says."""

from __future__ import annotations

import dataclasses
import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from leukoscope.calibration import exposure
from leukoscope.calibration import steps as calibrator
from leukoscope.microscope import camera_configuration
from leukoscope.panel import focus_meter
from leukoscope.settings.settings import CameraSettings

from hardware import optics
from hardware.dimensions import (
    APERTURE_DIAMETERS,
    APERTURE_FLARE,
    DIFFUSER_DIAMETER,
    LED_DIAMETER,
)
from hardware.optics import HQ, LAMP, NA, V2, Camera, Lamp

APERTURES = st.floats(0.05, 0.9)
RADIUS = LED_DIAMETER / 2


@pytest.fixture(scope="module")
def page(hardware: Path) -> str:
    return (hardware / "OPTICS.md").read_text(encoding="utf-8")


# Geometry


@pytest.mark.parametrize(
    ("camera", "pitch", "width", "height"), [(HQ, 0.0388, 157, 118), (V2, 0.0280, 92, 69)]
)
def test_ok__field_as_in_the_design(
    camera: Camera, pitch: float, width: float, height: float
) -> None:
    assert optics.um_per_px(camera) == pytest.approx(pitch, abs=1e-4)
    assert optics.field_um(camera) == pytest.approx((width, height), abs=0.5)


def test_ok__binned_hq_is_the_devices_scale() -> None:
    assert optics.um_per_px(HQ, 4) == CameraSettings().um_per_px == optics.FIELD_UM_PER_PX


@given(APERTURES, APERTURES)
def test_ok__resolution_is_rayleighs_with_a_full_cone_and_half_of_it_with_none(
    na: float, lit: float
) -> None:
    full = 0.61 * optics.WAVELENGTH_UM / na
    assert full * (1 - 1e-9) <= optics.resolution_um(na, lit) <= 2 * full
    assert optics.resolution_um(na, max(na, lit)) == pytest.approx(full)


@pytest.mark.parametrize("camera", optics.CAMERAS)
def test_ok__binned_pixels_keep_the_finest_grating(camera: Camera) -> None:
    assert optics.um_per_px(camera, 4) <= 1 / (2 * optics.cutoff_per_um(NA))


def test_ok__depth_near_what_microscopyu_tabulates() -> None:
    # 40x/0.65: 1.0 µm, 10x/0.25: 8.5 µm; their wavelength and detector are not given.
    assert optics.depth_of_field_um(40, 0.65, 1.55) == pytest.approx(1.0, rel=0.4)
    assert optics.depth_of_field_um(10, 0.25, 1.55) == pytest.approx(8.5, rel=0.15)


# Light


def test_ok__lambertian_source_is_order_1_and_sends_pi_times_its_intensity() -> None:
    assert optics.beam_order(120.0) == pytest.approx(1)
    assert optics.flux_lm(Lamp(1.0, 120.0)) == pytest.approx(math.pi)


@given(st.floats(20, 120), st.floats(0, 60))
def test_ok__from_afar_the_dome_is_the_data_sheets_led(angle: float, aside: float) -> None:
    """I0 cos^m at the direction, cos at the screen, inverse square; at half the viewing angle, half."""
    off_axis = 10_000 * math.tan(math.radians(aside))
    got = optics.dome_lux(Lamp(100.0, angle, gap_mm=10_000 - RADIUS), off_axis)
    beam = math.cos(math.radians(aside)) ** (optics.beam_order(angle) + 3)
    assert got == pytest.approx(beam, rel=0.01)
    assert math.cos(math.radians(angle / 2)) ** optics.beam_order(angle) == pytest.approx(0.5)


def flat(gap: float) -> float:
    """Lux on the axis of LAMP's LED, were it a flat disc: I0 / (π r²) 2π (1 - cos^(m+1)) / (m + 1), the integral."""
    more = optics.beam_order(LAMP.viewing_angle_deg) + 1
    return (
        LAMP.cd * 1e6 * 2 * (1 - math.pow(gap / math.hypot(gap, RADIUS), more)) / more / RADIUS**2
    )


@given(st.floats(1.5, 50))
def test_ok__dome_lies_between_a_disc_at_its_tip_and_one_at_its_foot(gap: float) -> None:
    dome = optics.dome_lux(dataclasses.replace(LAMP, gap_mm=gap), 0)
    assert flat(gap + RADIUS) < dome < flat(gap)


def test_ok__inputs_other_leds_are_the_disc_at_the_tip_and_a_point_5_mm_behind_it() -> None:
    ((unkind, kind),) = [row[2:4] for row in optics.INPUTS if row[1] == "its dome"]
    dome = optics.dome_lux(LAMP, 0)
    assert kind == pytest.approx(flat(LAMP.gap_mm) / dome, rel=0.01)
    assert unkind == pytest.approx(LAMP.cd * 1e6 / (LAMP.gap_mm + 5) ** 2 / dome, rel=0.01)


def test_ok__diffuser_does_not_get_more_than_the_led_gives() -> None:
    rings, step = 40, DIFFUSER_DIAMETER / 2 / 40
    radii = [(ring + 0.5) * step for ring in range(rings)]
    caught = sum(optics.dome_lux(LAMP, r) * 2 * math.pi * r * step * 1e-6 for r in radii)
    assert 0.5 < caught / optics.flux_lm(LAMP) < 0.9


def test_ok__no_diffuser_outshines_its_led() -> None:
    assert optics.smear_lux(LAMP) < optics.condenser_lux(LAMP) / 10


@given(st.floats(0.5, 8), st.floats(4, 40))
def test_ok__a_ray_at_the_illuminations_aperture_touches_the_edge(hole: float, edge: float) -> None:
    lamp = dataclasses.replace(LAMP, hole_mm=hole, edge_mm=edge)
    na = optics.illumination_na(lamp)
    assert optics.ray_mm(na, edge) == pytest.approx(hole / 2, abs=1e-3)
    # Glass brings the edge nearer.
    assert math.sin(math.atan(hole / 2 / edge)) < na


@pytest.mark.parametrize("hole", APERTURE_DIAMETERS.values())
def test_ok__stops_upper_edge_limits_and_shows_nothing_but_diffuser(hole: float) -> None:
    na = optics.illumination_na(dataclasses.replace(LAMP, hole_mm=hole))
    below = (hole + APERTURE_FLARE) / 2
    assert optics.ray_mm(na, LAMP.screen_mm) < below < DIFFUSER_DIAMETER / 2


def test_ok__far_led_lights_the_smear_as_an_even_diffuser() -> None:
    """π L sin²u, in the limit."""
    lamp = Lamp(1.0, 120.0, gap_mm=1000 - RADIUS)
    even = (
        optics.SLIDE_TRANSMISSION * optics.DIFFUSER_TRANSMISSION * optics.illumination_na(lamp) ** 2
    )
    assert optics.smear_lux(lamp) == pytest.approx(even, rel=0.01)


def test_ok__a_cone_wider_than_the_objective_brings_no_light() -> None:
    wide, wider = (optics.smear_lux(dataclasses.replace(LAMP, hole_mm=hole)) for hole in (20, 30))
    assert wide == wider


def test_ok__photons_of_one_lux_at_555_nm(monkeypatch: pytest.MonkeyPatch) -> None:
    # 683 lm/W by definition; 4.09e15 photons per m² and s, so that many a second on a pixel of 1 m².
    monkeypatch.setattr(optics, "EFFICACY", 683.0)
    monkeypatch.setattr(optics, "LIGHT_UM", 0.555)
    assert optics.photons_per_ms(1.0, 1e6) == pytest.approx(4.09e12, rel=1e-3)


@given(st.floats(1, 1e5), st.floats(1, 16))
def test_ok__exposure_brings_the_target_level(lux: float, gain: float) -> None:
    electrons = optics.exposure_ms(HQ, lux, gain) * optics.electrons_per_ms(HQ, lux)
    assert electrons * gain / HQ.full_well_e == pytest.approx(exposure.TARGET)


def test_ok__chain_saturates_v2_at_half_the_light_that_its_data_sheet_says(page: str) -> None:
    """Sony IMX219PQH5-C, tables 46 and 47: 205 LSB of 959 (1023 less black, 64) at 706 cd/m², F2.8, 1/120 s.

    π L / (4 F²) for that time gives it; lens losses left out.
    """
    sheet = math.pi * 706 / (4 * 2.8**2) / 120 * 959 / 205
    per_lux_s = optics.photons_per_ms(1.0, V2.pixel_um) * optics.ELECTRONS * 1000
    ours = V2.full_well_e / per_lux_s
    assert f"{sheet:.1f} lx s" in page
    assert f"our chain says {ours:.1f}" in page
    assert 1.9 < sheet / ours < 2.3


def test_ok__limits_are_the_devices() -> None:
    settings = {field.name: field.metadata for field in dataclasses.fields(CameraSettings)}
    assert exposure.TARGET == optics.TARGET_LEVEL
    assert optics.LONGEST_MS * 1000 == calibrator.LONGEST_US
    assert settings["analogue_gain"]["high"] == optics.MOST_GAIN
    # A hint takes TRAIL_FRAMES in a second at most.
    frame_us = 1e6 / focus_meter.TRAIL_FRAMES
    assert frame_us - camera_configuration.READOUT_US == optics.FOCUS_MS * 1000


def test_ok__chosen_gain_is_the_smallest_for_the_focus_meter() -> None:
    longest = max(optics.exposure_ms(c, optics.smear_lux(LAMP)) for c in optics.CAMERAS)
    assert math.ceil(longest / optics.FOCUS_MS) == optics.GAIN <= V2.most_gain


def test_ok__first_lamp_was_as_dim_as_the_page_says(page: str) -> None:
    first = Lamp(LAMP.cd, LAMP.viewing_angle_deg, 25.0, 25.0, 24.0, 24.0)
    took = optics.exposure_ms(HQ, optics.smear_lux(first))
    assert f"took {took / 1000:.1f} s, {took / optics.LONGEST_MS:.0f} times too long" in page


@given(st.floats(1.1, 10), st.floats(1.1, 10))
def test_ok__independent_factors_spread_less_than_all_of_them(one: float, other: float) -> None:
    assert max(one, other) < optics.together([one, other]) < one * other
    assert optics.together([1 / one]) == pytest.approx(one)


# Cover glass


def seidel_rms(error_mm: float, na: float) -> float:
    """Third order, focus balanced, waves: t (n² - 1) NA⁴ / (8 n³) / (6 √5). Rolt, Optical Engineering Science, 4.24."""
    n = optics.COVER_INDEX
    rim = error_mm * 1000 * (n**2 - 1) * na**4 / (8 * n**3)
    return rim / (6 * math.sqrt(5)) / optics.WAVELENGTH_UM


def test_ok__seidel_as_rolt_works_it_out() -> None:
    # His example: 0.17 mm of 1.5, NA 0.8: 3.2 µm at the rim, 0.4 waves RMS at 589 nm; 1.523 makes 1 % less.
    assert seidel_rms(0.17, 0.8) * optics.WAVELENGTH_UM / 0.589 == pytest.approx(0.4, rel=0.05)


@given(st.floats(0.01, 0.3), st.floats(0.1, 0.25))
def test_ok__small_apertures_follow_third_order(error: float, na: float) -> None:
    assert optics.aberration(error, na)[0] == pytest.approx(seidel_rms(error, na), rel=0.1)


@given(st.floats(0.005, 0.2), st.floats(0.2, 0.85))
def test_ok__aberration_goes_with_glass_and_grows_with_aperture(error: float, na: float) -> None:
    rms, focus = optics.aberration(error, na)
    assert optics.aberration(2 * error, na) == pytest.approx((2 * rms, 2 * focus), rel=1e-4)
    assert optics.aberration(error, na + 0.05)[0] > rms


def test_ok__at_small_apertures_glass_is_focused_like_air_of_its_thickness_over_its_index() -> None:
    air = optics.aberration(optics.COVER_MM, 0.05)[1]
    assert air == pytest.approx(1000 * optics.COVER_MM / optics.COVER_INDEX, rel=1e-3)


def test_ok__right_glass_leaves_nothing() -> None:
    assert optics.aberration(0.0, NA)[0] == pytest.approx(0, abs=1e-9)
    assert optics.clearance_mm(0.0) == pytest.approx(0.6 + 0.17)


def test_ok__0_04_mm_is_marechals_limit_at_0_65_and_no_glass_keeps_to_it_at_0_40() -> None:
    assert optics.aberration(0.04, NA)[0] < 1 / 14 < optics.aberration(0.045, NA)[0]
    assert optics.aberration(optics.COVER_MM, 0.40)[0] < 1 / 14


@pytest.mark.parametrize("period", [4.0, 2.0, 1.0, 0.6])
def test_ok__full_cone_and_right_glass_give_the_usual_mtf(period: float) -> None:
    share = optics.WAVELENGTH_UM / period / (2 * NA)
    usual = 2 / math.pi * (math.acos(share) - share * math.sqrt(1 - share**2))
    assert optics.contrasts(0.0, NA, NA, [period]) == pytest.approx([usual], abs=0.02)


# "1000x"


def test_ok__a_lens_as_long_as_the_eyepieces_gives_back_what_the_objective_made() -> None:
    assert optics.afocal(100, 10, 25.0) == pytest.approx(100)


# The page


def test_ok__page_includes_what_the_script_prints(page: str) -> None:
    _, begun, rest = page.partition("<!-- optics: begin -->\n")
    included, ended, _ = rest.partition("\n<!-- optics: end -->")
    assert begun
    assert ended
    assert included.strip("\n") == optics.tables(), "type: python -m hardware.optics"
