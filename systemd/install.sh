# shellcheck shell=bash
# Installs, upgrades and removes the appliance. Sourced by setup.sh, which provides say, die, find_python and more.
#
# Each installation has its own folder below RELEASES, which is completed and tried before the link PREFIX points to it. A
# power cut therefore leaves the old one or the new one. Files elsewhere are saved before they are replaced; until the end,
# any failure puts all of them back (undo). The next installation first puts back what a power cut or kill -9 left half
# changed.

PREFIX=/opt/leukoscope
RELEASES=/opt/leukoscope-releases
TARGET=""
WHEELS=""
UNDO=""
RESTART=no
READ_ONLY=()
ACCOUNTS=(/etc/{passwd,group,shadow,gshadow}{,-})

# is_live: whether the target is the running system.
is_live() { [ -z "$TARGET" ]; }

# in_target COMMAND...: runs it in the target: this system, or the one in the folder TARGET.
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

# os_release KEY: prints its value of the target.
os_release() {
  [ ! -f "$TARGET/etc/os-release" ] || sed -n -E "s/^$1=\"?([^\"]*)\"?\$/\1/p" "$TARGET/etc/os-release"
}

# check_target: refuses, in one line, a system that the appliance does not run on.
check_target() {
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

# is_pi: whether the target is a Raspberry Pi's system; a system that is not running is known by its boot folder.
is_pi() {
  if is_live; then
    grep -q "Raspberry Pi" /proc/device-tree/model 2>/dev/null
  else
    [ -d "$TARGET$(dirname "$BOOT_CONFIG")" ]
  fi
}

# check_boot: config.txt is on its own partition, which may not be mounted.
check_boot() {
  ! is_pi || [ -f "$TARGET$BOOT_CONFIG" ] ||
    die "there is no $TARGET$BOOT_CONFIG: mount the boot partition at $TARGET$(dirname "$BOOT_CONFIG"), then try again."
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

# on_offer PACKAGE: whether it is installed or apt could install it.
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

# take_hold: one installation at a time, on a complete system that no earlier one left half changed.
take_hold() {
  [ -d "$TARGET/etc" ] || die "$TARGET holds no system: give the folder of a mounted image or of a root."
  # On a folder that stays. The lock leaves no file, and is gone when the last process of an installation is.
  exec 9<"$TARGET/etc"
  flock --nonblock 9 || die "another installation into ${TARGET:-this system} is going on: let it end, then try again."
  trap leave EXIT
  trap 'exit 130' HUP INT TERM
  check_boot
  make_writable
  put_back_leftovers
}

# make_writable: an appliance may run with its card mounted read-only; leave mounts it read-only again.
make_writable() {
  local place
  for place in / "$(dirname "$BOOT_CONFIG")"; do
    if is_live && findmnt -n -O ro "$place" >/dev/null; then
      say "$place is mounted read-only: writable until this ends"
      READ_ONLY+=("$place")
      mount -o remount,rw "$place" || die "$place stays read-only; mount's message is above."
    fi
  done
  { mkdir -p "$TARGET/opt" 2>/dev/null && [ -w "$TARGET/opt" ]; } ||
    die "$TARGET/opt can't be written to: is it mounted read-only?"
}

# leave: runs however this script ends.
leave() {
  local status=$? place
  trap - EXIT
  # Neither a second Ctrl-C nor a reader that went away stops what puts the machine back; nor does a failure.
  trap '' HUP INT PIPE TERM
  set +e
  if [ -n "$UNDO" ]; then
    [ "$status" -ne 0 ] || status=1
    say "undoing what was done"
    undo
  fi
  for place in "${READ_ONLY[@]}"; do
    mount -o remount,ro "$place" || say "$place stays writable until the next boot: something still writes there"
  done
  exit "$status"
}

# begin_undo: from here on, whatever ends this script before end_undo puts the machine back.
begin_undo() {
  mkdir -p "$TARGET$RELEASES"
  UNDO="$(mktemp -d "$TARGET$RELEASES/.undo.XXXXXX")"
}

# end_undo: from here on nothing is put back.
end_undo() {
  sync # all that was changed is on the disk before what it was goes
  # Without its list the folder says nothing, so a power cut while it is deleted undoes nothing.
  rm -f "$UNDO/paths"
  sync -f "$UNDO"
  rm -rf "$UNDO"
  UNDO=""
}

# is_there PATH: whether the target has this file, folder or link; a link may be broken.
is_there() { [ -e "$TARGET$1" ] || [ -L "$TARGET$1" ]; }

# save PATH [made]: remembers a file or link of the target as it is ("was"), that it is "absent", or that it is a folder
# "made" for another. Only the first call for a path counts.
save() {
  local was="${2:-absent}" folder
  ! grep -qsxF -e "was $1" -e "absent $1" -e "made $1" "$UNDO/paths" || return 0
  folder="$(dirname "$1")"
  [ -e "$TARGET$folder" ] || save "$folder" made
  if is_there "$1"; then
    was=was
    mkdir -p "$UNDO/old$folder"
    cp -a "$TARGET$1" "$UNDO/old$1"
  fi
  # At any power cut: no entry without its whole copy, nothing changed without its entry.
  sync -f "$UNDO"
  printf '%s\n' "$was $1" >>"$UNDO/paths"
  sync -f "$UNDO"
}

# is_changed PATH: whether a saved file is not what it was.
is_changed() { ! cmp -s "$UNDO/old$1" "$TARGET$1"; }

# put_back_one WAS PATH
put_back_one() {
  rm -rf "$TARGET$2.new"
  case "$1" in
    was)
      # Whole beside it first: a power cut leaves the one or the other.
      cp -a "$UNDO/old$2" "$TARGET$2.new" && sync -f "$(dirname "$TARGET$2")" && mv -fT "$TARGET$2.new" "$TARGET$2"
      ;;
    absent) rm -rf "$TARGET${2:?}" ;;
    made) [ ! -d "$TARGET$2" ] || rmdir --ignore-fail-on-non-empty "$TARGET$2" ;;
  esac
}

