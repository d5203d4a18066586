"""What systemd is told, over a real socket."""

from __future__ import annotations

import os
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from leukoscope.errors import LeukoscopeError
from leukoscope.system.systemd import notify, service_paused


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


@pytest.fixture
def systemctl(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A systemctl that writes down what it is asked, and fails for the words in the file `fails`."""
    tool = tmp_path / "systemctl"
    tool.write_text(
        f'#!/bin/sh\necho "$1" >>{tmp_path}/asked\n[ "$1" = show ] && cat {tmp_path}/state\n'
        f'! grep -qxF "$1" {tmp_path}/fails\n'
    )
    tool.chmod(0o755)
    (tmp_path / "fails").write_text("")
    (tmp_path / "state").write_text("active\n")
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    return tmp_path


def test_ok__a_running_service_is_paused(systemctl: Path) -> None:
    with service_paused() as ran:
        assert ran
        assert (systemctl / "asked").read_text().splitlines() == [
            "show",
            "stop",
        ]
    assert (systemctl / "asked").read_text().splitlines()[-1] == "start"


def test_ok__it_starts_again_whatever_happened(systemctl: Path) -> None:
    with pytest.raises(KeyboardInterrupt), service_paused():
        raise KeyboardInterrupt
    assert (systemctl / "asked").read_text().splitlines()[-1] == "start"


def test_ok__one_that_is_about_to_start_again_is_paused(systemctl: Path) -> None:
    (systemctl / "state").write_text("activating\n")
    with service_paused() as ran:
        assert ran


def test_ok__it_starts_again_when_stopping_it_is_interrupted(
    systemctl: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = subprocess.run

    def interrupted(command: list[str], **options: Any) -> Any:
        if "stop" in command:
            raise KeyboardInterrupt
        return real(command, **options)

    monkeypatch.setattr(subprocess, "run", interrupted)
    with pytest.raises(KeyboardInterrupt), service_paused():
        pass
    assert (systemctl / "asked").read_text().splitlines()[-1] == "start"


@pytest.mark.parametrize("state", ["inactive", "failed"])
def test_ok__one_that_does_not_run_is_left_alone(systemctl: Path, state: str) -> None:
    (systemctl / "state").write_text(f"{state}\n")
    with service_paused() as ran:
        assert not ran
    assert len((systemctl / "asked").read_text().splitlines()) == 1


def test_ok__without_systemd(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with service_paused() as ran:
        assert not ran


def test_fail__it_may_not_be_stopped(systemctl: Path) -> None:
    (systemctl / "fails").write_text("stop\n")
    with pytest.raises(LeukoscopeError, match="sudo systemctl stop leukoscope"), service_paused():
        raise AssertionError("the camera is not free")
    assert (systemctl / "asked").read_text().splitlines()[-1] == "stop"


def test_fail__it_does_not_start_again(systemctl: Path) -> None:
    (systemctl / "fails").write_text("start\n")
    with pytest.raises(LeukoscopeError, match="journalctl -u leukoscope"), service_paused():
        pass
