#!/usr/bin/env bash
# Sets up what a command needs, then runs it. Its own messages go to stderr; stdout belongs to the command.
set -euo pipefail

ROOT="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)"
cd "$ROOT"

usage() {
  cat <<'TEXT'
usage: ./setup.sh COMMAND [OPTION...]

  demo [--interactive]   run the appliance on the simulated microscope
  test                   run all checks and tests
  test tests/NAME...     run these tests; pytest's options are allowed
  bench [--json]         measure speed and memory
  lock [--upgrade]       write the locked dependencies again
  hardware               make the files of the printed microscope in hardware/ again from their source
  install                install the appliance on this computer, and start it (root)
  upgrade                install over an older version; settings and records stay
  uninstall [--records]  remove it; records and settings stay, without --records
  wheels DIR [--release bookworm|trixie] [--machine aarch64|x86_64]
                         fetch what an installation without network needs
                         install, upgrade and uninstall take --root DIR: the system in that folder, for example a
                         mounted image; install and upgrade take --offline DIR: the folder of the wheels
  image BASE OUT [--ssh-key FILE] [--offline DIR]
                         make an image for SD cards, OUT, from an image of Raspberry Pi OS Lite, BASE (root)
  rig                    run the tests that need a real kernel, in a virtual machine (root, x86-64)
  rig fresh              demo and test on bare Debian Bookworm and Trixie, as root and as a user (root; an hour)
  rig install            install, boot, upgrade and uninstall on Debian Bookworm and Trixie in containers (root)
  rig arm64              install and test on Debian Bookworm and Trixie for arm64, emulated (root; an hour or two)
  rig image              make an image for SD cards, and boot it in an emulator (root)

Each command sets up what it needs: a virtual environment in .venv, from locked dependencies. It runs on Debian 12 or
13 or Raspberry Pi OS, 64-bit, with Python 3.11 to 3.13. PYTHON=/path/to/python chooses the Python.
TEXT
}

say() { printf 'setup: %s\n' "$*" >&2; }
die() {
  say "$*"
  exit 1
}

# --- the machine ------------------------------------------------------------------------------------------------

LOG=.setup.log

# new_log: each command starts a new LOG. When setup.sh calls itself, the inner one adds to the log of the outer one.
new_log() {
  [ "${SETUP_LOG:-}" != "$ROOT/$LOG" ] || return 0
  export SETUP_LOG="$ROOT/$LOG"
  [ ! -w "$LOG" ] || : >"$LOG"
}

# watch_log: shows one line in a terminal during a long wait: the seconds so far, and the last line of LOG.
watch_log() {
  local width
  width="$(stty size <&2 2>/dev/null | cut -d ' ' -f 2)"
  # A serial line reports a width of 0.
  [ "${width:-0}" -gt 0 ] || width=80
  while sleep 0.5 && kill -0 "$$" 2>/dev/null; do
    printf '\r\033[K%s' "$(printf '%5d s  %s' "$SECONDS" "$(tail -n 1 "$LOG" | LC_ALL=C tr -cd ' -~')" |
      cut -c "1-$((width - 1))")" >&2
  done
}

WATCHER=""

stop_watching() {
  [ -n "$WATCHER" ] || return 0
  kill "$WATCHER" 2>/dev/null || true
  wait "$WATCHER" 2>/dev/null || true
  WATCHER=""
  printf '\r\033[K' >&2
}

# interrupted: for a trap. Ctrl-C does not reach the watcher, because a background job ignores SIGINT.
interrupted() {
  stop_watching
  echo >&2
  exit 130
}

# logged COMMAND...: runs it; what it prints goes to LOG.
logged() {
  local status=0
  printf '\n== %s\n' "$*" >>"$LOG" || return 1
  if [ -t 2 ]; then
    watch_log &
    WATCHER=$!
  fi
  "$@" </dev/null >>"$LOG" 2>&1 || status=$?
  stop_watching
  return "$status"
}

# say_log_end: shows the end of LOG after a logged command has failed.
say_log_end() {
  say "the last lines of $LOG (the whole log is there):"
  tail -n 12 "$LOG" | sed 's/^/    /' >&2
}

