#!/bin/sh
# B7: instructions per call beyond raw libcurl, counted by callgrind:
#   sh bench/instructions.sh            tells them, a line per Lua
#   sh bench/instructions.sh check      … and fails where there are 3 % more than bench/instructions.json says
#   sh bench/instructions.sh store      … and writes that file
# A line has: raw, ours, and the difference, without the C library; the same with it (…_all), which is what the
# processor does; and calls of malloc, calloc and realloc (…_heap).
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

# From callgrind's file: "instructions without the C library, with it, calls for memory". It has lines of costs
# ("+3 12"), each behind its object ("ob="). The line behind "calls=" is about what was called ("cfn="), whose costs are
# counted where they stand.
count() {
  awk '
    /^c?ob=/ {
      id = $0; sub(/^c?ob=/, "", id)
      name = id; sub(/\).*/, ")", id)
      if (sub(/^\([0-9]+\) /, "", name)) names[id] = name
      if (/^ob=/) object = id
      next
    }
    /^c?fn=/ {
      id = $0; sub(/^c?fn=/, "", id)
      name = id; sub(/\).*/, ")", id)
      if (sub(/^\([0-9]+\) /, "", name)) functions[id] = name
      if (/^cfn=/) called = functions[id]
      next
    }
    /^calls=/ {
      if (called ~ /^(malloc|calloc|realloc)$/ && names[object] !~ /\/libc[.-]/) heap += substr($1, 7)
      skip = 1
      next
    }
    /^[0-9+*-]/ { if (!skip) costs[object] += $2; skip = 0 }
    END {
      for (id in costs) {
        all += costs[id]
        if (names[id] !~ /\/(libc|ld-linux[^\/]*|ld|libm|libpthread)[.-][^\/]*$/) sum += costs[id]
      }
      printf "%d %d %d\n", sum, all, heap
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

# per_call COMMAND …: the same three, of a call. A tenth of the calls and one more warm up.
per_call() {
  run $FEW "$@" >"$dir/few" &
  run $MANY "$@" >"$dir/many"
  wait $! || return 1
  calls=$((MANY + MANY / 10 - FEW - FEW / 10))
  paste -d ' ' "$dir/many" "$dir/few" | awk -v n=$calls '{ printf "%d %d %d\n", ($1 - $4) / n, ($2 - $5) / n, ($3 - $6) / n }'
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
  eval "set -- $raw \$$name"
  beyond=$(($4 - $1))
  line="$name raw=$1 ours=$4 beyond=$beyond raw_all=$2 ours_all=$5 beyond_all=$(($5 - $2)) raw_heap=$3 ours_heap=$6"
  if [ "$mode" = check ]; then
    before=$(stored_of $name)
    line="$line stored=$before"
    [ $((beyond * 100)) -le $((before * (100 + TOLERANCE))) ] || { line="$line: more than $TOLERANCE % above"; failed=1; }
  fi
  echo "$line"
done

if [ "$mode" = store ]; then
  printf '{ "lua54": %d, "luajit": %d }\n' $((${lua54%% *} - ${raw%% *})) $((${luajit%% *} - ${raw%% *})) >$stored
fi
exit $failed
