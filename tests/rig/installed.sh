#!/usr/bin/env bash
# Runs inside a booted Debian on which `setup.sh install --root` was done: what a person would do with an installed
# appliance, on systemd itself. There are no devices here: the parts are simulated. A line a check; exit status 1 where
# one failed.
# shellcheck disable=SC2317 # what check is given is called
set -uo pipefail

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

main_pid() { systemctl show --property=MainPID --value leukoscope; }
active() { [ "$(systemctl is-active leukoscope)" = active ]; }
same() { [ "$(readlink /opt/leukoscope)" = "$1" ]; }
inactive() { ! active; }
no_failed_unit() { [ -z "$(systemctl list-units --failed --no-legend 'leukoscope*')" ]; }

# within SECONDS COMMAND...: tries it again until it does.
within() {
  local until=$((SECONDS + $1))
  shift
  until "$@"; do
    [ "$SECONDS" -lt "$until" ] || return 1
    sleep 0.2
  done
}

check "the service is READY after the boot" within 60 active
check "no unit of ours failed" no_failed_unit
check "it runs as its own user" [ "$(ps -o user= -p "$(main_pid)")" = leukoscope ]
check "nothing listens" [ -z "$(ss -Hltunp 2>/dev/null | grep leukoscope)" ]
check "the journal has its entries as fields" \
  sh -c 'journalctl -u leukoscope -o json --output-fields=LOGGER,SYSLOG_IDENTIFIER | grep -q "\"LOGGER\":\"device"'
check "leukoscope logs shows them" sh -c 'leukoscope logs --boot | grep -q "starting -> ready"'
check "leukoscope watch shows the panel" sh -c "leukoscope watch --once >/dev/null"
check "the state folder is the service's own" [ "$(stat -c %U /var/lib/leukoscope)" = leukoscope ]

# A press, by the remote button: the only one there is here.
recorded() { leukoscope slides | grep -q S0001; }
echo p >/run/leukoscope/button
check "a press makes a record" within 30 recorded
check "the journal answers for its slide" \
  sh -c 'journalctl -u leukoscope SLIDE=S0001 FIELD=1 -o cat | grep -q "field"'
check "upkeep finds nothing wrong" systemctl start leukoscope-upkeep.service
check "upkeep says so in the journal" sh -c 'journalctl -u leukoscope-upkeep -o cat | grep -q " 0 problems"'

before="$(main_pid)"
kill -9 "$before"
again() { active && [ "$(main_pid)" != "$before" ] && [ "$(main_pid)" != 0 ]; }
check "killed, it starts again" within 60 again

old="$(readlink /opt/leukoscope)"
check "upgrade" /checkout/setup.sh upgrade --offline /wheels
check "the upgraded service is READY" active
new="$(readlink /opt/leukoscope)"
check "upgrade made a release of its own" [ "$old" != "$new" ]
check "settings were kept" grep -q simulated /etc/leukoscope/leukoscope.toml

# A version that does not start: everything goes back.
cp -r /checkout /tmp/broken
sed -i 's,^ExecStart=.*,ExecStart=/bin/false,' /tmp/broken/systemd/leukoscope.service
check "an upgrade that does not start fails" sh -c '! /tmp/broken/setup.sh upgrade --offline /wheels'
check "and leaves the version before it" same "$new"
check "and its files" grep -q "^ExecStart=/opt" /etc/systemd/system/leukoscope.service
check "which runs" within 30 active

check "uninstall" /checkout/setup.sh uninstall
check "the service is gone" inactive
check "so is the program" [ ! -e /opt/leukoscope ] && [ ! -e /opt/leukoscope-releases ]
check "the records stay" [ -e /var/lib/leukoscope/records.sqlite ]
check "install over them" /checkout/setup.sh install --offline /wheels
check "they are still there" recorded
check "uninstall --records" /checkout/setup.sh uninstall --records
check "nothing of them stays" [ ! -e /var/lib/leukoscope ]

exit "$FAILED"
