"""The rules of the house: import contracts, the size of modules, scripts, units, locks."""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import leukoscope
import pytest

PIN = re.compile(r"^(?P<name>[a-z0-9-]+)==(?P<version>[^ ;\\]+)")

LOCKS = {
    "demo": "device/requirements.txt",
    "pi": "device/requirements-pi.txt",
    "dev": "tests/requirements.txt",
    "tflite": "tests/requirements-tflite.txt",
    "train": "models/training/requirements.txt",
    "hardware": "hardware/requirements.txt",
}
"""Where each lock lies: beside what needs it."""


def tool(name: str) -> str:
    """The path of a tool, in this environment or on the machine; skips the test where it is absent."""
    found = shutil.which(name, path=Path(sys.executable).parent) or shutil.which(name)
    if found is None:
        pytest.skip(f"{name} is not on this machine")
    return found


def run(*command: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, cwd=cwd, capture_output=True, text=True, timeout=120, check=False
    )


def pins(root: Path, lock: str) -> dict[str, set[str]]:
    """Each package of a lock, and its versions (one for each range of Pythons)."""
    found: dict[str, set[str]] = {}
    for line in (root / LOCKS[lock]).read_text().splitlines():
        if match := PIN.match(line):
            found.setdefault(match["name"], set()).add(match["version"])
    return found


def normal(requirement: str) -> str:
    """The normal name of a requirement such as 'luma.oled>=3.13,<4'."""
    name = re.match(r"[A-Za-z0-9._-]+", requirement)
    assert name, requirement
    return re.sub(r"[-_.]+", "-", name[0]).lower()


@pytest.fixture(scope="session")
def project(checkout: Path) -> dict:
    return tomllib.loads((checkout / "pyproject.toml").read_text())


def test_ok__import_contracts(checkout: Path, tmp_path: Path) -> None:
    ran = run(tool("lint-imports"), "--cache-dir", tmp_path, cwd=checkout)
    assert ran.returncode == 0, ran.stdout + ran.stderr


def sources(checkout: Path) -> list[Path]:
    """The modules of the device and of the training."""
    found = [
        path for place in ("device", "models/training") for path in (checkout / place).rglob("*.py")
    ]
    assert len(found) > 200
    return found


def test_ok__no_module_has_over_350_lines(checkout: Path) -> None:
    lines = {path: len(path.read_text().splitlines()) for path in sources(checkout)}
    assert {str(path): count for path, count in lines.items() if count > 350} == {}


def test_ok__the_package_has_at_most_six_loose_modules(checkout: Path) -> None:
    found = {path.name for path in (checkout / "device" / "leukoscope").glob("*.py")}
    assert len(found - {"__init__.py"}) <= 6, found


def test_ok__no_import_is_relative(checkout: Path) -> None:
    relative = [
        f"{path}:{node.lineno}"
        for path in sources(checkout)
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ImportFrom) and node.level
    ]
    assert not relative


def test_ok__pure_parts_open_no_file(checkout: Path) -> None:
    pure = [
        *(checkout / "device" / "leukoscope" / "reading").rglob("*.py"),
        checkout / "device" / "leukoscope" / "appliance" / "workflow.py",
    ]
    opens = {"open", "read_bytes", "read_text", "save", "write_bytes", "write_text"}
    for source in pure:
        calls = [n.func for n in ast.walk(ast.parse(source.read_text())) if isinstance(n, ast.Call)]
        names = {getattr(call, "attr", getattr(call, "id", "")) for call in calls}
        assert not names & opens, source


def test_ok__scripts(checkout: Path) -> None:
    found = [
        path for place in ("*.sh", "systemd/*.sh", "tests/**/*.sh") for path in checkout.glob(place)
    ]
    scripts = [".ci/run", *sorted(str(p.relative_to(checkout)) for p in found)]
    ran = run(tool("shellcheck"), *scripts, cwd=checkout)
    assert ran.returncode == 0, ran.stdout


def test_ok__the_rig_is_made_again_when_a_file_of_the_device_changes(checkout: Path) -> None:
    ran = run("bash", "-c", "source tests/rig/rig.sh; release_files", cwd=checkout)
    assert ran.returncode == 0, ran.stderr
    device = checkout / "device"
    files = {path for path in device.rglob("*") if path.is_file() and path.suffix != ".pyc"}
    assert files < {checkout / name for name in ran.stdout.splitlines()}


def test_ok__systemd_units(checkout: Path, tmp_path: Path) -> None:
    analyze = tool("systemd-analyze")
    units = sorted(
        path for end in ("service", "timer") for path in checkout.glob(f"systemd/*.{end}")
    )
    assert len(units) == 3
    for unit in units:
        # The command is not installed here; all else is checked as it is.
        text = re.sub(r"/opt/leukoscope/\S+", "/bin/true", unit.read_text())
        (tmp_path / unit.name).write_text(text)
    for unit in units:
        ran = run(analyze, "verify", tmp_path / unit.name, cwd=tmp_path)
        # It returns 0 even for a key that it does not know: silence is what counts.
        assert (ran.returncode, ran.stdout, ran.stderr) == (0, "", "")


