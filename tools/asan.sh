# The specs that reach into C, with the module under AddressSanitizer and UndefinedBehaviorSanitizer, and a minute of the
# random state machine (stress.sh) in each Lua; and two Lua states in threads under ThreadSanitizer:   sh tools/asan.sh
# Leaks are looked for in the C specs, which leave nothing of their own; in those in Lua, `make memcheck` does that.
set -eu
cd "$(dirname "$0")/.."

: "${CC:=cc}" "${MAKE:=make}"
library() { $CC -print-file-name="$1"; }

# A plain lua5.4 loads the module: the sanitizer has to be there before it.
preload="LD_PRELOAD=$(library libasan.so):$(library libubsan.so) ASAN_OPTIONS=detect_leaks=0"
common="-O1 -g -fno-omit-frame-pointer"
asan="$common -fsanitize=address,undefined -fno-sanitize-recover=undefined"
passed=0 failed=0

# part NAME=value... SPEC...: runs tools/test.sh so, and adds its counts to ours.
part() {
  log=$(mktemp)
  env MAKE="$MAKE" LUAS=lua5.4 "$@" 2>&1 | tee "$log"
  counts=$(sed -nE 's/^([0-9]+) passed, ([0-9]+) failed$/\1 \2/p' "$log" | tail -n 1)
  rm -f "$log"
  [ -n "$counts" ] || counts="0 1"
  passed=$((passed + ${counts% *})) failed=$((failed + ${counts#* }))
}

export UBSAN_OPTIONS=print_stacktrace=1 TSAN_OPTIONS=halt_on_error=1
$MAKE -s modules # for the emulator, which is a program of its own
$MAKE -s BUILD=build/asan CFLAGS="$asan" modules

part BUILD=build/asan CFLAGS="$asan" ASAN_OPTIONS=detect_leaks=1:handle_sigfpe=0 sh tools/test.sh $(ls spec/c/*_test.c) spec/fuzz
part BUILD=build/asan $preload sh tools/test.sh \
  spec/core_spec.lua spec/client_spec.lua spec/interrupt_spec.lua spec/fork_spec.lua
part BUILD=build/asan $preload HOST=blocking sh tools/test.sh
part LUAS="lua5.4 luajit" SECONDS="${SECONDS:-60}" sh tools/stress.sh
part BUILD=build/tsan CFLAGS="$common -fsanitize=thread" sh tools/test.sh spec/c/host_test.c

echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
