"""What `leukoscope status` prints about each part. Files are only read, and no part is opened."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from leukoscope import __version__, assembly
from leukoscope.appliance.self_test import calibration_text, model_text
from leukoscope.appliance.workflow import State
from leukoscope.errors import BundleError, StoreError
from leukoscope.model.bundle import load_bundle
from leukoscope.model.readers import uses_qc
from leukoscope.notice import SIMULATED
from leukoscope.panel.mirror import read_mirror
from leukoscope.qc.series import QcScope
from leukoscope.reading.results import QcState
from leukoscope.reading.wording import outcome_text, qc_mark
from leukoscope.records.disk import free_bytes
from leukoscope.records.reader import RecordReader
from leukoscope.records.record import SlideRecord
from leukoscope.reports.slide_text import fields_text
from leukoscope.settings.settings import Settings
from leukoscope.system import health
from leukoscope.system.clock import clock_synced, time_text, utc_now
from leukoscope.system.systemd import service_properties

SHOWN = (
    *("LoadState", "ActiveState", "SubState", "StatusText", "NRestarts"),
    "ActiveEnterTimestampMonotonic",
)
"""The properties of the service that systemd is asked for."""

FAULT = State.FAULT.value
"""The daemon's status text begins with this if there is a fault."""


@dataclass(frozen=True)
class PartStatus:
    """The status of one part.

    Attributes:
        part: Its name.
        text: One line for a person.
        ok: Whether nobody needs to do anything.
        values: The same for programs.
    """

    part: str
    text: str
    ok: bool = True
    values: Mapping[str, object] = field(default_factory=dict)


def version_status() -> PartStatus:
    """Return the version of this program."""
    return PartStatus("version", __version__, values={"version": __version__})


def service_status() -> PartStatus:
    """Return whether the systemd service is active, for how long, and what the daemon reports."""
    shown = service_properties(*SHOWN)
    state, said = shown.get("ActiveState", ""), shown.get("StatusText", "")
    if not state:
        return PartStatus("service", "no systemd here, or it does not answer", ok=False)
    if shown.get("LoadState") == "not-found":
        return PartStatus("service", "not installed: sudo ./setup.sh install", ok=False)
    active_s, restarts = None, _number(shown, "NRestarts")
    text = f"{state} ({shown.get('SubState', '')})"
    if state == "active":
        active_s = time.monotonic() - _number(shown, "ActiveEnterTimestampMonotonic") / 1e6
        text = f"active for {duration_text(active_s)}"
    if restarts:
        text += f", restarted {restarts} times"
    if state == "inactive":
        text += ": sudo systemctl start leukoscope"
    elif said:
        text += f": {said}"
    elif state == "failed":
        text += ": leukoscope logs says why"
    values = {"state": state, "status": said, "active_s": active_s, "restarts": restarts}
    return PartStatus("service", text, active_s is not None and not said.startswith(FAULT), values)


def _number(shown: Mapping[str, str], name: str) -> int:
    value = shown.get(name, "")
    return int(value) if value.isdecimal() else 0


def duration_text(seconds: float) -> str:
    """Return a duration in its two largest units: '3 d 4 h', '2 h 13 min', '12 min 5 s', '45 s'."""
    left, parts = max(int(seconds), 0), list[str]()
    for unit, length in (("d", 86_400), ("h", 3600), ("min", 60), ("s", 1)):
        count, left = divmod(left, length)
        if count or parts or length == 1:
            parts.append(f"{count} {unit}")
    return " ".join(parts[:2])


def panel_status(settings: Settings) -> PartStatus:
    """Return whether a running appliance mirrors its panel."""
    folder = settings.panel.mirror
    newest = read_mirror(Path(folder))
    live = newest is not None and newest.live
    text = (
        "live: leukoscope watch shows it"
        if live
        else f"not live: no appliance shows it in {folder}"
    )
    return PartStatus("panel", text, values={"live": live})


def slides_and_pictures(settings: Settings) -> tuple[list[SlideRecord], int]:
    """Return all slides, and the number of their pictures.

    Raises:
        StoreError: The records can't be read.
    """
    with RecordReader(_state_directory(settings)) as records:
        return records.slides(), records.pictures_kept()


