"""setup.sh install: what it refuses, what it writes, and that a failure puts everything back.

The whole of it, on booted systems: `./setup.sh rig install`.
"""

from __future__ import annotations

import fcntl
import itertools
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

TRIXIE = 'PRETTY_NAME="Debian GNU/Linux 13 (trixie)"\nID=debian\nVERSION_CODENAME=trixie\n'

GIVEN = """
set -euo pipefail
say() { printf 'setup: %s\\n' "$*" >&2; }
die() { say "$*"; exit 1; }
source systemd/install.sh
"""
"""What setup.sh gives to systemd/install.sh."""


def shell(
    checkout: Path, script: str, given: str = "", **variables: object
) -> subprocess.CompletedProcess[str]:
    """Runs `script` after install.sh was read, with these variables set and this on its stdin."""
    settings = "".join(f"{name}='{value}'\n" for name, value in variables.items())
    return subprocess.run(
        ["bash", "-c", GIVEN + settings + script],
        cwd=checkout,
        input=given,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.fixture
def target(tmp_path: Path) -> Path:
    """A folder that looks like a system's root as far as these tests go."""
    root = tmp_path / "root"
    (root / "etc").mkdir(parents=True)
    (root / "etc" / "os-release").write_text(TRIXIE)
    return root


def architecture(name: str) -> str:
    return f'in_target() {{ [ "$1" = dpkg ] && echo {name}; }}\n'


@pytest.mark.parametrize("name", ["arm64", "amd64"])
@pytest.mark.parametrize("codename", ["bookworm", "trixie"])
def test_ok__64_bit_debian(checkout: Path, target: Path, codename: str, name: str) -> None:
    (target / "etc" / "os-release").write_text(TRIXIE.replace("trixie", codename))
    ran = shell(checkout, architecture(name) + "check_target", TARGET=target)
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "", "")


@pytest.mark.parametrize(
    ("release", "name", "words"),
    [
        (TRIXIE, "armhf", "this system is armhf: install Raspberry Pi OS (64-bit)"),
        (TRIXIE.replace("trixie", "bullseye"), "arm64", "Bookworm or Trixie"),
        ('PRETTY_NAME="Ubuntu 24.04 LTS"\nID=ubuntu\n', "arm64", "this is Ubuntu 24.04 LTS"),
        ("", "arm64", "no system that says its name"),
    ],
)
def test_fail__other_systems_in_one_line(
    checkout: Path, target: Path, release: str, name: str, words: str
) -> None:
    (target / "etc" / "os-release").write_text(release)
    ran = shell(checkout, architecture(name) + "check_target", TARGET=target)
    assert ran.returncode == 1
    assert words in ran.stderr
    assert len(ran.stderr.splitlines()) == 1


CONFIGS = ["", "arm_64bit=1\n", "[pi4]\nmax_framebuffers=2", "\n\n# mine\ndtparam=audio=on\n\n"]


def done(checkout: Path, function: str, text: str) -> str:
    """What a function of install.sh makes of this text."""
    ran = shell(checkout, function, text)
    assert ran.returncode == 0, ran.stderr
    return ran.stdout


@pytest.mark.parametrize("before", CONFIGS)
def test_ok__config_txt_is_changed_once_and_back(checkout: Path, before: str) -> None:
    ended = before if before.endswith("\n") or not before else before + "\n"
    once = done(checkout, "configured", before)
    assert once.startswith(ended)
    lines = [line for line in once[len(ended) :].splitlines() if "no end of its own" not in line]
    # Below a filter such as [pi4] the lines would hold for that model alone.
    assert lines[:2] == ["# leukoscope: begin", "[all]"]
    assert {"camera_auto_detect=1", "dtparam=i2c_arm=on", "dtparam=watchdog=on"} <= {*lines}
    assert done(checkout, "configured", once) == once
    assert done(checkout, "without_block", once) == before


@pytest.mark.parametrize("before", CONFIGS)
@pytest.mark.parametrize("added", ["mine=1\n", "mine=1"])
def test_ok__what_was_written_below_the_block_stays(
    checkout: Path, before: str, added: str
) -> None:
    ended = before if before.endswith("\n") or not before else before + "\n"
    once = done(checkout, "configured", before)
    assert done(checkout, "without_block", once + added) == ended + added


