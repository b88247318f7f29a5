# Installs the built modules, Lua's files, aicorectl, its man page and its completions, or takes them away again:
#   sh tools/install.sh [--uninstall] PREFIX BUILD ABI...
# Or, for LuaRocks, which has folders of its own, the modules alone:
#   sh tools/install.sh --modules CORE LIBDIR LUADIR
set -eu
cd "$(dirname "$0")/.."

uninstall=

# put MODE FILE TARGET
put() {
  if [ "$uninstall" ]; then
    rm -f "$3"
    return
  fi
  mkdir -p "$(dirname "$3")"
  install -m "$1" "$2" "$3"
}

# modules CORE LIBDIR LUADIR
modules() {
  put 755 "$1" "$2/aicore/core.so"
  find -L lua -name '*.lua' | while read -r file; do
    put 644 "$file" "$3/${file#lua/}"
  done
}

# completion SHELL TARGET: as the first Lua says in which the command runs
completion() {
  for lua in luajit lua5.4 lua5.1 lua; do
    if [ "$uninstall" ] || "$lua" bin/aicorectl completion "$1" >"$script" 2>/dev/null; then
      put 644 "$script" "$2"
      return
    fi
  done
  echo "note: no completion for $1 was installed: aicorectl does not run without argparse" >&2
}

case $1 in
--modules)
  shift
  modules "$@"
  exit 0
  ;;
--uninstall)
  shift
  uninstall=yes
  ;;
esac

prefix=$1 build=$2
shift 2
for abi in "$@"; do
  modules "$build/$abi/aicore/core.so" "$prefix/lib/lua/$abi" "$prefix/share/lua/$abi"
done
put 755 bin/aicorectl "$prefix/bin/aicorectl"
for page in man/*.1; do
  [ ! -f "$page" ] || put 644 "$page" "$prefix/share/man/man1/${page#man/}"
done
script=$(mktemp)
trap 'rm -f "$script"' EXIT
completion bash "$prefix/share/bash-completion/completions/aicorectl"
completion zsh "$prefix/share/zsh/site-functions/_aicorectl"
completion fish "$prefix/share/fish/vendor_completions.d/aicorectl.fish"

if [ "$uninstall" ]; then
  find "$prefix"/lib/lua/*/aicore "$prefix"/share/lua/*/aicore -depth -type d -exec rmdir {} \; 2>/dev/null || :
  echo "uninstalled from $prefix for Lua ABI $*"
else
  echo "installed in $prefix for Lua ABI $*"
fi