# is_disturbed: whether undo must start a service again.
is_disturbed() { is_live && [ -f "$UNDO/disturbed" ]; }

# put_back: undoes all changes, the last one first; false, with a message, when one cannot be undone. It can run again
# after it was cut short.
put_back() {
  local entry entries=() failed=()
  # A unit that is gone needs no stopping.
  ! is_disturbed || systemctl stop leukoscope.service leukoscope-upkeep.timer 2>/dev/null
  # A power cut may have torn the last entry, before anything was done for it: read passes over a line without its end.
  [ ! -f "$UNDO/paths" ] || while read -r entry; do entries=("$entry" "${entries[@]}"); done <"$UNDO/paths"
  for entry in "${entries[@]}"; do
    # A password may have been changed since: accounts stay as they are, ours too.
    if [ -f "$UNDO/late" ] && [[ " ${ACCOUNTS[*]} " = *" ${entry#* } "* ]]; then continue; fi
    put_back_one "${entry%% *}" "${entry#* }" || failed+=("${entry#* }")
  done
  ! is_disturbed || systemctl daemon-reload
  if is_disturbed && [ -f "$UNDO/ran" ] && is_there "$PREFIX"; then
    systemctl restart leukoscope.service leukoscope-upkeep.timer ||
      say "the old version does not start: journalctl -u leukoscope"
  fi
  [ "${#failed[@]}" -eq 0 ] ||
    { say "NOT put back: ${failed[*]}. What they were is in $UNDO/old: copy it by hand, then delete $UNDO." && return 1; }
}

# undo: puts back, and removes the saved files. The next installation tries again what could not be put back.
undo() {
  put_back || { UNDO="" && return 1; }
  end_undo
  rmdir --ignore-fail-on-non-empty "$TARGET$RELEASES"
  say "the machine is as it was before (packages that apt installed stay)"
}

# put_back_leftovers: puts back the changes of an installation that a power cut or kill -9 ended.
put_back_leftovers() {
  local left
  for left in "$TARGET$RELEASES"/.undo.*; do
    [ -f "$left/paths" ] || { rm -rf "$left" && continue; }
    say "an installation into ${TARGET:-this system} was cut short: undoing what it did"
    UNDO="$left"
    # What runs now may be of either version.
    touch "$UNDO/late" "$UNDO/disturbed" "$UNDO/ran"
    undo || exit 1
  done
}

# put SOURCE DESTINATION: writes a file of the checkout, or standard input (-), into the target.
put() {
  save "$2"
  mkdir -p "$(dirname "$TARGET$2")"
  if [ "$1" = - ]; then cat >"$TARGET$2.new"; else cp "$1" "$TARGET$2.new"; fi
  chmod 644 "$TARGET$2.new"
  sync "$TARGET$2.new" # or a power cut could leave the name with nothing in it
  mv -f "$TARGET$2.new" "$TARGET$2"
}

# link TO PATH: changes a link of the target in one step.
link() {
  save "$2"
  mkdir -p "$(dirname "$TARGET$2")"
  ln -sfn "$1" "$TARGET$2.new"
  mv -fT "$TARGET$2.new" "$TARGET$2"
}

