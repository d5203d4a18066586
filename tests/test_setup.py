"""setup.sh as a person meets it: what it asks for, what it says, what it leaves unsaid.

The whole of it, on bare systems: `./setup.sh rig fresh`.
"""

from __future__ import annotations

import os
import pty
import re
import shutil
import subprocess
import termios
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.vt import default_signals

TOOLS = (
    *(
        "bash",
        "cat",
        "chmod",
        "cut",
        "date",
        "dirname",
        "env",
        "flock",
        "getconf",
        "grep",
        "head",
        "mkdir",
    ),
    *("rm", "sed", "sha256sum", "sh", "sleep", "sort", "stty", "tail", "tr", "uname"),
)
"""What every Debian has, and setup.sh takes for granted."""

PYTHON = """#!/bin/sh
case "$*" in
  "-c import struct"*) echo "$0" ;;
  "-c import ensurepip"*) exit "${NO_VENV:-0}" ;;
  "-c "*"print(\\"python"*) echo python3.13-venv ;;
  "-c "*) echo "3.13 of $0" ;;
  --version) echo "Python 3.13.5" ;;
  "-m venv "*) mkdir -p "$3/bin"; cat "$0" >"$3/bin/python"; chmod +x "$3/bin/python"
    printf '#!/bin/sh\\necho "leukoscope $*"\\n' >"$3/bin/leukoscope"; chmod +x "$3/bin/leukoscope" ;;
  "-m pip "*) echo "Collecting chatter"; exit "${PIP_STATUS:-0}" ;;
  "-m pytest "*) echo "$0 $*" ;;
esac
"""
"""A Python that installs nothing, and says what it is asked to run."""

APT = """#!/bin/sh
echo "apt-get $*" >>"$CALLS"
echo "Unpacking chatter"
exit "${APT_STATUS:-0}"
"""


