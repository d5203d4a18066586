#!/usr/bin/env bash
# Sets up what a command needs, then runs it. All it says of itself goes to stderr: stdout is the command's own.
set -euo pipefail

ROOT="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)"
cd "$ROOT"

usage() {
  cat <<'TEXT'
usage: ./setup.sh COMMAND [OPTION...]

  demo [--interactive]   run the appliance on the simulated microscope
  test                   run all checks and tests
  test tests/NAME...     run these tests; takes pytest's options too
  bench [--json]         measure speed and memory
  lock [--upgrade]       write the locked dependencies anew
  hardware               make the printed microscope's files in hardware/ anew from their source
  install                install the appliance on this computer, and start it (root)
  upgrade                the same over an older version; settings and records stay
  uninstall [--records]  remove it; records and settings stay, unless asked
  wheels DIR [--release bookworm|trixie] [--machine aarch64|x86_64]
                         fetch what an installation without network needs
                         install, upgrade and uninstall take --root DIR: the system in that folder, such as a
                         mounted image; install and upgrade --offline DIR: the folder of the wheels
  image BASE OUT [--ssh-key FILE] [--offline DIR]
                         make an image for SD cards, OUT, of an image of Raspberry Pi OS Lite, BASE (root)
  rig                    run the tests that need a real kernel, in a virtual machine (root, x86-64)
  rig fresh              demo and test on bare Debian Bookworm and Trixie, as root and as a user (root; an hour)
  rig install            install, boot, upgrade and uninstall on Debian Bookworm and Trixie in containers (root)
  rig arm64              install and test on Debian Bookworm and Trixie for arm64, emulated (root; an hour or two)
  rig image              make an image for SD cards, and boot it, emulated (root)

Each sets up what it needs: a virtual environment in .venv, from locked dependencies. Debian 12 or 13 or Raspberry
Pi OS, 64-bit; Python 3.11 to 3.13. PYTHON=/path/to/python chooses another Python than the first that fits.
TEXT
}

say() { printf 'setup: %s\n' "$*" >&2; }
die() {
  say "$*"
  exit 1
}

# --- the machine ------------------------------------------------------------------------------------------------

LOG=.setup.log

# new_log: each command has LOG to itself. Where setup.sh calls itself, the inner one adds to the log of the outer one.
new_log() {
  [ "${SETUP_LOG:-}" != "$ROOT/$LOG" ] || return 0
  export SETUP_LOG="$ROOT/$LOG"
  [ ! -w "$LOG" ] || : >"$LOG"
}