# take PATH: removes a file or link from the target.
take() {
  if is_there "$1"; then
    save "$1"
    rm "$TARGET$1"
  fi
}

# system_files: prints source and destination, a line each.
system_files() {
  local unit
  for unit in systemd/leukoscope*.service systemd/leukoscope*.timer; do
    printf '%s %s\n' "$unit" "/etc/systemd/system/${unit##*/}"
  done
  cat <<TEXT
systemd/watchdog.conf $WATCHDOG
systemd/journald.conf $JOURNAL
systemd/leukoscope.sysusers /usr/lib/sysusers.d/leukoscope.conf
systemd/leukoscope.tmpfiles /usr/lib/tmpfiles.d/leukoscope.conf
systemd/leukoscope.rules /etc/udev/rules.d/60-leukoscope.rules
systemd/leukoscope.polkit.rules /etc/polkit-1/rules.d/leukoscope.rules
TEXT
}

WATCHDOG=/etc/systemd/system.conf.d/leukoscope.conf
JOURNAL=/etc/systemd/journald.conf.d/leukoscope.conf
MODULES=/etc/modules-load.d/leukoscope.conf
COMMAND=/usr/local/bin/leukoscope
WANTS=(/etc/systemd/system/{multi-user.target.wants/leukoscope.service,timers.target.wants/leukoscope-upkeep.timer})
STATE=/var/lib/leukoscope
SETTINGS=/etc/leukoscope/leukoscope.toml
BOOT_CONFIG=/boot/firmware/config.txt
BEGIN_MARK="# leukoscope: begin"
END_MARK="# leukoscope: end"
BARE_MARK="# The line above this block had no end of its own."

# without_block: standard input without what configured adds, byte for byte. A begin without its end removes nothing.
without_block() {
  BEGIN="$BEGIN_MARK" END="$END_MARK" BARE="$BARE_MARK" perl -0777 -pe '
    s/(\n?)^$ENV{BEGIN}\n($ENV{BARE}\n)?(?:(?!^$ENV{BEGIN}$).)*?^$ENV{END}(?:\n|\z)(\z)?/$2 && defined $3 ? "" : $1/gmse'
}

# configured: prints config.txt from standard input, with the camera, the I2C bus and the watchdog switched on at its end.
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

# version_in FOLDER: prints the version of a checkout or a release.
version_in() {
  local file
  # In older releases the folder device was itself the package.
  for file in "$1/device/leukoscope/__init__.py" "$1/device/__init__.py"; do
    [ ! -f "$file" ] || sed -n -E 's/^__version__ = "(.*)"/\1/p' "$file"
  done
}

# next_release: prints the path of the release to make.
next_release() {
  local last
  last="$(find "$TARGET$RELEASES" -mindepth 1 -maxdepth 1 -name '[0-9]*' -printf '%f\n' | sort -n | tail -n 1)"
  printf '%s/%04d\n' "$RELEASES" "$((10#${last:-0} + 1))"
}

# copy_release RELEASE: copies what runs on the device, what installs it, and what a person looks up where there is no
# network; no training, no tests, no measured tables.
copy_release() {
  local to="$TARGET$1" card
  mkdir -p "$to/models" "$to/docs"
  cp docs/*.md "$to/docs"
  cp -r device systemd setup.sh pyproject.toml README.md CHANGELOG.md LICENSE "$to"
  for card in models/*/card.toml; do
    cp -r "$(dirname "$card")" "$to/models"
  done
  find "$to" -name __pycache__ -type d -prune -exec rm -rf {} +
  # Git leaves an older release's folders where they hold caches. Below device each would be a package.
  find "$to" -type d -empty -delete
  chmod -R u=rwX,go=rX "$to"
}

# make_environment RELEASE: makes a Python that sees apt's packages, what the lock names, and the command.
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
  # By the link, not by the release's own path: paths in settings and records stay right after an upgrade.
  packages="$(in_target "$venv/bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')"
  echo "$PREFIX/device" >"$TARGET$packages/leukoscope.pth"
  cat >"$TARGET$venv/bin/leukoscope" <<TEXT
#!$PREFIX/.venv/bin/python
import sys

from leukoscope.cli import main

sys.exit(main())
TEXT
  chmod 755 "$TARGET$venv/bin/leukoscope"
  # The service may write nothing there.
  in_target "$venv/bin/python" -m compileall -q "$release/device" >&2
}

