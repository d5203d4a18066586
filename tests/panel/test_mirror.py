"""The panel's picture in a file: whole, new, and never taken for live when it is not."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from leukoscope.errors import DisplayError
from leukoscope.panel import mirror
from leukoscope.panel.canvas import SIZE
from leukoscope.panel.memory_display import MemoryDisplay
from leukoscope.panel.mirror import PICTURE, RETRY_S, MirroredDisplay, read_mirror
from leukoscope.panel.screen_drawing import draw
from PIL import Image

from tests.panel.examples import EXAMPLES

ONE = draw(EXAMPLES["result-all"], simulated=True)
TWO = draw(EXAMPLES["refused"], simulated=True)


class MirrorClock:
    """A clock that a test moves."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> MirrorClock:
    return MirrorClock()


@pytest.fixture
def panel() -> MemoryDisplay:
    return MemoryDisplay()


@pytest.fixture
def mirrored(panel: MemoryDisplay, tmp_path: Path, clock: MirrorClock) -> MirroredDisplay:
    return MirroredDisplay(panel, tmp_path, clock)


def seen(folder: Path) -> tuple[bytes, bool] | None:
    newest = read_mirror(folder)
    return newest and (newest.picture.tobytes(), newest.live)


def test_ok__both_show_the_picture(
    mirrored: MirroredDisplay, panel: MemoryDisplay, tmp_path: Path
) -> None:
    assert read_mirror(tmp_path) is None
    for image in (ONE, TWO):
        mirrored.show(image)
        assert seen(tmp_path) == (image.tobytes(), True)
        assert panel.image.tobytes() == image.tobytes()
    mirrored.blank()
    assert seen(tmp_path) == (Image.new("1", SIZE).tobytes(), True)
    assert panel.image.getbbox() is None


