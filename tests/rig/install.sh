# shellcheck shell=bash
# Installation on real systems: makes Debian Bookworm and Trixie, installs into each by `setup.sh install --root`, and boots
# each by systemd-nspawn, where installed.sh checks it. Sourced by setup.sh. Everything is kept in .rig.

INSTALL_LIMIT_S=900

# install_into ROOT WHEELS: installs the appliance with simulated parts, and the unit that checks it after the boot.
install_into() {
  "$RIG/checkout/setup.sh" install --root "$1"
  sed -i -e 's/^# microscope = .*/microscope = "simulated"/' -e 's/^# panel = .*/panel = "simulated"/' \
    -e 's/^# remote_button = .*/remote_button = true/' "$1/etc/leukoscope/leukoscope.toml"
  # The simulated panel is a terminal's: its pictures are none of the journal's.
  mkdir -p "$1/etc/systemd/system/leukoscope.service.d"
  printf '[Service]\nStandardOutput=null\nStandardError=journal\n' >"$1/etc/systemd/system/leukoscope.service.d/rig.conf"
  cat >"$1/etc/systemd/system/installed.service" <<'TEXT'
[Unit]
Description=Look at the installed appliance
After=leukoscope.service
SuccessAction=poweroff-force
FailureAction=poweroff-force

[Service]
Type=oneshot
ExecStart=/checkout/tests/rig/installed.sh
ExecStopPost=sh -c 'echo "$$EXIT_STATUS" >/result/status; journalctl --no-pager >/result/journal'
StandardOutput=file:/result/output
StandardError=inherit
TEXT
  ln -sf /etc/systemd/system/installed.service "$1/etc/systemd/system/multi-user.target.wants/installed.service"
}

# install_test RELEASE: true when every check was ok.
install_test() {
  local root="$RIG/installed-$1" result="$RIG/out-install-$1"
  debian "install-$1" "$1" --include=ca-certificates,dbus,iproute2,procps,systemd-sysv
  rm -rf "$root" "$result"
  mkdir "$result"
  cp -a "$RIG/install-$1" "$root"
  lend_network "$root"
  ./setup.sh wheels "$RIG/wheels-$1" --release "$1" --machine "$(uname -m)"
  install_into "$root" >"$result/install.log" 2>&1 || die "install --root failed: $result/install.log"
  say "booting Debian $1 with the appliance"
  timeout --foreground "$INSTALL_LIMIT_S" systemd-nspawn -q -D "$root" -b --register=no --keep-unit \
    --bind-ro="$RIG/checkout:/checkout" --bind-ro="$RIG/wheels-$1:/wheels" --bind="$result:/result" \
    >"$result/console" 2>&1 || true
  cat "$result/output"
  [ "$(cat "$result/status" 2>/dev/null)" = 0 ]
}

# rig_install: both releases; true when all was ok on both.
rig_install() {
  local failed=0 release
  need_debian
  need_commands systemd-nspawn systemd-container
  copy_checkout "$RIG/checkout"
  for release in bookworm trixie; do
    printf '== %s\n' "$release"
    install_test "$release" || failed=1
  done
  return "$failed"
}
