# Makes the reference, HTML pages, from the annotations in the code:   sh tools/docs.sh FOLDER
set -eu
cd "$(dirname "$0")/.."

target=$1
source=$target.source
rm -rf "$source"
mkdir -p "$source" "$target"
trap 'rm -rf "$source"' EXIT

"${LUA:-lua5.4}" tools/docs.lua "$source"
ldoc --fatalwarnings --quiet --config config.ld --dir "$target" "$source"
