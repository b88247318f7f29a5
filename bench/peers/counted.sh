# counted.sh URL N PROGRAM …: seeds N deployments, runs the program, and tells in one line what that says of itself in its
# last line and how many requests it has sent.
set -eu
url=$1
sh bench/seed.sh "$url" "$2"
shift 2
said=$("$@" 2>&1) || { printf '%s\n' "$said"; exit 1; }
printf '%s %s\n' "$(printf '%s' "$said" | tail -n 1)" "$(sh bench/counts.sh "$url")"
