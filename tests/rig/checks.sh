# shellcheck shell=bash
# shellcheck disable=SC2034 # FAILED: theirs
# The checks of a booted system, a line each. Sourced by installed.sh and image_booted.sh, which end with FAILED.

FAILED=0

# check NAME COMMAND...: runs it and says whether it succeeded.
check() {
  local name="$1"
  shift
  if "$@"; then
    printf 'ok      %s\n' "$name"
  else
    printf 'FAILED  %s\n' "$name"
    FAILED=1
  fi
}

# within SECONDS COMMAND...: tries it again until it succeeds.
within() {
  local until=$((SECONDS + $1))
  shift
  until "$@"; do
    [ "$SECONDS" -lt "$until" ] || return 1
    sleep 0.5
  done
}

active() { [ "$(systemctl is-active leukoscope)" = active ]; }