def test_ok__the_block_of_an_older_version_goes_too(checkout: Path) -> None:
    block = "# leukoscope: begin\n[all]\ncamera_auto_detect=1\n# leukoscope: end\n"
    assert done(checkout, "without_block", f"a=1\n{block}b=2\n{block}") == "a=1\nb=2\n"
    assert done(checkout, "without_block", f"a=1\n{block}".rstrip()) == "a=1\n"


def test_ok__a_begin_without_its_end_takes_nothing_with_it(checkout: Path) -> None:
    text = "a=1\n# leukoscope: begin\nmine=2\n"
    assert done(checkout, "without_block", text) == text
    assert done(checkout, "without_block", done(checkout, "configured", text)) == text


def contents(root: Path) -> dict[str, str]:
    """Every file, link and folder below a root, and what is in it."""
    return {
        str(path.relative_to(root)): (
            f"-> {path.readlink()}"
            if path.is_symlink()
            else path.read_text()
            if path.is_file()
            else ""
        )
        for path in root.rglob("*")
    }


CHANGES = """
take_hold
begin_undo
put - /etc/kept.conf <<<new
put - /etc/made/deep/new.conf <<<new
link /new /opt/leukoscope
put - /etc/kept.conf <<<again
"""


LIVE = """
is_live() { true; }
systemctl() { echo "systemctl $*"; }
"""
"""The target runs, and says what systemd is asked."""


def test_ok__a_failure_puts_everything_back(checkout: Path, target: Path) -> None:
    (target / "etc" / "kept.conf").write_text("old\n")
    (target / "opt" / "leukoscope-releases").mkdir(parents=True)
    (target / "opt" / "leukoscope").symlink_to("/old")
    before = contents(target)
    ran = shell(checkout, CHANGES + "die 'no room'", TARGET=target)
    assert ran.returncode == 1
    assert ran.stderr.splitlines() == [
        "setup: no room",
        "setup: undoing what was done",
        "setup: the machine is as it was before (packages that apt installed stay)",
    ]
    before.pop("opt/leukoscope-releases")  # it was empty
    assert contents(target) == before


def test_ok__it_is_put_back_though_systemd_does_not_answer(checkout: Path, target: Path) -> None:
    before = contents(target)
    broken = LIVE + "systemctl() { return 5; }\n"
    ran = shell(checkout, broken + CHANGES + "disturb_service\ndie no", TARGET=target)
    assert ran.returncode == 1
    # Of begin_undo's own making: the folder of releases, and what the link needs.
    assert {name: text for name, text in contents(target).items() if name != "opt"} == before


def test_fail__what_can_not_be_put_back_is_named_and_kept(checkout: Path, target: Path) -> None:
    (target / "etc" / "kept.conf").write_text("old\n")
    broken = 'broken() { cp() { [ "$1" != -a ] && command cp "$@"; }; die no; }\n'
    ran = shell(checkout, broken + CHANGES + "broken", TARGET=target)
    assert ran.returncode == 1
    assert "NOT put back: /etc/kept.conf" in ran.stderr
    assert "as it was before" not in ran.stderr
    (saved,) = (target / "opt" / "leukoscope-releases").glob(".undo.*/old/etc/kept.conf")
    assert saved.read_text() == "old\n"


def test_ok__what_is_done_stays(checkout: Path, target: Path) -> None:
    (target / "etc" / "kept.conf").write_text("old\n")
    ran = shell(checkout, CHANGES + "end_undo", TARGET=target)
    assert ran.returncode == 0, ran.stderr
    after = contents(target)
    assert after["etc/kept.conf"] == "again\n"
    assert after["etc/made/deep/new.conf"] == "new\n"
    assert after["opt/leukoscope"] == "-> /new"
    assert not [name for name in after if ".undo" in name or name.endswith(".new")]


