# shellcheck shell=bash
# Makes the image for SD cards by `setup.sh image`, and boots it. The base is a stand-in for Raspberry Pi OS Lite: Debian
# Trixie for arm64 with the same two partitions, because the real one can't be fetched here. The card starts like a new one:
# with more room than the image has and no network, then after a power cut, and at last with a damaged state partition.
# Sourced by setup.sh, after arm64.sh. The emulated machine is QEMU's own, not a Raspberry Pi. The parts are simulated.

IMAGE_LIMIT_S=1500

# image_in COMMAND...: runs it in the root that the stand-in is made of.
image_in() { TARGET="$RIG/image-root" in_target "$@"; }

# image_stand_in: adds what Raspberry Pi OS has and Debian lacks: its picamera2, and a login that its wizard would rename.
image_stand_in() {
  local root="$RIG/image-root" package="$RIG/image-root/tmp/python3-picamera2"
  rm -rf "$root"
  cp -a "$RIG/arm64-trixie" "$root"
  lend_network "$root"
  mkdir -p "$root/etc/initramfs-tools/conf.d" "$root/usr/share/initramfs-tools/modules.d" "$package/DEBIAN"
  echo MODULES=list >"$root/etc/initramfs-tools/conf.d/rig"
  printf '%s\n' virtio_pci virtio_blk ext4 >"$root/usr/share/initramfs-tools/modules.d/rig"
  printf '%s\n' "Package: python3-picamera2" "Version: 0" "Architecture: all" "Maintainer: rig" "Description: stand-in" \
    >"$package/DEBIAN/control"
  dpkg-deb --build "$package" "$root/tmp/python3-picamera2.deb"
  sed 's/picamera2/lgpio/' -i "$package/DEBIAN/control"
  dpkg-deb --build "$package" "$root/tmp/python3-lgpio.deb"
  image_in dpkg --install /tmp/python3-picamera2.deb /tmp/python3-lgpio.deb
  image_in apt-get update -qq
  image_in apt-get install -y -qq --no-install-recommends linux-image-arm64 e2fsprogs fdisk initramfs-tools openssh-server sudo
  rm -rf "$root/tmp/"*
}

# image_base: makes its two partitions, as pi-gen does.
image_base() {
  local root="$RIG/image-root" base="$RIG/base.img" unit
  mkdir -p "$root/boot/firmware" "$root/checkout" "$root/out" "$root/etc/systemd/system/leukoscope.service.d"
  printf '%s\n' "proc /proc proc defaults 0 0" "PARTUUID=1eab1ead-01 /boot/firmware vfat defaults,nofail 0 2" \
    "PARTUUID=1eab1ead-02 / ext4 defaults,noatime 0 1" "checkout /checkout 9p trans=virtio,ro,nofail 0 0" \
    "out /out 9p trans=virtio,nofail 0 0" >"$root/etc/fstab"
  # The simulated panel is a terminal's: its pictures are none of the journal's.
  printf '[Service]\nStandardOutput=null\nStandardError=journal\nTimeoutStartSec=300\nWatchdogSec=120\n' \
    >"$root/etc/systemd/system/leukoscope.service.d/rig.conf"
  unit="$root/etc/systemd/system/rig-image.service"
  cp tests/rig/rig-image.service "$unit"
  mkdir -p "$root/etc/systemd/system/multi-user.target.wants"
  ln -sf ../rig-image.service "$root/etc/systemd/system/multi-user.target.wants/"
  rm -f "$base"
  truncate --size 2304M "$base"
  printf '%s\n' "label: dos" "label-id: 0x1eab1ead" "start=8192, size=256M, type=c" "start=532480, type=83" |
    sfdisk --quiet "$base"
  # 532480 sectors are 260 MiB.
  mkfs.ext4 -q -d "$root" -E "offset=$((260 << 20))" "$base" "$(((2304 - 260) << 10))"
  mformat -i "$base@@$((4 << 20))" -F -T $((256 * 2048)) ::
  echo "console=serial0,115200 console=tty1 root=PARTUUID=1eab1ead-02 rootfstype=ext4 fsck.repair=yes rootwait resize" |
    mcopy -i "$base@@$((4 << 20))" - ::cmdline.txt
  echo "dtparam=audio=on" | mcopy -i "$base@@$((4 << 20))" - ::config.txt
}

