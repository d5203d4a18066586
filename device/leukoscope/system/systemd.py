"""Messages to systemd (ready, alive, stopping: sd_notify(3)), and reading and pausing the appliance's service."""

from __future__ import annotations

import contextlib
import logging
import os
import socket
import subprocess
from collections.abc import Iterator

from leukoscope.errors import LeukoscopeError

SERVICE = "leukoscope.service"

_log = logging.getLogger(__name__)


def notify(message: str) -> None:
    """Send a message such as 'READY=1', 'WATCHDOG=1' or 'STATUS=ready'.

    Nothing is sent if systemd did not start this process.
    """
    address = os.environ.get("NOTIFY_SOCKET")
    if not address:
        return
    if address.startswith("@"):
        address = "\0" + address[1:]  # an abstract socket
    # An error here must not stop the process (sd_notify(3) advises the same): the light may be on.
    with (
        contextlib.suppress(OSError),
        socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as sender,
    ):
        sender.sendto(message.encode(), address)


@contextlib.contextmanager
def service_paused() -> Iterator[bool]:
    """Stop the appliance's service while the caller uses its parts, and start it again afterwards.

    Nothing happens if there is no systemd or the service is not running.

    Yields:
        Whether the service was running.

    Raises:
        LeukoscopeError: This user may not stop the service, or it does not start again.
    """
    if not _runs():
        yield False
        return
    stopped = True  # an interruption may come while systemctl is still stopping it
    try:
        stopped = _systemctl("stop")
        if not stopped:
            raise LeukoscopeError(
                "the appliance is running and uses the camera: stop it (sudo systemctl stop "
                f"{SERVICE}), or run this as root"
            )
        yield True
    finally:
        if stopped and not _systemctl("start"):
            raise LeukoscopeError(
                f"the appliance did not start again: journalctl -u {SERVICE} says why"
            )


def service_properties(*names: str) -> dict[str, str]:
    """Return properties of the service, such as {'ActiveState': 'active'}; {} if systemd gives none.

    If the service is not installed, its LoadState is 'not-found'.
    """
    lines = _show(f"--property={','.join(names)}").splitlines()
    return {
        name: value for name, equals, value in (line.partition("=") for line in lines) if equals
    }


def power_off() -> None:
    """Ask systemd to power the machine off. If that fails, log what to do."""
    try:
        subprocess.run(["systemctl", "poweroff"], check=True, timeout=10.0)  # noqa: S607
    except (OSError, subprocess.SubprocessError) as error:
        _log.error("could not power off (%s): wait until the disk is idle, then unplug", error)


def _runs() -> bool:
    """Return whether the service runs, or is about to start again."""
    answer = _show("--property=ActiveState", "--value")
    return answer.strip() not in ("", "inactive", "failed")


def _show(*options: str) -> str:
    """Return the output of `systemctl show` for the service; '' if there is none, or no systemd."""
    try:
        return subprocess.run(  # noqa: S603  # all words are fixed here
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
    """Run systemctl on the service. Return whether it succeeded; False if there is no systemctl."""
    try:
        done = subprocess.run(  # noqa: S603  # all words are fixed here
            ["systemctl", *command, SERVICE],  # noqa: S607  # found on the system's own path
            capture_output=True,
            timeout=60.0,
            check=False,
        )
    except (OSError, subprocess.SubprocessError):
        return False
    return done.returncode == 0
