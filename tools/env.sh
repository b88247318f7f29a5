# Prints the exports that let a Lua find this checkout's modules:   eval "$(sh tools/env.sh luajit)"
# Paths that are already set stay behind ours, and the Lua's own defaults last (";;").
set -eu

lua=${1:-lua5.4}
root=$(cd "$(dirname "$0")/.." && pwd)
version=$("$lua" -e 'print(_VERSION)') || { echo "env: cannot run '$lua'" >&2; exit 1; }
case $version in
  "Lua 5.4") abi=5.4 ;;
  "Lua 5.1") abi=5.1 ;;
  *) echo "env: $lua is $version; Lua 5.4 and LuaJIT are supported" >&2; exit 1 ;;
esac

# put_first NAME PATH OLD: exports PATH in front of OLD
put_first() {
  case $3 in
    "$2"*) value=$3 ;; # it is in front already
    *) value="$2;$3" ;;
  esac
  case $value in
    *";;"*) ;;
    *";") value="$value;" ;;
    *) value="$value;;" ;;
  esac
  printf "export %s='%s'\n" "$1" "$(printf %s "$value" | sed "s/'/'\\\\''/g")"
}

path="$root/lua/?.lua;$root/lua/?/init.lua"
cpath="$root/${BUILD:-build}/$abi/?.so"
put_first LUA_PATH "$path" "${LUA_PATH-}"
put_first LUA_CPATH "$cpath" "${LUA_CPATH-}"
# Lua 5.4 does not look at LUA_PATH where these are set.
if [ -n "${LUA_PATH_5_4+set}" ]; then put_first LUA_PATH_5_4 "$path" "$LUA_PATH_5_4"; fi
if [ -n "${LUA_CPATH_5_4+set}" ]; then put_first LUA_CPATH_5_4 "$cpath" "$LUA_CPATH_5_4"; fi
