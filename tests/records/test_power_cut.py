"""The power goes while the store writes."""

from __future__ import annotations

import hashlib
import signal
import subprocess
import sys
import threading
from pathlib import Path

from tests.records import examples
from tests.records.examples import add

WRITER = """
import sys
from pathlib import Path
from leukoscope.records.record import EndedBy
from tests.records import examples

with examples.open_store(Path(sys.argv[1])) as store:
    while True:
        slide = store.next_slide()
        for _ in range(3):
            kept = examples.add(store, slide)
            print(kept.record, kept.picture_sha256, flush=True)
        store.finish_slide(slide, examples.UNSURE, EndedBy.PERSON)
"""


def write_until_killed(root: Path, checkout: Path, after_records: int) -> list[tuple[int, str]]:
    """Kill a writer at some point after so many records; return those it had said were kept."""
    with subprocess.Popen(
        [sys.executable, "-c", WRITER, str(root)], stdout=subprocess.PIPE, text=True, cwd=checkout
    ) as process:
        assert process.stdout is not None
        lines = [process.stdout.readline() for _ in range(after_records)]
        # Not in step with its writing, so that the kill meets it anywhere.
        killer = threading.Timer(0.0007 * (after_records % 7), process.kill)
        killer.start()
        lines += process.stdout.readlines()
        killer.join()
    assert process.returncode == -signal.SIGKILL
    whole = [line.split() for line in lines if line.endswith("\n")]
    return [(int(record), sha256) for record, sha256 in whole]


def test_ok__every_kept_record_has_its_picture(tmp_path: Path, checkout: Path) -> None:
    said: list[tuple[int, str]] = []
    for after_records in (1, 4, 9, 12, 20):
        said += write_until_killed(tmp_path, checkout, after_records)
        with examples.open_store(tmp_path) as store:
            assert store.notices == ()
            store.close_interrupted()
            assert list((tmp_path / "incoming").iterdir()) == []
            fields = [f for slide in store.slides() for f in store.slide(slide.number).fields]
            assert all(slide.ended_by is not None for slide in store.slides())
    kept = {field.record: field for field in fields}
    for record, sha256 in said:
        assert kept[record].picture_sha256 == sha256
    for field in fields:
        assert hashlib.sha256((tmp_path / field.picture).read_bytes()).hexdigest() == (
            field.picture_sha256
        )


def test_ok__half_written_picture_goes_and_its_number_is_not_used_again(tmp_path: Path) -> None:
    with examples.open_store(tmp_path) as store:
        add(store, 1)
    (tmp_path / "incoming" / "S0002-001.png").write_bytes(b"half")
    orphan = tmp_path / "pictures" / "S0002" / "S0002-001.png"
    orphan.parent.mkdir()
    orphan.write_bytes(b"picture without a record")
    with examples.open_store(tmp_path) as store:
        assert list((tmp_path / "incoming").iterdir()) == []
        assert store.next_slide() == 3
        add(store, 3)
    assert orphan.read_bytes() == b"picture without a record"
