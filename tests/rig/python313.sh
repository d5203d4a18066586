# shellcheck shell=bash
# The newest Python on a machine that has an older one: Debian Trixie's, in .rig. Sourced by setup.sh, after debian.sh.

# python313_in_debian: runs mypy and the tests there; true when all passed. What the first run made is kept.
python313_in_debian() {
  local root="$RIG/python313"
  need_debian
  hold_rig
  debian python313 trixie --include=python3,python3-venv
  lend_network "$root"
  copy_checkout "$root/checkout"
  # shellcheck disable=SC2016 # the inner shell expands them
  in_debian "$root" root ${CI:+"CI=$CI"} sh -c '
    cd /checkout
    ./setup.sh test "$@"
    status=$?
    .venv/bin/mypy && exit "$status"' sh "${PYTHON313_TESTS[@]}"
}
