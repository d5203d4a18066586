# shellcheck shell=bash
# arm64, the processor of a Raspberry Pi. Makes Debian Bookworm and Trixie for it, run by qemu-user, and installs into each
# by `setup.sh install --root`. Runs the tests of device/ with what was installed, and reads rendered smears: the verdicts
# must be those of this computer. Sourced by setup.sh. Everything is kept in .rig.

ARM64_BINFMT=/proc/sys/fs/binfmt_misc

# arm64_emulator: gets Debian 13's, because LiteRT crashes in Debian 12's qemu-user 7.2. It is a static program.
arm64_emulator() {
  local apt="$RIG/qemu" fetch mirror
  [ ! -x "$apt/qemu-aarch64" ] || return 0
  say "fetching Debian 13's qemu-user"
  rm -rf "$apt"
  mkdir -p "$apt/lists/partial" "$apt/cache/archives/partial"
  mirror="$(debian_mirror)"
  [ -n "$mirror" ] || die "apt has no list of packages yet. Type: sudo apt-get update"
  echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror trixie main" >"$apt/sources"
  fetch=(apt-get -qq -o "Dir::Etc::sourcelist=$apt/sources" -o Dir::Etc::sourceparts=- -o "Dir::State::Lists=$apt/lists"
    -o "Dir::Cache=$apt/cache" -o APT::Sandbox::User=root)
  "${fetch[@]}" update >&2
  (cd "$apt" && "${fetch[@]}" download "qemu-user:$(dpkg --print-architecture)" >&2)
  dpkg --extract "$apt"/qemu-user_*.deb "$apt"
  cp "$apt/usr/bin/qemu-aarch64" "$apt/qemu-aarch64"
  rm -rf "${apt:?}/usr" "$apt"/*.deb
}

# arm64_begin: from here to the end of setup.sh the kernel runs arm64 programs by that emulator. The newest entry counts,
# so the computer's own entry may stay.
arm64_begin() {
  [ "$(uname -m)" != aarch64 ] || return 0
  arm64_emulator
  [ -e "$ARM64_BINFMT/register" ] || mount -t binfmt_misc binfmt_misc "$ARM64_BINFMT" ||
    die "this kernel has no binfmt_misc, by which it would run arm64 programs."
  arm64_end
  trap arm64_end EXIT
  # An ELF file for aarch64 (man 5 elf, EM_AARCH64 = 183). F: opened now, so that a root of its own needs no copy.
  printf '%s' ":leukoscope-rig:M::\x7fELF\x02\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02\x00\xb7\x00:" \
    "\xff\xff\xff\xff\xff\xff\xff\x00\xff\xff\xff\xff\xff\xff\xff\xff\xfe\xff\xff\xff:$RIG/qemu/qemu-aarch64:PF" \
    >"$ARM64_BINFMT/register"
}

arm64_end() {
  [ ! -e "$ARM64_BINFMT/leukoscope-rig" ] || echo -1 >"$ARM64_BINFMT/leukoscope-rig"
}

# arm64_debian RELEASE: makes it, once.
arm64_debian() { debian "arm64-$1" "$1" --arch=arm64 --include=ca-certificates,systemd-sysv,udev,kmod; }

# arm64_copy RELEASE: copies that Debian, so that it can be written into.
arm64_copy() {
  rm -rf "$RIG/arm64"
  cp -a "$RIG/arm64-$1" "$RIG/arm64"
  lend_network "$RIG/arm64"
}

# arm64_test RELEASE: true when all passed.
arm64_test() {
  local root="$RIG/arm64" failed=0
  arm64_debian "$1"
  arm64_copy "$1"
  ./setup.sh install --root "$root" || return 1
  mkdir "$root/rig"
  cp -r docs tests models systemd setup.sh pyproject.toml README.md "$RIG/fields" "$root/rig"
  ln -s /opt/leukoscope/device "$root/rig/device"
  TARGET="$root" in_target sh -c \
    'cd /rig && exec /opt/leukoscope/.venv/bin/python -m tests.rig.verdicts read fields' >"$RIG/verdicts-$1" || return 1
  .venv/bin/python -m tests.rig.verdicts compare "$RIG/verdicts" "$RIG/verdicts-$1" || failed=1
  TARGET="$root" in_target /rig/tests/rig/arm64_inside.sh || failed=1
  return "$failed"
}

# rig_arm64: both releases; true when all passed on both.
rig_arm64() {
  local failed=0 release python
  need_commands debootstrap debootstrap
  python="$(choose_python)"
  # Before the emulator is entered in the kernel: making an environment sets a trap of its own for the end.
  use_venv .venv "$python" dev
  arm64_begin
  rm -rf "$RIG/fields"
  .venv/bin/python -m tests.rig.verdicts render "$RIG/fields"
  .venv/bin/python -m tests.rig.verdicts read "$RIG/fields" >"$RIG/verdicts"
  for release in bookworm trixie; do
    printf '== %s\n' "$release"
    arm64_test "$release" || failed=1
  done
  return "$failed"
}
