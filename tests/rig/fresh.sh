# shellcheck shell=bash
# The first ten minutes: the README's two commands on bare Debian Bookworm and Trixie, which have git and nothing else,
# from a fresh clone of HEAD. Once as root, and once as a user without rights, to whom one line names what root must
# install. Sourced by setup.sh, after debian.sh. The logs, and the root of a run that failed, are kept in .rig.

FRESH_LIMIT_S=3600

# fresh_step NAME COMMAND...: runs it in the clone, as the user of this run; true when it succeeds. Uses fresh_run's
# variables.
fresh_step() {
  local log="$log-$1.log" began=$SECONDS
  shift
  say "$title: $* (its output: .rig/$(basename "$log"))"
  if in_debian "$root" "$user" env --chdir leukoscope timeout "$FRESH_LIMIT_S" "$@" >"$log" 2>&1; then
    result+="$*: ok, $((SECONDS - began)) s; "
  else
    result+="$*: FAILED (.rig/$(basename "$log")); "
    return 1
  fi
}

# fresh_clone: clones with the bare system's own git.
fresh_clone() { in_debian "$root" "$user" git clone --quiet /leukoscope.bundle leukoscope >"$log-clone.log" 2>&1; }

# fresh_refused NAME COMMAND...: without Python the command must end with one line; prints the packages it names.
fresh_refused() {
  local log="$log-$1-refused.log" packages
  shift
  ! in_debian "$root" "$user" env --chdir leukoscope "$@" >"$log" 2>&1 || return 1
  [ "$(wc -l <"$log")" -eq 1 ] || return 1
  packages="$(sed -n 's/^setup: .* Type: sudo apt-get install //p' "$log")"
  [ -n "$packages" ] && printf '%s\n' "$packages"
}

# fresh_user: the user is refused, and root installs exactly what the line names.
fresh_user() {
  local packages
  in_debian "$root" root useradd --create-home --user-group "$user" || return 1
  fresh_clone || return 1
  if ! fresh_refused demo ./setup.sh demo >/dev/null || ! packages="$(fresh_refused test ./setup.sh test)"; then
    result+="not refused in one line that names packages: FAILED (.rig/$(basename "$log")-*-refused.log); "
    return 1
  fi
  result+="asked for $packages; "
  # shellcheck disable=SC2016,SC2086 # the inner shell expands it; these are words
  in_debian "$root" root DEBIAN_FRONTEND=noninteractive sh -c 'apt-get update -qq && apt-get install -y -qq "$@"' sh $packages \
    >"$log-apt.log" 2>&1
}

# fresh_commands: runs the two commands.
fresh_commands() {
  local test="$log-test.log"
  fresh_step demo ./setup.sh demo && fresh_step test ./setup.sh test || return 1
  result+="$(tail -n 1 "$test" | tr -d =)"
  # What the tests need was asked for. The Debian of the Python 3.13 step has no tools of its own.
  ! sed '/^== mypy and tests, on Python 3.13/,/^== summary/d' "$test" |
    grep -E "is not on this machine|needs (mtools|sfdisk|xz)" || return 1
}

# fresh_run RELEASE USER: prints one line with the result; true when all succeeded.
fresh_run() {
  local user="$2" title="$1, $2" root="$RIG/fresh-$1-$2" log="$RIG/fresh-$1-$2" result="" failed=0
  rm -rf "$root" "$log"-*.log
  cp -a "$RIG/bare-$1" "$root"
  lend_network "$root"
  git bundle create --quiet "$root/leukoscope.bundle" HEAD
  if [ "$user" = root ]; then
    fresh_clone || failed=1
  else
    fresh_user || failed=1
  fi
  [ "$failed" -eq 1 ] || fresh_commands || failed=1
  [ "$failed" -eq 1 ] || rm -rf "$root"
  FRESH+=("$([ "$failed" -eq 0 ] && echo ok || echo FAILED)  $title: $result")
  return "$failed"
}

# rig_fresh: both releases, both users; true when all succeeded.
rig_fresh() {
  local failed=0 release user
  FRESH=()
  need_debian
  need_commands git git
  for release in bookworm trixie; do
    debian "bare-$release" "$release" --include=git
  done
  for release in bookworm trixie; do
    for user in root user; do
      fresh_run "$release" "$user" || failed=1
    done
  done
  printf '%s\n' "${FRESH[@]}"
  return "$failed"
}