POWER_CUT = """
sync() {
  if [ -n "$UNDO" ] && [ "${1:--f}" = -f ]; then
    rm -rf "$DISK.new"
    command cp -a "$UNDO" "$DISK.new"
    rm -rf "$DISK"
    mv "$DISK.new" "$DISK"
  fi
}
rm() {
  [ "$*" != "-rf $UNDO" ] || command rm -rf "$UNDO/old" # before its list
  command rm "$@"
}
set -T
trap '[ "${FUNCNAME:-}" = sync ] || ((STEP++ != AT)) || kill -9 "$$" "$BASHPID"' DEBUG
"""
"""Ends the shell, by kill -9, before its command number AT. DISK: the undo folder as it last was synced."""


def cut(checkout: Path, target: Path, script: str, at: int, by: str) -> bool:
    """Whether the script was cut short before that command of its: it has so many."""
    disk = target.parent / "disk"
    shutil.rmtree(disk, ignore_errors=True)
    for folder in (target / "opt").glob("leukoscope-releases/.undo.*"):
        shutil.copytree(folder, disk, symlinks=True)
    ran = shell(checkout, POWER_CUT + script, TARGET=target, DISK=disk, STEP=0, AT=at)
    assert ran.returncode in (0, -9), ran.stderr
    for folder in (target / "opt").glob("leukoscope-releases/.undo.*") if by == "power" else ():
        shutil.rmtree(folder)
        shutil.copytree(disk, folder, symlinks=True) if disk.exists() else folder.mkdir()
    return ran.returncode == -9


def cuts(checkout: Path, whole: Path, script: str, by: str, every: int = 7) -> Iterator[Path]:
    """Copies of a root, each cut short at another command of the script; the last one is not."""
    for at in itertools.count(0, every):
        target = whole.parent / "cut"
        shutil.rmtree(target, ignore_errors=True)
        shutil.copytree(whole, target, symlinks=True)
        going = cut(checkout, target, script, at, by)
        yield target
        if not going:
            assert at > 100  # or this tries next to nothing
            return


@pytest.fixture
def used(target: Path) -> Path:
    """A root with files of all the kinds that CHANGES replaces."""
    (target / "etc" / "kept.conf").write_text("old\n")
    (target / "opt" / "leukoscope-releases" / "0001").mkdir(parents=True)
    (target / "opt" / "leukoscope").symlink_to("/old")
    return target


def recovered(checkout: Path, target: Path) -> dict[str, str]:
    """What the next installation makes of a root before it does anything else."""
    ran = shell(checkout, "take_hold", TARGET=target)
    assert ran.returncode == 0, ran.stderr
    return contents(target)


@pytest.mark.parametrize("by", ["power", "kill"])
def test_ok__cut_short_anywhere_it_is_put_back_by_the_next_installation(
    checkout: Path, used: Path, by: str
) -> None:
    before = contents(used)
    script = CHANGES + "end_undo"
    ends = [recovered(checkout, target) for target in cuts(checkout, used, script, by)]
    assert ends[-1]["opt/leukoscope"] == "-> /new"
    assert ends.index(ends[-1]) > len(ends) * 0.8
    assert all(end in (before, ends[-1]) for end in ends)


@pytest.mark.parametrize("by", ["power", "kill"])
def test_ok__putting_back_is_cut_short_itself(checkout: Path, used: Path, by: str) -> None:
    before = contents(used)
    shell(checkout, CHANGES + 'kill -9 "$$"', TARGET=used)
    assert contents(used)["etc/made/deep/new.conf"] == "new\n"
    for target in cuts(checkout, used, "take_hold", by):
        assert recovered(checkout, target) == before


def test_fail__a_pi_whose_boot_partition_is_not_mounted(checkout: Path, used: Path) -> None:
    (used / "boot" / "firmware").mkdir(parents=True)
    shell(checkout, "begin_undo\nput - /etc/made.conf <<<new\nkill -9 $$", TARGET=used)
    before = contents(used)
    ran = shell(checkout, "take_hold", TARGET=used)
    assert ran.returncode == 1
    assert ran.stderr == (
        f"setup: there is no {used}/boot/firmware/config.txt: "
        f"mount the boot partition at {used}/boot/firmware, then try again.\n"
    )
    assert contents(used) == before


