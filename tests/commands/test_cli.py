"""What a person types: answers, exit statuses, and clear words in place of a traceback."""

from __future__ import annotations

import csv
import io
import json
import os
import signal
import socket
import struct
import subprocess
import sys
import zlib
from collections.abc import Callable
from functools import partial
from pathlib import Path

import leukoscope
import numpy as np
import pytest
from gpiozero import Device
from gpiozero.pins.mock import MockFactory
from leukoscope import assembly
from leukoscope.appliance import workflow
from leukoscope.cli import main
from leukoscope.errors import Fault
from leukoscope.notice import NOTICE
from leukoscope.panel import screens
from leukoscope.panel.button import Gesture, GestureRelay, Hold
from leukoscope.panel.drawing import draw
from leukoscope.panel.memory_display import MemoryDisplay
from leukoscope.panel.terminal import to_text
from leukoscope.reading.results import LABELS, FieldReading
from leukoscope.records.record import EndedBy
from leukoscope.settings.settings import Settings, parse_settings
from PIL import Image

from tests.appliance.simulated import StubButton
from tests.bundles import BUNDLE
from tests.records import examples
from tests.smears import save_smear, smear
from tests.vt import Terminal, default_signals, eventually

JSON_KEYS = [
    *("path", "label", "pattern", "confidence", "probabilities"),
    *("gates", "shading", "white_cells", "cells_read", "differential", "finding", "control"),
    *("reason", "error"),
]

Run = Callable[..., tuple[int, str, str]]


def started(settings_file: Path, root: Path, **given: object) -> subprocess.Popen[str]:
    """`leukoscope run`, outside of any terminal."""
    ours = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "text": True}
    ours["preexec_fn"] = default_signals
    return subprocess.Popen(
        command("run", "--settings", settings_file), cwd=root, **{**ours, **given}
    )


def until(daemon: subprocess.Popen[str], words: str) -> None:
    """Read its log until these words come."""
    while words not in (line := daemon.stderr.readline()):
        assert line, f"it ended before it said: {words}"


@pytest.fixture
def state(tmp_path: Path) -> Path:
    """The state directory."""
    return tmp_path / "state"


@pytest.fixture
def settings_file(tmp_path: Path, state: Path) -> Path:
    file = tmp_path / "leukoscope.toml"
    file.write_text(
        "[parts]\nmicroscope = 'simulated'\npanel = 'simulated'\n"
        "[camera]\nwidth = 507\nheight = 380\num_per_px = 0.31\n"
        f"[model]\nbundle = '{BUNDLE}'\n"
        f"[panel]\nmirror = '{tmp_path}'\n"
        f"[storage]\ndirectory = '{state}'\nmin_free_mb = 1\n",
        encoding="utf-8",
    )
    return file


