"""`leukoscope status`: show the state of the appliance, without stopping it."""

from __future__ import annotations

import argparse
import json
import logging
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from leukoscope import assembly
from leukoscope.commands import status_parts
from leukoscope.commands.arguments import Commands, add_command
from leukoscope.commands.status_parts import PartStatus
from leukoscope.errors import LeukoscopeError
from leukoscope.notice import NOTICE, SIMULATED
from leukoscope.reports.table import text_table
from leukoscope.settings.settings import Settings, load_settings
from leukoscope.system.journal import set_up_logging


def add_parser(commands: Commands, meaning: str) -> None:
    """Add the command and its options."""
    parser = add_command(commands, "status", meaning, run)
    parser.add_argument("--json", action="store_true", help="one JSON object")


def run(options: argparse.Namespace) -> int:
    """Print the status. Return 1 if a part needs attention."""
    settings = load_settings(options.settings)
    set_up_logging(sys.stderr, logging.ERROR)
    status = find_status(settings)
    print(json.dumps(status.to_json()) if options.json else status)
    return int(not status.ok)


@dataclass(frozen=True)
class ApplianceStatus:
    """The status of all parts, and whether any of them is simulated."""

    parts: tuple[PartStatus, ...]
    simulated: bool

    @property
    def ok(self) -> bool:
        """Whether the service is active and no part has a fault."""
        return all(part.ok for part in self.parts)

    def __str__(self) -> str:
        # A text may have line breaks, for example the daemon's.
        rows = [(p.part, "" if p.ok else "!", " ".join(p.text.split())) for p in self.parts]
        notice = NOTICE + (f" {SIMULATED}." if self.simulated else "")
        return "\n".join([*text_table(rows), "", notice])

    def to_json(self) -> dict[str, object]:
        """Return a JSON object: for each part its text, whether it is ok, and its values if it can be read."""
        parts = {p.part: {"text": p.text, "well": p.ok, **p.values} for p in self.parts}
        return {"well": self.ok, **parts, "simulated": self.simulated, "notice": NOTICE}


def find_status(settings: Settings) -> ApplianceStatus:
    """Read the status of one part after the other. If a part can't be read, the next one still is."""
    # Two parts need the slides. They are read once, because a large database takes a while.
    kept = cache(lambda: status_parts.slides_and_pictures(settings))
    parts = (
        status_parts.version_status(),
        status_parts.service_status(),
        _status_of("panel", lambda: status_parts.panel_status(settings)),
        _status_of("slide", lambda: status_parts.slide_status(kept()[0])),
        _status_of("records", lambda: status_parts.records_status(settings, *kept())),
        _status_of("calibration", lambda: status_parts.calibration_status(settings)),
        _status_of("control", lambda: status_parts.control_status(settings)),
        _status_of("model", lambda: status_parts.model_status(settings)),
        status_parts.clock_status(),
        status_parts.power_status(),
    )
    return ApplianceStatus(parts, assembly.is_simulated(settings))


def _status_of(part: str, look: Callable[[], PartStatus]) -> PartStatus:
    try:
        return look()
    except (LeukoscopeError, OSError) as error:
        return PartStatus(part, str(error), ok=False)