def slide_status(slides: Sequence[SlideRecord]) -> PartStatus:
    """Return the newest slide and its verdict."""
    if not slides:
        return PartStatus("slide", "none yet", values={"slide": None})
    slide = slides[-1]
    verdict, ended = slide.verdict, "not finished"
    if slide.ended_by is not None:
        ended = f"ended by {slide.ended_by.value}"
    marks = (qc_mark(verdict.qc), SIMULATED if slide.simulated else "")
    outcome = ", ".join([outcome_text(verdict), *filter(None, marks)])
    text = f"{slide.name} {ended}, fields {fields_text(slide)}, white cells {verdict.white_cells}: {outcome}"
    values = {
        "slide": slide.name,
        "ended_by": None if slide.ended_by is None else slide.ended_by.value,
        "fields": slide.fields_kept,
        "fields_refused": slide.fields_refused,
        "white_cells": verdict.white_cells,
        "verdict": verdict.headline,
        "confidence": verdict.headline_confidence,
    }
    return PartStatus("slide", text, values=values)


def records_status(settings: Settings, slides: Sequence[SlideRecord], pictures: int) -> PartStatus:
    """Return how many records there are, and the free space.

    Raises:
        StoreError: This user may not read the state directory.
    """
    folder, least = _state_directory(settings), settings.storage.min_free_mb
    if not folder.exists():
        return PartStatus("records", f"none yet: {folder} is made at the first start")
    free = free_bytes(folder) // 1_000_000
    text = (
        f"slides {len(slides)}, pictures {pictures}; {free} MB free in {folder}, limit {least} MB"
    )
    values = {"slides": len(slides), "pictures": pictures, "free_mb": free, "min_free_mb": least}
    return PartStatus("records", text, free >= least, values)


def _state_directory(settings: Settings) -> Path:
    """Return the state directory, which may not exist yet.

    Raises:
        StoreError: This user may not read it.
    """
    folder = Path(settings.storage.directory)
    try:
        os.scandir(folder).close()
    except FileNotFoundError:
        pass
    except PermissionError as error:
        raise StoreError(f"{folder} is closed to this user: sudo leukoscope status") from error
    return folder


def calibration_status(settings: Settings) -> PartStatus:
    """Return the calibration in use, and problems with newer ones.

    Raises:
        StoreError: This user may not read the state directory.
    """
    _state_directory(settings)
    found = assembly.find_calibration(settings)
    newest = found.calibration
    made = None if newest is None else time_text(newest.made, newest.clock_synced)
    text = calibration_text(found)
    values = {"name": None if newest is None else newest.name, "made": made}
    return PartStatus("calibration", "; ".join([text, *found.problems]), not found.problems, values)


def control_status(settings: Settings) -> PartStatus:
    """Return the state of the control slides.

    Raises:
        StoreError: This user may not read the state directory.
    """
    _state_directory(settings)
    try:
        card = load_bundle(Path(settings.model.bundle)).card
    except BundleError:
        return PartStatus("control", "not known without its model", ok=False)
    if not uses_qc(card):
        return PartStatus("control", "not used", values={"control": None})
    made_for = QcScope(card.sha256, assembly.is_simulated(settings))
    monitor = assembly.open_controls(settings, made_for)
    now = monitor.status()
    text = "; ".join([f"{now.state.value}: {now.text}", *monitor.found.problems])
    ok = now.state is not QcState.DRIFTED and not monitor.found.problems
    return PartStatus("control", text, ok, {"control": now.state.code})


def model_status(settings: Settings) -> PartStatus:
    """Return the model bundle of the settings.

    Raises:
        BundleError: It is missing or damaged.
    """
    card = load_bundle(Path(settings.model.bundle)).card
    values = {"name": card.name, "version": card.version, "sha256": card.sha256}
    return PartStatus("model", model_text(card), values=values)


def clock_status() -> PartStatus:
    """Return the time, and whether the network has set it."""
    now, synced = utc_now(), clock_synced()
    said = "set from the network" if synced else "not set from the network, may be wrong"
    return PartStatus(
        "clock", f"{now[:16].replace('T', ' ')} UTC, {said}", values={"synced": synced}
    )


def power_status() -> PartStatus:
    """Return undervoltage and throttling, as the firmware reports them."""
    answer = health.ask_firmware()
    warning = health.throttling_warning(answer)
    text = warning or ("ok" if answer else "not known: vcgencmd gives no answer here")
    return PartStatus("power", text, not warning, {"warning": warning or None})
