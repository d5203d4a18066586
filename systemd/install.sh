# shellcheck shell=bash
# Installing the appliance, bringing it up to date, taking it away. Sourced by setup.sh, which gives say, die and
# find_python's like.
#
# Each installation is a folder of its own below RELEASES, made whole and tried before the link PREFIX is turned to it, so
# that a power cut leaves the old one or the new one. Files elsewhere are saved before they are replaced; until the end, any
# failure puts all of them back (undo).

PREFIX=/opt/leukoscope
RELEASES=/opt/leukoscope-releases
TARGET=""
WHEELS=""
UNDO=""
RESTART=no

# in_target COMMAND...: in the system that is installed into: this one, or the one in the folder TARGET.
in_target() {
  if [ -z "$TARGET" ]; then
    env DEBIAN_FRONTEND=noninteractive "$@"
    return
  fi
  # The mounts are in a namespace of their own: none is ever left behind.
  # shellcheck disable=SC2016 # the inner shell expands them
  unshare --mount sh -ec '
    root="$1"
    shift
    mount -t proc proc "$root/proc"
    mount --bind /sys "$root/sys"
    mount --bind /dev "$root/dev"
    [ ! -e /etc/resolv.conf ] || [ ! -f "$root/etc/resolv.conf" ] || mount --bind /etc/resolv.conf "$root/etc/resolv.conf"
    exec chroot "$root" "$@"' sh "$TARGET" env DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8 HOME=/root "$@"
}

# --- what may be installed into ---------------------------------------------------------------------------------

# os_release KEY: of the target.
os_release() {
  [ ! -f "$TARGET/etc/os-release" ] || sed -n -E "s/^$1=\"?([^\"]*)\"?\$/\1/p" "$TARGET/etc/os-release"
}

# check_target: refuses in one line what the appliance does not run on.
check_target() {
  [ -d "$TARGET/etc" ] || die "$TARGET holds no system: give the folder of a mounted image or of a root."
  local name architecture
  name="$(os_release PRETTY_NAME)"
  case "$(os_release ID) $(os_release VERSION_CODENAME)" in
    "debian bookworm" | "debian trixie") ;;
    *) die "this is ${name:-no system that says its name}: Leukoscope needs Raspberry Pi OS or Debian, Bookworm or Trixie." ;;
  esac
  # Of the packages, not of the kernel: a 64-bit kernel may carry a 32-bit system.
  architecture="$(in_target dpkg --print-architecture)"
  case "$architecture" in
    arm64 | amd64) ;;
    *) die "this system is $architecture: install Raspberry Pi OS (64-bit), Leukoscope has no other." ;;
  esac
}

# is_pi: whether the target is a Raspberry Pi's system; of one that does not run, its boot folder tells.
is_pi() {
  if [ -n "$TARGET" ]; then
    [ -f "$TARGET/boot/firmware/config.txt" ]
  else
    grep -q "Raspberry Pi" /proc/device-tree/model 2>/dev/null
  fi
}

# --- packages ---------------------------------------------------------------------------------------------------

# absent PACKAGE...: prints those that are not installed.
absent() {
  local package
  for package in "$@"; do
    # shellcheck disable=SC2016 # dpkg-query's own
    in_target dpkg-query --show --showformat='${Status}\n' "$package" 2>/dev/null |
      grep -q "^install ok installed" || printf '%s\n' "$package"
  done
}

# on_offer PACKAGE: whether apt could install it, or it is there.
on_offer() {
  in_target apt-cache policy "$1" 2>/dev/null | grep -q "^  Candidate: [^(]"
}

# install_packages: what comes from apt: Python, numpy as picamera2 was compiled against it, libcamera and picamera2.
install_packages() {
  local wanted=(python3 python3-venv python3-numpy dbus polkitd udev) missing
  if is_pi; then
    wanted+=(python3-picamera2 python3-lgpio)
  else
    say "this is no Raspberry Pi: apt's picamera2 is left out, and config.txt is not touched"
    ! on_offer python3-lgpio || wanted+=(python3-lgpio)
  fi
  mapfile -t missing < <(absent "${wanted[@]}")
  [ "${#missing[@]}" -gt 0 ] || return 0
  [ -z "$WHEELS" ] ||
    die "these packages are needed, and --offline fetches none: ${missing[*]}. Install them, then try again."
  say "from apt: ${missing[*]}"
  in_target apt-get update -qq >&2 || die "apt-get update failed; its message is above. Check the network."
  in_target apt-get install -y -qq --no-install-recommends "${missing[@]}" >&2 ||
    die "apt could not install ${missing[*]}; its message is above. Type: sudo apt-get install ${missing[*]}"
}

