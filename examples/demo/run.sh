#!/bin/sh
# make demo: the whole life of a deployment for real, over TLS, against the emulator.
# Makes a throw-away certificate authority, starts the emulator on a free port and runs demo.lua.
set -eu
cd "$(dirname "$0")/../.."

LUA=${LUA:-lua5.4}
work=$(mktemp -d)
emulator=

cleanup() {
  status=$?
  trap - EXIT INT TERM
  if [ -n "$emulator" ]; then
    kill "$emulator" 2>/dev/null || true
    wait "$emulator" 2>/dev/null || true
  fi
  rm -rf "$work"
  exit $status
}
trap cleanup EXIT
trap 'exit 130' INT TERM

sh examples/demo/certificates.sh "$work"

: >"$work/ready" # which is looked at before the emulator has opened it
bin/aicorectl emulator --stop-time 1 --delete-time 1 --start-time 0.8 \
  --client-id demo --client-secret "demo-secret" \
  --tls-cert "$work/server.pem" --tls-key "$work/server.key" >"$work/ready" &
emulator=$!
until grep -q '^listening on' "$work/ready"; do
  kill -0 "$emulator" 2>/dev/null || { echo "the emulator did not start" >&2; exit 1; }
  sleep 0.05
done
url=$(sed -n 's/^listening on //p' "$work/ready")

seed() {
  curl -sf --cacert "$work/ca.pem" -o /dev/null -H 'Content-Type: application/json' -d "$1" "$url/_emulator/deployments"
}
seed '{"id":"d748fdae9f88a9b0","status":"RUNNING","scenario_id":"foundation-models"}'
seed '{"count":180,"status":"RUNNING","scenario_id":"fleet"}'
for status in PENDING STOPPING STOPPED DEAD UNKNOWN; do
  seed "{\"count\":14,\"status\":\"$status\",\"scenario_id\":\"fleet\"}"
done

eval "$(make -s env LUA="$LUA")"
unset AICORE_SERVICE_KEY AICORE_CONFIG AICORE_HOME AICORE_PROFILE AICORE_RESOURCE_GROUP VCAP_SERVICES
unset AICORE_CERT_URL AICORE_CERT_STR AICORE_KEY_STR AICORE_CERT_FILE_PATH AICORE_KEY_FILE_PATH
AICORE_BASE_URL=$url AICORE_AUTH_URL=$url AICORE_CLIENT_ID=demo AICORE_CLIENT_SECRET=demo-secret \
  "$LUA" examples/demo/demo.lua "$work/ca.pem"
