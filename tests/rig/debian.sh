# shellcheck shell=bash
# Debian in a folder below .rig, for everything that needs another system than this one: makes it, connects it to the
# network, and runs commands in it. Sourced by setup.sh, which provides say, die and apt_install, after
# systemd/install.sh.

# shellcheck disable=SC2153 # setup.sh's
RIG="$ROOT/.rig"

# hold_rig: keeps every other command out of .rig until the end.
hold_rig() {
  mkdir -p "$RIG"
  exec 8<"$RIG"
  flock --nonblock 8 || {
    say "another ./setup.sh works in .rig: waiting for it"
    flock 8
  }
}

# debian_mirror: prints where this system gets its packages from, or nothing when it is not a Debian. apt-get may be
# absent there, which is not an error.
debian_mirror() {
  # shellcheck disable=SC2016 # apt-get's own
  apt-get indextargets --format '$(REPO_URI)' "Label: Debian" "Component: main" 2>/dev/null | sed -n 1p || true
}

# debian NAME RELEASE OPTION...: makes that release in .rig/NAME, once. OPTION: of debootstrap.
debian() {
  local root="$RIG/$1" release="$2" mirror
  shift 2
  [ ! -f "$root/complete" ] || return 0
  say "making Debian $release in .rig/$(basename "$root") (some minutes)"
  rm -rf "$root"
  mirror="$(debian_mirror)"
  debootstrap --variant=minbase "$@" "$release" "$root" ${mirror:+"$mirror"} >"$root.log" 2>&1 ||
    die "debootstrap failed: $(tail -n 1 "$root.log") (all of it: .rig/$(basename "$root").log)"
  touch "$root/complete"
}

# lend_network ROOT: gives that Debian the network settings of this machine.
lend_network() {
  local certificates=/etc/ssl/certs/ca-certificates.crt
  # A machine behind a proxy has certificates of its own. The second place is where the package ca-certificates, when
  # it is installed later, takes them from.
  if [ -f "$certificates" ]; then
    install -D -m 644 "$certificates" "$1$certificates"
    install -D -m 644 "$certificates" "$1/usr/local/share/ca-certificates/rig.crt"
  fi
  [ ! -f /etc/pip.conf ] || install -D -m 644 /etc/pip.conf "$1/etc/pip.conf"
  apt-config dump | grep -i -E '^Acquire::https?::(Proxy|CAInfo|Verify)' >"$1/etc/apt/apt.conf.d/90rig" || true
}

# network_settings: prints this environment's network settings for env, and no others.
network_settings() {
  env | grep -i -E '^((http|https|no)_proxy|pip_[a-z_]+|ssl_cert_(file|dir)|(requests|curl)_ca_bundle|git_ssl_cainfo)='
}

# copy_checkout TO: copies this checkout as it is now, without what setup.sh, tools and git keep in it.
copy_checkout() {
  mkdir -p "$1"
  find "$1" -mindepth 1 -maxdepth 1 ! -name '.*' -exec rm -rf {} +
  tar -C "$ROOT" --exclude='./.venv*' --exclude=./.setup.log --exclude=./.rig --exclude=./.git --exclude='./.*_cache' \
    --exclude=./.hypothesis --exclude=./demo-output --exclude=__pycache__ -cf - . |
    tar -C "$1" --no-same-owner -xf -
}

# need_debian: ends with the reason when no Debian can be made and run here.
need_debian() {
  [ "$(id -u)" -eq 0 ] || die "only root can make a Debian of its own."
  need_commands debootstrap debootstrap
  # Some containers' root may not.
  unshare --mount --pid --fork mount -t proc proc /proc 2>/dev/null ||
    die "no Debian of its own can run here: this root may make no mounts (unshare, mount)."
}

# in_debian ROOT USER [NAME=VALUE...] COMMAND...: in the Debian in ROOT, as that user, in the user's home, with an
# environment as bare as after a login and a pip cache that all share. Processes and mounts are in their own namespaces,
# so both end with the command and with this script, however that ends (pdeathsig, kill-child).
in_debian() {
  local root="$1" user="$2" settings
  shift 2
  mapfile -t settings < <(network_settings)
  mkdir -p "$RIG/pip" "$root/pip"
  # First a bind mount of the root itself: programs in there may make namespaces too, for which it must be a mount.
  # shellcheck disable=SC2016 # the inner shells expand them
  TARGET="$root" CACHE="$RIG/pip" IN_TARGET="$(declare -f in_target)" setpriv --pdeathsig KILL \
    unshare --mount --pid --fork --kill-child bash -ec '
      eval "$IN_TARGET"
      mount --bind "$TARGET" "$TARGET"
      mount --bind "$CACHE" "$TARGET/pip"
      in_target "$@"' bash \
    sh -ec '
      mount -t devpts -o ptmxmode=666 devpts /dev/pts
      mount -t tmpfs -o mode=1777 tmpfs /dev/shm
      user="$1"
      shift
      chown -R "$user" /pip # pip uses only a cache that belongs to its own user
      HOME="$(getent passwd "$user" | cut -d : -f 6)"
      cd "$HOME"
      PATH=/usr/local/bin:/usr/bin:/bin
      [ "$user" != root ] || PATH="$PATH:/usr/sbin:/sbin"
      exec /usr/bin/setpriv --reuid "$user" --regid "$user" --init-groups env -i "HOME=$HOME" "USER=$user" "LOGNAME=$user" \
        "PATH=$PATH" "$@"' sh \
    "$user" "${settings[@]}" PIP_CACHE_DIR=/pip "$@" </dev/null
}
