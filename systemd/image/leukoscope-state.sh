#!/bin/sh
# To /usr/local/sbin/leukoscope-state of an SD card that `setup.sh image` made. The system is read-only: what is written lies
# on the partition labelled leukoscope, and is bound from there to its places. When that can't be had the appliance starts all
# the same, and its panel says E04 STORAGE.
set -eu

STATE=/state

# Until the machine has an identity of its own, systemd binds one that it made up over the empty file.
first_start() { mountpoint -q /etc/machine-id; }

device="$(findfs LABEL=leukoscope)"

if first_start; then
  echo "the state partition takes what the card has left"
  # /sys/devices/.../mmcblk0/mmcblk0p3
  partition="$(realpath "/sys/class/block/${device##*/}")"
  disk="/dev/$(basename "$(dirname "$partition")")"
  number="$(cat "$partition/partition")"
  echo ", +" | sfdisk --quiet --no-reread --force --partno "$number" "$disk"
  partx --update --nr "$number" "$disk"
fi

# 1: errors were mended.
status=0
e2fsck -f -p "$device" || status=$?
if [ "$status" -gt 1 ]; then
  echo "$device is damaged: on another computer, e2fsck it and save the records" >&2
  exit 1
fi
if first_start; then resize2fs "$device"; fi

mount -o noatime,nosuid,nodev "$device" "$STATE"
while read -r path; do
  mount --bind "$STATE$path" "$path"
done <"$STATE/paths"

if first_start; then
  echo "this card gets an identity of its own"
  mount -o remount,rw /
  [ ! -x /usr/bin/ssh-keygen ] || ssh-keygen -A
  # The last: a power cut before it begins this anew.
  systemd-machine-id-setup --commit
  mount -o remount,ro /
fi
