# B3, B4: script.sh URL WIDTH PAUSE: the usual script: every deployment by itself, WIDTH at a time: PATCH, look until it has
# stopped, DELETE, look until it is gone; PAUSE seconds between two looks.
set -eu
url=$1 width=$2 PAUSE=$3
TOKEN=$(curl -sS -d 'grant_type=client_credentials&client_id=bench&client_secret=bench' "$url/oauth/token" | jq -r .access_token)
DEPLOYMENTS=$url/v2/lm/deployments
export TOKEN PAUSE DEPLOYMENTS

curl -sS -H "Authorization: Bearer $TOKEN" -H 'AI-Resource-Group: default' "$DEPLOYMENTS" | jq -r '.resources[].id' |
  xargs -P "$width" -n 1 sh -c '
    call() { curl -sS -H "Authorization: Bearer $TOKEN" -H "AI-Resource-Group: default" "$@"; }
    call -o /dev/null -X PATCH -H "Content-Type: application/json" -d "{\"targetStatus\":\"STOPPED\"}" "$DEPLOYMENTS/$1"
    until [ "$(call "$DEPLOYMENTS/$1" | jq -r .status)" = STOPPED ]; do sleep "$PAUSE"; done
    call -o /dev/null -X DELETE "$DEPLOYMENTS/$1"
    until [ "$(call -o /dev/null -w "%{http_code}" "$DEPLOYMENTS/$1")" = 404 ]; do sleep "$PAUSE"; done
  ' sh
