# Lines and branches of src/ that the specs reach, by gcov:   sh tools/coverage.sh
set -eu
cd "$(dirname "$0")/.."

: "${CC:=cc}" "${MAKE:=make}"
build=build/coverage
# GNU C, so that gcc sees fork and exec, before which its counts are to be written.
cflags="-std=gnu11 -O0 -g --coverage -fprofile-update=atomic -DCOVERAGE"

$MAKE -s modules # for the emulator, which is a program of its own
export CFLAGS="$cflags"
$MAKE -s BUILD=$build modules
find $build -name '*.gcda' -delete
set -- spec/core_spec.lua spec/client_spec.lua spec/fleet/init_spec.lua spec/interrupt_spec.lua spec/fork_spec.lua
for folder in spec/faults spec/tls spec/secrets; do
  [ ! -d $folder ] || set -- "$@" $folder
done
status=0
MAKE="$MAKE" BUILD=$build sh tools/test.sh $(ls spec/c/*_test.c) spec/fuzz "$@" || status=$?
lua5.4 tools/coverage.lua $build spec/c/coverage.lua || status=$?
exit $status
