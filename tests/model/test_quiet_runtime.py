"""What the runtime says of itself stays off a person's terminal; what is wrong does not."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest
from leukoscope.model.quiet_runtime import silence_runtime

from tests.bundles import BUNDLE

OPEN = """
import sys
from pathlib import Path
from leukoscope.model.bundle import load_bundle
from leukoscope.model.readers import open_reader
open_reader(load_bundle(Path(sys.argv[1])), threads=1)
"""


@pytest.mark.runtime
@pytest.mark.parametrize("name", ["cell-reader", "paper-cnn"])
def test_ok__opening_a_model_says_nothing(checkout: Path, name: str) -> None:
    """In a process of its own: the runtime says it once, to the file descriptor itself."""
    command = [sys.executable, "-c", OPEN, str(Path(BUNDLE).parent / name)]
    ran = subprocess.run(command, cwd=checkout, capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "", "")


def test_ok__all_else_is_written_in_its_order(capfd: pytest.CaptureFixture[str]) -> None:
    with silence_runtime():
        os.write(2, b"ERROR: a node can't be prepared\nINFO: Created a delegate\n")
        os.write(2, b"WARNING: slow\nno line's end")
        assert capfd.readouterr().err == ""
    assert capfd.readouterr().err == "ERROR: a node can't be prepared\nWARNING: slow\nno line's end"


def test_fail__what_is_said_before_an_error_is_kept(capfd: pytest.CaptureFixture[str]) -> None:
    def fail() -> None:
        os.write(2, b"ERROR: why it is broken\n")
        raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"), silence_runtime():
        fail()
    assert capfd.readouterr().err == "ERROR: why it is broken\n"
    os.write(2, b"afterwards\n")
    assert capfd.readouterr().err == "afterwards\n"


def test_fail__error_of_a_model_when_nobody_reads_standard_error(checkout: Path) -> None:
    """The model's own error comes through, and no file stays open."""
    script = """
import os
from leukoscope.model.quiet_runtime import silence_runtime
reader, writer = os.pipe()
os.dup2(writer, 2)
os.close(reader)
before = os.listdir("/proc/self/fd")
try:
    with silence_runtime():
        os.write(2, b"ERROR: why it is broken\\n")
        raise ValueError("broken")
except ValueError as error:
    print(error, os.listdir("/proc/self/fd") == before)
"""
    ran = subprocess.run(
        [sys.executable, "-c", script], cwd=checkout, capture_output=True, text=True, check=False
    )
    assert (ran.returncode, ran.stdout) == (0, "broken True\n")


def test_fail__nothing_to_hold_it_in(monkeypatch: pytest.MonkeyPatch) -> None:
    """No file stays open."""

    def fail(name: str) -> int:
        raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))

    monkeypatch.setattr(os, "memfd_create", fail)
    before = set(Path("/proc/self/fd").iterdir())
    with pytest.raises(OSError, match="Too many open files"), silence_runtime():
        pass
    assert set(Path("/proc/self/fd").iterdir()) == before


def test_ok__without_standard_error(checkout: Path) -> None:
    script = "import os; os.close(2)\nfrom leukoscope.model.quiet_runtime import silence_runtime\n"
    script += "with silence_runtime(): print('done')"
    ran = subprocess.run(
        [sys.executable, "-c", script], cwd=checkout, capture_output=True, text=True, check=False
    )
    assert (ran.returncode, ran.stdout) == (0, "done\n")