# try_release RELEASE: checks that every bundle is what its card says, and runs.
try_release() {
  in_target env "PYTHONPATH=$1/device" "$1/.venv/bin/python" -P -m leukoscope models verify --settings /dev/null >&2 ||
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
  take_hold
  install_release
}

run_upgrade() {
  options_of_install "$@"
  take_hold
  [ -n "$(version_in "$TARGET$PREFIX")" ] || die "nothing is installed here. Type: sudo ./setup.sh install"
  install_release
}

# install_release: installs this checkout as a new release.
install_release() {
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
  ! is_live || start_service
  ! is_live || apply_drop_ins
  end_undo
  keep_two
  say "Leukoscope $(version_in .) is installed. Settings: $SETTINGS. Try: leukoscope selftest"
  [ "$RESTART" = no ] || ! is_live || say "RESTART the computer: camera and I2C bus are on from then on."
}

# install_files RELEASE: installs everything outside the release's folder.
install_files() {
  local source path
  say "putting units, user, device rules and settings in place"
  while read -r source path; do
    put "$source" "$path"
  done < <(system_files)
  echo i2c-dev | put - "$MODULES"
  if [ ! -e "$TARGET$SETTINGS" ]; then
    in_target env "PYTHONPATH=$1/device" "$1/.venv/bin/python" -P -m leukoscope settings --settings /dev/null |
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
  for path in "${ACCOUNTS[@]}"; do save "$path"; done
  in_target systemd-sysusers leukoscope.conf >&2
  in_target systemd-tmpfiles --create leukoscope.conf >&2
  sync # a power cut after the turn must not find a release that the disk has only in part
  link "$1" "$PREFIX"
  link "$PREFIX/.venv/bin/leukoscope" "$COMMAND"
  for path in "${WANTS[@]}"; do link "/etc/systemd/system/${path##*/}" "$path"; done
}

# disturb_service: called before the service is stopped or started, so that undo starts it again.
disturb_service() {
  if systemctl --quiet is-active leukoscope.service; then touch "$UNDO/ran"; fi
  touch "$UNDO/disturbed"
}

# start_service: starts the new version, which must become READY, or everything is undone.
start_service() {
  disturb_service
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

# apply_drop_ins: watchdog and journal use their new drop-ins at once, not only from the next boot. Neither command stops a
# service or loses a line of the journal. When one fails, the next boot does it.
apply_drop_ins() {
  ! is_changed "$WATCHDOG" || systemctl daemon-reexec || say "the watchdog is set from the next boot on"
  ! is_changed "$JOURNAL" || systemctl try-restart systemd-journald.service || say "the journal is set from the next boot on"
}

# keep_two: keeps the new release and the one before it.
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
  take_hold
  is_there "$PREFIX" || is_there "$RELEASES" || { [ "$records" = yes ] && is_there "$STATE"; } ||
    die "nothing is installed here."
  begin_undo
  if is_live && is_there "$PREFIX"; then
    say "stopping the service"
    disturb_service
    systemctl stop leukoscope.service leukoscope-upkeep.timer || die "it does not stop."
  fi
  say "removing what was installed"
  if grep -qsx "$BEGIN_MARK" "$TARGET$BOOT_CONFIG"; then
    without_block <"$TARGET$BOOT_CONFIG" | put - "$BOOT_CONFIG"
  fi
  while read -r source path; do
    take "$path"
  done < <(system_files)
  for path in "$MODULES" "$COMMAND" "$PREFIX" "${WANTS[@]}"; do take "$path"; done
  ! is_live || systemctl daemon-reload
  ! is_live || apply_drop_ins
  end_undo
  # Last, because it cannot be undone: the program itself, then records and user. What a power cut leaves of them is
  # removed by the next uninstall.
  rm -rf "$TARGET${RELEASES:?}"
  if [ "$records" = yes ]; then
    ! in_target id leukoscope >/dev/null 2>&1 || in_target userdel leukoscope >&2 || 
      die "userdel failed; its message is above. Records and settings stay until the same is asked again."
    for path in /etc/leukoscope "$STATE"; do
      # Of a folder that is a mount of its own, as on an image's read-only root, the empty folder stays.
      rm -rf "$TARGET$path" 2>/dev/null || [ -z "$(ls -A "$TARGET$path")" ] || die "$TARGET$path can't be removed."
    done
    say "Leukoscope is gone, records and settings too. Packages from apt stay."
  else
    say "Leukoscope is gone. Records (/var/lib/leukoscope), settings (/etc/leukoscope) and their user stay; --records removes them."
  fi
}

# run_wheels DIR [--release bookworm|trixie] [--machine aarch64|x86_64]: fetches what --offline needs.
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