# watch_log: what a terminal shows during a long wait, in one line: the seconds so far, and the last line of LOG.
watch_log() {
  local width
  width="$(stty size <&2 2>/dev/null | cut -d ' ' -f 2)"
  # A serial line says that it is 0 wide.
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

# interrupted: for a trap. Ctrl-C does not reach the watcher: as a job in the background it ignores SIGINT.
interrupted() {
  stop_watching
  echo >&2
  exit 130
}

# logged COMMAND...: its chatter goes to LOG.
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

# say_log_end: after something logged has failed.
say_log_end() {
  say "the last lines of $LOG, where all of it is:"
  tail -n 12 "$LOG" | sed 's/^/    /' >&2
}

# may_be_root WHY: whether as_root will work. Where it may, says WHY, and only then asks for the password that sudo
# wants: before any wait.
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

# apt_install PACKAGE...: false where there is no way; the lists are only fetched when the packages can't be had
# without.
apt_install() {
  command -v apt-get >/dev/null && may_be_root "installing from apt: $*" || return 1
  trap interrupted INT TERM
  local install=(as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@")
  logged "${install[@]}" || { logged as_root apt-get update -qq && logged "${install[@]}"; } || {
    say_log_end
    return 1
  }
}

# need_commands COMMAND PACKAGE...: in pairs; installs from apt what is not there.
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
# there and not run). Of a virtual environment it prints the Python below, for the environment may be made anew.
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

# check_machine: refuses what no wheel exists for, in one line. A 64-bit kernel may carry a 32-bit system.
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

# fitting_python: prints the Python to use; false where there is none yet.
fitting_python() {
  if [ -n "${PYTHON:-}" ]; then
    find_python 11 13 "$PYTHON" || die "PYTHON=$PYTHON is not a 64-bit Python 3.11 to 3.13 that runs."
  else
    find_python 11 13 python3 python3.13 python3.12 python3.11
  fi
}

# choose_python: prints the Python to use; installs Debian's where there is none at all.
choose_python() {
  fitting_python && return
  if [ -z "${PYTHON:-}" ] && ! command -v python3 >/dev/null; then
    apt_install python3 python3-venv || die "there is no Python. Type: sudo apt-get install python3 python3-venv"
    fitting_python && return
  fi
  die "Python 3.11 to 3.13 is needed; found only $(python3 --version 2>&1 | head -n 1)."
}

# venv_package PYTHON: Debian keeps ensurepip, without which there is no pip in a new environment, in a package of its
# own: prints its name where it is missing.
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

# stamp_of PYTHON LOCK: what an environment was made from. A moved checkout counts, for an environment can't move.
stamp_of() {
  {
    "$1" -c 'import sys; print(sys.version, sys.base_prefix)'
    printf '%s\n' "$ROOT"
    cat pyproject.toml "$2"
  } | sha256sum | cut -d ' ' -f 1
}

# lock_file NAME: prints where that lock lies: beside what needs it.
lock_file() {
  case "$1" in
    demo) echo device/requirements.txt ;;
    pi) echo device/requirements-pi.txt ;;
    dev) echo tests/requirements.txt ;;
    tflite) echo tests/requirements-tflite.txt ;;
    train) echo models/training/requirements.txt ;;
    hardware) echo hardware/requirements.txt ;;
  esac
}

# is_current VENV PYTHON NAME: VENV holds all of the lock NAME. The stamp is written last of all.
is_current() {
  [ -x "$1/bin/python" ] && [ "$(cat "$1/stamp-$3" 2>/dev/null)" = "$(stamp_of "$2" "$(lock_file "$3")")" ]
}

# pip_into VENV ARGUMENT...: the machine's own pip settings (index, proxy, certificates) are left as they are.
pip_into() {
  local venv="$1"
  shift
  logged "$venv/bin/python" -m pip --disable-pip-version-check install --progress-bar off "$@"
}

# fill_venv VENV NAME: the locked dependencies, each by its hash, then the checkout itself, which fetches nothing.
fill_venv() {
  pip_into "$1" --require-hashes --no-deps --only-binary :all: -r "$(lock_file "$2")" &&
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
    die "pip could not install what $(lock_file "$name") names. Is there a network? Nothing half-made is left:" \
      "run the same command again."
  }
  stamp_of "$python" "$(lock_file "$name")" >"$venv/stamp-$name"
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

FAILED=()

# step NAME COMMAND...: runs it, remembers a failure, goes on.
step() {
  local name="$1" began=$SECONDS
  shift
  printf '\n== %s\n' "$name"
  if "$@"; then
    printf '   ok, %d s\n' "$((SECONDS - began))"
  else
    printf '   FAILED, %d s\n' "$((SECONDS - began))"
    FAILED+=("$name")
  fi
}

# missing_python: prints the packages of apt without which no test runs and that are not here.
missing_python() {
  local python
  if [ -z "${PYTHON:-}" ] && ! command -v python3 >/dev/null; then
    printf '%s\n' python3 python3-venv
  elif python="$(fitting_python 2>/dev/null)"; then
    venv_package "$python"
  fi
}