def test_ok__the_next_installation_says_what_it_puts_back(checkout: Path, used: Path) -> None:
    shell(checkout, CHANGES + 'kill -9 "$$"', TARGET=used)
    ran = shell(checkout, "take_hold", TARGET=used)
    assert ran.stderr.splitlines() == [
        f"setup: an installation into {used} was cut short: undoing what it did",
        "setup: the machine is as it was before (packages that apt installed stay)",
    ]


def test_ok__an_entry_that_a_power_cut_has_torn_is_passed_over(checkout: Path, used: Path) -> None:
    undo = used / "opt" / "leukoscope-releases" / ".undo.abcdef"
    undo.mkdir()
    (undo / "paths").write_text("absent /etc/made.conf\nabsent /etc")
    (used / "etc" / "made.conf").write_text("new\n")
    after = recovered(checkout, used)
    assert "etc/made.conf" not in after
    assert after["etc/kept.conf"] == "old\n"


def test_ok__a_password_changed_since_a_cut_stays(checkout: Path, used: Path) -> None:
    shadow = used / "etc" / "shadow"
    shadow.write_text("root:old\n")
    changes = CHANGES + 'save /etc/shadow; echo ours >>"$TARGET/etc/shadow"\n'
    shell(checkout, changes + "die no", TARGET=used)
    assert shadow.read_text() == "root:old\n"
    shell(checkout, changes + 'kill -9 "$$"', TARGET=used)
    shadow.write_text("root:new\nours\n")
    after = recovered(checkout, used)
    assert after["etc/shadow"] == "root:new\nours\n"
    assert after["etc/kept.conf"] == "old\n"


def test_ok__a_folder_made_for_a_file_stays_when_others_use_it(checkout: Path, used: Path) -> None:
    shell(checkout, CHANGES + 'kill -9 "$$"', TARGET=used)
    (used / "etc" / "made" / "theirs.conf").write_text("theirs\n")
    after = recovered(checkout, used)
    assert after["etc/made/theirs.conf"] == "theirs\n"
    assert "etc/made/deep" not in after


@pytest.mark.parametrize("end", ["die no", 'kill -9 "$$"'])
def test_ok__what_ran_runs_again(checkout: Path, used: Path, end: str) -> None:
    first = shell(checkout, LIVE + CHANGES + f"disturb_service\n{end}", TARGET=used)
    then = shell(checkout, LIVE + "take_hold", TARGET=used)
    asked = [line for line in (first.stdout + then.stdout).splitlines() if "is-active" not in line]
    assert asked == [
        "systemctl stop leukoscope.service leukoscope-upkeep.timer",
        "systemctl daemon-reload",
        "systemctl restart leukoscope.service leukoscope-upkeep.timer",
    ]


def test_fail__another_installation_is_going_on(checkout: Path, target: Path) -> None:
    descriptor = os.open(target / "etc", os.O_RDONLY)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    ran = shell(checkout, "take_hold", TARGET=target)
    assert ran.returncode == 1
    assert f"another installation into {target} is going on" in ran.stderr
    assert len(ran.stderr.splitlines()) == 1
    os.close(descriptor)
    assert shell(checkout, "take_hold", TARGET=target).returncode == 0


@pytest.mark.parametrize("command", ["run_install", "run_upgrade", "run_uninstall"])
def test_ok__each_command_takes_hold_of_the_system_first(
    checkout: Path, target: Path, command: str
) -> None:
    given = "id() { echo 0; }\ntake_hold() { die held; }\n"
    ran = shell(checkout, f"{given}{command} --root {target}")
    assert (ran.returncode, ran.stderr) == (1, "setup: held\n")