# may_be_root WHY: whether as_root will work. If so, it says WHY, and then asks for the password that sudo wants, before
# any wait.
may_be_root() {
  if [ "$(id -u)" -eq 0 ] || sudo -n true 2>/dev/null; then
    say "$1"
  elif command -v sudo >/dev/null && [ -t 0 ]; then
    say "$1"
    sudo -v
  else
    return 1
  fi
}

as_root() {
  if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo "$@"; fi
}

# apt_install PACKAGE...: false when it is impossible. It fetches the package lists only when it must.
apt_install() {
  command -v apt-get >/dev/null && may_be_root "installing from apt: $*" || return 1
  trap interrupted INT TERM
  local install=(as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@")
  logged "${install[@]}" || { logged as_root apt-get update -qq && logged "${install[@]}"; } || {
    say_log_end
    return 1
  }
}

# need_commands COMMAND PACKAGE...: in pairs; installs each package whose command is missing.
need_commands() {
  local missing=()
  while [ "$#" -gt 0 ]; do
    command -v "$1" >/dev/null || missing+=("$2")
    shift 2
  done
  [ "${#missing[@]}" -eq 0 ] || apt_install "${missing[@]}" ||
    die "needed: ${missing[*]}. Type: sudo apt-get install ${missing[*]}"
}

# find_python OLDEST NEWEST NAME...: prints the first 64-bit CPython 3.OLDEST to 3.NEWEST that runs (a pyenv shim may be
# there and not run). For a virtual environment it prints the Python below, because the environment may be made again.
find_python() {
  local oldest="$1" newest="$2" name
  shift 2
  for name in "$@"; do
    "$name" -c 'import struct, sys
fits = int(sys.argv[1]) <= sys.version_info[1] <= int(sys.argv[2]) and struct.calcsize("P") == 8
if sys.version_info[0] != 3 or sys.implementation.name != "cpython" or not fits:
    sys.exit(1)
print(sys._base_executable)' "$oldest" "$newest" 2>/dev/null && return
  done
  return 1
}

# check_machine: refuses, in one line, machines for which no wheel exists. A 64-bit kernel may run a 32-bit system.
check_machine() {
  [ "$(uname -s)" = Linux ] || die "this is $(uname -s): Leukoscope needs 64-bit Linux (Debian or Raspberry Pi OS)."
  local machine bits
  machine="$(uname -m)"
  bits="$(getconf LONG_BIT 2>/dev/null || echo 64)"
  case "$machine" in
    x86_64 | aarch64) ;;
    *) bits=other ;;
  esac
  [ "$bits" = 64 ] ||
    die "this system is 32-bit or of another kind ($machine): install Raspberry Pi OS (64-bit), Leukoscope has no other."
}

# fitting_python: prints the Python to use; false when there is none yet.
fitting_python() {
  if [ -n "${PYTHON:-}" ]; then
    find_python 11 13 "$PYTHON" || die "PYTHON=$PYTHON is not a 64-bit Python 3.11 to 3.13 that runs."
  else
    find_python 11 13 python3 python3.13 python3.12 python3.11
  fi
}

# choose_python: prints the Python to use; installs Debian's when there is none at all.
choose_python() {
  fitting_python && return
  if [ -z "${PYTHON:-}" ] && ! command -v python3 >/dev/null; then
    apt_install python3 python3-venv || die "there is no Python. Type: sudo apt-get install python3 python3-venv"
    fitting_python && return
  fi
  die "Python 3.11 to 3.13 is needed; found only $(python3 --version 2>&1 | head -n 1)."
}

# venv_package PYTHON: prints the name of Debian's package of ensurepip when it is missing. Without it a new
# environment has no pip.
venv_package() {
  "$1" -c 'import ensurepip, venv' 2>/dev/null || "$1" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])'
}

need_venv() {
  local package
  package="$(venv_package "$1")"
  [ -z "$package" ] || apt_install "$package" ||
    die "$1 can't make a virtual environment. Type: sudo apt-get install $package"
}

