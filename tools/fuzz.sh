# Fuzzes:   sh tools/fuzz.sh [target]...   (all of spec/fuzz/ by default, FUZZ_SECONDS=60 each)
# What libFuzzer learns is kept in build/fuzz/corpus. An input that finds something is put into spec/fuzz/corpus/<target>/,
# from where `make test` replays it; the run goes on with the next target and fails at the end.
set -eu
cd "$(dirname "$0")/.."

: "${FUZZ_SECONDS:=60}" "${FUZZ_RUNS:=-1}" "${CLANG:=clang}"
build=build/fuzz
sanitizers=address,undefined

# Debian's lua-cjson and libcurl keep what they want to the end; what we lose is a matter of `make asan`.
export ASAN_OPTIONS="detect_leaks=0:${ASAN_OPTIONS-}"

[ $# -gt 0 ] || set -- $(ls spec/fuzz/*.c | sed 's,.*/,,; s,\.c$,,' | grep -vx replay)
${MAKE:-make} -s BUILD=$build CC="$CLANG" FUZZ_MAIN= \
  CFLAGS="-O1 -g -DFUZZING -fsanitize=fuzzer-no-link,$sanitizers -fno-sanitize-recover=all" \
  LDFLAGS="-fsanitize=fuzzer,$sanitizers" $(printf "$build/5.4/fuzz/%s " "$@")

failed=0
for target in "$@"; do
  known=spec/fuzz/corpus/$target learnt=$build/corpus/$target log=$build/$target.log
  mkdir -p "$known" "$learnt"
  echo "== $target: ${FUZZ_SECONDS} s"
  $build/5.4/fuzz/"$target" -max_total_time="$FUZZ_SECONDS" -runs="$FUZZ_RUNS" -rss_limit_mb=1024 -timeout=25 \
    -max_len=4096 -print_final_stats=1 -artifact_prefix="$known/" ${FUZZ_FLAGS-} "$learnt" "$known" 2>"$log" || {
    failed=1
    echo "not ok $target: see $log"
    tail -n 40 "$log"
    continue
  }
  echo "ok $target: $(sed -n 's/^stat::number_of_executed_units: *//p' "$log") runs, $(ls "$learnt" | wc -l) inputs learnt"
done
exit $failed