@pytest.fixture
def installed(checkout: Path, target: Path) -> Path:
    """A root with an installation, as far as these tests go, and with settings and records."""
    (target / "boot" / "firmware").mkdir(parents=True)
    (target / "boot" / "firmware" / "config.txt").write_text("arm_64bit=1")
    for name in ("etc/leukoscope/leukoscope.toml", "var/lib/leukoscope/records.sqlite"):
        (target / name).parent.mkdir(parents=True)
        (target / name).write_text("mine\n")
    release = target / "opt" / "leukoscope-releases" / "0001"
    release.mkdir(parents=True)
    (release / "program").write_text("runs\n")
    install = "begin_undo\ninstall_files /opt/leukoscope-releases/0001\nend_undo"
    ran = shell(checkout, f"in_target() {{ :; }}\n{install}", TARGET=target)
    assert ran.returncode == 0, ran.stderr
    return target


UNINSTALL = """
id() { echo 0; }
in_target() { :; }
run_uninstall --root "$TARGET" """


@pytest.mark.parametrize("records", ["", "--records"])
def test_ok__uninstall_leaves_nothing_but_records_and_settings(
    checkout: Path, installed: Path, records: str
) -> None:
    ran = shell(checkout, UNINSTALL + records, TARGET=installed)
    assert ran.returncode == 0, ran.stderr
    after = contents(installed)
    kept = {
        name for name in after if (installed / name).is_file() or (installed / name).is_symlink()
    }
    mine = {"etc/leukoscope/leukoscope.toml", "var/lib/leukoscope/records.sqlite"}
    assert kept == {"etc/os-release", "boot/firmware/config.txt", *(() if records else mine)}
    assert after["boot/firmware/config.txt"] == "arm_64bit=1"
    assert "opt/leukoscope-releases" not in after


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount")
def test_ok__uninstall_empties_a_folder_that_is_a_mount(checkout: Path, installed: Path) -> None:
    state = installed / "var" / "lib" / "leukoscope"
    script = f"mount --bind {state} {state}\n{UNINSTALL} --records"
    ran = subprocess.run(
        ["unshare", "--mount", "bash", "-c", f"{GIVEN}TARGET='{installed}'\n{script}"],
        cwd=checkout,
        capture_output=True,
        text=True,
        check=False,
    )
    if "mount: " in ran.stderr or "unshare: " in ran.stderr:
        pytest.skip("this root may not mount")
    assert ran.returncode == 0, ran.stderr
    assert [*state.iterdir()] == []


@pytest.mark.parametrize("records", ["", "--records"])
def test_ok__an_uninstall_that_fails_puts_everything_back(
    checkout: Path, installed: Path, records: str
) -> None:
    before = contents(installed)
    broken = LIVE + 'systemctl() { echo "systemctl $*"; [ "$1" != daemon-reload ]; }\n'
    ran = shell(checkout, broken + UNINSTALL + records, TARGET=installed)
    assert ran.returncode == 1
    assert ran.stderr.splitlines()[-1].startswith("setup: the machine is as it was before")
    assert ran.stdout.splitlines()[-1].startswith("systemctl restart leukoscope.service")
    assert contents(installed) == before


@pytest.mark.parametrize("by", ["power", "kill"])
def test_ok__an_uninstall_cut_short_anywhere_is_put_back_or_can_go_on(
    checkout: Path, installed: Path, by: str
) -> None:
    before = contents(installed)
    undone = []
    for target in cuts(checkout, installed, UNINSTALL + "--records", by, every=89):
        undone.append(recovered(checkout, target) == before)
        again = shell(checkout, UNINSTALL + "--records", TARGET=target)
        assert again.returncode == 0 or "nothing is installed here" in again.stderr
        left = {str(path.relative_to(target)) for path in target.rglob("*") if path.is_file()}
        assert left == {"etc/os-release", "boot/firmware/config.txt"}
    assert 0.8 < sum(undone) / len(undone) < 1


@pytest.mark.parametrize(
    ("left", "asked"),
    [("opt/leukoscope-releases/0001", ""), ("var/lib/leukoscope", "--records")],
)
def test_ok__an_uninstall_cut_short_at_its_end_goes_on(
    checkout: Path, target: Path, left: str, asked: str
) -> None:
    (target / left).mkdir(parents=True)
    ran = shell(checkout, UNINSTALL + asked, TARGET=target)
    assert ran.returncode == 0, ran.stderr
    assert not (target / left).exists()


