# shellcheck shell=bash
# The rig: Debian in a virtual machine, with a camera that the kernel makes and the real libcamera drives. Sourced by
# setup.sh, which gives say, die and apt_install. All is kept in .rig; a step runs again only when it has changed.
#
# The machine is emulated in software, so that it runs the same where there is no KVM, or one in a cloud that can't
# boot Debian's kernel. Its disk is thrown away after each run. The checkout is lent to it read-only, and .rig/out is
# where it leaves its result: files come back whole, and nothing that a kernel prints can get between them.

RIG="$ROOT/.rig"
RIG_PICAMERA2=0.3.38
RIG_LIMIT_S=600

# rig_in_root COMMAND...: in the new Debian. The mounts are in a namespace of their own: none is ever left behind.
rig_in_root() {
  # shellcheck disable=SC2016 # the inner shell expands them
  unshare --mount sh -ec '
    root="$1"
    shift
    mount -t proc proc "$root/proc"
    mount --bind /sys "$root/sys"
    mount --bind /dev "$root/dev"
    exec chroot "$root" "$@"' sh "$RIG/root" env DEBIAN_FRONTEND=noninteractive HOME=/root LC_ALL=C "$@"
}

rig_debian() {
  rm -rf "$RIG/root"
  debootstrap --variant=minbase --include=ca-certificates trixie "$RIG/root"
  # A boot file system with the three modules that find the disk: emulated, all of Debian's would take long to unpack.
  mkdir -p "$RIG/root/etc/initramfs-tools/conf.d" "$RIG/root/usr/share/initramfs-tools/modules.d"
  echo MODULES=list >"$RIG/root/etc/initramfs-tools/conf.d/rig"
  printf '%s\n' virtio_pci virtio_blk ext4 >"$RIG/root/usr/share/initramfs-tools/modules.d/rig"
}

rig_packages() {
  rig_in_root apt-get update -qq
  # Of picamera2's needs all that Debian has, and what the others are built with.
  rig_in_root apt-get install -y -qq --no-install-recommends \
    systemd-sysv udev kmod linux-image-amd64 linux-headers-amd64 linux-source xz-utils \
    gcc libc6-dev make python3-dev python3-venv python3-pytest python3-libcamera libcamera-ipa \
    python3-numpy python3-pil python3-prctl python3-av python3-piexif python3-jsonschema python3-tqdm
}

# Debian builds its kernel without vimc, a camera that shows a test pattern.
rig_vimc() {
  # shellcheck disable=SC2016 # the inner shell expands them
  rig_in_root sh -ec '
    version="$(basename /lib/modules/*-amd64)"
    rm -rf /tmp/vimc
    mkdir /tmp/vimc
    tar -C /tmp/vimc -xf /usr/src/linux-source-*.tar.xz --wildcards --strip-components=5 \
      "linux-source-*/drivers/media/test-drivers/vimc/*"
    make -C "/lib/modules/$version/build" M=/tmp/vimc CONFIG_VIDEO_VIMC=m modules
    install -D -m 644 -t "/lib/modules/$version/extra" /tmp/vimc/vimc.ko
    depmod "$version"'
}

# As on a Pi: picamera2 in an environment that sees Debian's libcamera. pip takes its settings from the environment; a
# machine behind a proxy has certificates of its own.
rig_picamera2() {
  cp -L /etc/ssl/certs/ca-certificates.crt "$RIG/root/etc/ssl/certs/ca-certificates.crt"
  rig_in_root python3 -m venv --clear --system-site-packages /opt/rig
  rig_in_root /opt/rig/bin/pip install --no-cache-dir "picamera2==$RIG_PICAMERA2"
}

rig_disk() {
  local debian="$RIG/root"
  cp tests/rig/rig.service "$debian/etc/systemd/system/"
  mkdir -p "$debian/checkout" "$debian/out"
  # nofail: without one of them the tests don't start and the machine ends; else it would wait for somebody to mend it.
  printf '%s\n' "checkout /checkout 9p trans=virtio,ro,nofail" "out /out 9p trans=virtio,nofail" >"$debian/etc/fstab"
  echo rig >"$debian/etc/hostname"
  : >"$debian/etc/machine-id"
  rm -f "$RIG/disk.img"
  mkfs.ext4 -q -d "$debian" "$RIG/disk.img" 4G
}

