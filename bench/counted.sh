# counted.sh URL N STOP DELETE PROGRAM …: leaves N running deployments in the emulator at URL, whose phases take STOP and
# DELETE seconds, and their ids in $BENCH_DIR/seeded.json; runs the program; tells in one line what that says in its
# last line and how many requests it has sent, and how many of them were looks.
set -eu
url=$1 count=$2 settings="{\"stop_time\":$3,\"delete_time\":$4}"
shift 4
admin() { curl -sSf -H 'Content-Type: application/json' "$@"; }
admin -o /dev/null -X PUT -d "$settings" "$url/_emulator/settings"
admin -X DELETE "$url/_emulator/deployments"
admin -o "$BENCH_DIR/seeded.json" -d "{\"count\":$count,\"status\":\"RUNNING\"}" "$url/_emulator/deployments"
admin -X DELETE "$url/_emulator/journal"
said=$("$@" 2>&1) || { printf '%s\n' "$said"; exit 1; }
printf '%s ' "$said" | tail -n 1
curl -sSf "$url/_emulator/journal?since=1000000000" |
  jq -r '.requests | "requests=\(.total) looks=\((.list // 0) + (.status // 0))"'