@pytest.mark.parametrize("drop_in", ["system", "journald"])
def test_ok__a_drop_in_that_is_new_acts_at_once(
    checkout: Path, installed: Path, drop_in: str
) -> None:
    path = f"/etc/systemd/{drop_in}.conf.d/leukoscope.conf"
    (installed / path[1:]).write_text("of the version before\n")
    script = 'begin_undo\nwhile read -r a b; do put "$a" "$b"; done < <(system_files)\n'
    asked = {
        "system": "systemctl daemon-reexec\n",
        "journald": "systemctl try-restart systemd-journald.service\n",
    }
    ran = shell(checkout, LIVE + script + "apply_drop_ins; end_undo", TARGET=installed)
    assert (ran.returncode, ran.stdout) == (0, asked[drop_in])
    ran = shell(checkout, LIVE + script + "apply_drop_ins; end_undo", TARGET=installed)
    assert (ran.returncode, ran.stdout) == (0, "")


def test_ok__without_its_drop_ins_the_system_is_as_before_at_once(
    checkout: Path, installed: Path
) -> None:
    ran = shell(checkout, LIVE + UNINSTALL, TARGET=installed)
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.splitlines()[-2:] == [
        "systemctl daemon-reexec",
        "systemctl try-restart systemd-journald.service",
    ]


MOUNTED = (
    LIVE
    + """
findmnt() { [ "$4" = / ]; }
mount() { echo "mount $*"; }
"""
)
"""Its root is mounted read-only."""


@pytest.mark.parametrize(
    ("end", "status"), [("true", 0), ("exit 3", 3), ("begin_undo; die no", 1), ("false", 1)]
)
def test_ok__a_read_only_root_is_writable_until_the_end(
    checkout: Path, used: Path, end: str, status: int
) -> None:
    ran = shell(checkout, f"{MOUNTED}take_hold\n{end}", TARGET=used)
    assert ran.returncode == status
    assert ran.stdout.splitlines() == ["mount -o remount,rw /", "mount -o remount,ro /"]
    assert "/ is mounted read-only: writable until this ends" in ran.stderr


def test_ok__a_root_that_is_still_written_to_stays_writable(checkout: Path, used: Path) -> None:
    busy = MOUNTED + 'mount() { [ "$2" != remount,ro ]; }\n'
    ran = shell(checkout, busy + "take_hold", TARGET=used)
    assert ran.returncode == 0
    assert "/ stays writable until the next boot" in ran.stderr


def test_ok__a_writable_root_and_one_in_a_folder_are_left_as_they_are(
    checkout: Path, used: Path
) -> None:
    for given in (MOUNTED + "findmnt() { return 1; }\n", MOUNTED + "is_live() { return 1; }\n"):
        ran = shell(checkout, given + "take_hold", TARGET=used)
        assert (ran.returncode, ran.stdout, ran.stderr) == (0, "", "")


def test_fail__a_root_that_stays_read_only(checkout: Path, target: Path) -> None:
    ran = shell(checkout, MOUNTED + "mount() { return 1; }\ntake_hold", TARGET=target)
    assert ran.returncode == 1
    assert "/ stays read-only; mount's message is above" in ran.stderr


def test_fail__opt_can_not_be_written_to(checkout: Path, target: Path) -> None:
    (target / "opt").write_text("no folder\n")
    ran = shell(checkout, "take_hold", TARGET=target)
    assert ran.returncode == 1
    assert ran.stderr == (f"setup: {target}/opt can't be written to: is it mounted read-only?\n")


def test_ok__releases_are_numbered_and_two_are_kept(checkout: Path, target: Path) -> None:
    releases = target / "opt" / "leukoscope-releases"
    for number in (8, 9, 10):
        (releases / f"{number:04d}").mkdir(parents=True)
    ran = shell(checkout, "next_release; keep_two", TARGET=target)
    assert ran.stdout == "/opt/leukoscope-releases/0011\n"
    assert sorted(path.name for path in releases.iterdir()) == ["0009", "0010"]


