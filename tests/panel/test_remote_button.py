"""The button from another process: letters in, gestures out, and nothing that stops it."""

from __future__ import annotations

import contextlib
import logging
import os
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from leukoscope.errors import ButtonError
from leukoscope.panel import remote_button
from leukoscope.panel.button import Gesture, Hold
from leukoscope.panel.remote_button import (
    AT_ONCE,
    FIFO,
    LETTERS,
    RemoteButton,
    check_may_send,
    send,
)

from tests.appliance.simulated import StubButton

PATIENCE_S = 10.0


def eventually(true: Callable[[], bool]) -> None:
    until = time.monotonic() + PATIENCE_S
    while not true():
        assert time.monotonic() < until
        time.sleep(0.005)


def is_open(folder: Path) -> bool:
    with contextlib.suppress(ButtonError):
        check_may_send(folder)
        return True
    return False


def is_replaced(folder: Path, inode: int) -> bool:
    with contextlib.suppress(FileNotFoundError):
        return (folder / FIFO).stat().st_ino != inode
    return False


class Remote:
    """A remote button beside a stub one, and the gestures that came; ready to take some."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.beside = folder, StubButton()
        self.came: list[Gesture] = []
        self.button = RemoteButton(self.beside, folder, self.came.append)

    def write(self, letters: bytes) -> None:
        """As a shell's redirection does: opens, writes, closes."""
        with (self.folder / FIFO).open("wb", buffering=0) as fifo:
            fifo.write(letters)


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remote_button, "RETRY_S", 0.02)
    monkeypatch.setattr(remote_button, "REST_S", 0.001)


@pytest.fixture
def remote(tmp_path: Path) -> Iterator[Remote]:
    made = Remote(tmp_path)
    eventually(lambda: is_open(tmp_path))
    yield made
    if not made.beside.closed:
        made.button.close()


