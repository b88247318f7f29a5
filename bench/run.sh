#!/bin/sh
# Measures:   sh bench/run.sh [section …]      b01 … b11 (rows.lua), all if none is named
#   QUICK=1   one round of little, which says only that it works; ROUNDS=n: no more rounds than that
#   KEEP=1    what is named takes its place in bench/results.* and docs/speed.md; "none" measures nothing and writes them
#   STORE=1   from now on CI holds the instructions of b07
# Everything happens on loopback, with servers of its own on free ports, which are ended by pid.
set -eu
cd "$(dirname "$0")/.."

BENCH_BIN=$PWD/build/bench
BENCH_DIR=$(mktemp -d)
# All send the same token, which is as long as those of AI Core are: 1,500 bytes.
BENCH_TOKEN=$(printf 'bench%.0s' $(seq 300))
export BENCH_BIN BENCH_DIR BENCH_TOKEN
unset http_proxy https_proxy HTTP_PROXY HTTPS_PROXY all_proxy ALL_PROXY || true

cleanup() {
  status=$?
  trap - EXIT INT TERM
  rm -rf "$BENCH_DIR"
  exit $status
}
trap cleanup EXIT
trap 'exit 130' INT TERM

for program in build/openresty/nginx gcc jq curl valgrind gnuplot nvim; do
  command -v $program >/dev/null || { echo "bench: $program is missing: run 'make deps-bench openresty'" >&2; exit 1; }
done

# compile SOURCE -o TARGET [OPTION …]
compile() {
  [ "$3" -nt "$1" ] && [ "$3" -nt bench/raw/raw.h ] ||
    ${CC:-gcc} -std=c11 -D_GNU_SOURCE -O2 -Wall -Wextra -Wpedantic "$@" -lcurl
}

# wrap PROGRAM LUA ABI: a program that finds this checkout, bench/ included; so does a command after ". LUA.env".
wrap() {
  {
    sh tools/env.sh "$2"
    printf 'export LUA_PATH="%s/?.lua;$LUA_PATH" LUA_CPATH="%s/%s/?.so;$LUA_CPATH"\n' "$PWD" "$BENCH_BIN" "$3"
  } >"$BENCH_DIR/$2.env"
  printf '#!/bin/sh\n. "%s"\nexec %s "$@"\n' "$BENCH_DIR/$2.env" "$1" >"$BENCH_DIR/$1"
  chmod +x "$BENCH_DIR/$1"
}

mkdir -p "$BENCH_BIN/5.4" "$BENCH_BIN/5.1"
for source in bench/raw/[!r]*.c; do
  compile "$source" -o "$BENCH_BIN/$(basename "$source" .c)"
done
compile bench/raw/raw_easy.c -o "$BENCH_BIN/5.4/raw_easy.so" -fPIC -shared $(pkg-config --cflags lua5.4)
compile bench/raw/raw_easy.c -o "$BENCH_BIN/5.1/raw_easy.so" -fPIC -shared $(pkg-config --cflags luajit)
wrap lua5.4 lua5.4 5.4
wrap luajit luajit 5.1
wrap nvim luajit 5.1

sh examples/demo/certificates.sh "$BENCH_DIR"
"$BENCH_DIR/lua5.4" bench/main.lua "$@"
