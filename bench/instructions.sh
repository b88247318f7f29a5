#!/bin/sh
# B7: instructions per call beyond raw libcurl, counted by callgrind:
#   sh bench/instructions.sh            tells them, a line per Lua
#   sh bench/instructions.sh check      … and fails where there are 3 % more than bench/instructions.json says
#   sh bench/instructions.sh store      … and writes that file
# What a start costs cancels out: it is in both of two runs, and the difference is FEW calls against MANY. The C
# library and the dynamic linker are left out: how many instructions a memcpy takes there depends on the processor,
# which chooses one. The server, outside of valgrind, answers after some ms: later than anyone has begun to wait, so
# that the way is always the same. LuaJIT interprets: its compiler chooses by chance what it compiles, and saves
# little here.
set -eu
cd "$(dirname "$0")/.."

mode=${1:-tell}
FEW=100 MANY=600 DELAY=4
TOLERANCE=3 # %
stored=bench/instructions.json
dir=$(mktemp -d)
server=

cleanup() {
  status=$?
  trap - EXIT INT TERM
  [ -z "$server" ] || kill "$server" 2>/dev/null || true
  rm -rf "$dir"
  exit $status
}
trap cleanup EXIT
trap 'exit 130' INT TERM

command -v valgrind >/dev/null || { echo "instructions: valgrind is missing: run 'make deps-bench'" >&2; exit 1; }
. bench/env.sh

for program in delay easy; do
  ${CC:-gcc} -std=c11 -D_GNU_SOURCE -O2 "bench/raw/$program.c" -o "$dir/$program" -lcurl
done

mkfifo "$dir/port"
"$dir/delay" bench/status.json $DELAY >"$dir/port" &
server=$!
read -r port <"$dir/port"
url=http://127.0.0.1:$port

# The instructions of all objects but those, from callgrind's file: lines of costs ("+3 12"), each behind its object
# ("ob="). The line behind "calls=" is about what was called, which is counted where it stands.
count() {
  awk '
    /^c?ob=/ {
      id = $0; sub(/^c?ob=/, "", id)
      name = id; sub(/\).*/, ")", id)
      if (sub(/^\([0-9]+\) /, "", name)) names[id] = name
      if (/^ob=/) object = id
      next
    }
    /^calls=/ { skip = 1; next }
    /^[0-9+*-]/ { if (!skip) costs[object] += $2; skip = 0 }
    END {
      for (id in costs) {
        if (names[id] !~ /\/(libc|ld-linux[^\/]*|ld|libm|libpthread)[.-][^\/]*$/) sum += costs[id]
      }
      printf "%d\n", sum
    }' "$1"
}

# run CALLS COMMAND …: the instructions of the command, whose arguments end with URL CALLS CA.
run() {
  calls=$1
  shift
  valgrind -q --tool=callgrind --callgrind-out-file="$dir/callgrind.$calls" "$@" "$calls" "" >"$dir/said.$calls" 2>&1 ||
    { cat "$dir/said.$calls" >&2; return 1; }
  count "$dir/callgrind.$calls"
}

# per_call COMMAND …
per_call() {
  run $FEW "$@" >"$dir/few" &
  many=$(run $MANY "$@")
  wait $! || return 1
  # A tenth of the calls and one more warm up.
  echo $(((many - $(cat "$dir/few")) / (MANY + MANY / 10 - FEW - FEW / 10)))
}

# of_lua LUA [OPTION]
of_lua() {
  eval "$(sh tools/env.sh "$1")"
  LUA_PATH="$PWD/?.lua;$LUA_PATH"
  export LUA_PATH
  per_call "$@" bench/ours/status.lua "$url"
}

raw=$(per_call "$dir/easy" "$url/v2/lm/deployments/d000000000000001")
lua54=$(of_lua lua5.4)
luajit=$(of_lua luajit -joff)

stored_of() {
  sed -n "s/.*\"$1\": *\([0-9]*\).*/\1/p" $stored
}

failed=0
for name in lua54 luajit; do
  eval "ours=\$$name"
  beyond=$((ours - raw))
  line="$name raw=$raw ours=$ours beyond=$beyond"
  if [ "$mode" = check ]; then
    before=$(stored_of $name)
    line="$line stored=$before"
    [ $((beyond * 100)) -le $((before * (100 + TOLERANCE))) ] || { line="$line: more than $TOLERANCE % above"; failed=1; }
  fi
  echo "$line"
done

if [ "$mode" = store ]; then
  printf '{ "lua54": %d, "luajit": %d }\n' $((lua54 - raw)) $((luajit - raw)) >$stored
fi
exit $failed
