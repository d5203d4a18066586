# shellcheck shell=bash
# An image for SD cards. `setup.sh image BASE OUT` copies an image of Raspberry Pi OS Lite, installs the appliance into it, and
# makes its system read-only, with a separate partition for everything that is written. Sourced by setup.sh, which provides
# say, die and need_commands; in_target comes from install.sh. The base comes from Raspberry Pi's own pi-gen, so kernel,
# firmware and camera stack are theirs.

IMAGE_ROOT_MB=1024 # what apt and pip add, and an upgrade
IMAGE_STATE_MB=256 # at the first start it takes what the card has left
IMAGE_LOOPS=()
IMAGE_MOUNTS=()
IMAGE_UNFINISHED=""

# The parts of the system that are written: records, settings, the journal, the clock's last time, Wi-Fi.
IMAGE_STATE_PATHS=(/var/lib/leukoscope /etc/leukoscope /var/log /var/lib/systemd /var/lib/NetworkManager
  /etc/NetworkManager/system-connections)

# Units that would write, ask a person at a screen, or download. None of this works here.
IMAGE_MASKED=(apt-daily.timer apt-daily-upgrade.timer dphys-swapfile.service dpkg-db-backup.timer e2scrub_all.timer
  logrotate.timer man-db.timer regenerate_ssh_host_keys.service resize2fs_once.service rpi-eeprom-update.service
  userconfig.service)

# image_unmount: nothing stays mounted.
image_unmount() {
  local i
  for ((i = ${#IMAGE_MOUNTS[@]} - 1; i >= 0; i--)); do
    umount "${IMAGE_MOUNTS[i]}" && rmdir "${IMAGE_MOUNTS[i]}"
  done
  IMAGE_MOUNTS=()
  for i in "${IMAGE_LOOPS[@]}"; do losetup --detach "$i"; done
  IMAGE_LOOPS=()
}

# image_clean_up: removes an unfinished image, however this ended.
image_clean_up() {
  image_unmount
  [ -z "$IMAGE_UNFINISHED" ] || rm -f "$IMAGE_UNFINISHED"
}

# image_partitions FILE: prints a line a partition: number, first sector, sectors of 512 bytes.
image_partitions() { partx --raw --noheadings --output NR,START,SECTORS "$1"; }

# image_start FILE NUMBER: prints its first byte.
image_start() { echo "$(($(image_partitions "$1" | awk -v nr="$2" '$1 == nr { print $2 }') * 512))"; }

# image_size FILE NUMBER: prints its size in bytes.
image_size() { echo "$(($(image_partitions "$1" | awk -v nr="$2" '$1 == nr { print $3 }') * 512))"; }

# image_loop FILE NUMBER: makes LOOP a device for this partition.
image_loop() {
  LOOP="$(losetup --show --find --offset "$(image_start "$1" "$2")" --sizelimit "$(image_size "$1" "$2")" "$1")"
  IMAGE_LOOPS+=("$LOOP")
}

# image_mount DEVICE: mounts it and sets MOUNTED to its folder.
image_mount() {
  MOUNTED="$(mktemp -d)"
  mount "$1" "$MOUNTED"
  IMAGE_MOUNTS+=("$MOUNTED")
}

# image_copy BASE FILE
image_copy() {
  case "$1" in
    *.xz) xz --decompress --stdout "$1" >"$2" ;;
    *) cp --sparse=always "$1" "$2" ;;
  esac || die "$1 can't be copied to $2; the message is above."
  [ "$(image_partitions "$2" 2>/dev/null | wc -l)" = 2 ] ||
    die "$1 is no image with a boot and a root partition: take Raspberry Pi OS Lite (64-bit), .img or .img.xz."
}

# image_grow FILE: enlarges the root, and adds the state partition behind it.
image_grow() {
  local start size
  start="$(($(image_start "$1" 2) / 512))"
  size="$(($(image_size "$1" 2) / 512 + IMAGE_ROOT_MB * 2048))"
  truncate --size "+$((IMAGE_ROOT_MB + IMAGE_STATE_MB + 1))M" "$1"
  echo "$start, $size" | sfdisk --quiet --partno 2 "$1"
  # From a whole MiB on, as cards like it.
  echo "start=$(((start + size + 2047) / 2048 * 2048)), size=${IMAGE_STATE_MB}M, type=83" | sfdisk --quiet --append "$1"
}

# image_boot_file HOW FILE NAME ROOT: copies between the boot partition, which is FAT, and the root's /boot/firmware, where
# the installation looks for it. HOW: from or to. It uses mtools, because not every kernel mounts FAT.
image_boot_file() {
  local drive
  drive="$2@@$(image_start "$2" 1)"
  case "$1" in
    from) mcopy -n -i "$drive" "::$3" "$4/boot/firmware/$3" || die "the boot partition has no $3: is it Raspberry Pi OS?" ;;
    to) mcopy -o -i "$drive" "$4/boot/firmware/$3" "::$3" && rm "$4/boot/firmware/$3" ;;
  esac
}

