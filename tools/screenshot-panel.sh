# Takes a picture of the Neovim panel, of a real run against the emulator:   sh tools/screenshot-panel.sh docs/panel.svg
# Needs tmux, nvim, aha and curl. Everything runs on sockets and ports of its own and ends with this script.
set -eu
cd "$(dirname "$0")/.."
out=$1
columns=118 lines=22
scratch=$(mktemp -d)

tmux() { command tmux -S "$scratch/tmux" -f /dev/null "$@"; }
emulator=
finish() {
  tmux kill-server 2>/dev/null || :
  [ -z "$emulator" ] || kill "$emulator" 2>/dev/null || :
  rm -rf "$scratch"
}
trap finish EXIT

# until_there WORDS COMMAND...: waits until the command prints the words
until_there() {
  expected=$1
  shift
  for _ in $(seq 200); do
    case $("$@" 2>/dev/null) in
      *"$expected"*) return 0 ;;
    esac
    sleep 0.05
  done
  echo "screenshot: this does not come: $expected" >&2
  "$@" >&2
  exit 1
}
screen() { tmux capture-pane -p -t panel; }
keys() { tmux send-keys -t panel "$@"; }

luajit bin/aicorectl emulator --stop-time 20 --delete-time 20 >"$scratch/url" &
emulator=$!
until_there http cat "$scratch/url"
url=$(sed 's/^listening on //' "$scratch/url")

# seed ID STATUS TARGET SCENARIO CONFIGURATION HOURS
seed() {
  curl -fsS -o "$scratch/seeded" -d "{\"id\":\"$1\",\"status\":\"$2\",\"target_status\":\"$3\",\"scenario_id\":\"$4\",
    \"configuration_id\":\"$5\",\"age\":$(($6 * 3600))}" "$url/_emulator/deployments"
}
seed d3a91c05be7f4412 PENDING RUNNING foundation-models gpt-4o-eu 1
seed d748fdae9f88a9b0 RUNNING RUNNING foundation-models gpt-4o-eu 5
seed d1f0c26a9d3b8e57 RUNNING RUNNING orchestration orchestration-v2 26
seed da5e71b3c0492f68 RUNNING RUNNING nightly-tests ranker-4711 31
seed d06b9f8e2c714ad3 RUNNING RUNNING nightly-tests ranker-4710 55
seed de24c7718a0f5b96 DEAD RUNNING nightly-tests ranker-4709 79
seed d95d30fe6b1c82a7 STOPPED STOPPED nightly-tests ranker-4708 103
seed dc83a4f27e0d6915 STOPPED STOPPED nightly-tests ranker-4707 127
seed d5be06d19f47c38a RUNNING RUNNING document-ocr invoices-2024 340
seed d2708ce5a61b9f4d UNKNOWN RUNNING document-ocr receipts-beta 700

export AICORE_BASE_URL="$url" AICORE_AUTH_URL="$url" AICORE_CLIENT_ID=me AICORE_CLIENT_SECRET=any
export XDG_CONFIG_HOME="$scratch" XDG_DATA_HOME="$scratch" XDG_STATE_HOME="$scratch"
# A quiet colour scheme: the panel links to its groups.
cat >"$scratch/init.lua" <<'END'
vim.opt.runtimepath:prepend "."
for name, value in pairs { laststatus = 0, showtabline = 0, ruler = false, showcmd = false, showmode = false } do
  vim.o[name] = value
end
vim.o.termguicolors, vim.o.fillchars = true, "eob: "
vim.cmd [[
  highlight Title guifg=#c792ea gui=bold
  highlight Comment guifg=#7d8490
  highlight Identifier guifg=#9aa0ab gui=bold
  highlight Special guifg=#6fc9d6
  highlight MoreMsg guifg=#8fce7e gui=NONE
  highlight Question guifg=#f0c674 gui=NONE
  highlight Visual guibg=#333a4d
  highlight DiagnosticError guifg=#f2777a
  highlight DiagnosticWarn guifg=#f0c674
  highlight DiagnosticInfo guifg=#7aa6f0
]]
require("aicore.neovim").setup { refresh = 0.2, window = "enew | only" }
vim.cmd "AICore"
END
tmux new-session -d -s panel -x $columns -y $lines "nvim -u '$scratch/init.lua' -i NONE -n"

# One is stopped, two are torn down, and two more are about to be.
until_there "10 deployments" screen
keys 13G s
until_there "Stop this deployment" screen
keys 2 Enter
until_there "stop accepted" screen
keys 10G V j t
until_there "Tear down these 2" screen
keys 2 Enter
until_there "delete accepted" screen
keys 8G V j t
until_there "Tear down these 2" screen
tmux capture-pane -e -p -t panel >"$scratch/screen"
mkdir -p "$(dirname "$out")"
sh tools/picture.sh :AICore $columns <"$scratch/screen" >"$scratch/picture"
mv "$scratch/picture" "$out"
echo "wrote $out"
