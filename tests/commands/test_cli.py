"""The command line as a whole: help, exit statuses, settings, pipes, and messages instead of tracebacks."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import leukoscope
import pytest
from leukoscope.cli import COMMANDS, main
from leukoscope.notice import NOTICE

from tests.commands.conftest import Run
from tests.commands.processes import command


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["nonsense"],
        ["classify"],
        ["export"],
        ["export", "--csv", "--json"],
        ["show"],
        ["classify", "--workers", "0", "a.png"],
        ["classify", "--workers", "many", "a.png"],
        ["classify", "--um-per-px", "0", "a.png"],
        ["classify", "--um-per-px", "nan", "a.png"],
        ["classify", "--um-per-px", "-1", "a.png"],
        ["show", "nonsense"],
        ["show", "S0000"],
    ],
)
def test_fail__called_wrongly(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    try:
        status = main(arguments)
    except SystemExit as end:
        status = int(end.code or 0)
    out, err = capsys.readouterr()
    assert (status, out) == (2, "")
    assert "leukoscope" in err
    assert "Traceback" not in err


def test_ok__help_and_version(capsys: pytest.CaptureFixture[str]) -> None:
    for argument, says in (
        ("--help", NOTICE),
        ("--version", f"leukoscope {leukoscope.__version__}"),
    ):
        with pytest.raises(SystemExit, match="0"):
            main([argument])
        assert says in " ".join(capsys.readouterr().out.split())


def test_ok__help_lists_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="0"):
        main(["--help"])
    words = " ".join(capsys.readouterr().out.split())
    for name, meaning in COMMANDS.items():
        assert f"{name} {meaning}" in words


@pytest.mark.parametrize("name", COMMANDS)
def test_ok__help_of_a_command(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="0"):
        main([name, "--help"])
    out = " ".join(capsys.readouterr().out.split())
    assert out.startswith(f"usage: leukoscope {name} ")
    assert f"{COMMANDS[name]}. {NOTICE}" in out
    assert "--settings FILE" in out


@pytest.mark.parametrize("command", ["slides", "show", "classify"])
def test_ok__help_explains_the_words(run: Run, command: str) -> None:
    status, out, _ = run(command, "--help")
    assert status == 0
    text = " ".join(out.split())
    for words in ("acute myeloid leukaemia", "acute lymphoblastic", "confidence of 0.71 out of 1"):
        assert words in text
    assert "docs/panel.md" in text


@pytest.mark.parametrize(
    "command",
    [
        "run",
        "settings",
        "demo",
        "slides",
        "show 1",
        "export --csv",
        "classify a.png",
        "watch",
        "status",
    ],
)
def test_fail__bad_settings_file(run: Run, settings_file: Path, command: str) -> None:
    settings_file.write_text("[light]\n\npin = 99\n")
    status, out, err = run(*command.split())
    assert (status, out) == (1, "")
    assert f"leukoscope: {settings_file}, line 3: light.pin must be a whole number" in err


@pytest.mark.parametrize("command", ["slides", "show 1", "export --csv", "export --json"])
def test_fail__damaged_records(run: Run, filled: Path, command: str) -> None:
    for suffix in ("-wal", "-shm"):
        (filled / f"records.sqlite{suffix}").unlink(missing_ok=True)
    (filled / "records.sqlite").write_bytes(b"no database" * 1000)
    status, _, err = run(*command.split())
    assert status == 1
    assert err.startswith("leukoscope: ")
    assert "damaged" in err


@pytest.mark.parametrize("arguments", ["slides", "export --json", "show 1", "models", "workflow"])
def test_ok__reader_that_goes_away(
    arguments: str, settings_file: Path, filled: Path, checkout: Path, tmp_path: Path
) -> None:
    """As `leukoscope slides | head -0`: no traceback."""
    name, *rest = arguments.split()
    with subprocess.Popen(
        command(name, "--settings", settings_file, *rest),
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(checkout / "device")},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 1


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_ok__standard_streams_that_are_closed(
    closed: str, settings_file: Path, filled: Path, checkout: Path
) -> None:
    """As `leukoscope slides >&-`: it prints to nobody, and touches no file."""
    before = {path: path.read_bytes() for path in filled.rglob("*") if path.is_file()}
    ran = subprocess.run(
        ["sh", "-c", f'"$@" {closed}', "sh", *command("slides", "--settings", settings_file)],
        cwd=checkout,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (ran.returncode, ran.stderr) == (0, "")
    assert ("S0001" in ran.stdout) is (">&-" not in closed.split())
    assert {path: path.read_bytes() for path in before} == before


def test_fail__output_to_a_full_disk(settings_file: Path, checkout: Path) -> None:
    with Path("/dev/full").open("wb") as full:
        ran = subprocess.run(
            command("settings", "--settings", settings_file),
            cwd=checkout,
            stdout=full,
            stderr=subprocess.PIPE,
            timeout=60,
            check=False,
        )
    assert ran.returncode == 1
    assert ran.stderr == b"leukoscope: standard output: No space left on device\n"


def test_ok__terminal_that_knows_few_characters(settings_file: Path, checkout: Path) -> None:
    ran = subprocess.run(
        command("settings", "--settings", settings_file),
        cwd=checkout,
        env={**os.environ, "PYTHONIOENCODING": "ascii"},
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert (ran.returncode, ran.stderr) == (0, b"")
    assert rb"\xb5m/px" in ran.stdout
