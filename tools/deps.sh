# Installs what a part of the project needs:   sh tools/deps.sh [build|demo|test|lint|conformance|memcheck|bench|fuzz|screenshots|docs]...
# With apt-get (Debian, Ubuntu) it installs what is missing; elsewhere it names the packages and fails.
set -eu

build="gcc libc6-dev pkg-config lua5.4 liblua5.4-dev luajit libluajit-5.1-dev libcurl4-openssl-dev"
demo="$build lua-cjson lua-cqueues lua-http lua-argparse openssl curl"
test="$demo lua5.1 lua-busted lua-luv lua-socket lua-yaml luarocks lua-ldoc neovim chromium zsh fish"
lint="$test lua-check clang-format clang-tidy"
conformance="$demo"
memcheck="$test valgrind"
fuzz="$build lua-cjson clang libclang-rt-dev"
bench="$test jq gnuplot-nox valgrind lua-curl lua-sec"
screenshots="$demo tmux neovim aha"
docs="lua-ldoc"
# Others' Node.js packages bring their own npm and conflict with Debian's.
command -v npm >/dev/null || lint="$lint npm" conformance="$conformance npm" bench="$bench npm"

wanted=
[ $# -gt 0 ] || set -- lint # which includes build, demo and test
for part in "$@"; do
  case $part in
    build | demo | test | lint | conformance | memcheck | bench | fuzz | screenshots | docs) eval "wanted=\"\$wanted \$$part\"" ;;
    *) echo "deps: no such part: $part" >&2; exit 2 ;;
  esac
done

if ! command -v apt-get >/dev/null; then
  cat >&2 <<'END'
deps: no apt-get here. Install these by hand, then run make with DEPS=no:
  brew: lua luajit pkgconf curl luarocks; for lint: clang-format llvm stylua; for memcheck: valgrind
  dnf:  gcc pkgconf lua-devel luajit-devel libcurl-devel luarocks openssl curl; lint: clang-tools-extra npm; memcheck: valgrind
  apk:  gcc musl-dev pkgconf lua5.4-dev luajit-dev curl-dev luarocks openssl curl; lint: clang-extra-tools npm; memcheck: valgrind
  then with luarocks, for Lua 5.4 and for LuaJIT (5.1): lua-cjson http argparse; for the tests: busted luv luasocket lyaml (and Neovim, chromium, zsh, fish); luacheck; ldoc
END
  exit 1
fi

installed=" $(dpkg-query -W -f='${Package} ${db:Status-Status}\n' $wanted 2>/dev/null | sed -n 's/ installed$//p' | tr '\n' ' ') "
missing=
for package in $wanted; do
  case "$installed $missing " in
    *" $package "*) ;;
    *) missing="$missing $package" ;;
  esac
done
[ -n "$missing" ] || exit 0

root=
if [ "$(id -u)" != 0 ]; then
  command -v sudo >/dev/null || { echo "deps: as root, run: apt-get install$missing" >&2; exit 1; }
  root=sudo
fi
echo "installing:$missing"
apt_get() { $root env DEBIAN_FRONTEND=noninteractive apt-get -q -o DPkg::Lock::Timeout=300 -o Acquire::Retries=3 "$@"; }
apt_get update
apt_get install -y --no-install-recommends $missing
