# shellcheck shell=bash
# shellcheck disable=SC2034 # FAILED: theirs
# What is looked at in a booted system: a line a check. Sourced by installed.sh and image_booted.sh, which end with FAILED.

FAILED=0

# check NAME COMMAND...: says whether it did.
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

# within SECONDS COMMAND...: tries it again until it does.
within() {
  local until=$((SECONDS + $1))
  shift
  until "$@"; do
    [ "$SECONDS" -lt "$until" ] || return 1
    sleep 0.5
  done
}

active() { [ "$(systemctl is-active leukoscope)" = active ]; }
