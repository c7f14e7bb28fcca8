# Functions for the scripts in bin/ that run before Python: they install what is missing. They need $root and $me.
# shellcheck shell=bash

say() { printf '%s\n' "$*" >&2; }
die() { say "$me: $*"; exit 1; }

installed_python() {
  local name
  for name in python3.13 python3.12 python3.11 python3; do
    if "$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
      command -v "$name"
      return
    fi
  done
  return 1
}

find_python() {
  installed_python && return
  install python3 python3-venv
  installed_python || die "needs Python 3.11 or newer, and this system's packages have an older one."
}

how_to_install() {
  if command -v apt-get >/dev/null; then
    local sudo="sudo "
    [ "$(id -u)" = 0 ] && sudo=
    echo "${sudo}apt-get update && ${sudo}apt-get install -y $*"
  else
    echo "install $* from your system's packages."
  fi
}

# install PACKAGE...: as root or by sudo without a password, else prints the command to type.
install() {
  local become=()
  if ! command -v apt-get >/dev/null; then
    die "missing on this machine: $(how_to_install "$@")"
  elif [ "$(id -u)" != 0 ]; then
    if sudo -n true 2>/dev/null; then become=(sudo -n); else die "missing on this machine: $(how_to_install "$@")"; fi
  fi
  say "Installing $* ..."
  mkdir -p "$root/var"
  {
    "${become[@]}" apt-get update -q &&
      "${become[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "$@"
  } >"$root/var/apt.log" 2>&1 ||
    die "apt-get could not install $*; the end of var/apt.log says: $(tail -n 1 "$root/var/apt.log")"
}

room_for() {
  local free
  free=$(df -Pm "$root" | awk 'NR == 2 { print $4 }')
  [ "$free" -ge "$1" ] || die "needs $1 MB of free disk in $root, and there are $free. Make room and start again."
}

make_venv() {
  local python
  [ -x "$root/.venv/bin/pip" ] && "$root/.venv/bin/python" -c '' 2>/dev/null && return
  python=$(find_python) || exit 1
  room_for 300
  "$python" -c 'import ensurepip, venv' 2>/dev/null || add_venv_module "$python"
  say "Making .venv with $("$python" --version) ..."
  "$python" -m venv --clear "$root/.venv" || die "could not make $root/.venv."
}

add_venv_module() {
  local package
  package="$("$1" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])')"
  install "$package"
}

