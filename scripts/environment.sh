# Sourced by the scripts beside it: tools that may be missing, and virtual environments that are made
# once and brought up to date only when what they are made from has changed.

set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
export PIP_DISABLE_PIP_VERSION_CHECK=1

say() { printf '\n== %s\n' "$*" >&2; }
fail() { printf 'Error: %s\n' "$*" >&2; exit 1; }
has() { command -v "$1" >/dev/null 2>&1; }

as_root() {
  if [ "$(id -u)" = 0 ]; then
    "$@"
  elif has sudo; then
    # Nobody is there to type a password in CI.
    sudo ${CI:+-n} "$@"
  else
    fail "this needs root: install sudo, or run as root: $*"
  fi
}

apt_updated=
apt_update() {
  if [ -n "$apt_updated" ]; then return; fi
  as_root apt-get update -qq
  apt_updated=yes
}

apt_install() {
  has apt-get || fail "install these with your system's package manager, then run this again: $*"
  say "Installing $*"
  apt_update
  as_root env DEBIAN_FRONTEND=noninteractive \
    apt-get install -y -qq --no-install-recommends "$@" >&2
}

# The files of packages in the folder $1; nothing is set up, nothing started.
unpack() {
  local folder=$1 archives
  shift
  has apt-get || fail "install these with your system's package manager, then run this again: $*"
  say "Unpacking $* into $folder"
  apt_update
  archives=$(mktemp -d)
  (cd "$archives" && apt-get download -qq -o APT::Sandbox::User=root "$@" >&2)
  find "$archives" -name '*.deb' -exec dpkg-deb --extract {} "$folder" \;
  rm -r "$archives"
}

# The first Python that is new enough; `PYTHON` in the environment overrides the search.
find_python() {
  local name
  for name in ${PYTHON:-python3 python3.13 python3.12 python3.11}; do
    if has "$name" && "$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then
      command -v "$name"
      return
    fi
  done
  return 1
}

# A virtual environment in the folder $1, made anew if it doesn't work.
make_venv() {
  local python
  if "$1/bin/python" -m pip --version >/dev/null 2>&1; then return; fi
  if ! find_python >/dev/null && has apt-get; then apt_install python3; fi
  python=$(find_python) || fail "Python 3.11 or later is needed; set PYTHON to its path"
  if ! "$python" -c 'import ensurepip' >/dev/null 2>&1; then apt_install python3-venv; fi
  say "Making $1"
  rm -rf "$1"
  "$python" -m venv "$1"
}

# One line that changes when any of these files, or of the files in these folders, does.
fingerprint() {
  find "$@" -type f ! -name '*.pyc' -print0 | LC_ALL=C sort -z | xargs -0 sha256sum | sha256sum
}

# Run the command from $3 on, unless the file $1 says that it was done for the fingerprint $2.
unless_done() {
  local stamp=$1 wanted=$2
  shift 2
  if [ "$(cat "$stamp" 2>/dev/null)" = "$wanted" ]; then return; fi
  rm -f "$stamp"
  "$@"
  printf '%s\n' "$wanted" >"$stamp"
}
