"""What a command imports: the simulator and numpy only where it uses them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = """
import sys
from leukoscope.cli import main
try:
    status = main()
finally:
    with open("imported", "w") as file:
        file.write("\\n".join(sys.modules))
"""


def imported_by(arguments: str, settings_file: Path, cwd: Path) -> list[str]:
    """Run the command as a person does; the modules that this imported."""
    name, *rest = arguments.split()
    ran = subprocess.run(
        [sys.executable, "-c", SCRIPT, name, "--settings", settings_file, *rest],
        cwd=cwd,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert "Traceback" not in ran.stderr, ran.stderr
    return (cwd / "imported").read_text().split()


@pytest.mark.parametrize(
    "arguments",
    [
        *(
            "status",
            "slides",
            "show 1",
            "export --csv",
            "settings",
            "logs nonsense",
            "watch --once",
        ),
        *("workflow", "classify absent.png", "models", "control", "upkeep", "light-off"),
    ],
)
def test_ok__no_simulator(
    arguments: str, settings_file: Path, filled: Path, tmp_path: Path
) -> None:
    modules = imported_by(arguments, settings_file, tmp_path)
    assert f"leukoscope.commands.{arguments.split()[0].replace('-', '_')}" in modules
    assert not [name for name in modules if name.startswith("leukoscope.simulator")]


@pytest.mark.parametrize("arguments", ["settings", "logs nonsense", "workflow"])
def test_ok__no_numpy(arguments: str, settings_file: Path, tmp_path: Path) -> None:
    modules = imported_by(arguments, settings_file, tmp_path)
    assert "numpy" not in modules
    assert "PIL" not in modules