# --- files that can be put back ---------------------------------------------------------------------------------

# begin_undo: from here on, whatever ends this script before end_undo puts the machine back.
begin_undo() {
  mkdir -p "$TARGET$RELEASES"
  UNDO="$(mktemp -d "$TARGET$RELEASES/.undo.XXXXXX")"
  trap undo EXIT
  trap 'exit 130' INT TERM
}

end_undo() {
  rm -rf "$UNDO"
  UNDO=""
  trap - EXIT
}

# save PATH: remembers a file or link of the target as it is, or that it is absent; only the first time counts.
save() {
  local folder
  grep -qxF "$1" "$UNDO/paths" 2>/dev/null && return
  folder="$(dirname "$1")"
  [ -e "$TARGET$folder" ] || save "$folder"
  printf '%s\n' "$1" >>"$UNDO/paths"
  if [ -e "$TARGET$1" ] || [ -L "$TARGET$1" ]; then
    mkdir -p "$UNDO/old$(dirname "$1")"
    cp -a "$TARGET$1" "$UNDO/old$1"
  fi
}

undo() {
  local status=$? path failed=()
  trap - EXIT
  # Whatever fails here, the rest is still put back.
  set +e
  say "undoing what was done"
  [ ! -f "$UNDO/started" ] || systemctl stop leukoscope.service leukoscope-upkeep.timer
  [ ! -s "$UNDO/paths" ] || while IFS= read -r path; do
    rm -rf "$TARGET${path:?}" || failed+=("$path")
    if [ -e "$UNDO/old$path" ] || [ -L "$UNDO/old$path" ]; then
      cp -a "$UNDO/old$path" "$TARGET$path" || failed+=("$path")
    fi
  done <"$UNDO/paths"
  [ ! -f "$UNDO/started" ] || systemctl daemon-reload
  [ ! -f "$UNDO/ran" ] || systemctl restart leukoscope.service leukoscope-upkeep.timer ||
    say "the old version does not start: journalctl -u leukoscope"
  [ "$status" -ne 0 ] || status=1
  if [ "${#failed[@]}" -gt 0 ]; then
    say "NOT put back: ${failed[*]}. What they were is in $UNDO/old: copy it by hand."
    exit "$status"
  fi
  rm -rf "$UNDO"
  rmdir --ignore-fail-on-non-empty "$TARGET$RELEASES"
  say "the machine is as it was before (packages that apt installed stay)"
  exit "$status"
}

# put SOURCE DESTINATION: a file of the checkout, or standard input (-), into the target.
put() {
  save "$2"
  mkdir -p "$(dirname "$TARGET$2")"
  if [ "$1" = - ]; then cat >"$TARGET$2.new"; else cp "$1" "$TARGET$2.new"; fi
  chmod 644 "$TARGET$2.new"
  mv -f "$TARGET$2.new" "$TARGET$2"
}

# link TO PATH: a link of the target, turned in one step.
link() {
  save "$2"
  mkdir -p "$(dirname "$TARGET$2")"
  ln -sfn "$1" "$TARGET$2.new"
  mv -fT "$TARGET$2.new" "$TARGET$2"
}

# system_files: what goes where, a line each.
system_files() {
  local unit
  for unit in systemd/leukoscope*.service systemd/leukoscope*.timer; do
    printf '%s %s\n' "$unit" "/etc/systemd/system/${unit##*/}"
  done
  cat <<'TEXT'
systemd/watchdog.conf /etc/systemd/system.conf.d/leukoscope.conf
systemd/journald.conf /etc/systemd/journald.conf.d/leukoscope.conf
systemd/leukoscope.sysusers /usr/lib/sysusers.d/leukoscope.conf
systemd/leukoscope.tmpfiles /usr/lib/tmpfiles.d/leukoscope.conf
systemd/leukoscope.rules /etc/udev/rules.d/60-leukoscope.rules
systemd/leukoscope.polkit.rules /etc/polkit-1/rules.d/leukoscope.rules
TEXT
}

