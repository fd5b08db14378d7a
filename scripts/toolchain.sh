# Sourced by scripts/test and scripts/check: the tools that the tests run with, and what both do.

venv=.venv-test
constraints=constraints.txt
extras=test

# From the system's packages, where missing: Chromium, an emoji font for its screenshots, a library
# that Playwright needs, Node, git, which tells the tests what is tracked, what checks systemd's
# units, and PostgreSQL.
install_programs() {
  local missing=() package
  has git || missing+=(git)
  has chromium || has chromium-browser || has google-chrome || missing+=(chromium)
  for package in fonts-noto-color-emoji libatomic1; do
    if has dpkg && ! dpkg -s "$package" >/dev/null 2>&1; then missing+=("$package"); fi
  done
  has node || missing+=(nodejs)
  has npm || missing+=(npm)
  has systemd-analyze || missing+=(systemd)
  if [ ${#missing[@]} -gt 0 ]; then apt_install "${missing[@]}"; fi
  if ! has initdb && ! compgen -G "/usr/lib/postgresql/*/bin/initdb" >/dev/null; then
    install_postgresql
  fi
}

# Debian's package makes a database cluster and starts it, unless it is told not to.
install_postgresql() {
  if has apt-get; then
    as_root mkdir -p /etc/postgresql-common
    if [ ! -e /etc/postgresql-common/createcluster.conf ]; then
      printf 'create_main_cluster = false\n' | as_root tee /etc/postgresql-common/createcluster.conf >/dev/null
    fi
  fi
  apt_install postgresql
}

# The proxies of examples/deploy. They are only unpacked: to install a server starts it.
unpack_servers() {
  local name missing=()
  for name in nginx caddy; do
    PATH="$PATH:/usr/sbin:$PWD/.servers/usr/sbin:$PWD/.servers/usr/bin" has "$name" || missing+=("$name")
  done
  if [ ${#missing[@]} -gt 0 ]; then unpack "$PWD/.servers" "${missing[@]}"; fi
}

# Editable, so only these files can make it out of date; made anew then, so that no package stays in
# it that is no longer asked for.
make_test_venv() {
  unless_done "$venv/.installed" "$(fingerprint pyproject.toml "$constraints")" install_test_packages
}

install_test_packages() {
  rm -rf "$venv"
  make_venv "$venv"
  say "Installing collab and its test tools into $venv"
  "$venv/bin/python" -m pip install --quiet --constraint "$constraints" --editable ".[$extras]"
}

# The packages pinned in each folder's package-lock.json.
install_node_packages() {
  local folder
  for folder in "$@"; do
    unless_done "$folder/node_modules/.installed" "$(fingerprint "$folder/package-lock.json")" \
      npm_ci "$folder"
  done
}

# Node as package.json asks for it. Debian 12 has an older one, which is enough for npm but lacks much
# of what browsers have; Playwright brings one along.
use_recent_node() {
  if node -e 'process.exit(parseInt(process.versions.node) < 20 ? 1 : 0)'; then return; fi
  local bundled
  bundled=$(echo "$PWD/$venv"/lib/python3*/site-packages/playwright/driver/node)
  ln -sf "$bundled" "$venv/bin/node"
  PATH="$PWD/$venv/bin:$PATH"
}

npm_ci() {
  say "Installing the packages of $1/package-lock.json"
  # Nothing of what is used here needs a script to be run at its installation.
  npm ci --prefix "$1" --ignore-scripts --no-audit --no-fund --loglevel=error >&2
}

lint() {
  say "ruff, mypy"
  "$venv/bin/ruff" check .
  "$venv/bin/ruff" format --check .
  "$venv/bin/mypy"
}
