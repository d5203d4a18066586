#!/bin/sh
# To /usr/local/sbin/leukoscope-state of an SD card that `setup.sh image` made. The system is read-only. What
# is written is on the partition labelled leukoscope, and is bound from there to its places. Without that partition the
# appliance still starts, with the default settings, but cannot write, so its panel says E04 STORAGE.
set -eu

STATE=/state

# Until the machine has its own identity, systemd binds one that it made up over the empty file.
first_start() { mountpoint -q /etc/machine-id; }

# without_state WORDS: makes a folder that belongs to the service, as systemd wants it, and in which no file can be made.
# systemd's own folder, without which nobody can log in, is kept in memory.
without_state() {
  echo "$1: on another computer, try e2fsck on it and save the records" >&2
  mount -t tmpfs -o nr_inodes=1 tmpfs /var/lib/leukoscope
  mount -t tmpfs tmpfs /var/lib/systemd
  exit 1
}

# enlarge DEVICE: enlarges its partition to the end of the card.
enlarge() {
  # /sys/devices/.../mmcblk0/mmcblk0p3
  partition="$(realpath "/sys/class/block/${1##*/}")"
  disk="/dev/$(basename "$(dirname "$partition")")"
  number="$(cat "$partition/partition")"
  echo ", +" | sfdisk --quiet --no-reread --force --partno "$number" "$disk" && partx --update --nr "$number" "$disk"
}

device="$(findfs LABEL=leukoscope)" || without_state "this card has no state partition that can be read"

if first_start; then
  echo "the state partition takes what the card has left"
  enlarge "$device" || echo "it could not be enlarged: it stays as small as it is" >&2
fi

# 1: errors were repaired.
status=0
e2fsck -p "$device" || status=$?
[ "$status" -le 1 ] || without_state "$device is damaged"
mount -o noatime,nosuid,nodev "$device" "$STATE" || without_state "$device can't be mounted"
# While it is mounted: the journal is then between a power cut and the new size.
if first_start; then resize2fs "$device" || echo "its file system could not be enlarged" >&2; fi
while read -r path; do
  mount --bind "$STATE$path" "$path"
done <"$STATE/paths"

if first_start; then
  echo "this card gets an identity of its own"
  mount -o remount,rw /
  [ ! -x /usr/bin/ssh-keygen ] || ssh-keygen -A
  # This comes last: after a power cut before it, all of this is done again.
  systemd-machine-id-setup --commit
  mount -o remount,ro /
fi