MODULES=/etc/modules-load.d/leukoscope.conf
COMMAND=/usr/local/bin/leukoscope
SETTINGS=/etc/leukoscope/leukoscope.toml
BOOT_CONFIG=/boot/firmware/config.txt
BEGIN_MARK="# leukoscope: begin"
END_MARK="# leukoscope: end"
BARE_MARK="# The line above this block had no end of its own."

# without_block: standard input less what configured adds, byte for byte. A begin without its end takes nothing with it.
without_block() {
  BEGIN="$BEGIN_MARK" END="$END_MARK" BARE="$BARE_MARK" perl -0777 -pe '
    s/(\n?)^$ENV{BEGIN}\n($ENV{BARE}\n)?(?:(?!^$ENV{BEGIN}$).)*?^$ENV{END}(?:\n|\z)(\z)?/$2 && defined $3 ? "" : $1/gmse'
}

# configured: a config.txt from standard input, with the camera, the I2C bus and the watchdog switched on at its end.
configured() {
  local text bare=()
  text="$(without_block && echo .)" # the dot keeps the line ends, which would be cut off
  text="${text%.}"
  case "$text" in
    "" | *$'\n') ;;
    *)
      text+=$'\n'
      bare=("$BARE_MARK")
      ;;
  esac
  printf '%s' "$text"
  printf '%s\n' "$BEGIN_MARK" "${bare[@]}" "[all]" camera_auto_detect=1 dtparam=i2c_arm=on \
    dtparam=i2c_arm_baudrate=400000 dtparam=watchdog=on "$END_MARK"
}

# --- the release ------------------------------------------------------------------------------------------------

# version_in FOLDER: of a checkout or a release.
version_in() {
  [ ! -f "$1/device/__init__.py" ] || sed -n -E 's/^__version__ = "(.*)"/\1/p' "$1/device/__init__.py"
}

# next_release: prints the path of the release to make.
next_release() {
  local last
  last="$(find "$TARGET$RELEASES" -mindepth 1 -maxdepth 1 -name '[0-9]*' -printf '%f\n' | sort -n | tail -n 1)"
  printf '%s/%04d\n' "$RELEASES" "$((10#${last:-0} + 1))"
}

