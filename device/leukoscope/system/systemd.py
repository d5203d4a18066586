"""Messages to systemd (ready, alive, stopping: sd_notify(3)), and the state and pause of the service."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
from collections.abc import Iterator

from leukoscope.errors import LeukoscopeError

SERVICE = "leukoscope.service"


def notify(message: str) -> None:
    """Send e.g. 'READY=1', 'WATCHDOG=1' or 'STATUS=ready'; nothing when systemd did not start this process."""
    address = os.environ.get("NOTIFY_SOCKET")
    if not address:
        return
    if address.startswith("@"):
        address = "\0" + address[1:]  # an abstract socket
    # As sd_notify(3): failing to notify is no reason to stop, least of all with the light on.
    with (
        contextlib.suppress(OSError),
        socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as sender,
    ):
        sender.sendto(message.encode(), address)


@contextlib.contextmanager
def service_paused() -> Iterator[bool]:
    """Stop the appliance's service while the caller has its parts, and start it again after.

    Yields whether it ran. Nothing happens where there is no systemd or the service is not running.
    Raises LeukoscopeError when this user may not stop it, or when it does not start again.
    """
    if not _runs():
        yield False
        return
    stopped = True  # or being stopped, when somebody interrupts just then
    try:
        stopped = _systemctl("stop")
        if not stopped:
            raise LeukoscopeError(
                "the appliance is running and has the camera: stop it (sudo systemctl stop "
                f"{SERVICE}), or run this as root"
            )
        yield True
    finally:
        if stopped and not _systemctl("start"):
            raise LeukoscopeError(
                f"the appliance did not start again: look into journalctl -u {SERVICE}"
            )


def service_properties(*names: str) -> dict[str, str]:
    """Return the properties of the service, e.g. {'ActiveState': 'active'}; {} if systemd gives none.

    A service that is not installed has the LoadState 'not-found'.
    """
    lines = _show(f"--property={','.join(names)}").splitlines()
    return {
        name: value for name, equals, value in (line.partition("=") for line in lines) if equals
    }


def _runs() -> bool:
    """Whether the service runs, or is about to start again."""
    answer = _show("--property=ActiveState", "--value")
    return answer.strip() not in ("", "inactive", "failed")


def _show(*options: str) -> str:
    """The output of `systemctl show` for the service; '' where there is none, or no systemd."""
    try:
        return subprocess.run(  # noqa: S603  # words of this module
            ["systemctl", "show", *options, SERVICE],  # noqa: S607  # found on the system's own path
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            timeout=10.0,
            check=True,
        ).stdout
    except (OSError, subprocess.SubprocessError):
        return ""


def _systemctl(*command: str) -> bool:
    """Whether systemctl succeeded; False where there is none."""
    try:
        done = subprocess.run(  # noqa: S603  # words of this module
            ["systemctl", *command, SERVICE],  # noqa: S607  # found on the system's own path
            capture_output=True,
            timeout=60.0,
            check=False,
        )
    except (OSError, subprocess.SubprocessError):
        return False
    return done.returncode == 0
