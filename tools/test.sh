# Runs the specs and ends with one line, "N passed, N failed":   sh tools/test.sh [spec file or folder]...
# Lua specs run under every Lua of $LUAS; a C spec (spec/c/*_test.c) is a program that exits with 0, or prints
# lines "ok …" and "not ok …". $WRAP stands in front of every program ("valgrind …").
# BUILD says where it was built (build). HOST=neovim (or another, see spec/contract/run.lua) runs what is about that host
# alone.
set -eu
cd "$(dirname "$0")/.."

[ -n "${1-}" ] || set --
host=${HOST:-}
export BUILD="${BUILD:-build}" # for env.sh, too
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
log=$work/log

# add PASSED FAILED
add() {
  echo "$1 $2" >>"$work/counts"
}

# run NAME COUNT COMMAND...: runs and shows the command; COUNT is an awk program that counts passes p, failures f and
# sets s if there was a summary at all.
run() {
  name=$1 count=$2
  shift 2
  echo "== $name"
  { "$@" 2>&1 && echo 0 >"$log.status" || echo $? >"$log.status"; } | tee "$log"
  status=$(cat "$log.status")
  add $(awk -v status="$status" "$count"'
    END { if (!s) f++; if (status != 0 && !f) f = 1; print p + 0, f + 0 }' "$log")
  [ "$status" = 0 ] || echo "== $name ended with status $status"
  remember "$name"
}

# The first lines of each failure in the log, for the end of the run: before them stand some thousand that passed.
remember() {
  awk -v name="$1" -v status="$status" '
    /^(Failure|Error) (->|→) / { n = 12 }
    /^not ok / { n = 4 }
    n-- > 0 { lines = lines $0 "\n" }
    END { if (lines != "" || status != 0) print "== " name ", status " status "\n" lines }' "$log" >>"$work/failures"
}

# Counts busted's "3 successes / 0 failures / 1 error / 0 pending : 0.1 seconds".
busted='/^[0-9]+ success[es]* \/ [0-9]+ failure/ { p = $1; f = $4 + $7; s = 1 }'
# Counts TAP lines; without any, the exit status counts as one.
program='/^ok / { p++ } /^not ok / { f++ } END { if (!p && !f && status == 0) p = 1; s = 1 }'

run_c() {
  program_path=$BUILD/5.4/spec/$(basename "$1" .c)
  if ${MAKE:-make} -s BUILD="$BUILD" "$program_path"; then
    run "$1" "$program" ${WRAP-} "$program_path"
  else
    echo "== $1 does not compile" | tee -a "$work/failures"
    add 0 1
  fi
}

# The seeds of the fuzz targets, and every input that has ever found something.
run_corpora() {
  for corpus in spec/fuzz/corpus/*; do
    program_path=$BUILD/5.4/fuzz/$(basename "$corpus")
    ${MAKE:-make} -s BUILD="$BUILD" "$program_path"
    run "$corpus" "$program" ${WRAP-} "$program_path" "$corpus"
  done
}

run_lua() {
  for lua in ${LUAS:-lua5.4 luajit}; do
    exports=$(sh tools/env.sh "$lua")
    run "$lua: ${1:-spec}" "$busted" sh -c "$exports"'; exec "$@"' sh ${WRAP-} "$lua" tools/busted.lua ${BUSTED_FLAGS-} ${1-}
  done
}

run_contract() {
  exports=$(sh tools/env.sh luajit)
  run "contract: ${1:-every host}" "$program" sh -c "$exports"'; exec "$@"' sh luajit spec/contract/run.lua ${1-}
}

# The specs that start an editor, once more with the next Debian's Neovim (tools/neovim.sh), where it could be had.
run_newer_neovim() {
  if [ ! -x build/neovim/nvim ]; then
    echo "# SKIP: $(cat build/neovim/missing 2>/dev/null || echo there is no build/neovim)"
    return
  fi
  exports=$(sh tools/env.sh luajit)
  for spec in spec/neovim spec/text/vim_json_spec.lua; do
    run "build/neovim: $spec" "$busted" sh -c "$exports"'; exec env PATH="$PWD/build/neovim:$PATH" "$@"' sh ${WRAP-} luajit tools/busted.lua $spec
  done
}

if [ -n "$host" ]; then
  [ ! -d "spec/$host" ] || run_lua "spec/$host"
  [ "$host" != neovim ] || run_newer_neovim
  run_contract "$host"
else
  for spec in "$@"; do
    case $spec in
      *.c) run_c "$spec" ;;
      spec/fuzz) run_corpora ;;
      *) run_lua "$spec" ;;
    esac
  done
fi

# All that is not run by busted in every Lua. It waits as much as it works, so it goes on beside that, and is shown after.
run_others() {
  log=$work/others
  run_newer_neovim
  for file in spec/c/*_test.c; do
    run_c "$file"
  done
  run_corpora
  run_contract
}

if [ $# = 0 ] && [ -z "$host" ]; then
  run_others >"$work/shown" 2>&1 &
  run_lua
  wait $! || add 0 1 # it was cut short
  cat "$work/shown"
fi

[ ! -s "$work/failures" ] || { echo "== what failed" && cat "$work/failures"; }
awk '{ p += $1; f += $2 } END { print p + 0 " passed, " f + 0 " failed"; exit f > 0 }' "$work/counts"
