# instructions.sh COMMAND …: what a call costs, counted by callgrind, as "all=… own=… heap=…": instructions, those without
# the C library and the dynamic linker (how many a memcpy takes depends on the processor, for which they choose one),
# and calls of malloc, calloc and realloc. The command takes CALLS and CA behind its own arguments.
# What a start costs cancels out: it is in both of two runs, and the difference is FEW calls against MANY. The server,
# outside of valgrind, answers after some ms: later than anyone has begun to wait, so that the way is always the same.
set -eu

FEW=100 MANY=600

# From callgrind's file: the three. It has lines of costs ("+3 12"), each behind its object ("ob="). The line behind
# "calls=" is about what was called ("cfn="), whose costs are counted where they stand.
count() {
  awk '
    # The name behind the "=", which stands only where it comes first: "(12) name", and "(12)" from then on.
    function name_of(line, names,   id) {
      sub(/^[^=]*=/, "", line)
      id = line
      sub(/\).*/, ")", id)
      if (sub(/^\([0-9]+\) /, "", line)) names[id] = line
      return id
    }
    /^c?ob=/ { id = name_of($0, objects); if (/^ob=/) object = id; next }
    /^c?fn=/ { id = name_of($0, functions); if (/^cfn=/) called = functions[id]; next }
    /^calls=/ {
      if (called ~ /^(malloc|calloc|realloc)$/ && objects[object] !~ /\/libc[.-]/) heap += substr($1, 7)
      skip = 1
      next
    }
    /^[0-9+*-]/ { if (!skip) costs[object] += $2; skip = 0 }
    END {
      for (id in costs) {
        all += costs[id]
        if (objects[id] !~ /\/(libc|ld-linux[^\/]*|ld|libm|libpthread)[.-][^\/]*$/) own += costs[id]
      }
      printf "%d %d %d\n", all, own, heap
    }' "$1"
}

# run CALLS COMMAND …
run() {
  calls=$1 out=$BENCH_DIR/callgrind.$1
  shift
  valgrind -q --tool=callgrind --callgrind-out-file="$out" "$@" "$calls" "" >"$out.said" 2>&1 || { cat "$out.said"; return 1; }
  count "$out" >"$out.count"
}

run $FEW "$@" &
run $MANY "$@"
wait $!
# A tenth of the calls and one more warm up.
paste -d ' ' "$BENCH_DIR/callgrind.$MANY.count" "$BENCH_DIR/callgrind.$FEW.count" |
  awk -v n=$((MANY + MANY / 10 - FEW - FEW / 10)) '{ printf "all=%d own=%d heap=%d\n", ($1 - $4) / n, ($2 - $5) / n, ($3 - $6) / n }'