# missing_tools: prints the other packages of apt that tests need and that are not here. A test that finds its tool
# absent is skipped, and says so.
missing_tools() {
  command -v shellcheck >/dev/null || echo shellcheck
  command -v systemd-analyze >/dev/null || echo systemd
  command -v sfdisk >/dev/null || echo fdisk
  command -v mcopy >/dev/null || echo mtools
  command -v xz >/dev/null || echo xz-utils
  has_libgl || echo libgl1
}

# has_libgl: whether there is what the CAD of hardware/ takes from the system.
has_libgl() { ldconfig -p | grep -F "libGL.so.1 " >/dev/null; }

# need_for_tests: installs what is missing, or asks for all of it in one line.
need_for_tests() {
  local needed wanted
  mapfile -t needed < <(missing_python)
  mapfile -t wanted < <(missing_tools)
  [ "$((${#needed[@]} + ${#wanted[@]}))" -gt 0 ] || return 0
  if [ "${#needed[@]}" -gt 0 ] || [ "$(id -u)" -eq 0 ] || [ "${CI:-}" = true ]; then
    ! apt_install "${needed[@]}" "${wanted[@]}" || return 0
  fi
  [ "${#needed[@]}" -eq 0 ] ||
    die "the tests need more than is here. Type: sudo apt-get install ${needed[*]} ${wanted[*]}"
  say "not here: ${wanted[*]}. The tests that need them are skipped; to run them too: sudo apt-get install ${wanted[*]}"
}

# test_tflite PYTHON: in a subshell, so that a failed installation fails this step alone.
test_tflite() (
  use_venv .venv-tflite "$1" tflite && .venv-tflite/bin/python -m pytest -m runtime
)

# step_tflite PYTHON: the tests that run a model, once more with the runtime under its old name.
step_tflite() {
  local title="tests that run a model, on tflite-runtime" python311
  if python311="$(find_python 11 11 "$1" python3 python3.11)"; then
    step "$title" test_tflite "$python311"
  else
    printf '\n== %s\n   skipped: its last release is for Python 3.11, which is not here\n' "$title"
  fi
}

# Those of the printed microscope have an environment of their own.
PYTHON313_TESTS=(-q -n auto --maxprocesses 4 tests --ignore=tests/hardware --ignore=tests/rig)

# test_python313 PYTHON: in a subshell, as above.
test_python313() (
  use_venv .venv-python313 "$1" dev || exit
  .venv-python313/bin/python -m pytest "${PYTHON313_TESTS[@]}"
  status=$?
  .venv-python313/bin/mypy --strict device && exit "$status"
)

# test_python313_in_debian: in a subshell, as above.
test_python313_in_debian() (
  source_rig
  python313_in_debian
)

# step_python313 PYTHON: mypy and most tests on the newest Python too: numpy's types, and what Python itself
# does, differ from one to the next.
step_python313() {
  local title="mypy and tests, on Python 3.13" python313 why
  if find_python 13 13 "$1" >/dev/null; then
    printf '\n== %s\n   skipped: all the others are on it\n' "$title"
  elif python313="$(find_python 13 13 python3 python3.13)"; then
    step "$title" test_python313 "$python313"
  elif why="$(source_rig && need_debian 2>&1)"; then
    step "$title" test_python313_in_debian
  else
    printf '\n== %s\n   skipped: it is not here, and %s\n' "$title" "${why##*setup: }"
  fi
}

# test_hardware PYTHON: in a subshell, as above. A file to a process, for a file's tests share what they have drawn.
test_hardware() (
  use_venv .venv-hardware "$1" hardware &&
    .venv-hardware/bin/python -m pytest -n auto --maxprocesses 4 --dist loadfile tests/hardware
)

# step_hardware PYTHON
step_hardware() {
  local title="tests of the printed microscope"
  if has_libgl; then
    step "$title" test_hardware "$1"
  else
    printf '\n== %s\n   skipped: libGL.so.1 is not on this machine\n' "$title"
  fi
}