# image_fstab: prints the file system table from standard input, made read-only.
image_fstab() {
  awk '
    /^[[:space:]]*(#|$)/ { print; next }
    $3 == "swap" { next }
    $2 == "/" || $2 == "/boot/firmware" { $4 = "ro,noatime" }
    { print }'
  printf 'tmpfs %s tmpfs mode=1777,nosuid,nodev 0 0\n' /tmp /var/tmp
}

# image_cmdline: prints the kernel's command line from standard input, without what would enlarge the root over the state
# or set up a user at the first start.
image_cmdline() {
  tr -s ' ' '\n' | grep -vxE 'resize|init=.*|ds=.*|systemd\.run.*' | paste -sd ' '
}

# image_read_only ROOT: makes the system read-only.
image_read_only() {
  local root="$1" unit
  image_fstab <"$root/etc/fstab" >"$root/etc/fstab.new"
  mv "$root/etc/fstab.new" "$root/etc/fstab"
  for unit in "${IMAGE_MASKED[@]}"; do ln -sf /dev/null "$root/etc/systemd/system/$unit"; done
  # Trixie's rpi-swap would keep a file behind its compressed memory.
  mkdir -p "$root/etc/rpi/swap.conf.d"
  printf '%s\n' "[Main]" "Mechanism=zram" >"$root/etc/rpi/swap.conf.d/leukoscope.conf"
  [ ! -d "$root/etc/cloud" ] || touch "$root/etc/cloud/cloud-init.disabled"
  [ ! -d "$root/etc/NetworkManager" ] || ln -sf /run/NetworkManager/resolv.conf "$root/etc/resolv.conf"
  install -m 755 systemd/image/leukoscope-state.sh "$root/usr/local/sbin/leukoscope-state"
  install -m 644 systemd/image/leukoscope-state.service "$root/etc/systemd/system/"
  mkdir -p "$root/state" "$root/etc/systemd/system/local-fs.target.wants"
  ln -sf ../leukoscope-state.service "$root/etc/systemd/system/local-fs.target.wants/"
  # Of each card its own, made at its first start.
  rm -f "$root/etc/ssh/"ssh_host_*_key*
  : >"$root/etc/machine-id"
}

# image_state ROOT STATE: fills the state partition for the first start.
image_state() {
  local path
  # The service's own, as systemd would make it: on a read-only root it can't.
  install -d -m 750 -o "$(image_id "$1" passwd)" -g "$(image_id "$1" group)" "$1/var/lib/leukoscope"
  for path in "${IMAGE_STATE_PATHS[@]}"; do
    [ -d "$1$path" ] || continue
    mkdir -p "$2$(dirname "$path")"
    cp -a "$1$path" "$2$path"
    echo "$path" >>"$2/paths"
  done
}

# image_id ROOT passwd|group: prints leukoscope's number there.
image_id() { awk -F: '$1 == "leukoscope" { print $3 }' "$1/etc/$2"; }

# image_login ROOT KEY: the user pi may log in by SSH with this key and is root by sudo; there is no password.
image_login() {
  local home=/home/pi
  in_target getent passwd pi >/dev/null || in_target useradd --create-home --shell /bin/bash pi
  in_target usermod --append --groups adm,sudo,leukoscope pi
  install -d -m 700 "$1$home/.ssh"
  install -m 600 "$2" "$1$home/.ssh/authorized_keys"
  in_target chown -R pi: "$home/.ssh"
  echo "pi ALL=(ALL) NOPASSWD: ALL" >"$1/etc/sudoers.d/leukoscope"
  chmod 440 "$1/etc/sudoers.d/leukoscope"
  in_target systemctl --quiet enable ssh.service || die "the base has no ssh.service: no login."
}

# image BASE OUT [--ssh-key FILE] [--offline DIR]
image() {
  # shellcheck source=/dev/null # checked by itself
  source systemd/install.sh
  local base="${1:-}" out="${2:-}" key="" offline=() root boot tool
  [ -n "$out" ] || die "image needs two files: ./setup.sh image RASPIOS-LITE.img.xz OUT.img"
  shift 2
  while [ "$#" -gt 0 ]; do
    case "$1" in
      --ssh-key) key="$(realpath -e "${2:-}")" || die "--ssh-key needs the file of a public key." ;;
      --offline) offline=(--offline "${2:-}") ;;
      *) die "no such option: $1. See ./setup.sh help" ;;
    esac
    shift 2
  done
  [ "$(id -u)" -eq 0 ] || die "only root can make an image. Type: sudo ./setup.sh image $base $out"
  [ -f "$base" ] || die "there is no file $base."
  [ ! -e "$out" ] || die "$out is there already: another name, or remove it."
  need_commands sfdisk fdisk losetup mount mkfs.ext4 e2fsprogs mcopy mtools xz xz-utils
  IMAGE_UNFINISHED="$out.unfinished"
  trap image_clean_up EXIT
  trap 'exit 130' INT TERM

  say "copying $base"
  image_copy "$base" "$IMAGE_UNFINISHED"
  image_grow "$IMAGE_UNFINISHED"
  image_loop "$IMAGE_UNFINISHED" 2
  e2fsck -f -p "$LOOP" >&2 || [ $? -eq 1 ] || die "the root of $base is damaged."
  resize2fs "$LOOP" >&2
  image_mount "$LOOP"
  root="$MOUNTED"
  chroot "$root" /bin/true 2>/dev/null || die "this computer can't run programs of $base: make the image on a Raspberry Pi," \
    "or on Debian 13 with: sudo apt-get install qemu-user-binfmt"
  for tool in e2fsck findfs mountpoint partx resize2fs sfdisk; do
    TARGET="$root" in_target sh -c "command -v $tool" >/dev/null || die "$base has no $tool, which the first start needs."
  done
  for boot in config.txt cmdline.txt; do image_boot_file from "$IMAGE_UNFINISHED" "$boot" "$root"; done
  # A file, over which the installation lays this computer's; a link would lead nowhere here.
  [ -e "$root/etc/resolv.conf" ] || install -m 644 /dev/null "$root/etc/resolv.conf"

  ./setup.sh install --root "$root" "${offline[@]}"
  # shellcheck disable=SC2034 # in_target's
  TARGET="$root"
  [ -z "$key" ] || image_login "$root" "$key"
  in_target apt-get clean
  say "making the system read-only"
  image_cmdline <"$root/boot/firmware/cmdline.txt" >"$root/boot/firmware/cmdline.new"
  mv "$root/boot/firmware/cmdline.new" "$root/boot/firmware/cmdline.txt"
  for boot in config.txt cmdline.txt; do image_boot_file to "$IMAGE_UNFINISHED" "$boot" "$root"; done
  image_read_only "$root"
  image_loop "$IMAGE_UNFINISHED" 3
  # By itself it would take blocks for so small a one, and inodes for many small files.
  mkfs.ext4 -q -b 4096 -i 65536 -L leukoscope "$LOOP"
  image_mount "$LOOP"
  image_state "$root" "$MOUNTED"

  image_unmount
  sync "$IMAGE_UNFINISHED"
  mv "$IMAGE_UNFINISHED" "$out"
  IMAGE_UNFINISHED=""
  say "$out is ready. Write it to a card of 8 GB or more with Raspberry Pi Imager: 'Use custom', no customisation."
}
