"""`leukoscope status`: what the appliance does just now, without stopping it. Nothing is opened but to read."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from leukoscope import __version__, assembly
from leukoscope.appliance.self_test import calibration_text, model_text
from leukoscope.appliance.workflow import State
from leukoscope.errors import BundleError, LeukoscopeError, StoreError
from leukoscope.model.bundle import load_bundle
from leukoscope.model.readers import uses_qc
from leukoscope.notice import NOTICE, SIMULATED
from leukoscope.panel.mirror import read_mirror
from leukoscope.qc.series import QcScope
from leukoscope.reading.results import QcState
from leukoscope.reading.wording import outcome_text, qc_mark
from leukoscope.records.files import free_bytes
from leukoscope.records.reader import RecordReader
from leukoscope.records.record import SlideRecord
from leukoscope.reports.text import fields_text
from leukoscope.settings.settings import Settings
from leukoscope.system import health
from leukoscope.system.clock import clock_synced, time_text, utc_now
from leukoscope.system.systemd import service_properties

SHOWN = (
    *("LoadState", "ActiveState", "SubState", "StatusText", "NRestarts"),
    "ActiveEnterTimestampMonotonic",
)
"""What systemd is asked of the service."""

FAULT = State.FAULT.value
"""How the daemon begins its own words when it has one."""


@dataclass(frozen=True)
class PartStatus:
    """One part in one line. well: nobody has to do anything; values: the same for programs."""

    part: str
    text: str
    well: bool = True
    values: Mapping[str, object] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.part:<12}{'' if self.well else '!':<2}{' '.join(self.text.split())}"


@dataclass(frozen=True)
class ApplianceStatus:
    """All parts, and whether any of them is simulated."""

    rows: tuple[PartStatus, ...]
    simulated: bool

    @property
    def well(self) -> bool:
        """Whether the service is active and no part has a fault."""
        return all(row.well for row in self.rows)

    def __str__(self) -> str:
        notice = NOTICE + (f" {SIMULATED}." if self.simulated else "")
        return "\n".join([*map(str, self.rows), "", notice])

    def to_json(self) -> dict[str, object]:
        """One JSON object: each part with its text, whether it is well, and its values if it can be read."""
        parts = {row.part: {"text": row.text, "well": row.well, **row.values} for row in self.rows}
        return {"well": self.well, **parts, "simulated": self.simulated, "notice": NOTICE}


def find_status(settings: Settings) -> ApplianceStatus:
    """Look at one part after the other; one that can't be read does not keep the next from it."""
    kept = cache(lambda: _kept(settings))  # one look for two rows: a large database takes its time
    rows = (
        PartStatus("version", __version__, values={"version": __version__}),
        _service(),
        _looked_at("panel", lambda: _panel(settings)),
        _looked_at("slide", lambda: _slide(kept()[0])),
        _looked_at("records", lambda: _records(settings, *kept())),
        _looked_at("calibration", lambda: _calibration(settings)),
        _looked_at("control", lambda: _control(settings)),
        _looked_at("model", lambda: _model(settings)),
        _clock(),
        _power(),
    )
    return ApplianceStatus(rows, assembly.is_simulated(settings))


def _looked_at(part: str, look: Callable[[], PartStatus]) -> PartStatus:
    try:
        return look()
    except (LeukoscopeError, OSError) as error:
        return PartStatus(part, str(error), well=False)


def _service() -> PartStatus:
    shown = service_properties(*SHOWN)
    state, said = shown.get("ActiveState", ""), shown.get("StatusText", "")
    if not state:
        return PartStatus("service", "no systemd here, or it does not answer", well=False)
    if shown.get("LoadState") == "not-found":
        return PartStatus("service", "not installed: sudo ./setup.sh install", well=False)
    active_s, restarts = None, _number(shown, "NRestarts")
    text = f"{state} ({shown.get('SubState', '')})"
    if state == "active":
        active_s = time.monotonic() - _number(shown, "ActiveEnterTimestampMonotonic") / 1e6
        text = f"active for {_duration(active_s)}"
    if restarts:
        text += f", started anew {restarts} times"
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


def _duration(seconds: float) -> str:
    """In the two largest units: '3 d 4 h', '2 h 13 min', '12 min 5 s', '45 s'."""
    left, parts = max(int(seconds), 0), list[str]()
    for unit, length in (("d", 86_400), ("h", 3600), ("min", 60), ("s", 1)):
        count, left = divmod(left, length)
        if count or parts or length == 1:
            parts.append(f"{count} {unit}")
    return " ".join(parts[:2])


def _panel(settings: Settings) -> PartStatus:
    folder = settings.panel.mirror
    newest = read_mirror(Path(folder))
    live = newest is not None and newest.live
    text = (
        "live: leukoscope watch shows it"
        if live
        else f"not live: no appliance shows it in {folder}"
    )
    return PartStatus("panel", text, values={"live": live})


def _kept(settings: Settings) -> tuple[list[SlideRecord], int]:
    """All slides, and how many pictures of them there are. Raises StoreError."""
    with RecordReader(_state_directory(settings)) as records:
        return records.slides(), records.pictures_kept()


def _slide(slides: Sequence[SlideRecord]) -> PartStatus:
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


def _records(settings: Settings, slides: Sequence[SlideRecord], pictures: int) -> PartStatus:
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
    """The state directory, which need not be there. Raises StoreError when it is closed to this user."""
    folder = Path(settings.storage.directory)
    try:
        os.scandir(folder).close()
    except FileNotFoundError:
        pass
    except PermissionError as error:
        raise StoreError(f"{folder} is closed to this user: sudo leukoscope status") from error
    return folder


def _calibration(settings: Settings) -> PartStatus:
    _state_directory(settings)
    found = assembly.find_calibration(settings)
    newest = found.calibration
    made = None if newest is None else time_text(newest.made, newest.clock_synced)
    text = calibration_text(found)
    values = {"name": None if newest is None else newest.name, "made": made}
    return PartStatus("calibration", "; ".join([text, *found.problems]), not found.problems, values)


def _control(settings: Settings) -> PartStatus:
    _state_directory(settings)
    try:
        card = load_bundle(Path(settings.model.bundle)).card
    except BundleError:
        return PartStatus("control", "not known without its model", well=False)
    if not uses_qc(card):
        return PartStatus("control", "not used", values={"control": None})
    made_for = QcScope(card.sha256, assembly.is_simulated(settings))
    monitor = assembly.open_controls(settings, made_for)
    now = monitor.status()
    text = "; ".join([f"{now.state.value}: {now.text}", *monitor.found.problems])
    well = now.state is not QcState.DRIFTED and not monitor.found.problems
    return PartStatus("control", text, well, {"control": now.state.code})


def _model(settings: Settings) -> PartStatus:
    card = load_bundle(Path(settings.model.bundle)).card
    values = {"name": card.name, "version": card.version, "sha256": card.sha256}
    return PartStatus("model", model_text(card), values=values)


def _clock() -> PartStatus:
    now, synced = utc_now(), clock_synced()
    said = "set from the network" if synced else "not set from the network, may be wrong"
    return PartStatus(
        "clock", f"{now[:16].replace('T', ' ')} UTC, {said}", values={"synced": synced}
    )


def _power() -> PartStatus:
    answer = health.ask_firmware()
    warning = health.throttling_warning(answer)
    text = warning or ("ok" if answer else "not known: vcgencmd gives no answer here")
    return PartStatus("power", text, not warning, {"warning": warning or None})
