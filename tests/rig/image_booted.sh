#!/usr/bin/env bash
# Runs inside a started card of `setup.sh image`, and checks what a person would see of it. A line a check; exit status 1
# when one failed. /out/start says which start it is: the first, the second after a power cut, the third with a damaged
# state partition.
# shellcheck disable=SC2317 # what check is given is called
set -uo pipefail

# shellcheck source=/dev/null # checked by itself
source "$(dirname "$0")/checks.sh"
START="$(cat /out/start)"

read_only() { findmnt --noheadings --output OPTIONS "$1" | grep -qE '^ro(,|$)'; }
not_writable() { ! touch /usr/written /etc/written /opt/written 2>/dev/null; }
identified() { [ -s /etc/machine-id ] && ! mountpoint -q /etc/machine-id; }
failed_units() { systemctl list-units --failed --no-legend --plain | awk '{ print $1 }'; }
whole_card() { [ "$(blockdev --getsz /dev/vda)" -lt "$(($(cat /sys/class/block/vda3/start) + $(blockdev --getsz /dev/vda3) + 4096))" ]; }
state_mb() { df --output=size --block-size=1M /state | tail -n 1; }

check "the service is READY" within 300 active
# Before anything else is read. 512 bytes a sector; vda is the card.
awk -v ready="$(systemctl show --property=ActiveEnterTimestampMonotonic --value leukoscope)" \
  '$3 == "vda" { printf "        READY %.1f s after the kernel began, %.0f MB read from the card\n", ready / 1e6, $6 * 512 / 1e6 }' \
  /proc/diskstats
check "the system is read-only" read_only /
check "nothing can be written there" not_writable

case "$START" in
  1 | 2)
    check "no unit failed" [ -z "$(failed_units)" ]
    failed_units
    check "the card has an identity of its own" identified
    check "and keys of its own for SSH" [ -s /etc/ssh/ssh_host_ed25519_key.pub ]
    check "the state partition is the rest of the card" whole_card
    check "and so is its file system" [ "$(state_mb)" -gt 1000 ]
    check "records and settings are on it" [ "$(findmnt -no SOURCE -T /etc/leukoscope | grep -o '^/dev/vda3')" = /dev/vda3 ]
    check "the state folder is the service's own" [ "$(stat -c %U:%a /var/lib/leukoscope)" = leukoscope:750 ]
    check "pi logs in by key and is root by sudo" sh -c 'runuser -u pi -- sudo -n id -u | grep -qx 0 && grep -q ed25519 /home/pi/.ssh/authorized_keys'
    check "there is no password" [ "$(passwd --status pi | awk '{ print $2 }')" = L ]
    ;;
esac

recorded() { leukoscope slides | grep -q S0001; }
case "$START" in
  1)
    cp /etc/machine-id /out/machine-id
    cp /etc/ssh/ssh_host_ed25519_key.pub /out/key
    check "a press makes a record" sh -c 'echo p >/run/leukoscope/button'
    check "it is there" within 120 recorded
    check "status says so" sh -c 'leukoscope status | tee /out/status-1 | grep -q S0001'
    check "upgrade, without a network" /checkout/setup.sh upgrade --offline /out/wheels
    check "it is a release of its own" [ "$(readlink /opt/leukoscope)" = /opt/leukoscope-releases/0002 ]
    check "the upgraded service is READY" active
    check "the system is read-only again" read_only /
    ;;
  2)
    check "after a power cut its record is there" recorded
    check "and the upgrade" [ "$(readlink /opt/leukoscope)" = /opt/leukoscope-releases/0002 ]
    check "it is the same card" cmp -s /etc/machine-id /out/machine-id
    check "with the same keys" cmp -s /etc/ssh/ssh_host_ed25519_key.pub /out/key
    check "the journal holds both starts" [ "$(journalctl --list-boots --no-pager -o json | grep -o boot_id | wc -l)" = 2 ]
    check "the log of the slide is there" sh -c 'leukoscope logs S0001 | grep -q "field"'
    ;;
  3)
    check "only the state's unit failed" [ "$(failed_units | tr '\n' ' ')" = "leukoscope-state.service " ]
    failed_units
    check "the fault is named: E04" within 60 sh -c 'journalctl -u leukoscope -o cat --no-pager | grep -q "fault E04"'
    check "leukoscope status says so" sh -c 'leukoscope status | tee /out/status-3 | grep -q E04'
    check "the log says what to do" sh -c 'journalctl -u leukoscope-state -o cat --no-pager | grep -q "on another computer"'
    ;;
esac
exit "$FAILED"