# copy_release RELEASE: what runs on the device, and what installs it; no training, no tests.
copy_release() {
  local to="$TARGET$1" card
  mkdir -p "$to/models"
  cp -r device systemd setup.sh pyproject.toml README.md CHANGELOG.md LICENSE "$to"
  for card in models/*/card.toml; do
    cp -r "$(dirname "$card")" "$to/models"
  done
  find "$to" -name __pycache__ -type d -prune -exec rm -rf {} +
  chmod -R u=rwX,go=rX "$to"
}

# make_environment RELEASE: Python with apt's packages in sight, what the lock names beside them, and the command.
make_environment() {
  local release="$1" venv="$1/.venv" packages from=()
  in_target python3 -m venv --system-site-packages "$venv" >&2 ||
    die "python3 could not make $venv; its message is above."
  if [ -n "$WHEELS" ]; then
    mkdir "$TARGET$release/wheels"
    cp "$WHEELS"/*.whl "$TARGET$release/wheels"
    from=(--no-index --find-links "$release/wheels")
  fi
  in_target "$venv/bin/python" -m pip --disable-pip-version-check install -qq --no-cache-dir --require-hashes --no-deps \
    --only-binary :all: "${from[@]}" -r "$release/device/requirements-pi.txt" </dev/null >&2 ||
    die "pip failed; its message is above. Without a network: --offline DIR, with wheels from ./setup.sh wheels DIR."
  rm -rf "$TARGET$release/wheels"
  # By the link, not by the release's own path: what is written into settings and records holds after an upgrade.
  packages="$(in_target "$venv/bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')"
  echo "$PREFIX" >"$TARGET$packages/leukoscope.pth"
  cat >"$TARGET$venv/bin/leukoscope" <<TEXT
#!$PREFIX/.venv/bin/python
import sys

from device.cli import main

sys.exit(main())
TEXT
  chmod 755 "$TARGET$venv/bin/leukoscope"
  # The service may write nothing there.
  in_target "$venv/bin/python" -m compileall -q "$release/device" >&2
}

# try_release RELEASE: every bundle is what its card says, and runs.
try_release() {
  in_target env "PYTHONPATH=$1" "$1/.venv/bin/python" -P -m device models verify --settings /dev/null >&2 ||
    die "the models do not run here; the message is above."
}

# --- the commands -----------------------------------------------------------------------------------------------

options_of_install() {
  while [ "$#" -gt 0 ]; do
    case "$1" in
      --root | --offline) [ -n "${2:-}" ] || die "$1 needs a folder." ;;&
      --root) TARGET="$(realpath -e "$2")" || die "there is no folder $2." ;;
      --offline) WHEELS="$(realpath -e "$2")" || die "there is no folder $2." ;;
      *) die "no such option: $1. See ./setup.sh help" ;;
    esac
    shift 2
  done
  [ "$TARGET" != / ] || TARGET=""
  [ "$(id -u)" -eq 0 ] || die "only root can install. Type: sudo ./setup.sh install"
  [ -n "$TARGET" ] || [ -d /run/systemd/system ] || die "systemd does not run here: give --root DIR."
}

run_install() {
  options_of_install "$@"
  check_target
  local old release
  old="$(version_in "$TARGET$PREFIX")"
  say "installing Leukoscope $(version_in .) ${old:+over $old }into ${TARGET:-this system} ($(os_release PRETTY_NAME))"
  install_packages
  begin_undo
  release="$(next_release)"
  save "$release"
  say "copying to $release"
  copy_release "$release"
  say "making the environment (a minute or two)"
  make_environment "$release"
  say "verifying the models"
  try_release "$release"
  install_files "$release"
  [ -n "$TARGET" ] || start_service
  keep_two "$release"
  end_undo
  say "Leukoscope $(version_in .) is installed. Settings: $SETTINGS. Try: leukoscope selftest"
  [ "$RESTART" = no ] || say "RESTART the computer: camera and I2C bus are on from then on."
}

run_upgrade() {
  options_of_install "$@"
  [ -n "$(version_in "$TARGET$PREFIX")" ] || die "nothing is installed here. Type: sudo ./setup.sh install"
  run_install "$@"
}

# install_files RELEASE: everything outside the release's folder.
install_files() {
  local source path
  say "putting units, user, device rules and settings in place"
  while read -r source path; do
    put "$source" "$path"
  done < <(system_files)
  echo i2c-dev | put - "$MODULES"
  if [ ! -e "$TARGET$SETTINGS" ]; then
    in_target env "PYTHONPATH=$1" "$1/.venv/bin/python" -P -m device settings --settings /dev/null |
      grep -v '^bundle = ' | sed -E 's/^([a-z])/# \1/' | put - "$SETTINGS"
  fi
  if is_pi; then
    configured <"$TARGET$BOOT_CONFIG" >"$UNDO/config.txt"
    if ! cmp -s "$UNDO/config.txt" "$TARGET$BOOT_CONFIG"; then
      say "switching on camera, I2C bus and watchdog in $BOOT_CONFIG"
      put "$UNDO/config.txt" "$BOOT_CONFIG"
      RESTART=yes
    fi
  fi
  for path in passwd passwd- group group- shadow shadow- gshadow gshadow- leukoscope; do save "/etc/$path"; done
  in_target systemd-sysusers leukoscope.conf >&2
  in_target systemd-tmpfiles --create leukoscope.conf >&2
  link "$1" "$PREFIX"
  link "$PREFIX/.venv/bin/leukoscope" "$COMMAND"
  for path in multi-user.target.wants/leukoscope.service timers.target.wants/leukoscope-upkeep.timer; do
    link "/etc/systemd/system/${path#*/}" "/etc/systemd/system/$path"
  done
}

