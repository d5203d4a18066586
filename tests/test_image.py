"""setup.sh image: what it makes of a base. All of it, made and booted: `./setup.sh rig image`."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

GIVEN = """
set -euo pipefail
say() { printf 'setup: %s\\n' "$*" >&2; }
die() { say "$*"; exit 1; }
source systemd/image/image.sh
"""
"""What setup.sh gives to image.sh."""

MIB = 1 << 20
SECTOR = 512


def shell(checkout: Path, script: str, given: str = "") -> str:
    """What `script` prints, run after image.sh was read, with this on its stdin."""
    ran = subprocess.run(
        ["bash", "-c", GIVEN + script],
        cwd=checkout,
        input=given,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    return ran.stdout


ROOT = "console=serial0,115200 console=tty1 root=PARTUUID=041bba91-02 rootfstype=ext4 fsck.repair=yes rootwait"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (f"{ROOT} quiet init=/usr/lib/raspberrypi-sys-mods/firstboot\n", f"{ROOT} quiet\n"),
        (f"{ROOT} resize\n", f"{ROOT}\n"),
        (
            f"{ROOT} resize cfg80211.ieee80211_regdom=DE ds=nocloud;i=rpi-imager-1783445063965\n",
            f"{ROOT} cfg80211.ieee80211_regdom=DE\n",
        ),
        (f"{ROOT} systemd.run=/boot/firstrun.sh systemd.run_success_action=reboot", f"{ROOT}\n"),
        (f"{ROOT}\n", f"{ROOT}\n"),
    ],
)
def test_ok__nothing_enlarges_the_root_at_the_first_start(
    checkout: Path, before: str, after: str
) -> None:
    """Kernel command lines of Bookworm, of Trixie, and of the Imager's customisation."""
    assert shell(checkout, "image_cmdline", before) == after


def test_ok__the_table_of_file_systems_becomes_read_only(checkout: Path) -> None:
    before = (
        "# a comment\n"
        "proc            /proc           proc    defaults          0       0\n"
        "PARTUUID=041bba91-01  /boot/firmware  vfat    defaults          0       2\n"
        "PARTUUID=041bba91-02  /               ext4    defaults,noatime  0       1\n"
        "/var/swap none swap sw 0 0\n"
    )
    lines = [line.split() for line in shell(checkout, "image_fstab", before).splitlines()]
    options = {line[1]: line[3].split(",") for line in lines if line[0] != "#"}
    assert "ro" in options["/"]
    assert "ro" in options["/boot/firmware"]
    assert options["/proc"] == ["defaults"]
    assert "none" not in options
    # What programs expect to be writable, and need not last.
    assert {"/tmp", "/var/tmp"} <= options.keys()
    # The base's order of checks stays.
    assert [line[5] for line in lines if line[1] in ("/boot/firmware", "/")] == ["2", "1"]