@pytest.mark.parametrize("gesture", Gesture)
def test_ok__gesture(remote: Remote, gesture: Gesture, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    send(remote.folder, gesture)
    eventually(lambda: remote.came == [gesture])
    assert f"remote button: {gesture.value}, by an unknown user" in caplog.text


def test_ok__from_a_shell(remote: Remote) -> None:
    """Its end of line is no gesture and no complaint, and its leaving is no end."""
    for letter, gesture in LETTERS.items():
        subprocess.run(
            ["sh", "-c", f"echo {letter.decode()} > {FIFO}"],
            cwd=remote.folder,
            check=True,
            timeout=PATIENCE_S,
        )
        eventually(lambda gesture=gesture: remote.came[-1:] == [gesture])
    assert remote.came == list(LETTERS.values())


def test_ok__other_button_works_beside_it(remote: Remote) -> None:
    assert remote.button.held() is None
    remote.beside.down = Hold(1.0, Gesture.PRESS, 0.5)
    assert remote.button.held() == remote.beside.down
    remote.button.close()
    assert remote.beside.closed
    assert list(remote.folder.iterdir()) == []


def test_ok__only_owner_and_group_may_press(tmp_path: Path) -> None:
    before = os.umask(0o077)
    try:
        remote = Remote(tmp_path)
        eventually(lambda: is_open(tmp_path) and (tmp_path / FIFO).stat().st_mode & 0o777 == 0o620)
    finally:
        os.umask(before)
    remote.button.close()


def test_ok__what_another_run_left_is_not_taken(tmp_path: Path) -> None:
    """Nor what waits in it."""
    os.mkfifo(tmp_path / FIFO)
    old = os.open(tmp_path / FIFO, os.O_RDWR | os.O_NONBLOCK)
    os.write(old, b"l")
    left = os.fstat(old).st_ino
    remote = Remote(tmp_path)
    eventually(lambda: is_replaced(tmp_path, left) and is_open(tmp_path))
    send(tmp_path, Gesture.PRESS)
    eventually(lambda: bool(remote.came))
    assert remote.came == [Gesture.PRESS]
    remote.button.close()
    os.close(old)


@settings(max_examples=30)
@given(
    st.lists(
        st.binary(min_size=1, max_size=3 * AT_ONCE) | st.text("phl \n").map(str.encode), max_size=4
    )
)
def test_ok__any_bytes(writes: list[bytes]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        remote = Remote(Path(folder))
        eventually(lambda: is_open(Path(folder)))
        for letters in writes:
            remote.write(letters)
        letters = b"".join(writes)
        wanted = [LETTERS[bytes((b,))] for b in letters if bytes((b,)) in LETTERS]
        eventually(lambda: len(remote.came) >= len(wanted))
        assert remote.came == wanted
        remote.button.close()


def test_fail__garbage_is_logged_once(remote: Remote, caplog: pytest.LogCaptureFixture) -> None:
    remote.write(b"\xff\0PHL" + 100 * b"x" + b"p")
    eventually(lambda: remote.came == [Gesture.PRESS])
    warnings = [r.getMessage() for r in caplog.records if r.levelno >= logging.WARNING]
    assert warnings == [
        f"{remote.folder / FIFO}: b'\\xff' is not a gesture and is ignored, as are more of these: "
        "send p, h or l"
    ]


def test_fail__removed_or_replaced(remote: Remote) -> None:
    """It is made again, and works."""
    fifo = remote.folder / FIFO
    fifo.unlink()
    eventually(lambda: is_open(remote.folder))
    send(remote.folder, Gesture.PRESS)
    eventually(lambda: remote.came == [Gesture.PRESS])
    os.mkfifo(remote.folder / "another")
    (remote.folder / "another").rename(fifo)
    eventually(lambda: is_open(remote.folder))
    send(remote.folder, Gesture.HOLD)
    eventually(lambda: remote.came == [Gesture.PRESS, Gesture.HOLD])


def test_fail__no_folder(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """The other button works, the log says it once, and the pipe comes when its folder does."""
    folder = tmp_path / "file" / "absent"
    (tmp_path / "file").touch()
    remote = Remote(folder)
    eventually(lambda: bool(caplog.records))
    time.sleep(0.1)
    assert [(r.levelname, r.getMessage()) for r in caplog.records] == [
        (
            "WARNING",
            f"no remote button: {folder}: Not a directory; check [panel] mirror",
        )
    ]
    (tmp_path / "file").unlink()
    eventually(lambda: is_open(folder))
    remote.button.close()
    assert remote.beside.closed


def test_fail__name_is_taken(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """What is no pipe is nobody's to remove, nor to write into."""
    (tmp_path / FIFO).write_text("precious")
    remote = Remote(tmp_path)
    eventually(lambda: "something else has this name" in caplog.text)
    with pytest.raises(ButtonError, match="something else has this name: check"):
        send(tmp_path, Gesture.PRESS)
    remote.button.close()
    assert (tmp_path / FIFO).read_text() == "precious"


def test_fail__close_while_it_is_flooded(remote: Remote) -> None:
    fifo = os.open(remote.folder / FIFO, os.O_WRONLY | os.O_NONBLOCK)
    os.write(fifo, 4096 * b"p")
    remote.button.close()
    os.close(fifo)
    assert len(remote.came) < 4096


@pytest.mark.parametrize("listened", [True, False])
def test_fail__nobody_listens(tmp_path: Path, listened: bool) -> None:
    os.mkfifo(tmp_path / FIFO)
    if not listened:
        with pytest.raises(ButtonError, match=r"nobody listens: set \[panel\] remote_button"):
            send(tmp_path, Gesture.PRESS)
        return
    deaf = os.open(tmp_path / FIFO, os.O_RDWR | os.O_NONBLOCK)
    with contextlib.suppress(BlockingIOError):
        while True:
            os.write(deaf, 4096 * b"p")
    with pytest.raises(ButtonError, match="does not answer: look into its log"):
        send(tmp_path, Gesture.PRESS)
    os.close(deaf)


def test_fail__not_allowed(tmp_path: Path) -> None:
    for ask in (check_may_send, lambda folder: send(folder, Gesture.PRESS)):
        with pytest.raises(ButtonError, match=r"set \[panel\] remote_button = true, restart"):
            ask(tmp_path)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may press")
def test_fail__not_in_the_group(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / FIFO, 0)
    with pytest.raises(ButtonError, match="be root or in the group leukoscope"):
        check_may_send(tmp_path)
