# B1: curl_jq.sh URL CALLS CA: what a shell script does per call.
set -eu
for _ in $(seq "$2"); do
  status=$(curl -sS ${3:+--cacert "$3"} -H "Authorization: Bearer $BENCH_TOKEN" -H 'AI-Resource-Group: default' \
    "$1/v2/lm/deployments/d000000000000001" | jq -r .status)
  [ "$status" = RUNNING ]
done
