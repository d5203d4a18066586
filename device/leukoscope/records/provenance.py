"""What made a record, and when: model, calibration, software, boot and clocks."""

from __future__ import annotations

import time
from dataclasses import dataclass

from leukoscope import __version__
from leukoscope.system.clock import boot_id, clock_synced, utc_now


@dataclass(frozen=True)
class Provenance:
    """What made a record, and when.

    Attributes:
        model_name: Name of the model bundle.
        model_version: Version of the bundle.
        model_sha256: SHA-256 (hex) of its model file.
        calibration_sha256: SHA-256 (hex) of the calibration; None if the device is not calibrated.
        software_version: Version of this package.
        boot_id: The kernel's id of this boot, new at each start of the computer.
        monotonic_s: Seconds since that start. Durations come only from this clock.
        wall_time: ISO 8601 in UTC, to the millisecond, '2026-05-09T07:35:25.123Z'. The computer has no clock chip, so
            it can be wrong and can run backwards.
        clock_synced: Whether the wall clock was set from a time server.
        simulated: Whether a simulator rendered the field.
    """

    model_name: str
    model_version: str
    model_sha256: str
    calibration_sha256: str | None
    software_version: str
    boot_id: str
    monotonic_s: float
    wall_time: str
    clock_synced: bool
    simulated: bool


def gather_provenance(
    *,
    model_name: str,
    model_version: str,
    model_sha256: str,
    simulated: bool,
) -> Provenance:
    """Return the provenance of a record made now, on this machine, by this software.

    The calibration is left out, because each field names the one that corrected it.
    """
    return Provenance(
        model_name=model_name,
        model_version=model_version,
        model_sha256=model_sha256,
        calibration_sha256=None,
        software_version=__version__,
        boot_id=boot_id(),
        monotonic_s=time.monotonic(),
        wall_time=utc_now(),
        clock_synced=clock_synced(),
        simulated=simulated,
    )
