"""By what and when a record was made."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from pathlib import Path

from leukoscope import __version__
from leukoscope.records.provenance import gather_provenance
from leukoscope.system.clock import boot_id, clock_synced


def test_ok__gathered() -> None:
    made_by = gather_provenance(
        model_name="m",
        model_version="2",
        model_sha256="ab",
        simulated=True,
    )
    assert made_by.software_version == __version__
    assert made_by.simulated
    assert made_by.monotonic_s > 0
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", made_by.wall_time)
    assert datetime.fromisoformat(made_by.wall_time).utcoffset() == timedelta(0)


def test_ok__boot_id(tmp_path: Path) -> None:
    path = tmp_path / "boot_id"
    path.write_text("dfb4b228-1b09-4b0a-9eaa-bce824b1a903\n")
    assert boot_id(path) == "dfb4b228-1b09-4b0a-9eaa-bce824b1a903"
    assert boot_id(tmp_path / "absent") == "unknown"


def test_ok__clock_synced(tmp_path: Path) -> None:
    flag = tmp_path / "synchronized"
    assert not clock_synced(flag)
    flag.touch()
    assert clock_synced(flag)
