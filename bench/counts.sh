# counts.sh URL: how many requests the emulator has seen, as "requests=… looks=… other=…": other than looks and what
# asks for a change, that is logins and capabilities.
curl -sSf "$1/_emulator/journal?since=1000000000" | jq -r '.requests
  | ((.list // 0) + (.status // 0)) as $looks | ((.batch // 0) + (.stop // 0) + (.delete // 0)) as $changes
  | "requests=\(.total) looks=\($looks) changes=\($changes) other=\(.total - $looks - $changes)"'