# start_service: the new version, which must be READY, or all is undone.
start_service() {
  if systemctl --quiet is-active leukoscope.service; then touch "$UNDO/ran"; fi
  touch "$UNDO/started"
  if systemctl --quiet is-active systemd-udevd.service; then
    udevadm control --reload
    udevadm trigger --subsystem-match=gpio --subsystem-match=i2c-dev --subsystem-match=dma_heap
    udevadm trigger --sysname-match='vcio*' # by itself: a device would have to match both kinds
  fi
  systemctl daemon-reload
  modprobe i2c-dev 2>/dev/null || true # a kernel may have it built in
  if [ "$RESTART" = yes ]; then
    say "not started: camera and I2C bus want a restart of the computer first"
    return
  fi
  systemctl stop leukoscope.service
  say "trying every part"
  "$PREFIX/.venv/bin/leukoscope" selftest >&2 ||
    say "a part is not well (above): the panel will name it. That undoes nothing."
  say "starting the service"
  systemctl restart leukoscope.service leukoscope-upkeep.timer ||
    die "the service is not READY: journalctl -u leukoscope"
}

# keep_two RELEASE: this release and the one before it.
keep_two() {
  local old
  find "$TARGET$RELEASES" -mindepth 1 -maxdepth 1 -name '[0-9]*' -printf '%f\n' | sort -n | head -n -2 |
    while read -r old; do rm -rf "$TARGET$RELEASES/${old:?}"; done
}

run_uninstall() {
  local records=no rest=() source path
  for path in "$@"; do
    if [ "$path" = --records ]; then records=yes; else rest+=("$path"); fi
  done
  options_of_install "${rest[@]}"
  [ -L "$TARGET$PREFIX" ] || die "nothing is installed here."
  if [ -z "$TARGET" ]; then
    say "stopping the service"
    systemctl disable --quiet --now leukoscope.service leukoscope-upkeep.timer || die "it does not stop."
  fi
  say "removing what was installed"
  if [ -f "$TARGET$BOOT_CONFIG" ] && grep -qx "$BEGIN_MARK" "$TARGET$BOOT_CONFIG"; then
    without_block <"$TARGET$BOOT_CONFIG" >"$TARGET$BOOT_CONFIG.new"
    mv -f "$TARGET$BOOT_CONFIG.new" "$TARGET$BOOT_CONFIG"
  fi
  while read -r source path; do
    rm -f "$TARGET$path"
  done < <(system_files)
  rm -f "$TARGET$MODULES" "$TARGET$COMMAND" "$TARGET$PREFIX" "$TARGET/etc/systemd/system/"*.wants/leukoscope*
  rm -rf "$TARGET${RELEASES:?}"
  [ -n "$TARGET" ] || systemctl daemon-reload
  if [ "$records" = yes ]; then
    rm -rf "$TARGET/var/lib/leukoscope" "$TARGET/etc/leukoscope"
    in_target userdel leukoscope >&2 || true
    say "Leukoscope is gone, records and settings too. Packages from apt stay."
  else
    say "Leukoscope is gone. Records (/var/lib/leukoscope), settings (/etc/leukoscope) and their user stay; --records removes them."
  fi
}

# run_wheels DIR [--release bookworm|trixie] [--machine aarch64|x86_64]: fetches what --offline wants.
run_wheels() {
  local folder="${1:-}" release=trixie machine=aarch64 version glibc python
  case "$folder" in "" | -*) die "wheels needs a folder: ./setup.sh wheels DIR" ;; esac
  shift
  while [ "$#" -gt 0 ]; do
    case "$1 ${2:-}" in
      "--release bookworm" | "--release trixie") release="$2" ;;
      "--machine aarch64" | "--machine x86_64") machine="$2" ;;
      *) die "no such option: $1 ${2:-}. See ./setup.sh help" ;;
    esac
    shift 2
  done
  case "$release" in
    bookworm) version=3.11 glibc=36 ;;
    trixie) version=3.13 glibc=41 ;;
  esac
  python="$(choose_python)"
  need_venv "$python"
  use_venv .venv "$python" dev demo
  local platforms=() minor
  # pip wants every platform tag that the device takes; manylinux2014 is manylinux_2_17.
  for ((minor = 17; minor <= glibc; minor++)); do platforms+=(--platform "manylinux_2_${minor}_$machine"); done
  .venv/bin/python -m pip --disable-pip-version-check download --no-deps --only-binary :all: --require-hashes \
    --implementation cp --python-version "$version" "${platforms[@]}" --platform "manylinux2014_$machine" \
    --dest "$folder" -r device/requirements-pi.txt >&2 || die "pip could not fetch them; its message is above."
  say "wheels for $release on $machine are in $folder"
}