def test_ok__a_release_holds_what_the_device_needs_and_no_training(
    checkout: Path, target: Path
) -> None:
    ran = shell(checkout, "copy_release /opt/release", TARGET=target)
    assert ran.returncode == 0, ran.stderr
    release = target / "opt" / "release"
    assert (release / "models" / "cell-reader" / "model.tflite").exists()
    assert (release / "docs" / "panel.md").exists()
    assert not (release / "models" / "training").exists()
    assert not (release / "docs" / "measurements").exists()
    assert not [*release.rglob("__pycache__")]


def test_ok__a_release_holds_no_empty_folder(checkout: Path, target: Path, tmp_path: Path) -> None:
    """Git leaves a folder of an older release when it holds caches; here it would be a package."""
    pulled = tmp_path / "pulled"
    for name in ("device", "docs", "systemd", "models/cell-reader"):
        shutil.copytree(checkout / name, pulled / name)
    for name in ("setup.sh", "pyproject.toml", "README.md", "CHANGELOG.md", "LICENSE"):
        shutil.copy(checkout / name, pulled)
    (pulled / "device" / "records" / "__pycache__").mkdir(parents=True)
    (pulled / "device" / "records" / "__pycache__" / "store.cpython-311.pyc").touch()
    ran = shell(pulled, "copy_release /opt/release", TARGET=target)
    assert ran.returncode == 0, ran.stderr
    device = target / "opt" / "release" / "device"
    assert (device / "leukoscope" / "records" / "store.py").is_file()
    assert [path.name for path in device.iterdir() if path.is_dir()] == ["leukoscope"]


def test_ok__every_file_of_systemd_has_a_place(checkout: Path) -> None:
    ran = shell(checkout, "system_files")
    placed = {line.split()[0] for line in ran.stdout.splitlines()}
    there = {f"systemd/{path.name}" for path in (checkout / "systemd").iterdir() if path.is_file()}
    assert there - placed == {"systemd/install.sh"}
    assert placed <= there


@pytest.mark.skipif(os.geteuid() != 0, reason="another says first that only root can install")
@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["install", "--root", "/nowhere"], "there is no folder /nowhere"),
        (["install", "--fast", "yes"], "no such option: --fast"),
        (["install", "--root"], "setup: --root needs a folder"),
        (["upgrade", "--root", "{target}"], "nothing is installed here"),
        (["uninstall", "--root", "{target}"], "nothing is installed here"),
        (["wheels"], "wheels needs a folder"),
        (["wheels", "x", "--release", "buster"], "no such option: --release buster"),
    ],
)
def test_fail__called_wrongly(
    checkout: Path, target: Path, arguments: list[str], words: str
) -> None:
    command = ["./setup.sh", *(word.format(target=target) for word in arguments)]
    ran = subprocess.run(command, cwd=checkout, capture_output=True, text=True, check=False)
    assert ran.returncode == 1
    assert words in ran.stderr


@pytest.mark.skipif(os.geteuid() == 0, reason="root may install")
def test_fail__only_root_installs(checkout: Path) -> None:
    bash = shutil.which("bash") or "bash"
    ran = subprocess.run(
        [bash, "setup.sh", "install"], cwd=checkout, capture_output=True, text=True, check=False
    )
    assert ran.returncode == 1
    assert "sudo ./setup.sh install" in ran.stderr


@pytest.mark.parametrize("package", ["device", "device/leukoscope"])
def test_ok__the_installed_version_is_known(checkout: Path, tmp_path: Path, package: str) -> None:
    """Of older releases too, in which the package was the folder device itself."""
    (tmp_path / package).mkdir(parents=True)
    (tmp_path / package / "__init__.py").write_text('"""Leukoscope."""\n\n__version__ = "0.9.1"\n')
    ran = shell(checkout, f"version_in {tmp_path}")
    assert (ran.returncode, ran.stdout) == (0, "0.9.1\n")


def test_ok__no_version_where_nothing_is_installed(checkout: Path, tmp_path: Path) -> None:
    ran = shell(checkout, f"version_in {tmp_path}; echo end")
    assert (ran.returncode, ran.stdout) == (0, "end\n")