# run_test [ARGUMENT...]: those of pytest; without any, all checks and tests. Import contracts, shellcheck and
# systemd-analyze verify are tests like the others: tests/test_house.py.
run_test() {
  local python
  # Where ldconfig and sfdisk are; a user's PATH lacks it.
  export PATH="$PATH:/usr/sbin:/sbin"
  [ "$#" -eq 0 ] || some_tests "$@"
  need_for_tests
  python="$(choose_python)"
  use_venv .venv "$python" dev
  step "ruff check" .venv/bin/ruff check .
  step "ruff format" .venv/bin/ruff format --check .
  step "mypy --strict device" .venv/bin/mypy --strict device
  step_tflite "$python"
  step_hardware "$python"
  step_python313 "$python"
  # The last, and silent when all is well: the output of a good run closes on pytest's own count.
  printf '\n== summary of the checks so far: %s\n' "$(failures)"
  printf '\n== all tests\n'
  .venv/bin/python -m pytest -n auto --maxprocesses 4 || FAILED+=("all tests")
  [ "${#FAILED[@]}" -eq 0 ] && return
  printf '\n== summary: %s\n' "$(failures)"
  exit 1
}

# some_tests ARGUMENT...: by pytest; those of the printed microscope in their own environment.
some_tests() {
  local python argument before="" others="" venv=.venv name=dev
  for argument in "$@"; do
    [[ "$before" =~ ^--(ignore|deselect)$ ]] || case "$argument" in
      -*) ;;
      *tests/hardware*) venv=.venv-hardware name=hardware ;;
      tests | tests/* | */tests | */tests/*) others=yes ;;
    esac
    before="$argument"
  done
  [ "$name" = dev ] || [ -z "$others" ] ||
    die "tests/hardware has an environment of its own. Type it apart from the others: ./setup.sh test tests/hardware"
  python="$(choose_python)"
  use_venv "$venv" "$python" "$name"
  exec "$venv/bin/python" -m pytest "$@"
}

failures() {
  [ "${#FAILED[@]}" -gt 0 ] || { echo "all passed" && return; }
  printf '%d failed:' "${#FAILED[@]}"
  printf ' [%s]' "${FAILED[@]}"
}

UV=uv==0.13.9

# lock NAME OPTION...: writes the lock NAME, keeping the pins it has unless told to --upgrade. No address of a
# registry goes into it.
lock() {
  local file
  file="$(lock_file "$1")"
  shift
  say "locking $file"
  .venv-lock/bin/uv pip compile --quiet --universal --python-version 3.11 --only-binary :all: --no-emit-index-url \
    --custom-compile-command './setup.sh lock' --output-file "$file" "$@" pyproject.toml >&2
}

run_lock() {
  local python
  python="$(choose_python)"
  need_venv "$python"
  [ -x .venv-lock/bin/uv ] || "$python" -m venv .venv-lock >&2
  pip_into .venv-lock "$UV" || { say_log_end && exit 1; }
  lock dev --generate-hashes --group build --extra dev "$@"
  lock demo --generate-hashes --group build --extra litert --constraints "$(lock_file dev)" "$@"
  # From apt there: numpy, as apt's picamera2 is compiled against it, and lgpio.
  lock pi --generate-hashes --extra litert --extra pi --no-emit-package numpy --no-emit-package lgpio \
    --constraints "$(lock_file dev)" "$@"
  lock tflite --generate-hashes --group build --extra tflite --extra test "$@"
  lock hardware --generate-hashes --group build --extra hardware "$@"
  # Plain pins, less what only a CUDA build of torch wants: which build pip gets is the machine's choice, and each has
  # its own hash and its own needs.
  lock train --no-annotate --group build --extra train "$@"
  sed -i -E '/^(cuda|nvidia)-|^triton==/d' "$(lock_file train)"
}

run_hardware() {
  local python
  [ "$#" -eq 0 ] || die "hardware takes no options"
  python="$(choose_python)"
  use_venv .venv-hardware "$python" hardware
  exec .venv-hardware/bin/python -m hardware.make
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
