# Takes a picture of `make demo` in a terminal, of a real run:   sh tools/screenshot-demo.sh docs/demo.svg
set -eu
cd "$(dirname "$0")/.."

{
  printf '\033[1m$ make demo\033[0m\n'
  sh examples/demo/run.sh
} | fold -s -w 118 | sh tools/picture.sh "make demo" 118 >"$1.part"
mv "$1.part" "$1"
