#!/bin/sh
# Measures:   sh bench/run.sh [row …]      rows: b01 … b11, all if none is named; QUICK=1: roughly, in a minute
# Everything happens on loopback, with servers of its own on free ports, which are ended by pid.
set -eu
cd "$(dirname "$0")/.."

BENCH_BIN=$PWD/build/bench
BENCH_DIR=$(mktemp -d)
export BENCH_BIN BENCH_DIR
main=

cleanup() {
  status=$?
  trap - EXIT INT TERM
  [ -z "$main" ] || kill "$main" 2>/dev/null || true
  rm -rf "$BENCH_DIR"
  exit $status
}
trap cleanup EXIT
trap 'exit 130' INT TERM

for program in build/openresty/nginx gcc jq curl valgrind gnuplot nvim; do
  command -v $program >/dev/null || { echo "bench: $program is missing: run 'make deps-bench openresty'" >&2; exit 1; }
done

mkdir -p "$BENCH_BIN"
for source in bench/raw/[!r]*.c; do
  program=$BENCH_BIN/$(basename "$source" .c)
  [ "$program" -nt "$source" ] && [ "$program" -nt bench/raw/raw.h ] ||
    ${CC:-gcc} -std=c11 -D_GNU_SOURCE -O2 -Wall -Wextra -Wpedantic "$source" -o "$program" -lcurl
done

for abi in 5.4 5.1; do
  case $abi in 5.4) flags=$(pkg-config --cflags lua5.4) ;; *) flags=$(pkg-config --cflags luajit) ;; esac
  mkdir -p "$BENCH_BIN/$abi"
  ${CC:-gcc} -std=c11 -D_GNU_SOURCE -O2 -fPIC -shared $flags bench/raw/raw_easy.c -o "$BENCH_BIN/$abi/raw_easy.so" -lcurl
done

# Each program finds this checkout, bench/ included, by itself; so does a command after ". lua5.4.env".
wrap() {
  case $2 in lua5.4) abi=5.4 ;; *) abi=5.1 ;; esac
  {
    sh tools/env.sh "$2"
    printf 'export LUA_PATH="%s/?.lua;$LUA_PATH" LUA_CPATH="%s/%s/?.so;$LUA_CPATH"\n' "$PWD" "$BENCH_BIN" "$abi"
  } >"$BENCH_DIR/$2.env"
  printf '#!/bin/sh\n. "%s"\nexec %s "$@"\n' "$BENCH_DIR/$2.env" "$1" >"$BENCH_DIR/$1"
  chmod +x "$BENCH_DIR/$1"
}
wrap lua5.4 lua5.4
wrap luajit luajit
wrap nvim luajit

sh examples/demo/certificates.sh "$BENCH_DIR"
cp bench/status.json "$BENCH_DIR/"
"$BENCH_DIR/lua5.4" bench/pages.lua "$BENCH_DIR"

. bench/env.sh
"$BENCH_DIR/lua5.4" bench/main.lua "$@"