RIG_CHAIN=""

# rig_once STEP FILE...: runs STEP, unless it ran before just as it is written now, with these files and after the
# same steps.
rig_once() {
  local step="$1" stamp="$RIG/stamp-$1" began=$SECONDS status
  shift
  RIG_CHAIN="$({ echo "$RIG_CHAIN $RIG_PICAMERA2" && declare -f "$step" && cat /dev/null "$@"; } | sha256sum)"
  [ "$(cat "$stamp" 2>/dev/null)" != "$RIG_CHAIN" ] || return 0
  say "$step (its messages: .rig/$step.log)"
  rm -f "$stamp"
  # As a condition, of an if or before ||, a step would go on after an error.
  set +e
  (set -e && "$step") </dev/null >"$RIG/$step.log" 2>&1
  status=$?
  set -e
  [ "$status" -eq 0 ] || die "$step failed: $(tail -n 1 "$RIG/$step.log") (all of it: .rig/$step.log)"
  echo "$RIG_CHAIN" >"$stamp"
  say "$step: done, $((SECONDS - began)) s"
}

# rig_tools: what the rig is made with.
rig_tools() {
  local tools=() missing=() i
  tools=(debootstrap debootstrap qemu-system-x86_64 qemu-system-x86 mkfs.ext4 e2fsprogs)
  for ((i = 0; i < ${#tools[@]}; i += 2)); do
    command -v "${tools[i]}" >/dev/null || missing+=("${tools[i + 1]}")
  done
  [ "${#missing[@]}" -eq 0 ] || apt_install "${missing[@]}" ||
    die "the rig needs ${missing[*]}. Type: sudo apt-get install ${missing[*]}"
}

# rig_boot: runs the tests in the machine, prints what they printed; true when all passed.
rig_boot() {
  local began=$SECONDS status kernel
  # Without the look for hardware that no test needs: half of the boot.
  kernel="root=/dev/vda ro console=ttyS0 panic=-1 systemd.unit=rig.service systemd.mask=systemd-udev-trigger.service"
  rm -rf "$RIG/out"
  mkdir "$RIG/out"
  say "booting the rig (a minute or two)"
  timeout --foreground "$RIG_LIMIT_S" qemu-system-x86_64 -machine q35 -accel tcg,thread=multi -cpu max -smp 2 -m 2048 \
    -nodefaults -display none -no-reboot -serial "file:$RIG/console.log" \
    -kernel "$RIG/root/vmlinuz" -initrd "$RIG/root/initrd.img" \
    -append "$kernel" \
    -drive "file=$RIG/disk.img,format=raw,if=virtio,snapshot=on" \
    -virtfs "local,path=$ROOT,mount_tag=checkout,security_model=none,readonly=on" \
    -virtfs "local,path=$RIG/out,mount_tag=out,security_model=none" ||
    die "the rig did not run to its end within $RIG_LIMIT_S s; its last words: .rig/console.log"
  [ ! -e "$RIG/out/output" ] || cat "$RIG/out/output"
  [ -s "$RIG/out/status" ] || die "the rig ended without a result; its last words: .rig/console.log"
  status="$(cat "$RIG/out/status")"
  say "the rig's tests ended with $status, $((SECONDS - began)) s"
  [ "$status" = 0 ]
}

# rig: makes what is missing, then runs the tests.
rig() {
  [ "$(uname -m)" = x86_64 ] || die "the rig is for x86-64; this is $(uname -m)."
  [ "$(id -u)" -eq 0 ] || die "the rig makes a Debian of its own: only root can. Type: sudo ./setup.sh rig"
  rig_tools
  mkdir -p "$RIG"
  exec 9<"$RIG"
  flock --nonblock 9 || die "the rig is in use by another ./setup.sh rig."
  rig_once rig_debian
  rig_once rig_packages
  rig_once rig_vimc
  rig_once rig_picamera2
  rig_once rig_disk tests/rig/rig.service
  rig_boot
}
