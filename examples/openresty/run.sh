#!/bin/sh
# Starts the endpoint from this checkout:   sh examples/openresty/run.sh [port]
# It works on the AI Core that the environment's settings (AICORE_…) name. Without any, it starts an emulator with some
# deployments and works on that.
# nginx is the one that `sh tools/openresty.sh` has unpacked, or what NGINX names (OpenResty: NGINX=openresty).
set -eu

# Not entered: a setting may be a path from where this was started.
root=$(cd "$(dirname "$0")/../.." && pwd)
port=${1:-8080}
work=$(mktemp -d)
emulator= nginx=

cleanup() {
  status=$?
  trap - EXIT INT TERM
  for pid in $nginx $emulator; do
    kill "$pid" 2>/dev/null || true
    wait "$pid" 2>/dev/null || true
  done
  rm -rf "$work"
  exit $status
}
trap cleanup EXIT
trap 'exit 130' INT TERM

if [ -z "${AICORE_BASE_URL-}${AICORE_SERVICE_KEY-}${AICORE_CONFIG-}${AICORE_HOME-}${AICORE_PROFILE-}${VCAP_SERVICES-}" ]; then
  : >"$work/ready" # which is looked at before the emulator has opened it
  "$root/bin/aicorectl" emulator --deployments 12 --stop-time 1 --delete-time 1 >"$work/ready" &
  emulator=$!
  until grep -q '^listening on' "$work/ready"; do
    kill -0 "$emulator" 2>/dev/null || { echo "the emulator did not start" >&2; exit 1; }
    sleep 0.05
  done
  AICORE_BASE_URL=$(sed -n 's/^listening on //p' "$work/ready")
  export AICORE_BASE_URL AICORE_AUTH_URL="$AICORE_BASE_URL" AICORE_CLIENT_ID=me AICORE_CLIENT_SECRET=any
  echo "an emulator plays AI Core on $AICORE_BASE_URL"
fi

lua_path="$root/lua/?.lua;$root/lua/?/init.lua;$root/examples/openresty/?.lua"
lua_cpath="$root/build/5.1/?.so"
modules=
if [ -z "${NGINX-}" ]; then
  openresty=$root/build/openresty
  [ -x "$openresty/nginx" ] || { echo "no nginx in build/openresty: run sh tools/openresty.sh" >&2; exit 1; }
  NGINX=$openresty/nginx
  modules="load_module $openresty/modules/ndk_http_module.so; load_module $openresty/modules/ngx_http_lua_module.so;"
  lua_path="$lua_path;$openresty/lua/?.lua"
  lua_cpath="$lua_cpath;$openresty/lua-c/?.so"
fi
# Its workers write into a folder of ours.
[ "$(id -u)" != 0 ] || modules="$modules user root;"

sed -e "s|@modules@|$modules|" -e "s|@port@|$port|" -e "s|@lua_path@|$lua_path|" -e "s|@lua_cpath@|$lua_cpath|" \
  "$root/examples/openresty/nginx.conf" >"$work/nginx.conf"
"$NGINX" -p "$work/" -e stderr -c nginx.conf &
nginx=$!
echo "try: curl 'http://127.0.0.1:$port/teardown?older_than=0'"
wait "$nginx"