# --- environments -----------------------------------------------------------------------------------------------

# stamp_of PYTHON LOCK: what an environment was made from. The checkout's path counts, because an environment can't move.
stamp_of() {
  {
    "$1" -c 'import sys; print(sys.version, sys.base_prefix)'
    printf '%s\n' "$ROOT"
    cat pyproject.toml "$2"
  } | sha256sum | cut -d ' ' -f 1
}

# The file of each lock, beside what needs it.
declare -A LOCK_FILE=(
  [dev]=tests/requirements.txt
  [demo]=device/requirements.txt
  [pi]=device/requirements-pi.txt
  [tflite]=tests/requirements-tflite.txt
  [hardware]=hardware/requirements.txt
  [train]=models/training/requirements.txt
)

# is_current VENV PYTHON NAME: VENV holds all of the lock NAME. The stamp is written last of all.
is_current() {
  [ -x "$1/bin/python" ] && [ "$(cat "$1/stamp-$3" 2>/dev/null)" = "$(stamp_of "$2" "${LOCK_FILE[$3]}")" ]
}

# pip_into VENV ARGUMENT...: the machine's own pip settings (index, proxy, certificates) are left as they are.
pip_into() {
  local venv="$1"
  shift
  logged "$venv/bin/python" -m pip --disable-pip-version-check install --progress-bar off "$@"
}

# fill_venv VENV NAME: installs the locked dependencies, each by its hash, then the checkout itself, which fetches nothing.
fill_venv() {
  pip_into "$1" --require-hashes --no-deps --only-binary :all: -r "${LOCK_FILE[$2]}" &&
    pip_into "$1" --no-deps --no-build-isolation --editable .
}

UNFINISHED=""
clean_up() { [ -z "$UNFINISHED" ] || rm -rf "$UNFINISHED"; }

# make_venv VENV PYTHON NAME: makes VENV of the lock NAME, or leaves none.
make_venv() {
  local venv="$1" python="$2" name="$3" began=$SECONDS
  [ -w . ] || die "$ROOT can't be written to: run this as its owner, or in a copy of your own."
  need_venv "$python"
  say "making $venv with $("$python" --version) (a minute or two, the first time)"
  UNFINISHED="$venv"
  trap clean_up EXIT
  trap interrupted INT TERM
  # The lock "demo" is a part of "dev", so an environment for the demo grows into one for the tests.
  if [ "$name" = dev ] && is_current "$venv" "$python" demo; then
    rm "$venv/stamp-demo"
  else
    rm -rf "$venv"
    logged "$python" -m venv "$venv" || {
      say_log_end
      die "$python could not make $venv."
    }
  fi
  fill_venv "$venv" "$name" || {
    say_log_end
    die "pip could not install what ${LOCK_FILE[$name]} names. Is there a network? Nothing half-made is left:" \
      "run the same command again."
  }
  stamp_of "$python" "${LOCK_FILE[$name]}" >"$venv/stamp-$name"
  UNFINISHED=""
  say "$venv is ready, $((SECONDS - began)) s"
}

# has_one VENV PYTHON NAME...: VENV holds all of one of the named locks.
has_one() {
  local venv="$1" python="$2" name
  shift 2
  for name in "$@"; do
    is_current "$venv" "$python" "$name" && return
  done
  return 1
}

# use_venv VENV PYTHON NAME...: VENV holds one of the named locks; the last is made where none is there yet.
use_venv() {
  has_one "$@" && return
  # Two commands at once: the second waits, and finds the work done. The lock is on the folder; it leaves no file.
  exec 9<"$ROOT"
  flock 9
  has_one "$@" || make_venv "$1" "$2" "${!#}"
  exec 9<&-
}

# --- commands ---------------------------------------------------------------------------------------------------

run_demo() {
  local python
  python="$(choose_python)"
  use_venv .venv "$python" dev demo
  exec .venv/bin/leukoscope demo "$@"
}

