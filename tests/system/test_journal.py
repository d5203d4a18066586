"""Logging: to the journal where systemd connected it, one entry an event, else to a stream."""

from __future__ import annotations

import contextlib
import io
import logging
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from leukoscope.system.journal import JournalHandler, encoded, leads_to_journal

NAMES = st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ_", min_size=1, max_size=12)


def parsed(datagram: bytes) -> dict[str, str]:
    """As the protocol's description says: NAME=value, or NAME, eight bytes of length and the value."""
    fields = {}
    while datagram:
        line, rest = datagram.split(b"\n", 1)
        name, equals, value = line.partition(b"=")
        if not equals:
            length = int.from_bytes(rest[:8], "little")
            value, rest = rest[8 : 8 + length], rest[8 + length :]
            assert rest[:1] == b"\n"
            rest = rest[1:]
        fields[name.decode()] = value.decode()
        datagram = rest
    return fields


@given(st.dictionaries(NAMES, st.text(st.characters(exclude_categories=["Cs"]))))
def test_ok__any_text_arrives_as_it_was(fields: dict[str, str]) -> None:
    assert parsed(encoded(fields)) == fields


def test_ok__what_is_no_text_is_sent_escaped() -> None:
    assert parsed(encoded({"MESSAGE": "a\udcffb"})) == {"MESSAGE": "a\\udcffb"}


@pytest.fixture
def journal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[socket.socket]:
    monkeypatch.chdir(tmp_path)  # a socket's path has 108 bytes
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as opened:
        opened.settimeout(10.0)
        opened.bind("journal")
        yield opened


@pytest.fixture
def instead() -> logging.StreamHandler[io.StringIO]:
    return logging.StreamHandler(io.StringIO())


def record(message: str, level: int = logging.INFO, **extra: object) -> logging.LogRecord:
    made = logging.LogRecord(
        "leukoscope.appliance.daemon", level, "daemon.py", 1, message, (), None
    )
    vars(made).update(extra)
    return made


def test_ok__an_entry_has_slide_and_field(
    journal: socket.socket, instead: logging.StreamHandler[io.StringIO]
) -> None:
    handler = JournalHandler(Path("journal"), instead)
    handler.handle(record("field read: normal 0.98", slide="S0042", field=3))
    assert parsed(journal.recv(9999)) == {
        "MESSAGE": "S0042 field read: normal 0.98",
        "PRIORITY": "6",
        "SYSLOG_IDENTIFIER": "leukoscope",
        "LOGGER": "leukoscope.appliance.daemon",
        "SLIDE": "S0042",
        "FIELD": "3",
    }
    handler.handle(record("fault E01: the camera hangs", logging.ERROR))
    entry = parsed(journal.recv(9999))
    assert entry["PRIORITY"] == "3"
    assert not {"SLIDE", "FIELD"} & {*entry}
    handler.close()
    assert instead.stream.getvalue() == ""


@pytest.mark.parametrize("why", ["absent", "too long"])
def test_ok__what_the_journal_does_not_take_goes_elsewhere(
    why: str, journal: socket.socket, instead: logging.StreamHandler[io.StringIO]
) -> None:
    handler = JournalHandler(Path("nowhere" if why == "absent" else "journal"), instead)
    message = "x" * 10_000_000 if why == "too long" else "the light is off"
    handler.handle(record(message))
    handler.close()
    assert message in instead.stream.getvalue()


def test_ok__a_busy_journal_keeps_nobody_waiting_and_what_is_lost_is_counted(
    journal: socket.socket, instead: logging.StreamHandler[io.StringIO]
) -> None:
    handler = JournalHandler(Path("journal"), instead)
    for number in range(1000):  # nobody reads them
        handler.handle(record(f"entry {number}"))
    journal.setblocking(False)
    taken = 0
    with contextlib.suppress(BlockingIOError):
        while journal.recv(9999):
            taken += 1
    handler.handle(record("the journal is back"))
    entries = [parsed(journal.recv(9999))["MESSAGE"] for _ in range(2)]
    assert entries == [
        f"{1000 - taken} log entries lost: the journal was busy",
        "the journal is back",
    ]
    assert instead.stream.getvalue() == ""
    handler.close()


def test_ok__a_wrong_log_call_stops_nothing(
    journal: socket.socket,
    instead: logging.StreamHandler[io.StringIO],
    capsys: pytest.CaptureFixture[str],
) -> None:
    handler = JournalHandler(Path("journal"), instead)
    wrong = logging.LogRecord("device", logging.INFO, "x.py", 1, "%d cells", ("three",), None)
    handler.handle(wrong)
    assert "Logging error" in capsys.readouterr().err
    handler.handle(record("and on"))
    assert parsed(journal.recv(9999))["MESSAGE"] == "and on"
    handler.close()


def test_ok__a_stream_of_another_file_is_no_journal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with (tmp_path / "log").open("w") as log:
        monkeypatch.delenv("JOURNAL_STREAM", raising=False)
        assert not leads_to_journal(log)
        status = os.fstat(log.fileno())
        monkeypatch.setenv("JOURNAL_STREAM", f"{status.st_dev}:{status.st_ino}")
        assert leads_to_journal(log)
        monkeypatch.setenv("JOURNAL_STREAM", f"{status.st_dev}:{status.st_ino + 1}")
        assert not leads_to_journal(log)
    assert not leads_to_journal(io.StringIO())


@pytest.fixture
def journalctl(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """One that prints what it is asked."""
    tool = tmp_path / "journalctl"
    tool.write_text('#!/bin/sh\nprintf "%s\\n" "$@"\n')
    tool.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    return tool


def logs(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "leukoscope", "logs", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_ok__logs_of_all_and_of_one_slide(journalctl: Path) -> None:
    unit = ["--unit=leukoscope.service", "--output=short-iso"]
    assert logs().stdout.splitlines() == unit
    assert logs("s42", "--boot").stdout.splitlines() == [*unit, "--boot", "SLIDE=S0042"]
    assert logs("--follow").stdout.splitlines() == [*unit, "--follow"]


def test_fail__logs_of_no_slide(journalctl: Path) -> None:
    ran = logs("forty-two")
    assert (ran.returncode, ran.stdout) == (2, "")
    assert "leukoscope logs:" in ran.stderr


def test_fail__no_journal_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    ran = logs()
    assert ran.returncode == 1
    assert "there is no journalctl here" in ran.stderr
