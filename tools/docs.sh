# Makes the reference, HTML pages, from the annotations in the code:   sh tools/docs.sh FOLDER
set -eu
cd "$(dirname "$0")/.."

target=$1
source=$target.source
rm -rf "$source"
mkdir -p "$source" "$target"
trap 'rm -rf "$source"' EXIT

"${LUA:-lua5.4}" tools/docs.lua "$source"
cp config.ld "$source" # where LDoc looks for it
target=$(cd "$target" && pwd)
cd "$source"
said=$(ldoc --fatalwarnings --quiet --dir "$target" . 2>&1) || { echo "$said" >&2; exit 1; } # it tells what it reads
