# seed.sh URL N: nothing but N running deployments in the emulator, and an empty journal.
set -eu
put() { curl -sSf -o /dev/null -H 'Content-Type: application/json' "$@"; }
put -X DELETE "$1/_emulator/deployments"
put -d "{\"count\":$2,\"status\":\"RUNNING\"}" "$1/_emulator/deployments"
put -X DELETE "$1/_emulator/journal"