run_bench() {
  local python
  python="$(choose_python)"
  use_venv .venv "$python" dev
  # For the paper's model on the runtime it was made for; without Python 3.11 that one figure is left out.
  local python311
  if python311="$(find_python 11 11 "$python" python3 python3.11)"; then
    use_venv .venv-tflite "$python311" tflite
  fi
  exec .venv/bin/python -m tests.measuring.bench "$@"
}

UV=uv==0.13.9

# What each lock holds, as options of `uv pip compile`.
declare -A LOCK_OPTIONS=(
  [dev]="--generate-hashes --group build --extra dev"
  [demo]="--generate-hashes --group build --extra litert --constraints ${LOCK_FILE[dev]}"
  # From apt there: numpy, as apt's picamera2 is compiled against it, and lgpio.
  [pi]="--generate-hashes --extra litert --extra pi --no-emit-package numpy --no-emit-package lgpio
    --constraints ${LOCK_FILE[dev]}"
  [tflite]="--generate-hashes --group build --extra tflite --extra test"
  [hardware]="--generate-hashes --group build --extra hardware"
  # Plain pins: which build of torch pip gets is the machine's choice, and each has its own hash and its own needs.
  [train]="--no-annotate --group build --extra train"
)

# lock NAME [--upgrade]: writes a lock, keeping the pins it has unless told to --upgrade. No address of a registry goes
# into it.
lock() {
  local name="$1" options
  shift
  read -r -d '' -a options <<<"${LOCK_OPTIONS[$name]}" || true
  say "locking ${LOCK_FILE[$name]}"
  .venv-lock/bin/uv pip compile --quiet --universal --python-version 3.11 --only-binary :all: --no-emit-index-url \
    --custom-compile-command './setup.sh lock' --output-file "${LOCK_FILE[$name]}" "${options[@]}" "$@" pyproject.toml >&2
}

run_lock() {
  local python name
  python="$(choose_python)"
  need_venv "$python"
  [ -x .venv-lock/bin/uv ] || "$python" -m venv .venv-lock >&2
  pip_into .venv-lock "$UV" || { say_log_end && exit 1; }
  # dev first: demo and pi are held to its pins.
  for name in dev demo pi tflite hardware train; do
    lock "$name" "$@"
  done
  # Only a CUDA build of torch wants these.
  sed -i -E '/^(cuda|nvidia)-|^triton==/d' "${LOCK_FILE[train]}"
}

run_hardware() {
  local python
  [ "$#" -eq 0 ] || die "hardware takes no options"
  python="$(choose_python)"
  use_venv .venv-hardware "$python" hardware
  exec .venv-hardware/bin/python -m hardware.make
}

run_test() {
  # shellcheck source=/dev/null # checked by itself
  source tests/checks.sh
  run_checks "$@"
}

run_image() {
  # shellcheck source=/dev/null # checked by itself
  source systemd/image/image.sh
  image "$@"
}

# with_install COMMAND ARGUMENT...
with_install() {
  # shellcheck source=/dev/null # checked by itself
  source systemd/install.sh
  "run_$1" "${@:2}"
}

source_rig() {
  local part
  for part in systemd/install tests/rig/{debian,rig,install,arm64,image,python313,fresh}; do
    # shellcheck source=/dev/null # checked by themselves
    source "$part.sh"
  done
}

run_rig() {
  case "$*" in
    "" | fresh | install | arm64 | image) ;;
    *) die "rig takes no option but one of: fresh, install, arm64, image" ;;
  esac
  [ "$(id -u)" -eq 0 ] || die "the rig makes a Debian of its own: only root can. Type: sudo ./setup.sh rig${*:+ $*}"
  source_rig
  hold_rig
  "rig${1:+_$1}"
}

main() {
  local command="${1:-}"
  [ "$#" -eq 0 ] || shift
  case "$command" in
    demo | test | bench | lock | hardware | rig | image)
      check_machine
      new_log
      "run_$command" "$@"
      ;;
    install | upgrade | uninstall | wheels)
      check_machine
      new_log
      with_install "$command" "$@"
      ;;
    -h | --help | help) usage ;;
    *)
      usage >&2
      exit 2
      ;;
  esac
}

main "$@"
