# Installs the built modules, Lua's files, aicorectl and its man page:   sh tools/install.sh PREFIX BUILD ABI...
set -eu
cd "$(dirname "$0")/.."

prefix=$1 build=$2
shift 2

# put MODE FILE TARGET
put() {
  mkdir -p "$(dirname "$3")"
  install -m "$1" "$2" "$3"
}

for abi in "$@"; do
  put 755 "$build/$abi/aicore/core.so" "$prefix/lib/lua/$abi/aicore/core.so"
  find lua -name '*.lua' | while read -r file; do
    put 644 "$file" "$prefix/share/lua/$abi/${file#lua/}"
  done
done
put 755 bin/aicorectl "$prefix/bin/aicorectl"
for page in man/*.1; do
  [ ! -f "$page" ] || put 644 "$page" "$prefix/share/man/man1/${page#man/}"
done
echo "installed in $prefix for Lua ABI $*"
