#!/usr/bin/env bash
# Runs inside a booted Debian into which `setup.sh install --root` has installed, and does what a person would do with an
# installed appliance, on systemd itself. There are no devices here, so the parts are simulated. A line a check; exit
# status 1 when one failed.
# shellcheck disable=SC2317 # what check is given is called
set -uo pipefail

# shellcheck source=/dev/null # checked by itself
source "$(dirname "$0")/checks.sh"

main_pid() { systemctl show --property=MainPID --value leukoscope; }
same() { [ "$(readlink /opt/leukoscope)" = "$1" ]; }
inactive() { ! active; }
no_failed_unit() { [ -z "$(systemctl list-units --failed --no-legend 'leukoscope*')" ]; }

check "the service is READY after the boot" within 60 active
check "no unit of ours failed" no_failed_unit
check "it runs as its own user" [ "$(ps -o user= -p "$(main_pid)")" = leukoscope ]
check "nothing listens" [ -z "$(ss -Hltunp 2>/dev/null | grep leukoscope)" ]
check "the journal has its entries as fields" \
  sh -c 'journalctl -u leukoscope -o json --output-fields=LOGGER,SYSLOG_IDENTIFIER | grep -q "\"LOGGER\":\"leukoscope"'
check "leukoscope logs shows them" sh -c 'leukoscope logs --boot | grep -q "starting -> ready"'
check "leukoscope watch shows the panel" sh -c "leukoscope watch --once >/dev/null"
check "the state folder is the service's own" [ "$(stat -c %U /var/lib/leukoscope)" = leukoscope ]

# A press, by the remote button, the only one here.
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

# A version that does not start: everything is put back.
cp -r /checkout /tmp/broken
sed -i 's,^ExecStart=.*,ExecStart=/bin/false,' /tmp/broken/systemd/leukoscope.service
check "an upgrade that does not start fails" sh -c '! /tmp/broken/setup.sh upgrade --offline /wheels'
check "and leaves the version before it" same "$new"
check "and its files" grep -q "^ExecStart=/opt" /etc/systemd/system/leukoscope.service
check "which runs" within 30 active

# Two at once, and one killed in the middle: before it changes the link, and after.
half_made() { compgen -G "/opt/leukoscope-releases/.undo.*/paths" >/dev/null; }
turned() { ! same "$new"; }
refused() { ! "$@" 2>/tmp/refused && grep -q "another installation into this system is going on" /tmp/refused; }
undisturbed() { [ "$(main_pid)" = "$before" ] && active && same "$new"; }
unlocked() { flock --nonblock /etc true; }
/checkout/setup.sh upgrade --offline /wheels &
first=$!
check "an upgrade is under way" within 60 half_made
check "a second one is refused" refused /checkout/setup.sh upgrade --offline /wheels
check "so is an uninstall" refused /checkout/setup.sh uninstall
before="$(main_pid)"
kill -9 "$first"
check "killed, the first leaves a half-made release" half_made
check "and the version before running" undisturbed
# A process that it had started may live on, and holds the lock until it ends.
check "the lock is gone with the last of it" within 120 unlocked
/checkout/setup.sh upgrade --offline /wheels 2>/tmp/second &
second=$!
check "the next one gets as far as the link" within 240 turned
kill -9 "$second"
check "having put back what the first did" grep -q "was cut short: undoing" /tmp/second
check "the lock is gone again" within 120 unlocked
check "the next upgrade" sh -c "/checkout/setup.sh upgrade --offline /wheels 2>/tmp/third"
check "has put that back too" grep -q "was cut short: undoing" /tmp/third
check "and is READY" active
check "nothing half-made stays" sh -c '! ls -d /opt/leukoscope-releases/.undo.* 2>/dev/null'
new="$(readlink /opt/leukoscope)"

# An uninstall that fails halfway: systemd does not read its units again.
mkdir /tmp/failing
cat >/tmp/failing/systemctl <<'TEXT'
#!/bin/sh
[ "$1" != daemon-reload ] || [ -e /tmp/failing/once ] || { touch /tmp/failing/once && exit 1; }
exec /usr/bin/systemctl "$@"
TEXT
chmod +x /tmp/failing/systemctl
check "an uninstall that fails" sh -c "! PATH=/tmp/failing:$PATH /checkout/setup.sh uninstall --records"
check "it leaves the version there" same "$new"
check "and enabled" systemctl --quiet is-enabled leukoscope.service leukoscope-upkeep.timer
check "which runs again" within 30 active
check "with its records" recorded

watchdog_is() { [ "$(systemctl show --property=RuntimeWatchdogUSec --value)" = "$1" ]; }
check "the watchdog is set" watchdog_is 15s
check "uninstall" /checkout/setup.sh uninstall
check "the watchdog is as it was, without a restart" watchdog_is 0
check "the service is gone" inactive
gone() { [ ! -e /opt/leukoscope ] && [ ! -e /opt/leukoscope-releases ]; }
check "so is the program" gone
check "the records stay" [ -e /var/lib/leukoscope/records.sqlite ]
check "install over them" /checkout/setup.sh install --offline /wheels
check "they are still there" recorded
check "the watchdog is set, without a restart" watchdog_is 15s
check "uninstall --records" /checkout/setup.sh uninstall --records
check "nothing of them stays" [ ! -e /var/lib/leukoscope ]

exit "$FAILED"