def partitions(image: Path) -> list[tuple[int, int]]:
    """First byte and length of each partition."""
    shown = subprocess.run(
        ["partx", "--raw", "--noheadings", "--output", "START,SECTORS", image],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    pairs = [line.split() for line in shown.splitlines()]
    return [(int(start) * SECTOR, int(size) * SECTOR) for start, size in pairs]


@pytest.fixture
def base(tmp_path: Path) -> Path:
    """Two partitions, as pi-gen lays them; nothing in them."""
    if shutil.which("sfdisk") is None or shutil.which("partx") is None:
        pytest.skip("needs sfdisk and partx: sudo apt-get install fdisk util-linux")
    image = tmp_path / "base.img"
    with image.open("wb") as file:
        file.truncate(64 * MIB)
    table = "label: dos\nlabel-id: 0x041bba91\nstart=8192, size=16M, type=c\nstart=40960, type=83\n"
    subprocess.run(["sfdisk", "--quiet", image], input=table, text=True, check=True)
    return image


def test_ok__the_state_lies_behind_a_larger_root(checkout: Path, base: Path) -> None:
    before = partitions(base)
    shell(checkout, f"image_grow '{base}'")
    boot, root, state = partitions(base)
    assert boot == before[0]
    assert root == (before[1][0], before[1][1] + 1024 * MIB)
    assert state[0] >= root[0] + root[1]
    assert state[0] % MIB == 0
    assert state[1] == 256 * MIB
    assert base.stat().st_size >= state[0] + state[1]
    # The boot partition's command line names the root by this.
    dump = subprocess.run(["sfdisk", "--dump", base], capture_output=True, text=True, check=True)
    assert "label-id: 0x041bba91" in dump.stdout


def test_ok__a_partition_of_more_than_two_gigabytes(checkout: Path, base: Path) -> None:
    """Beyond 32 bits, which some awk print as 3.2e+09."""
    with base.open("r+b") as file:
        file.truncate(6144 * MIB)
    subprocess.run(
        ["sfdisk", "--quiet", "--partno", "2", base], input="6291456, 3G", text=True, check=True
    )
    printed = shell(checkout, f"image_start '{base}' 2; image_size '{base}' 2")
    assert [int(line) for line in printed.splitlines()] == [3072 * MIB, 3072 * MIB]


@pytest.mark.parametrize("suffix", [".img", ".img.xz"])
def test_ok__a_base_is_copied_whole(
    checkout: Path, base: Path, tmp_path: Path, suffix: str
) -> None:
    with base.open("r+b") as file:
        file.seek(30 * MIB)
        file.write(b"something")
    given = tmp_path / f"given{suffix}"
    if suffix == ".img":
        shutil.copy(base, given)
    elif shutil.which("xz") is None:
        pytest.skip("needs xz")
    else:
        with given.open("wb") as file:
            subprocess.run(["xz", "-0", "--stdout", base], stdout=file, check=True)
    shell(checkout, f"image_copy '{given}' '{tmp_path}/out'")
    assert (tmp_path / "out").read_bytes() == base.read_bytes()


@pytest.mark.skipif(os.geteuid() != 0, reason="another says first that only root can")
@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "image needs two files"),
        (["{tmp}/nothing.img", "{tmp}/out.img"], "there is no file"),
        (["{tmp}/text.img", "{tmp}/text.img"], "is there already"),
        (["{tmp}/text.img", "{tmp}/out.img", "--ssh-key", "{tmp}/none"], "file of a public key"),
        (["{tmp}/text.img", "{tmp}/out.img", "--fast", "yes"], "no such option: --fast"),
        (["{tmp}/text.img", "{tmp}/out.img"], "no image with a boot and a root partition"),
    ],
)
def test_fail__called_wrongly(
    checkout: Path, tmp_path: Path, arguments: list[str], words: str
) -> None:
    if shutil.which("mcopy") is None and "no image" in words:
        pytest.skip("needs mtools")
    (tmp_path / "text.img").write_text("no image\n")
    command = ["./setup.sh", "image", *(word.format(tmp=tmp_path) for word in arguments)]
    ran = subprocess.run(command, cwd=checkout, capture_output=True, text=True, check=False)
    assert ran.returncode == 1
    assert words in ran.stderr
    # No half an image.
    assert sorted(path.name for path in tmp_path.iterdir()) == ["text.img"]


@pytest.fixture
def tools(tmp_path: Path) -> Path:
    """Stand-ins for what touches a card; mount writes down what it is asked."""
    folder = tmp_path / "bin"
    folder.mkdir()
    asked = tmp_path / "mounted"
    asked.write_text("")
    for name, script in {
        "mountpoint": "exit 1",  # not the first start
        "findfs": "echo /dev/mmcblk0p3",
        "e2fsck": "exit 4",  # e2fsck(8): errors left uncorrected
        "mount": f'echo "$*" >>{asked}',
    }.items():
        (folder / name).write_text(f"#!/bin/sh\n{script}\n")
        (folder / name).chmod(0o755)
    return folder


@pytest.mark.parametrize("missing", [False, True])
def test_fail__a_state_that_can_not_be_read(checkout: Path, tools: Path, missing: bool) -> None:
    """The service finds its folder, and no file can be made in it, in memory neither: E04, not records that vanish."""
    if missing:
        (tools / "findfs").write_text("#!/bin/sh\nexit 1\n")
    ran = subprocess.run(
        ["sh", checkout / "systemd" / "image" / "leukoscope-state.sh"],
        env={"PATH": f"{tools}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 1
    assert "on another computer, try e2fsck on it and save the records" in ran.stderr
    assert (tools.parent / "mounted").read_text().splitlines() == [
        "-t tmpfs -o nr_inodes=1 tmpfs /var/lib/leukoscope",
        "-t tmpfs tmpfs /var/lib/systemd",
    ]
