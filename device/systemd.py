"""Telling systemd: ready, alive, stopping. A datagram to $NOTIFY_SOCKET, as sd_notify(3) says."""

from __future__ import annotations

import contextlib
import os
import socket


def notify(message: str) -> None:
    """Send e.g. 'READY=1' or 'WATCHDOG=1'; nothing when systemd did not start this process."""
    address = os.environ.get("NOTIFY_SOCKET")
    if not address:
        return
    if address.startswith("@"):
        address = "\0" + address[1:]  # an abstract socket
    # As sd_notify(3): what can't be told is no reason to stop, least of all with the light on.
    with (
        contextlib.suppress(OSError),
        socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as sender,
    ):
        sender.sendto(message.encode(), address)
