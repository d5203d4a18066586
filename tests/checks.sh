# shellcheck shell=bash
# All checks and tests, or some tests: `./setup.sh test`. Sourced by setup.sh, which provides say, die, the environments and
# source_rig.

FAILED=()

# step NAME COMMAND...: runs it, remembers a failure, and continues.
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

# skip_step NAME WHY
skip_step() { printf '\n== %s\n   skipped: %s\n' "$1" "$2"; }

# missing_python: prints the missing packages of apt without which no test runs.
missing_python() {
  local python
  if [ -z "${PYTHON:-}" ] && ! command -v python3 >/dev/null; then
    printf '%s\n' python3 python3-venv
  elif python="$(fitting_python 2>/dev/null)"; then
    venv_package "$python"
  fi
}

# missing_tools: prints the other packages of apt that tests need and that are missing. A test without its tool is
# skipped, and says so.
missing_tools() {
  command -v shellcheck >/dev/null || echo shellcheck
  command -v systemd-analyze >/dev/null || echo systemd
  command -v sfdisk >/dev/null || echo fdisk
  command -v mcopy >/dev/null || echo mtools
  command -v xz >/dev/null || echo xz-utils
  has_libgl || echo libgl1
}

# has_libgl: whether the system has the library that the CAD of hardware/ needs.
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
    skip_step "$title" "its last release is for Python 3.11, which is not here"
  fi
}

# The tests of the printed microscope have their own environment.
PYTHON313_TESTS=(-q -n auto --maxprocesses 4 tests --ignore=tests/hardware --ignore=tests/rig)

# test_python313 PYTHON: in a subshell, as above.
test_python313() (
  use_venv .venv-python313 "$1" dev || exit
  .venv-python313/bin/python -m pytest "${PYTHON313_TESTS[@]}"
  status=$?
  .venv-python313/bin/mypy && exit "$status"
)

# test_python313_in_debian: in a subshell, as above.
test_python313_in_debian() (
  source_rig
  python313_in_debian
)

# step_python313 PYTHON: mypy and most tests on the newest Python too, because numpy's types and Python's own
# behaviour differ between versions.
step_python313() {
  local title="mypy and tests, on Python 3.13" python313 why
  if find_python 13 13 "$1" >/dev/null; then
    skip_step "$title" "all the others are on it"
  elif python313="$(find_python 13 13 python3 python3.13)"; then
    step "$title" test_python313 "$python313"
  elif why="$(source_rig && need_debian 2>&1)"; then
    step "$title" test_python313_in_debian
  else
    skip_step "$title" "it is not here, and ${why##*setup: }"
  fi
}

# test_hardware PYTHON: in a subshell, as above. One process a file, because a file's tests share what they have drawn.
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
    skip_step "$title" "libGL.so.1 is not on this machine"
  fi
}

# run_checks [ARGUMENT...]: runs pytest with them; without any, all checks and tests. Import contracts, shellcheck and
# systemd-analyze verify are tests too: tests/test_house.py.
run_checks() {
  local python
  # Where ldconfig and sfdisk are; a user's PATH lacks it.
  export PATH="$PATH:/usr/sbin:/sbin"
  [ "$#" -eq 0 ] || some_tests "$@"
  need_for_tests
  python="$(choose_python)"
  use_venv .venv "$python" dev
  step "ruff check" .venv/bin/ruff check .
  step "ruff format" .venv/bin/ruff format --check .
  step "mypy" .venv/bin/mypy
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

# some_tests ARGUMENT...: runs them by pytest, those of the printed microscope in their own environment.
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