@given(st.binary(min_size=1024, max_size=1024))
def test_ok__any_picture(pixels: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        image = Image.frombytes("1", SIZE, pixels)
        mirrored = MirroredDisplay(MemoryDisplay(), Path(folder), MirrorClock())
        mirrored.show(image)
        assert seen(Path(folder)) == (image.tobytes(), True)
        mirrored.close(keep=False)


def test_ok__any_program_can_open_it(mirrored: MirroredDisplay, tmp_path: Path) -> None:
    before = os.umask(0o077)
    try:
        mirrored.show(ONE)
    finally:
        os.umask(before)
    with Image.open(tmp_path / PICTURE, formats=["PPM"]) as image:
        assert image.mode == "1"
        assert image.tobytes() == ONE.tobytes()
    assert (tmp_path / PICTURE).stat().st_mode & 0o777 == 0o644
    assert [path.name for path in tmp_path.iterdir()] == [PICTURE]


def test_ok__unchanged_is_not_written(
    mirrored: MirroredDisplay, clock: MirrorClock, tmp_path: Path
) -> None:
    mirrored.show(ONE)
    file = (tmp_path / PICTURE).stat()
    for _ in range(5):
        clock.now += RETRY_S
        mirrored.show(ONE.copy())
    assert (tmp_path / PICTURE).stat() == file


@pytest.mark.parametrize("keep", [True, False])
def test_ok__closed(
    mirrored: MirroredDisplay, panel: MemoryDisplay, tmp_path: Path, keep: bool
) -> None:
    mirrored.show(ONE)
    mirrored.close(keep)
    assert panel.closed
    assert (panel.image.getbbox() is not None) == keep
    assert seen(tmp_path) == ((ONE.tobytes(), False) if keep else None)


def test_ok__closed_before_anything_was_shown(mirrored: MirroredDisplay, tmp_path: Path) -> None:
    mirrored.close(keep=False)
    assert read_mirror(tmp_path) is None


def test_ok__killed(checkout: Path, tmp_path: Path) -> None:
    """However its process ends, the picture that it leaves is no live one; the next one's is."""
    source = (
        "import sys, time; from pathlib import Path; from PIL import Image\n"
        "from leukoscope.panel.mirror import MirroredDisplay\n"
        "from leukoscope.panel.memory_display import MemoryDisplay\n"
        "display = MirroredDisplay(MemoryDisplay(), Path(sys.argv[1]), time.monotonic)\n"
        "display.show(Image.new('1', (128, 64), 1)); print(flush=True); time.sleep(60)\n"
    )
    command = [sys.executable, "-c", source, tmp_path]
    with subprocess.Popen(command, cwd=checkout, stdout=subprocess.PIPE) as process:
        process.stdout.readline()
        bright = Image.new("1", SIZE, 1).tobytes()
        assert seen(tmp_path) == (bright, True)
        process.kill()
    assert seen(tmp_path) == (bright, False)
    again = MirroredDisplay(MemoryDisplay(), tmp_path, MirrorClock())
    again.show(ONE)
    assert seen(tmp_path) == (ONE.tobytes(), True)


def test_ok__reader_while_pictures_change(mirrored: MirroredDisplay, tmp_path: Path) -> None:
    """It sees a whole one, and a live one, each time."""
    mirrored.show(ONE)
    done = threading.Event()

    def change() -> None:
        while not done.is_set():
            mirrored.show(TWO)
            mirrored.show(ONE)

    thread = threading.Thread(target=change)
    thread.start()
    try:
        found = {seen(tmp_path) for _ in range(500)}
    finally:
        done.set()
        thread.join()
    assert found <= {(ONE.tobytes(), True), (TWO.tobytes(), True)}


def test_ok__makes_its_folder(panel: MemoryDisplay, clock: MirrorClock, tmp_path: Path) -> None:
    """A run that was started by hand has no systemd that makes it."""
    MirroredDisplay(panel, tmp_path / "run" / "leukoscope", clock).show(ONE)
    found = read_mirror(tmp_path / "run" / "leukoscope")
    assert found is not None
    assert found.picture.tobytes() == ONE.tobytes()


def test_fail__no_folder(
    panel: MemoryDisplay, clock: MirrorClock, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The panel goes on, the log says it once, and the mirror comes when its folder does."""
    caplog.set_level(logging.INFO)
    folder = tmp_path / "file" / "absent"
    (tmp_path / "file").touch()
    mirrored = MirroredDisplay(panel, folder, clock)
    for image in (ONE, TWO, ONE):
        mirrored.show(image)
        clock.now += RETRY_S
    assert panel.image.tobytes() == ONE.tobytes()
    (tmp_path / "file").unlink()
    mirrored.show(ONE)
    assert seen(folder) == (ONE.tobytes(), True)
    lost, back = [(record.levelname, record.getMessage()) for record in caplog.records]
    assert (lost[0], back[0]) == ("WARNING", "INFO")
    assert lost[1] == (
        f"leukoscope watch can't show this panel: {folder}: Not a directory; set [panel] mirror to a "
        "folder that this user may write"
    )
    assert back[1] == f"the mirror of the panel is back: {folder / PICTURE}"


def test_fail__lost_folder_is_not_tried_at_every_picture(
    clock: MirrorClock, tmp_path: Path, panel: MemoryDisplay
) -> None:
    (tmp_path / "late").touch()
    mirrored = MirroredDisplay(panel, tmp_path / "late", clock)
    mirrored.show(ONE)
    (tmp_path / "late").unlink()
    mirrored.show(TWO)
    assert read_mirror(tmp_path / "late") is None
    clock.now += RETRY_S
    mirrored.show(TWO)
    assert seen(tmp_path / "late") == (TWO.tobytes(), True)


def test_fail__removed_file_comes_back(
    mirrored: MirroredDisplay, clock: MirrorClock, tmp_path: Path
) -> None:
    mirrored.show(ONE)
    (tmp_path / PICTURE).unlink()
    mirrored.show(ONE)
    assert read_mirror(tmp_path) is None
    clock.now += RETRY_S
    mirrored.show(ONE)
    assert seen(tmp_path) == (ONE.tobytes(), True)


def test_fail__full_disk(
    mirrored: MirroredDisplay, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    (tmp_path / f"{PICTURE}.new").symlink_to("/dev/full")
    mirrored.show(ONE)
    assert read_mirror(tmp_path) is None
    assert "No space left on device" in caplog.text
    mirrored.close(keep=False)


def test_fail__file_of_another_is_left_alone(mirrored: MirroredDisplay, tmp_path: Path) -> None:
    """Of a second appliance, say, with the same folder."""
    mirrored.show(ONE)
    other = MirroredDisplay(MemoryDisplay(), tmp_path, MirrorClock())
    other.show(TWO)
    mirrored.close(keep=False)
    assert seen(tmp_path) == (TWO.tobytes(), True)


@given(st.binary(max_size=64) | st.binary(max_size=64).map(lambda tail: mirror._HEADER + tail))
def test_fail__no_picture(data: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / PICTURE).write_bytes(data)
        with pytest.raises(DisplayError, match=r"/panel: not a picture .* check \[panel\] mirror"):
            read_mirror(Path(folder))


def test_fail__picture_with_more_behind(mirrored: MirroredDisplay, tmp_path: Path) -> None:
    mirrored.show(ONE)
    with (tmp_path / PICTURE).open("ab") as file:
        file.write(b"x")
    with pytest.raises(DisplayError, match="not a picture"):
        read_mirror(tmp_path)


def test_fail__not_a_file(tmp_path: Path) -> None:
    (tmp_path / PICTURE).mkdir()
    with pytest.raises(DisplayError, match="can't read the panel's picture: Is a directory"):
        read_mirror(tmp_path)