@dataclass
class SetupMachine:
    """A checkout on a machine that has the tools of a bare Debian, and of those that setup.sh may install only what is
    put into `bin`."""

    checkout: Path
    bin: Path
    calls: Path

    def add(self, name: str, script: str) -> None:
        (self.bin / name).write_text(script)
        (self.bin / name).chmod(0o755)

    def run(self, *arguments: str, user: int, **variables: str) -> subprocess.CompletedProcess[str]:
        self.add("id", f"#!/bin/sh\necho {user}\n")
        environment = {"PATH": str(self.bin), "CALLS": str(self.calls), **variables}
        return subprocess.run(
            [self.bin / "bash", "setup.sh", *arguments],
            cwd=self.checkout,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    def on_terminal(self, *arguments: str, until: str, keys: str) -> str:
        """What a user sees on a terminal who types `keys` once `until`, an expression, has been shown."""
        self.add("id", "#!/bin/sh\necho 1000\n")
        person, terminal = pty.openpty()
        termios.tcsetwinsize(terminal, (24, 80))
        ran = subprocess.Popen(
            [*(str(shutil.which("setsid")), "--ctty"), self.bin / "bash", "setup.sh", *arguments],
            cwd=self.checkout,
            env={"PATH": str(self.bin), "CALLS": str(self.calls)},
            stdin=terminal,
            stdout=terminal,
            stderr=terminal,
            preexec_fn=default_signals,
        )
        os.close(terminal)
        shown = ""
        try:
            while some := os.read(person, 4096).decode():
                shown += some
                if keys and re.search(until, shown):
                    os.write(person, keys.encode())
                    keys = ""
        except OSError:
            pass  # nobody has the terminal any more
        os.close(person)
        ran.wait(timeout=60)
        assert not keys, shown
        return shown

    def asked_of_apt(self) -> str:
        return self.calls.read_text() if self.calls.exists() else ""

    def log(self) -> str:
        return (self.checkout / ".setup.log").read_text()


@pytest.fixture
def machine(checkout: Path, tmp_path: Path) -> SetupMachine:
    made = SetupMachine(tmp_path / "checkout", tmp_path / "bin", tmp_path / "calls")
    made.bin.mkdir()
    for name in TOOLS:
        found = shutil.which(name)
        assert found, name
        (made.bin / name).symlink_to(found)
    for name in (
        *("setup.sh", "pyproject.toml", "device/requirements.txt", "tests/requirements.txt"),
        *("hardware/requirements.txt", "systemd/install.sh", "tests/checks.sh"),
        *(f"tests/rig/{part.name}" for part in (checkout / "tests" / "rig").glob("*.sh")),
    ):
        (made.checkout / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(checkout / name, made.checkout / name)
    made.add("apt-get", APT)
    made.add("ldconfig", "#!/bin/sh\n")
    return made


def run(*command: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=60, check=False)


def test_fail__setup_unknown_command(checkout: Path) -> None:
    ran = run("./setup.sh", "nonsense", cwd=checkout)
    assert ran.returncode == 2
    assert ran.stdout == ""
    assert ran.stderr.startswith("usage: ./setup.sh COMMAND")


def test_fail__setup_wrong_python(machine: SetupMachine) -> None:
    machine.add("wrong", "#!/bin/sh\necho 'pyenv: python3.13: command not found' >&2\nexit 127\n")
    wrong = str(machine.bin / "wrong")
    ran = machine.run("bench", user=1000, PYTHON=wrong)
    assert ran.returncode == 1
    assert ran.stdout == ""
    assert ran.stderr == f"setup: PYTHON={wrong} is not a 64-bit Python 3.11 to 3.13 that runs.\n"


def test_fail__without_rights_one_line_says_what_to_type(machine: SetupMachine) -> None:
    ran = machine.run("demo", user=1000)
    assert (ran.returncode, ran.stdout) == (1, "")
    assert ran.stderr == (
        "setup: there is no Python. Type: sudo apt-get install python3 python3-venv\n"
    )
    assert machine.asked_of_apt() == ""


def test_fail__what_all_tests_need_is_asked_for_in_one_line(machine: SetupMachine) -> None:
    ran = machine.run("test", user=1000)
    assert (ran.returncode, ran.stdout) == (1, "")
    (line,) = ran.stderr.splitlines()
    _, packages = line.split("Type: sudo apt-get install ")
    assert {"python3", "python3-venv", "libgl1"} <= {*packages.split()}
    assert machine.asked_of_apt() == ""


def test_fail__a_python_without_venv_is_named(machine: SetupMachine) -> None:
    machine.add("python3", PYTHON)
    for command in ("demo", "test"):
        ran = machine.run(command, user=1000, NO_VENV="1")
        assert (ran.returncode, ran.stdout) == (1, "")
        (line,) = ran.stderr.splitlines()
        assert "Type: sudo apt-get install python3.13-venv" in line


def test_ok__root_gets_all_from_apt_and_its_chatter_stays_in_the_log(machine: SetupMachine) -> None:
    ran = machine.run("demo", user=0)
    assert ran.returncode == 1  # this apt-get installs nothing
    assert "install -y -qq --no-install-recommends python3 python3-venv" in machine.asked_of_apt()
    assert "chatter" not in ran.stdout + ran.stderr
    assert "Unpacking chatter" in machine.log()


def test_ok__the_reason_comes_before_sudo_asks_for_a_password(machine: SetupMachine) -> None:
    machine.add(
        "sudo",
        """#!/bin/sh
case "$1" in
  -n) exit 1 ;;
  -v) printf 'password: ' >&2 && read -r password ;;
  *) exec "$@" ;;
esac
""",
    )
    shown = machine.on_terminal("demo", until="password: ", keys="secret\n")
    before, after = shown.split("password: ")
    assert "setup: installing from apt: python3 python3-venv" in before
    assert "installing from apt" not in after
    assert "install -y -qq" in machine.asked_of_apt()


def test_fail__apt_fails(machine: SetupMachine) -> None:
    ran = machine.run("demo", user=0, APT_STATUS="100")
    assert ran.returncode == 1
    assert "setup: the last lines of .setup.log (the whole log is there):" in ran.stderr
    assert "    Unpacking chatter" in ran.stderr
    assert ran.stderr.splitlines()[-1].endswith("Type: sudo apt-get install python3 python3-venv")


def test_ok__a_first_demo_says_a_few_calm_lines(machine: SetupMachine) -> None:
    machine.add("python3", PYTHON)
    ran = machine.run("demo", "--interactive", user=1000)
    assert (ran.returncode, ran.stdout) == (0, "leukoscope demo --interactive\n")
    making, ready = ran.stderr.splitlines()
    assert making.startswith("setup: making .venv with Python 3.13.5 ")
    assert ready.startswith("setup: .venv is ready, ")
    assert "Collecting chatter" in machine.log()
    again = machine.run("demo", user=1000)
    assert (again.stdout, again.stderr) == ("leukoscope demo\n", "")


def test_fail__pip_fails(machine: SetupMachine) -> None:
    machine.add("python3", PYTHON)
    ran = machine.run("demo", user=1000, PIP_STATUS="1")
    assert (ran.returncode, ran.stdout) == (1, "")
    assert "setup: the last lines of .setup.log (the whole log is there):" in ran.stderr
    assert "    Collecting chatter" in ran.stderr
    assert not (machine.checkout / ".venv").exists()


def test_ok__some_tests_where_only_the_demo_ran(machine: SetupMachine) -> None:
    machine.add("python3", PYTHON)
    machine.run("demo", user=1000)
    ran = machine.run("test", "tests/commands/test_cli.py", "-k", "no slide", user=1000)
    assert ran.returncode == 0
    python = machine.checkout / ".venv" / "bin" / "python"
    assert ran.stdout == f"{python} -m pytest tests/commands/test_cli.py -k no slide\n"
    assert (machine.checkout / ".venv" / "stamp-dev").exists()


def test_ok__tests_of_the_printed_microscope_have_their_environment(machine: SetupMachine) -> None:
    machine.add("python3", PYTHON)
    ran = machine.run("test", "tests/hardware/test_guide.py", user=1000)
    python = machine.checkout / ".venv-hardware" / "bin" / "python"
    assert ran.stdout == f"{python} -m pytest tests/hardware/test_guide.py\n"
    assert (machine.checkout / ".venv-hardware" / "stamp-hardware").exists()


@pytest.mark.parametrize(
    "arguments",
    [
        ("tests/hardware/test_guide.py", "tests/commands/test_cli.py"),
        ("tests/commands/test_cli.py", "-q", "tests/hardware"),
        ("tests", "tests/hardware"),
    ],
)
def test_fail__tests_of_two_environments_at_once(
    machine: SetupMachine, arguments: tuple[str, ...]
) -> None:
    machine.add("python3", PYTHON)
    ran = machine.run("test", *arguments, user=1000)
    assert (ran.returncode, ran.stdout) == (1, "")
    (line,) = ran.stderr.splitlines()
    assert line.endswith("Type it apart from the others: ./setup.sh test tests/hardware")


@pytest.mark.parametrize(
    ("arguments", "venv"),
    [
        (("tests", "--ignore=tests/hardware"), ".venv"),
        (("tests", "--ignore", "tests/hardware"), ".venv"),
        (("tests/hardware", "--ignore=tests/hardware/test_guide.py"), ".venv-hardware"),
        (("-k", "focus", "tests/hardware"), ".venv-hardware"),
    ],
)
def test_ok__tests_left_out_choose_no_environment(
    machine: SetupMachine, arguments: tuple[str, ...], venv: str
) -> None:
    machine.add("python3", PYTHON)
    ran = machine.run("test", *arguments, user=1000)
    assert ran.stdout == f"{machine.checkout}/{venv}/bin/python -m pytest {' '.join(arguments)}\n"


def test_fail__ctrl_c_leaves_neither_an_environment_nor_a_line(machine: SetupMachine) -> None:
    machine.add(
        "python3",
        PYTHON.replace('echo "Collecting chatter";', 'echo "Collecting chatter"; sleep 60;'),
    )
    # As slow as with a large environment: who still writes to the terminal is seen.
    (machine.bin / "rm").unlink()
    machine.add("rm", f'#!/bin/sh\nsleep 1\nexec {shutil.which("rm")} "$@"\n')
    shown = machine.on_terminal("demo", until="s  Collecting chatter", keys="\x03")
    assert not (machine.checkout / ".venv").exists()
    assert shown.endswith("\r\x1b[K\r\n")
    assert "chatter" not in shown.split("^C")[1]


def test_ok__each_command_has_the_log_to_itself(machine: SetupMachine) -> None:
    machine.add("python3", PYTHON)
    log = machine.checkout / ".setup.log"
    log.write_text("of an earlier command\n")
    machine.run("demo", user=1000)
    assert "of an earlier command" not in machine.log()
    assert "Collecting chatter" in machine.log()


def test_ok__setup_called_by_itself_adds_to_the_log(machine: SetupMachine) -> None:
    machine.add("python3", PYTHON)
    log = machine.checkout / ".setup.log"
    log.write_text("of the outer command\n")
    machine.run("demo", user=1000, SETUP_LOG=str(log))
    assert machine.log().startswith("of the outer command\n")
    assert "Collecting chatter" in machine.log()


@pytest.mark.parametrize(
    ("arguments", "user", "said"),
    [
        (("nonsense",), 0, "rig takes no option but one of: fresh, install, arm64, image"),
        (("fresh", "install"), 0, "rig takes no option but one of: fresh, install, arm64, image"),
        ((), 1000, "only root can. Type: sudo ./setup.sh rig"),
        (("fresh",), 1000, "only root can. Type: sudo ./setup.sh rig fresh"),
    ],
)
def test_fail__a_refused_rig_makes_nothing(
    machine: SetupMachine, arguments: tuple[str, ...], user: int, said: str
) -> None:
    ran = machine.run("rig", *arguments, user=user)
    assert (ran.returncode, ran.stdout) == (1, "")
    (line,) = ran.stderr.splitlines()
    assert line.endswith(said)
    assert not (machine.checkout / ".rig").exists()


def in_rig(machine: SetupMachine, script: str) -> subprocess.CompletedProcess[str]:
    """Runs `script` with the functions of tests/rig/debian.sh, as setup.sh does."""
    begin = f"set -euo pipefail; ROOT={machine.checkout}; . tests/rig/debian.sh; "
    return subprocess.run(
        [machine.bin / "bash", "-c", begin + script],
        cwd=machine.checkout,
        env={"PATH": str(machine.bin)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_ok__a_rig_on_a_system_without_apt_has_no_mirror(machine: SetupMachine) -> None:
    (machine.bin / "apt-get").unlink()
    ran = in_rig(machine, 'mirror="$(debian_mirror)"; echo "mirror: $mirror"')
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "mirror: \n", "")


def test_ok__the_rig_copies_the_checkout_alone(machine: SetupMachine, tmp_path: Path) -> None:
    for name in ("find", "tar"):
        (machine.bin / name).symlink_to(shutil.which(name) or name)
    (machine.checkout / ".setup.log").write_text("chatter")
    for folder in (".hypothesis", "demo-output", ".rig", "docs"):
        (machine.checkout / folder).mkdir()
    ran = in_rig(machine, f"copy_checkout {tmp_path}/copy")
    assert ran.returncode == 0, ran.stderr
    copied = {path.name for path in (tmp_path / "copy").iterdir()}
    assert {"setup.sh", "docs"} <= copied
    assert not {".setup.log", ".hypothesis", "demo-output", ".rig"} & copied