@pytest.fixture
def run(
    settings_file: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> Run:
    """Runs a command with the settings above, in `tmp_path`: its exit status, output and errors."""
    monkeypatch.chdir(tmp_path)

    def call(command: str, *arguments: object) -> tuple[int, str, str]:
        try:
            status = main([command, "--settings", str(settings_file), *map(str, arguments)])
        except SystemExit as end:
            status = int(end.code or 0)
        out, err = capsys.readouterr()
        assert "Traceback" not in out + err
        return status, out, err

    return call


@pytest.fixture
def filled(state: Path) -> Path:
    """Two slides in the records: one finished with two fields, one begun."""
    with examples.open_store(state) as store:
        examples.add(store, 1)
        examples.add(store, 1)
        store.finish_slide(1, examples.VERDICT, EndedBy.PERSON)
        examples.add(store, 2)
    return state


# Called wrongly.


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


# Settings and workflow.


def test_ok__settings_prints_a_file_that_reads_the_same(run: Run, settings_file: Path) -> None:
    status, out, err = run("settings")
    assert (status, err) == (0, "")
    assert parse_settings(out, "printed") == parse_settings(settings_file.read_text(), "file")
    assert "# GPIO line of the MOSFET's gate; 4 to 27 (BCM)" in out


def test_ok__settings_without_a_file(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(leukoscope.settings.settings, "SETTINGS_FILE", tmp_path / "absent")
    assert main(["settings"]) == 0
    assert parse_settings(capsys.readouterr().out, "printed") == Settings()


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


def test_ok__workflow(run: Run) -> None:
    assert run("workflow") == (0, workflow.diagram(), "")


# Records.


def test_ok__empty_records(run: Run, state: Path) -> None:
    assert run("slides") == (0, f"No slides yet.\n\n{NOTICE}\n", "")
    assert run("export", "--json")[0] == 0
    status, out, _ = run("export", "--csv")
    assert (status, len(out.splitlines())) == (0, 1)
    assert not state.exists(), "looking makes nothing"


def test_ok__slides(run: Run, filled: Path) -> None:
    status, out, err = run("slides")
    assert (status, err) == (0, "")
    rows = [line.split() for line in out.splitlines()]
    assert [row[0] for row in rows[:3]] == ["SLIDE", "S0001", "S0002"]
    assert rows[1][3:6] == ["ALL", "0.81", "2"]
    assert NOTICE in out


def test_ok__show(run: Run, filled: Path, tmp_path: Path) -> None:
    for name in ("S0001", "s1", "1"):
        status, out, _ = run("show", name)
        assert status == 0
        assert out.startswith("S0001  ALL")
        assert out.endswith("picture: S0001.png\n")
    with Image.open(tmp_path / "S0001.png") as picture:
        assert picture.width > 100
    assert run("show", "S0002", "--picture", tmp_path / "mine.jpg")[0] == 0
    assert (tmp_path / "mine.jpg").exists()


@pytest.mark.parametrize("command", ["slides", "show", "classify"])
def test_ok__help_explains_the_words(run: Run, command: str) -> None:
    status, out, _ = run(command, "--help")
    assert status == 0
    text = " ".join(out.split())
    for words in ("acute myeloid leukaemia", "acute lymphoblastic", "confidence of 0.71 out of 1"):
        assert words in text
    assert "Words on the panel and in the tables" in text


def add_fields(state: Path, slide: int, count: int) -> None:
    with examples.open_store(state) as store:
        for _ in range(count):
            examples.add(store, slide)


def test_ok__show_many_fields_in_pages(run: Run, filled: Path, tmp_path: Path) -> None:
    """And an earlier call's picture of the same slide does not stay beside them."""
    assert run("show", "2")[1].endswith("picture: S0002.png\n")
    mine = tmp_path / "S0002-99.png"
    Image.new("RGB", (9, 9)).save(mine)
    add_fields(filled, 2, 69)
    status, out, err = run("show", "2")
    assert (status, err) == (0, "")
    assert out.splitlines()[-2:] == [
        "pictures: S0002-01.png to S0002-13.png, 13 pages",
        "removed, of an earlier call: S0002.png",
    ]
    pages = [f"S0002-{number:02}.png" for number in range(1, 14)]
    assert sorted(path.name for path in tmp_path.glob("S0002*")) == [*pages, "S0002-99.png"]
    for page in pages:
        with Image.open(tmp_path / page) as picture:
            assert picture.height <= 2000
            assert picture.info["Title"] == f"S0002, page {int(page[6:8])} of 13"
    assert len(out.splitlines()) <= 24
    assert max(map(len, out.splitlines())) <= 80
    assert "70 fields read, 0 refused" in out


def test_ok__show_leaves_the_pictures_of_other_slides(
    run: Run, filled: Path, tmp_path: Path
) -> None:
    """Also where their files are named as pages of this one would be; and what can't be opened."""
    assert run("show", "2", "--picture", "slide-2.png")[0] == 0
    huge = bytearray((tmp_path / "slide-2.png").read_bytes())
    huge[16:29] = struct.pack(">II", 40000, 40000) + huge[24:29]  # in the header, IHDR
    huge[29:33] = struct.pack(">I", zlib.crc32(huge[12:29]))
    (tmp_path / "slide-3.png").write_bytes(huge)
    status, out, err = run("show", "1", "--picture", "slide.png")
    assert (status, err) == (0, "")
    assert "removed" not in out
    assert sorted(path.name for path in tmp_path.glob("slide*.png")) == [
        *("slide-2.png", "slide-3.png", "slide.png")
    ]


def test_ok__slides_whose_fields_could_not_be_read(run: Run, state: Path) -> None:
    """Captured, and not read: no gate refused it."""
    unread = FieldReading((), (), None, None)
    with examples.open_store(state) as store:
        store.add_field(1, examples.field(), unread, None, examples.NOTHING, examples.PROVENANCE)
    status, out, err = run("slides")
    assert (status, err) == (0, "")
    (row,) = (line for line in out.splitlines() if line.startswith("S0001"))
    assert "inconclusive" in row
    assert "no field read" in row


def test_ok__show_fields_only_when_asked(run: Run, filled: Path) -> None:
    assert "sha256" not in run("show", "1")[1]
    out = run("show", "1", "--fields")[1]
    assert out.count("picture pictures/S0001/") == 2
    assert "Field 1: ALL 0.81" in out
    assert out.count("sha256") == 6


@pytest.mark.parametrize("name", ["no-such-folder/a.png", "a.nonsense", "."])
def test_fail__show_pages_into_what_can_not_be_written(run: Run, filled: Path, name: str) -> None:
    add_fields(filled, 2, 69)
    status, out, err = run("show", "2", "--picture", name)
    assert status == 1
    assert out.startswith("S0002")
    assert f"leukoscope show: can't write {Path(name)}: " in err


@pytest.mark.parametrize("slide", ["S0042", "999999999"])
def test_fail__show_unknown_slide(run: Run, filled: Path, slide: str) -> None:
    status, out, err = run("show", slide)
    assert (status, out) == (1, "")
    assert err.startswith("leukoscope: there is no slide S")


@pytest.mark.parametrize("name", ["no-such-folder/a.png", "a.nonsense", "."])
def test_fail__show_into_what_can_not_be_written(run: Run, filled: Path, name: str) -> None:
    status, out, err = run("show", "1", "--picture", name)
    assert status == 1
    assert out.startswith("S0001")
    assert f"leukoscope show: can't write {Path(name)}: " in err


def test_ok__export_json(run: Run, filled: Path) -> None:
    status, out, _ = run("export", "--json")
    assert status == 0
    assert {"S0001", "S0002"} <= set(json.dumps(json.loads(out)).replace('"', " ").split())


def test_ok__export_csv(run: Run, filled: Path) -> None:
    status, out, _ = run("export", "--csv")
    rows = list(csv.reader(io.StringIO(out)))
    assert status == 0
    assert len({len(row) for row in rows}) == 1
    assert len(rows) >= 4


@pytest.mark.parametrize("command", ["slides", "show 1", "export --csv", "export --json"])
def test_fail__damaged_records(run: Run, filled: Path, command: str) -> None:
    for suffix in ("-wal", "-shm"):
        (filled / f"records.sqlite{suffix}").unlink(missing_ok=True)
    (filled / "records.sqlite").write_bytes(b"no database" * 1000)
    status, _, err = run(*command.split())
    assert status == 1
    assert err.startswith("leukoscope: ")
    assert "damaged" in err


# Classify.


def test_ok__classify_table(run: Run, tmp_path: Path) -> None:
    save_smear(tmp_path / "good.png")
    save_smear(tmp_path / "blurred.png", smear(defocus_um=8.0))
    status, out, _ = run("classify", "good.png", "blurred.png")
    assert status == 0
    rows = out.splitlines()
    assert rows[0].split()[:2] == ["FILE", "READING"]
    assert rows[1].startswith("good.png")
    assert rows[2].split()[:2] == ["blurred.png", "refused"]
    assert rows[-1].endswith(NOTICE)


def test_ok__classify_json(run: Run, tmp_path: Path) -> None:
    (tmp_path / "smears").mkdir()
    save_smear(tmp_path / "smears" / "b-µ.png")
    save_smear(tmp_path / "smears" / "a.png", smear(defocus_um=8.0))
    status, out, err = run("classify", "--json", "smears")
    assert (status, err) == (0, "")
    refused, read = (json.loads(line) for line in out.splitlines())
    assert list(refused) == list(read) == JSON_KEYS
    assert (refused["path"], read["path"]) == ("smears/a.png", "smears/b-µ.png")
    assert (refused["label"], refused["confidence"], refused["error"]) == (None, None, None)
    assert refused["reason"].startswith("OUT OF FOCUS")
    assert list(read["probabilities"]) == list(LABELS)
    assert sum(read["probabilities"].values()) == pytest.approx(1, abs=1e-3)
    assert read["confidence"] == max(read["probabilities"].values())
    assert read["label"] in (None, *LABELS)
    assert 0 < read["white_cells"] < 50
    assert read["reason"].startswith("under 50 cells")
    assert read["error"] is None


def test_ok__classify_tells_of_a_scale_that_it_assumes(run: Run, tmp_path: Path) -> None:
    Image.fromarray(smear()).save(tmp_path / "bare.png")
    status, _, err = run("classify", "bare.png")
    assert status == 0
    assert "bare.png: no scale in the file" in err
    status, _, err = run("classify", "--um-per-px", 0.31, "bare.png")
    assert (status, err) == (0, "")


def png(width: int, height: int) -> bytes:
    """A PNG that claims to be of this size, and has next to nothing in it."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        check = zlib.crc32(kind + data)
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", check)

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    data = chunk(b"IDAT", zlib.compress(b"\0" * 100)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + data


def cut_short(path: Path) -> None:
    data = save_smear(path).read_bytes()
    path.write_bytes(data[: len(data) // 2])


def animated(path: Path) -> None:
    frames = [Image.fromarray(smear()), Image.fromarray(smear()[::-1])]
    frames[0].save(path, save_all=True, append_images=frames[1:])


BAD_FILES: dict[str, tuple[Callable[[Path], object], str]] = {
    "truncated.png": (cut_short, "damaged or cut short"),
    "truncated.jpg": (cut_short, "damaged or cut short"),
    "truncated.tif": (cut_short, "damaged"),
    "empty.png": (lambda p: p.touch(), "empty"),
    "grey16.png": (
        lambda p: Image.fromarray(smear()[..., 0].astype(np.uint16) * 257).save(p),
        "a grey image",
    ),
    "cmyk.jpg": (lambda p: Image.fromarray(smear()).convert("CMYK").save(p), "CMYK"),
    "animated.png": (animated, "2 images in one file"),
    "pages.tif": (animated, "2 images in one file"),
    "animated.gif": (animated, "not a JPEG, PNG, TIFF or BMP"),
    "dot.png": (lambda p: Image.new("RGB", (1, 1)).save(p), "1 x 1 px is too small"),
    "huge.png": (lambda p: p.write_bytes(png(10_000, 6_000)), "10000 x 6000 px is too large"),
    "bomb.png": (lambda p: p.write_bytes(png(200_000, 200_000)), "too large"),
    "text.jpg": (lambda p: p.write_text("no image"), "not a JPEG, PNG, TIFF or BMP"),
    "link.png": (lambda p: p.symlink_to("nowhere"), "no such file"),
    "pipe.png": (os.mkfifo, "not an ordinary file"),
    "missing.png": (lambda p: None, "no such file or folder"),
    "folder": (lambda p: p.mkdir(), "no JPEG, PNG, TIFF or BMP image in this folder"),
}


@pytest.mark.parametrize("name", BAD_FILES)
def test_fail__classify_bad_file_among_good_ones(run: Run, tmp_path: Path, name: str) -> None:
    make, says = BAD_FILES[name]
    make(tmp_path / name)
    for good in ("a.png", "z.png"):
        save_smear(tmp_path / good)
    status, out, err = run("classify", "a.png", name, "z.png")
    assert status == 1
    assert says in out + err
    assert name in out + err
    assert "\nz.png " in out
    status, out, _ = run("classify", "--json", "a.png", name, "z.png")
    assert status == 1
    lines = {line["path"]: line for line in map(json.loads, out.splitlines())}
    assert set(lines) == {"a.png", name, "z.png"}
    assert all(list(line) == JSON_KEYS for line in lines.values())
    assert says in lines[name]["error"]
    assert {lines[name][key] for key in JSON_KEYS[1:-1]} == {None}
    assert lines["a.png"]["error"] is lines["z.png"]["error"] is None


def test_ok__classify_palette(run: Run, tmp_path: Path) -> None:
    """Colours by number are colours."""
    Image.fromarray(smear()).quantize(256).save(tmp_path / "palette.png", dpi=(81_935, 81_935))
    status, out, _ = run("classify", "--json", "palette.png")
    assert status == 0
    assert json.loads(out)["error"] is None


@pytest.mark.parametrize("form", [[], ["--json"]])
def test_ok__classify_file_whose_name_is_no_text(
    form: list[str], settings_file: Path, tmp_path: Path, checkout: Path
) -> None:
    name = os.fsdecode(b"\xff.png")
    save_smear(tmp_path / "a.png").rename(tmp_path / name)
    ran = subprocess.run(
        command("classify", "--settings", settings_file, *form, name, f"missing{name}"),
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(checkout)},
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert ran.returncode == 1
    assert b"Traceback" not in ran.stderr
    if form:
        paths = [json.loads(line)["path"] for line in ran.stdout.splitlines()]
        assert paths == [f"missing{name}", name]
    else:
        assert rb"\udcff.png" in ran.stdout
        assert rb"missing\udcff.png: no such file" in ran.stderr


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_fail__classify_what_may_not_be_read(run: Run, tmp_path: Path) -> None:
    save_smear(tmp_path / "a.png").chmod(0)
    status, out, err = run("classify", "a.png")
    assert status == 1
    assert "check its permissions" in out + err


def test_fail__classify_nothing_but_bad_files(run: Run) -> None:
    status, out, err = run("classify", "absent.png")
    assert (status, out) == (1, "")
    assert err == "leukoscope classify: absent.png: no such file or folder: check the path\n"


@pytest.mark.parametrize("bundle", ["missing", "changed", "no card"])
def test_fail__classify_without_its_model(
    run: Run, tmp_path: Path, settings_file: Path, bundle: str
) -> None:
    folder = tmp_path / "bundle"
    if bundle != "missing":
        folder.mkdir()
        (folder / "model.tflite").write_bytes(b"not the model")
    if bundle == "changed":
        (folder / "card.toml").write_bytes((BUNDLE / "card.toml").read_bytes())
    text = settings_file.read_text().replace(str(BUNDLE), str(folder))
    settings_file.write_text(text)
    save_smear(tmp_path / "a.png")
    status, out, err = run("classify", "a.png")
    assert (status, out) == (1, "")
    assert err.startswith(f"leukoscope: model bundle {folder}: ")
    assert "install the bundle again" in err


# The appliance.


def test_ok__run_until_stopped(settings_file: Path, checkout: Path, tmp_path: Path) -> None:
    """With the real model, on simulated parts, as systemd starts and stops it."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.settimeout(60.0)
        address = f"leukoscope-test-run-{os.getpid()}"
        systemd.bind(f"\0{address}")
        with subprocess.Popen(
            command("run", "--settings", settings_file),
            cwd=checkout,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**os.environ, "NOTIFY_SOCKET": f"@{address}"},
        ) as daemon:
            try:
                while systemd.recv(100) != b"READY=1":
                    pass
                daemon.send_signal(signal.SIGTERM)
                out, err = daemon.communicate(timeout=60)
            finally:
                daemon.kill()
    assert daemon.returncode == 0, err.decode()
    assert "self-test passed: starting -> ready" in err.decode()
    assert "stopped by SIGTERM: ready -> stopped" in err.decode()
    assert out == b"", "no pictures in a log"


@pytest.mark.parametrize(
    ("number", "told"),
    [
        (signal.SIGINT, "stopped by SIGINT (Ctrl-C)"),
        (signal.SIGHUP, "stopped by SIGHUP (its terminal was closed)"),
    ],
)
def test_ok__run_says_which_signal_stopped_it(
    number: signal.Signals, told: str, settings_file: Path, checkout: Path
) -> None:
    with started(settings_file, checkout, stderr=subprocess.PIPE) as daemon:
        until(daemon, "starting -> ready")
        daemon.send_signal(number)
        assert f"{told}: ready -> stopped" in daemon.communicate(timeout=60)[1]
    assert daemon.returncode == 0


@pytest.mark.parametrize("stream", ["stdout", "stderr"])
def test_ok__run_whose_pipe_is_closed(stream: str, settings_file: Path, checkout: Path) -> None:
    """It is not left behind unseen, with the light on and the camera in use."""
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with started(settings_file, checkout, **pipes) as daemon:
        until(daemon, "starting -> ready")
        getattr(daemon, stream).close()
        if stream == "stdout":
            assert (
                "stopped: its terminal or pipe was closed: ready -> stopped" in daemon.stderr.read()
            )
        assert daemon.wait(60) in (0, 1)


def test_fail__run_beside_another(settings_file: Path, checkout: Path) -> None:
    """Two would take the panel's mirror and the remote button from each other."""
    with started(settings_file, checkout, stderr=subprocess.PIPE) as daemon:
        until(daemon, "starting -> ready")
        second = subprocess.run(
            command("run", "--settings", settings_file),
            cwd=checkout,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        daemon.send_signal(signal.SIGINT)
        assert "ready -> stopped" in daemon.communicate(timeout=60)[1]
    assert second.returncode == 1
    assert "an appliance runs already" in second.stderr
    assert "stop it first" in second.stderr


def test_ok__run_whose_terminal_is_closed(settings_file: Path, checkout: Path) -> None:
    """Even where no SIGHUP tells it, as after `disown`."""
    terminal = Terminal(command("run", "--settings", settings_file), checkout, 128, 45)
    terminal.sees("starting -> ready")
    terminal.hang_up()
    assert terminal.process.wait(60) in (0, 1)


def test_ok__run_behind_nohup_goes_on(settings_file: Path, checkout: Path, tmp_path: Path) -> None:
    log = tmp_path / "nohup.out"
    with (
        log.open("w") as output,
        started(
            settings_file,
            checkout,
            stdout=output,
            stderr=output,
            preexec_fn=partial(signal.signal, signal.SIGHUP, signal.SIG_IGN),
        ) as daemon,
    ):
        eventually(lambda: "starting -> ready" in log.read_text())
        daemon.send_signal(signal.SIGHUP)
        daemon.send_signal(signal.SIGINT)
        assert daemon.wait(60) == 0
    assert "stopped by SIGINT (Ctrl-C): ready -> stopped" in log.read_text()


@pytest.mark.parametrize(("columns", "lines"), [(80, 24), (128, 45)])
def test_ok__run_in_a_terminal(
    settings_file: Path, checkout: Path, columns: int, lines: int
) -> None:
    """The panel stands still, the log runs below it and is printed after."""
    terminal = Terminal(command("run", "--settings", settings_file), checkout, columns, lines)
    terminal.sees("starting -> ready")
    assert terminal.lines[0] == NOTICE
    terminal.sees("SPACE press h hold 2 s: finish slide p hold 6 s: power off Ctrl-C stop")
    assert terminal.fits()
    terminal.type(" ")
    terminal.sees("press: ready -> capturing")
    terminal.sees("reading -> result")
    assert terminal.fits()
    terminal.process.send_signal(signal.SIGINT)
    assert terminal.ended() == 0
    terminal.sees("LED raises the picture")
    terminal.sees("stopped by SIGINT (Ctrl-C): result -> stopped")
    assert not terminal.says("█")
    terminal.close()


def test_ok__run_in_a_terminal_keeps_the_last_screen(settings_file: Path, checkout: Path) -> None:
    """SAFE TO UNPLUG stays, as it does on the OLED."""
    terminal = Terminal(command("run", "--settings", settings_file), checkout, 128, 45)
    terminal.sees("starting -> ready")
    terminal.type("p")
    assert terminal.ended() == 0
    shown = to_text(draw(screens.UnplugScreen(), simulated=True)).split("\n")
    eventually(lambda: terminal.lines[1:33] == [line.rstrip() for line in shown])
    terminal.close()


def test_ok__run_makes_the_folder_that_watch_looks_into(
    settings_file: Path, checkout: Path, tmp_path: Path
) -> None:
    text = settings_file.read_text().replace(
        f"mirror = '{tmp_path}'", f"mirror = '{tmp_path}/run/here'\nremote_button = true"
    )
    settings_file.write_text(text)
    with started(settings_file, checkout, stderr=subprocess.PIPE) as daemon:
        until(daemon, "starting -> ready")
        watching = Terminal(command("watch", "--settings", settings_file), checkout, 80, 24)
        watching.sees("SPACE press")
        watching.type(" ")
        until(daemon, "reading -> result")
        watching.close()
        daemon.terminate()
        assert "WARNING no remote button" not in daemon.communicate(timeout=60)[1]


def test_fail__run_that_may_not_make_that_folder(
    settings_file: Path, checkout: Path, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    text = settings_file.read_text().replace(
        f"mirror = '{tmp_path}'", f"mirror = '{tmp_path}/file/run'"
    )
    settings_file.write_text(text)
    with started(settings_file, checkout, stderr=subprocess.PIPE) as daemon:
        until(daemon, "leukoscope watch can't show this panel: ")
        until(daemon, "starting -> ready")
        daemon.terminate()
        assert "can't show this panel" not in daemon.communicate(timeout=60)[1], "once is enough"


MISSING = (
    'to run without a Raspberry Pi: [parts] microscope = "simulated", panel = "simulated" in a file'
)


@pytest.mark.parametrize("name", ["selftest", "snap", "calibrate", "light-off", "run"])
def test_fail__parts_that_a_pc_lacks(
    name: str,
    run: Run,
    settings_file: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    tmp_path: Path,
) -> None:
    """Whoever tries it on a PC learns how."""
    monkeypatch.setattr(assembly, "BOARD", tmp_path / "absent")
    for module in ("gpiozero", "picamera2", "luma.oled"):
        monkeypatch.setitem(sys.modules, module, None)
    settings_file.write_text(
        f"[storage]\ndirectory = '{tmp_path / 'state'}'\n[panel]\nmirror = '{tmp_path}'\n"
    )
    status, out, err = run(name)
    assert status == 1
    assert MISSING in out + err + caplog.text


def test_fail__parts_that_a_raspberry_pi_lacks(
    run: Run, settings_file: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """There a part is broken, and no simulated one is wanted."""
    (tmp_path / "model").write_text("Raspberry Pi 4 Model B")
    monkeypatch.setattr(assembly, "BOARD", tmp_path / "model")
    monkeypatch.setitem(sys.modules, "gpiozero", None)
    settings_file.write_text("[light]\npin = 5\n")
    assert MISSING not in run("light-off")[2]


def test_fail__run_without_a_button(
    run: Run, settings_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The fault stays on the panel."""
    settings_file.write_text("[parts]\nmicroscope = 'simulated'\n")
    display = MemoryDisplay()
    monkeypatch.setattr(assembly, "open_display", lambda *_: display)
    monkeypatch.setitem(sys.modules, "gpiozero", None)
    assert run("run")[0] == 1
    shown = draw(screens.FaultScreen(Fault.BUTTON, restarts=True), simulated=True)
    assert display.image.tobytes() == shown.tobytes()
    assert display.closed


def test_ok__light_off(run: Run, settings_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert run("light-off") == (0, "", "")  # a simulated one
    factory = MockFactory()
    monkeypatch.setattr(Device, "pin_factory", factory)
    settings_file.write_text("[light]\npin = 5\n")
    pin = factory.pin(5)
    pin.function = "output"
    pin.state = True
    pin.clear_states()
    assert run("light-off") == (0, "", "")
    assert False in [state.state for state in pin.states]


def test_fail__light_off_without_gpio(
    run: Run, settings_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "gpiozero", None)
    settings_file.write_text("[light]\npin = 5\n")
    status, _, err = run("light-off")
    assert status == 1
    assert err.startswith("leukoscope: no light on GPIO5")


# Pipes.


def command(*arguments: object) -> list[str]:
    script = "import sys; from leukoscope.cli import main; sys.exit(main())"
    return [sys.executable, "-c", script, *map(str, arguments)]


@pytest.mark.parametrize("arguments", ["slides", "export --json", "show 1", "models", "workflow"])
def test_ok__reader_that_goes_away(
    arguments: str, settings_file: Path, filled: Path, checkout: Path, tmp_path: Path
) -> None:
    """As `leukoscope slides | head -0`: no traceback."""
    name, *rest = arguments.split()
    with subprocess.Popen(
        command(name, "--settings", settings_file, *rest),
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(checkout)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 1


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


class _Stopped:
    """A daemon that is stopped at once."""

    def __init__(self, did: list[str]) -> None:
        self._did = did

    def on_gesture(self, gesture: object) -> None:
        self._did.append(f"daemon took {gesture}")

    def attach(self, button: object) -> None:
        self._did.append("attached")

    def stop_on_signals(self) -> None:
        pass

    def run(self) -> int:
        self._did.append("ran")
        return 0


@pytest.mark.parametrize("held", [False, True])
def test_ok__a_button_held_at_the_start_calibrates_before_the_daemon_runs(
    held: bool, settings_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    did: list[str] = []
    button = StubButton()
    button.down = Hold(0.1, Gesture.PRESS, 0.05) if held else None
    relays: list[GestureRelay] = []

    def open_button(_: Settings, relay: GestureRelay) -> StubButton:
        relays.append(relay)
        return button

    def calibrate_first(*arguments: object) -> None:
        did.append("calibrated")
        relays[0].to = lambda _: did.append("a step was taken")
        relays[0](Gesture.PRESS)

    monkeypatch.setattr(assembly, "make_daemon", lambda *_: _Stopped(did))
    monkeypatch.setattr(assembly, "open_button", open_button)
    monkeypatch.setattr("leukoscope.cli.calibrate_first", calibrate_first)
    assert main(["run", "--settings", str(settings_file)]) == 0
    relays[0](Gesture.PRESS)
    before = ["calibrated", "a step was taken"] if held else []
    assert did == [*before, "attached", "ran", f"daemon took {Gesture.PRESS}"]


# Selftest, logs, upkeep.


def test_fail__status_where_no_systemd_is(
    run: Run, filled: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    status, out, err = run("status")
    assert (status, err) == (1, "")
    assert "service     ! no systemd here" in out
    assert "S0002 not finished" in out
    assert out.endswith(f"\n\n{NOTICE} SIMULATED.\n")
    status, out, _ = run("status", "--json")
    assert (status, json.loads(out)["well"]) == (1, False)


def test_ok__status_of_a_service_that_runs(
    run: Run, filled: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    tool = tmp_path / "systemctl"
    tool.write_text("#!/bin/sh\necho ActiveState=active\necho StatusText=asleep\n")
    tool.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    status, out, err = run("status")
    assert (status, err) == (0, "")
    assert ": asleep\n" in out


def test_ok__selftest_names_every_part(run: Run) -> None:
    status, out, err = run("selftest")
    lines = out.splitlines()
    parts = ["records", "camera", "light", "calibration", "model", "button"]
    assert [line.split()[:2] for line in lines[:-1]] == [[part, "ok"] for part in parts]
    assert lines[-1] == f"{NOTICE} SIMULATED."
    assert (status, err) == (0, "")


def test_fail__selftest_goes_on_after_a_part_that_fails(run: Run, settings_file: Path) -> None:
    text = settings_file.read_text().replace(str(BUNDLE), "/nowhere")
    settings_file.write_text(text)
    status, out, _ = run("selftest")
    assert status == 1
    assert [line.split()[:2] for line in out.splitlines()[-3:-1]] == [
        ["model", Fault.MODEL.code],
        ["button", "ok"],
    ]


def test_ok__upkeep_of_good_records(run: Run, filled: Path) -> None:
    assert run("upkeep") == (0, "2 slides looked through, 0 problems\n", "")


def test_fail__upkeep_names_pictures_that_changed_or_went(run: Run, filled: Path) -> None:
    first, second, _ = sorted(filled.rglob("*.png"))
    first.write_bytes(first.read_bytes()[:-1])
    second.unlink()
    status, out, _ = run("upkeep")
    assert status == 1
    changed, gone, total = out.splitlines()
    assert changed.startswith("S0001 field 1")
    assert "SHA-256 differs" in changed
    assert gone.startswith("S0001 field 2")
    assert "picture missing" in gone
    assert total == "2 slides looked through, 2 problems"


def test_ok__upkeep_before_the_first_slide(run: Run) -> None:
    assert run("upkeep") == (0, "0 slides looked through, 0 problems\n", "")
