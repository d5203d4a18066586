"""What systemd is told, over a real socket."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from device.systemd import notify


@pytest.fixture
def receiver() -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as opened:
        opened.settimeout(10.0)
        yield opened


def test_ok__socket_in_the_file_system(
    receiver: socket.socket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)  # a socket's path has 108 bytes
    receiver.bind("notify")
    monkeypatch.setenv("NOTIFY_SOCKET", "notify")
    for message in ("READY=1", "WATCHDOG=1"):
        notify(message)
        assert receiver.recv(100) == message.encode()


def test_ok__abstract_socket(receiver: socket.socket, monkeypatch: pytest.MonkeyPatch) -> None:
    name = f"leukoscope-test-{os.getpid()}"
    receiver.bind(f"\0{name}")
    monkeypatch.setenv("NOTIFY_SOCKET", f"@{name}")
    notify("STOPPING=1")
    assert receiver.recv(100) == b"STOPPING=1"


@pytest.mark.parametrize("address", [None, "", "/nowhere/at/all", "@nobody-listens-here"])
def test_ok__nobody_to_tell(address: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    """A daemon started by hand, or by a systemd that went away, goes on."""
    if address is None:
        monkeypatch.delenv("NOTIFY_SOCKET", raising=False)
    else:
        monkeypatch.setenv("NOTIFY_SOCKET", address)
    notify("WATCHDOG=1")