# requirements STAMP FILE: runs pip only if the file or the interpreter has changed since the last time.
requirements() {
  local stamp=$root/.venv/.$1 want
  want=$({ "$root/.venv/bin/python" --version; cat "$2"; } | sha256sum)
  [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$want" ] && return
  room_for 600
  say "Installing Python packages ..."
  "$root/.venv/bin/pip" install --quiet --disable-pip-version-check -r "$2" ||
    die "pip could not install the packages; see its error above. Fix it and start again."
  printf '%s' "$want" >"$stamp"
}

store_packages() {
  command -v redis-server >/dev/null || command -v valkey-server >/dev/null || echo redis-server
  compgen -G '/usr/lib/postgresql/*/bin/postgres' >/dev/null || command -v postgres >/dev/null || echo postgresql
}

find_chromium() { # the headless one first: it needs less memory
  type -P chromium-headless-shell || type -P chromium || type -P chromium-browser || type -P google-chrome || true
}

chromium_packages() {
  # Ubuntu's chromium is a snap, which does not run everywhere; there Playwright installs its own.
  [ -n "$(find_chromium)" ] || grep -qs '^ID=ubuntu' /etc/os-release || echo chromium-headless-shell
  compgen -G '/usr/share/fonts/*/noto/NotoSansCJK*' >/dev/null || echo fonts-noto-cjk
  compgen -G '/usr/share/fonts/*/noto/NotoColorEmoji*' >/dev/null || echo fonts-noto-color-emoji
}

# Optional: without a package, the tests that need it are skipped. Ubuntu's Firefox is a snap, and it has no firefox-esr.
engine_packages() {
  command -v apt-get >/dev/null || return 0
  command -v firefox-esr >/dev/null || grep -Eqs '^ID(_LIKE)?=.*ubuntu' /etc/os-release || echo firefox-esr
  command -v WebKitWebDriver >/dev/null || echo webkit2gtk-driver
  command -v Xvfb >/dev/null || echo xvfb
}

report_missing_engines() {
  command -v firefox-esr >/dev/null || say "Firefox ESR is not installed, and its tests are skipped."
  command -v WebKitWebDriver >/dev/null || say "WebKitGTK's driver is not installed, and its tests are skipped."
}

provide_chromium() { # exports MYWEB_CHROMIUM; empty: Playwright's own
  MYWEB_CHROMIUM=${MYWEB_CHROMIUM:-$(find_chromium)}
  if [ -z "$MYWEB_CHROMIUM" ] && [ ! -e "$root/.venv/.chromium" ]; then
    "$root/.venv/bin/playwright" install --with-deps chromium || die "Playwright could not install Chromium; see above."
    touch "$root/.venv/.chromium"
  fi
  export MYWEB_CHROMIUM
}

nginx_package() {
  [ -n "$(command -v nginx || command -v /usr/sbin/nginx)" ] || echo nginx
}

compiler_packages() { # compiler_packages PYTHON: for uWSGI, which must be compiled
  command -v gcc >/dev/null || echo gcc libc6-dev
  "$1" -c 'import os, sys, sysconfig; sys.exit(not os.path.exists(sysconfig.get_path("include") + "/Python.h"))' || echo python3-dev
}

# Packages for the schemes. mod_wsgi is built for one Python: Debian's for /usr/bin/python3; for another it is compiled.
scheme_packages() {
  [ -n "$(command -v apache2 || command -v /usr/sbin/apache2)" ] || echo apache2-bin
  command -v spawn-fcgi >/dev/null || echo spawn-fcgi
  if as_debians "$1"; then
    [ -e /usr/lib/apache2/modules/mod_wsgi.so ] || echo libapache2-mod-wsgi-py3
  else
    [ -e /usr/bin/apxs ] || echo apache2-dev
  fi
}

as_debians() { # whether this Python has the same version as the system's
  local version='import sys; print(sys.version_info[:2])'
  [ "$("$1" -c "$version")" = "$(/usr/bin/python3 -c "$version" 2>/dev/null)" ]
}

apache_requirements() {
  as_debians "$root/.venv/bin/python" || requirements apache "$root/deploy/schemes/requirements-apache.txt"
}

# For development: all but uWSGI, which needs a compiler and is only for production.
site_requirements() {
  grep -v '^uwsgi' "$root/requirements.txt" >"$root/.venv/requirements-site.txt"
  requirements site "$root/.venv/requirements-site.txt"
}

stack_requirements() {
  local packages
  mapfile -t packages < <({ store_packages; nginx_package; uwsgi_packages; } | tr ' ' '\n')
  if [ ${#packages[@]} -gt 0 ]; then
    room_for 1000
    install "${packages[@]}"
  fi
  requirements stack "$root/requirements.txt"
  script_requirements
}

scheme_requirements() {
  local packages
  mapfile -t packages < <(uwsgi_packages | tr ' ' '\n')
  [ ${#packages[@]} -eq 0 ] || install "${packages[@]}"
  cat "$root/requirements.txt" "$root/deploy/schemes/requirements.txt" >"$root/.venv/requirements-schemes.txt"
  requirements schemes "$root/.venv/requirements-schemes.txt"
}

script_packages() {
  command -v node >/dev/null || echo nodejs
  command -v npm >/dev/null || echo npm
}

# The tools that join and check the page scripts; runs npm only if they or Node have changed since the last time.
script_requirements() {
  local packages stamp=$root/node_modules/.installed want
  mapfile -t packages < <(script_packages)
  [ ${#packages[@]} -eq 0 ] || install "${packages[@]}"
  want=$({ node --version; cat "$root/package-lock.json"; } | sha256sum)
  [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$want" ] && return
  room_for 200
  say "Installing the tools for scripts ..."
  npm ci --prefix "$root" --ignore-scripts --no-audit --no-fund --loglevel=error >&2 ||
    die "npm could not install the packages; see its error above. Fix it and start again."
  printf '%s' "$want" >"$stamp"
}

uwsgi_packages() { [ -x "$root/.venv/bin/uwsgi" ] || compiler_packages "$root/.venv/bin/python"; }

test_requirements() {
  cat "$root/requirements.txt" "$root/requirements-dev.txt" "$root/bench/requirements.txt" "$root/deploy/schemes/requirements.txt" |
    grep -v '^-r ' >"$root/.venv/requirements-test.txt"
  requirements test "$root/.venv/requirements-test.txt"
}