# image_card: makes the card, with simulated parts, and larger than the image.
image_card() {
  rm -f "$RIG/card.img" "$RIG/card.img.unfinished" "$RIG/card-key" "$RIG/card-key.pub"
  ssh-keygen -q -t ed25519 -N "" -f "$RIG/card-key"
  ./setup.sh image "$RIG/base.img" "$RIG/card.img" --ssh-key "$RIG/card-key.pub"
}

# image_simulated: sets simulated parts on the state partition and on the system, whose settings count when the state
# partition can't be read.
image_simulated() {
  local number card
  for number in 2 3; do
    card="$RIG/card.img?offset=$(($(partx --raw --noheadings --output START --nr "$number" "$RIG/card.img") * 512))"
    debugfs -w -R "dump /etc/leukoscope/leukoscope.toml $RIG/card.toml" "$card"
    sed -i -e 's/^# microscope = .*/microscope = "simulated"/' -e 's/^# panel = .*/panel = "simulated"/' \
      -e 's/^# remote_button = .*/remote_button = true/' "$RIG/card.toml"
    debugfs -w -f - "$card" <<<"rm /etc/leukoscope/leukoscope.toml
write $RIG/card.toml /etc/leukoscope/leukoscope.toml"
  done
  truncate --size +1G "$RIG/card.img"
}

# image_boot NUMBER OPTION...: true when every check of this start was ok. OPTION: of QEMU.
image_boot() {
  local number="$1" out="$RIG/out-image" began=$SECONDS cmdline
  shift
  mkdir -p "$out"
  rm -f "$out/output" "$out/status"
  echo "$number" >"$out/start"
  cmdline="$(mcopy -i "$RIG/card.img@@$((4 << 20))" ::cmdline.txt - | sed 's/console=serial0,115200 console=tty1/console=ttyAMA0/')"
  # random: without it the kernel collects entropy for 11 s, since this machine has no generator; a Pi has one.
  say "start $number of the card"
  timeout --foreground "$IMAGE_LIMIT_S" qemu-system-aarch64 -machine virt -cpu cortex-a72 -m 2048 "$@" \
    -nodefaults -display none -no-reboot -serial "file:$RIG/image-console-$number.log" \
    -kernel "$RIG/image-root/vmlinuz" -initrd "$RIG/image-root/initrd.img" -append "$cmdline panic=-1 random.trust_bootloader=on" \
    -drive "file=$RIG/card.img,format=raw,if=virtio" \
    -virtfs "local,path=$PWD,mount_tag=checkout,security_model=none,readonly=on" \
    -virtfs "local,path=$out,mount_tag=out,security_model=none" ||
    say "it did not end within $IMAGE_LIMIT_S s; its last messages: .rig/image-console-$number.log"
  [ ! -e "$out/output" ] || cat "$out/output"
  say "start $number: $((SECONDS - began)) s"
  [ "$(cat "$out/status" 2>/dev/null)" = 0 ]
}

# rig_image: makes what is missing, then the card, then starts it three times.
rig_image() {
  local failed=0 start files
  arm64_begin
  need_commands debootstrap debootstrap qemu-system-aarch64 qemu-system-arm mformat mtools
  arm64_debian trixie
  rig_once image_stand_in tests/rig/debian.sh
  rig_once image_base tests/rig/rig-image.service
  mapfile -t files < <(release_files)
  rig_once image_card "${files[@]}"
  image_simulated >"$RIG/image_simulated.log" 2>&1
  rm -rf "$RIG/out-image"
  ./setup.sh wheels "$RIG/out-image/wheels"
  image_boot 1 -smp 2 || failed=1
  # Time is counted in instructions, 1 ns each on one core. So the duration of the start can be converted to another processor.
  image_boot 2 -smp 1 -icount shift=0,sleep=off || failed=1
  start="$(partx --raw --noheadings --output START --nr 3 "$RIG/card.img")"
  dd if=/dev/urandom of="$RIG/card.img" bs=1M seek="$((start / 2048))" count=64 conv=notrunc status=none
  image_boot 3 -smp 2 || failed=1
  return "$failed"
}
