"""Commands in processes of their own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.vt import default_signals


def command(*arguments: object) -> list[str]:
    """The call of `leukoscope` with these arguments."""
    script = "import sys; from leukoscope.cli import main; sys.exit(main())"
    return [sys.executable, "-c", script, *map(str, arguments)]


def started(settings_file: Path, root: Path, **given: object) -> subprocess.Popen[str]:
    """`leukoscope run`, started without a terminal."""
    ours = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "text": True}
    ours["preexec_fn"] = default_signals
    return subprocess.Popen(
        command("run", "--settings", settings_file), cwd=root, **{**ours, **given}
    )


def until(daemon: subprocess.Popen[str], words: str) -> None:
    """Read the log of a daemon until these words come."""
    while words not in (line := daemon.stderr.readline()):
        assert line, f"it ended before it said: {words}"