@pytest.mark.parametrize("name", ["leukoscope", "leukoscope-upkeep"])
def test_ok__services_are_shut_in(name: str, checkout: Path, tmp_path: Path) -> None:
    unit = checkout / "systemd" / f"{name}.service"
    ran = run(
        *(tool("systemd-analyze"), "security", "--offline=true", "--threshold=15", "--no-pager"),
        unit,
        cwd=tmp_path,
    )
    assert ran.returncode == 0, ran.stdout  # an exposure above 1.5


def test_ok__systemd_users(checkout: Path, tmp_path: Path) -> None:
    (tmp_path / "etc").mkdir()
    conf = checkout / "systemd" / "leukoscope.sysusers"
    ran = run(tool("systemd-sysusers"), "--dry-run", f"--root={tmp_path}", conf, cwd=tmp_path)
    assert ran.returncode == 0, ran.stderr
    assert "Creating user 'leukoscope'" in ran.stdout + ran.stderr


@pytest.mark.parametrize("word", ["network", "time-sync", "time-set"])
def test_ok__unit_waits_for_neither_network_nor_time(checkout: Path, word: str) -> None:
    unit = (checkout / "systemd" / "leukoscope.service").read_text()
    waits = [
        line for line in unit.splitlines() if re.match(r"(After|Wants|Requires|BindsTo)=", line)
    ]
    assert not [line for line in waits if word in line]


@pytest.mark.parametrize("lock", LOCKS)
def test_ok__lock_pins_all_and_names_no_registry(checkout: Path, lock: str) -> None:
    text = (checkout / LOCKS[lock]).read_text()
    assert "://" not in text
    assert "--index" not in text
    entries = [e for e in re.split(r"\n(?=\S)", text) if not e.startswith("#")]
    assert entries
    for entry in entries:
        assert PIN.match(entry), entry
        assert lock == "train" or "--hash=sha256:" in entry, entry


def test_ok__locks_hold_what_the_project_asks_for(checkout: Path, project: dict) -> None:
    extras = project["project"]["optional-dependencies"]
    base = project["project"]["dependencies"] + project["dependency-groups"]["build"]
    wanted = {
        "demo": base + extras["litert"],
        "dev": base + extras["litert"] + extras["test"] + extras["dev"],
        "tflite": base + extras["tflite"] + extras["test"],
        "train": base + extras["litert"] + extras["train"],
        "hardware": base + extras["test"] + extras["hardware"],
    }
    for lock, requirements in wanted.items():
        names = {normal(r) for r in requirements} - {"leukoscope"}
        assert names <= set(pins(checkout, lock)), lock


def test_ok__demo_lock_is_part_of_dev_lock(checkout: Path) -> None:
    assert pins(checkout, "demo").items() <= pins(checkout, "dev").items()


def test_ok__pi_lock_leaves_to_apt_what_apts_picamera2_is_compiled_against(
    checkout: Path, project: dict
) -> None:
    extras = project["project"]["optional-dependencies"]
    wanted = project["project"]["dependencies"] + extras["litert"] + extras["pi"]
    from_apt = {"numpy", "lgpio"}
    assert {normal(r) for r in wanted} - from_apt <= set(pins(checkout, "pi"))
    assert not from_apt & set(pins(checkout, "pi"))


def test_ok__tflite_lock_stays_below_numpy_2(checkout: Path) -> None:
    assert {v.split(".")[0] for v in pins(checkout, "tflite")["numpy"]} == {"1"}


def test_ok__device_stays_light(project: dict) -> None:
    # tomlkit edits a person's settings file and keeps what they wrote there; tomli-w writes the other TOML files. Both
    # are pure Python without dependencies, some hundred kB.
    light = {"numpy", "pillow", "tomli-w", "tomlkit", "tqdm"}
    assert {normal(r) for r in project["project"]["dependencies"]} == light


def test_ok__only_the_two_packages_are_built(checkout: Path, tmp_path: Path) -> None:
    """Of a checkout that was pulled over older releases too: git leaves their folders when they hold caches."""
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(checkout / name, tmp_path)
    for package in ("device/leukoscope", "models/training/leukoscope_training"):
        (tmp_path / package / "sub").mkdir(parents=True)
        (tmp_path / package / "__init__.py").write_text('__version__ = "0.9.1"\n')
    for left in ("device/records", "models/training/cells"):
        (tmp_path / left / "__pycache__").mkdir(parents=True)
    code = (
        "import setuptools as s; d = s.Distribution(); d.parse_config_files(); print(*d.packages)"
    )
    ran = run(sys.executable, "-c", code, cwd=tmp_path)
    assert ran.returncode == 0, ran.stderr
    assert {name.split(".")[0] for name in ran.stdout.split()} == {
        "leukoscope",
        "leukoscope_training",
    }
    assert "leukoscope.sub" in ran.stdout.split()


def test_ok__version_is_in_changelog(checkout: Path) -> None:
    changelog = (checkout / "CHANGELOG.md").read_text()
    assert f"\n## [{leukoscope.__version__}] - " in changelog
