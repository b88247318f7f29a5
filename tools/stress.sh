# The random state machine of spec/stress/ under the address and undefined behaviour sanitizers, in each Lua of $LUAS:
#   SECONDS=600 FIRST=1 sh tools/stress.sh      SEED=17 runs that seed again and again
# A crash is told by the sanitizer, below the seed that stood last.
set -eu
cd "$(dirname "$0")/.."

: "${CC:=cc}" "${MAKE:=make}" "${LUAS:=lua5.4 luajit}" "${SECONDS_EACH:=${SECONDS:-60}}"
library() { $CC -print-file-name="$1"; }
flags="-O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=undefined"
export BUILD=build/asan
$MAKE -s modules # for the server, which runs without
$MAKE -s BUILD="$BUILD" CFLAGS="$flags" modules stress-host

port=$(mktemp)
luajit spec/stress/server.lua "${FIRST:-1}" >"$port" 2>/dev/null &
server=$!
trap 'kill "$server"; rm -f "$port"' EXIT
until [ -s "$port" ]; do sleep 0.1; done
PORT=$(cat "$port")
export PORT

passed=0 failed=0
for lua in $LUAS; do
  case $lua in *jit) program="$lua -joff" ;; *) program=$lua ;; esac # compiled code does not look for hooks
  if (
    eval "$(sh tools/env.sh "$lua")"
    export SECONDS="$SECONDS_EACH" LD_PRELOAD="$(library libasan.so):$(library libubsan.so)"
    export ASAN_OPTIONS=detect_leaks=0:handle_sigfpe=0 UBSAN_OPTIONS=print_stacktrace=1
    exec timeout $((SECONDS_EACH + 120)) $program spec/stress/stress.lua
  ); then passed=$((passed + 1)); else failed=$((failed + 1)); fi
done
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
