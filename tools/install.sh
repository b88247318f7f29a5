# Installs the built modules, Lua's files, aicorectl and its man page:   sh tools/install.sh PREFIX BUILD ABI...
# Or, for LuaRocks, which has folders of its own, the modules alone:     sh tools/install.sh --modules CORE LIBDIR LUADIR
set -eu
cd "$(dirname "$0")/.."

# put MODE FILE TARGET
put() {
  mkdir -p "$(dirname "$3")"
  install -m "$1" "$2" "$3"
}

# modules CORE LIBDIR LUADIR
modules() {
  put 755 "$1" "$2/aicore/core.so"
  find lua -name '*.lua' | while read -r file; do
    put 644 "$file" "$3/${file#lua/}"
  done
}

if [ "$1" = --modules ]; then
  shift
  modules "$@"
  exit 0
fi

prefix=$1 build=$2
shift 2
for abi in "$@"; do
  modules "$build/$abi/aicore/core.so" "$prefix/lib/lua/$abi" "$prefix/share/lua/$abi"
done
put 755 bin/aicorectl "$prefix/bin/aicorectl"
for page in man/*.1; do
  [ ! -f "$page" ] || put 644 "$page" "$prefix/share/man/man1/${page#man/}"
done
echo "installed in $prefix for Lua ABI $*"
