# shellcheck shell=bash
# The rig: Debian in a virtual machine, with a camera that the kernel makes and the real libcamera drives. Sourced by
# setup.sh, which provides say, die and need_commands. Everything is kept in .rig; a step runs again only when it has
# changed.
#
# The machine is emulated in software, so that it runs the same without KVM, or with a KVM that can't boot Debian's
# kernel. Its disk is discarded after each run. It sees the checkout read-only, and leaves its result in .rig/out: files
# come back whole, and nothing that a kernel prints can get between them.

RIG_PICAMERA2=0.3.38
RIG_LGPIO=0.2.2.0
RIG_LIMIT_S=1500

# rig_in_root COMMAND...: runs it in the new Debian, as the installation runs commands in a mounted system.
rig_in_root() {
  TARGET="$RIG/root" in_target "$@"
}

rig_debian() {
  rm -rf "$RIG/root"
  debian root trixie --include=ca-certificates
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

# Debian builds it without gpio-sim, too, a GPIO chip whose lines are pulled by writing to files, and without the interrupts
# that it simulates: both become one module.
rig_gpio_sim() {
  # shellcheck disable=SC2016 # the inner shell expands them
  rig_in_root sh -ec '
    version="$(basename /lib/modules/*-amd64)"
    rm -rf /tmp/gpio
    mkdir /tmp/gpio
    tar -C /tmp/gpio -xf /usr/src/linux-source-*.tar.xz --wildcards --transform="s,.*/,," \
      "linux-source-*/drivers/gpio/gpio-sim.c" "linux-source-*/kernel/irq/irq_sim.c"
    cd /tmp/gpio
    mv gpio-sim.c gpio-sim-main.c
    # handle_simple_irq() of a descriptor is not open to modules; by the number it is.
    sed -i "/EXPORT_SYMBOL_GPL/d; s/handle_simple_irq(irq_to_desc(irqnum))/generic_handle_irq(irqnum)/" irq_sim.c
    { echo "obj-m := gpio-sim.o"; echo "gpio-sim-y := gpio-sim-main.o irq_sim.o"; } >Kbuild
    make -C "/lib/modules/$version/build" M=/tmp/gpio modules
    install -D -m 644 -t "/lib/modules/$version/extra" gpio-sim.ko
    depmod "$version"'
}

# The appliance by its own installation; by pip what apt has on a Pi: picamera2, and lgpio, which is built, with its
# library in it (PYPI=1), since no wheel is for this Python.
rig_appliance() {
  lend_network "$RIG/root"
  rm -rf "$RIG/root/opt" "$RIG/root/etc/leukoscope"
  mkdir "$RIG/root/opt"
  ./setup.sh install --root "$RIG/root"
  rig_in_root apt-get install -y -qq --no-install-recommends swig
  rig_in_root env PYPI=1 /opt/leukoscope/.venv/bin/python -m pip install --no-cache-dir \
    "picamera2==$RIG_PICAMERA2" "lgpio==$RIG_LGPIO"
}

rig_disk() {
  local debian="$RIG/root"
  cp tests/rig/rig.service tests/rig/rig-hardware.service "$debian/etc/systemd/system/"
  mkdir -p "$debian/etc/systemd/system/leukoscope.service.d" "$debian/etc/systemd/system/multi-user.target.wants" \
    "$debian/etc/systemd/system/leukoscope.service.wants"
  ln -sf /etc/systemd/system/rig.service "$debian/etc/systemd/system/multi-user.target.wants/"
  ln -sf /etc/systemd/system/rig-hardware.service "$debian/etc/systemd/system/leukoscope.service.wants/"
  printf '%s\n' "[Unit]" "After=rig-hardware.service" "[Service]" "Environment=PYTHONPATH=/checkout/tests/rig/vimc_camera:/checkout" \
    "BindReadOnlyPaths=/run/cpuinfo:/proc/cpuinfo" "TimeoutStartSec=300" "WatchdogSec=120" \
    >"$debian/etc/systemd/system/leukoscope.service.d/rig.conf"
  printf '%s\n' "[camera]" "width = 640" "height = 480" "sensor_width = 640" "sensor_height = 480" "um_per_px = 0.245" \
    "timeout_s = 10.0" "[panel]" "i2c_bus = 0" >"$debian/etc/leukoscope/leukoscope.toml"
  mkdir -p "$debian/checkout" "$debian/out"
  # nofail: without one of these mounts the tests don't start and the machine ends, instead of waiting for a repair.
  printf '%s\n' "checkout /checkout 9p trans=virtio,ro,nofail" "out /out 9p trans=virtio,nofail" >"$debian/etc/fstab"
  echo rig >"$debian/etc/hostname"
  : >"$debian/etc/machine-id"
  rm -f "$RIG/disk.img"
  mkfs.ext4 -q -d "$debian" "$RIG/disk.img" 5G
}

# rig_virtual_camera: tests verdicts, which the machine's test pattern can't give, in the Debian that the machine is made
# of, by libcamera's virtual camera, which needs no special kernel.
rig_virtual_camera() {
  local debian="$RIG/root"
  rm -rf "$debian/rig"
  mkdir -p "$debian/rig/tests"
  cp -r tests/rig "$debian/rig/tests/"
  install -D -m 644 -t "$debian/usr/share/libcamera/pipeline/virtual" tests/rig/virtual_camera/virtual.yaml
  rig_in_root gcc -shared -fPIC -O2 -Wall -Wextra -Werror -o /rig/dma_heap.so \
    /rig/tests/rig/virtual_camera/dma_heap.c
  rig_in_root env LD_PRELOAD=/rig/dma_heap.so GPIOZERO_PIN_FACTORY=mock LIBCAMERA_LOG_LEVELS="*:ERROR" \
    LEUKOSCOPE_RIG="virtual camera" PYTHONPATH=/rig/tests/rig/virtual_camera:/rig PYTHONDONTWRITEBYTECODE=1 \
    sh -c "cd /rig && exec /opt/leukoscope/.venv/bin/python -m pytest -v -p no:cacheprovider tests/rig/test_virtual_camera.py"
}

RIG_CHAIN=""

# rig_once STEP FILE...: runs STEP, unless it already ran as it is written now, with these files and after the same steps.
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

# release_files: prints the files that decide what an installation installs.
release_files() { find device systemd models/*/card.toml pyproject.toml -name __pycache__ -prune -o -type f -print | LC_ALL=C sort; }

# rig_boot: runs the tests in the machine and prints their output; true when all passed.
rig_boot() {
  local began=$SECONDS status kernel
  # Without the look for hardware that no test needs: half of the boot.
  kernel="root=/dev/vda rw console=ttyS0 panic=-1 systemd.mask=systemd-udev-trigger.service"
  # A processor without AVX: QEMU 7.2 emulates AVX with errors that made numpy crash.
  rm -rf "$RIG/out"
  mkdir "$RIG/out"
  say "booting the rig (a minute or two)"
  timeout --foreground "$RIG_LIMIT_S" qemu-system-x86_64 -machine q35 -accel tcg,thread=multi -cpu Nehalem -smp 2 -m 2048 \
    -nodefaults -display none -no-reboot -serial "file:$RIG/console.log" \
    -kernel "$RIG/root/vmlinuz" -initrd "$RIG/root/initrd.img" \
    -append "$kernel" \
    -drive "file=$RIG/disk.img,format=raw,if=virtio,snapshot=on" \
    -virtfs "local,path=$ROOT,mount_tag=checkout,security_model=none,readonly=on" \
    -virtfs "local,path=$RIG/out,mount_tag=out,security_model=none" ||
    die "the rig did not run to its end within $RIG_LIMIT_S s; its last messages: .rig/console.log"
  [ ! -e "$RIG/out/output" ] || cat "$RIG/out/output"
  [ -s "$RIG/out/status" ] || die "the rig ended without a result; its last messages: .rig/console.log"
  status="$(cat "$RIG/out/status")"
  say "the rig's tests ended with $status, $((SECONDS - began)) s"
  # The last command holds the button until the machine powers off. It only runs when all tests before it passed.
  [ -e "$RIG/out/safe-to-unplug" ] && [ ! -e "$RIG/out/still-on" ]
}

# rig: makes what is missing, then runs the tests.
rig() {
  local files
  [ "$(uname -m)" = x86_64 ] || die "the rig is for x86-64; this is $(uname -m)."
  need_commands debootstrap debootstrap qemu-system-x86_64 qemu-system-x86 mkfs.ext4 e2fsprogs
  rig_once rig_debian tests/rig/debian.sh
  rig_once rig_packages
  rig_once rig_vimc
  rig_once rig_gpio_sim
  mapfile -t files < <(release_files)
  rig_once rig_appliance tests/rig/debian.sh "${files[@]}"
  say "verdicts through libcamera's virtual camera"
  rig_virtual_camera || die "the tests on libcamera's virtual camera failed; what they said is above."
  rig_once rig_disk tests/rig/*.service
  rig_boot
}
