-- README.md, docs/*.md and examples/*/README.md are true: every command and every snippet in them is run, as it is
-- printed (but for the ports of this machine, which are free ones here).
--   ```sh, ```console   in a shell, in a folder that looks like the checkout and has a service key, key.json; in
--                       console a "$" stands before a command, and the rest is what it prints ("…" is anything)
--   ```lua              by this Lua; what stands under one heading is one program
--   ```lua neovim, ```lua plugin    in Neovim; as an entry of a plugin manager's list
--   ```nginx            in nginx
--   ```text             is looked at by nobody; any other block is a failure
-- Where a cluster or systemd would be needed, spec/support/kubectl.lua and systemctl.sh stand for it: they do what the
-- commands say, with processes of this machine and files below a folder, and refuse what they do not know.

local cjson = require "cjson"
local editor = require "spec.neovim.editor"
local emulator = require "spec.support.emulator"
local nginx = require "spec.support.nginx"

local IS_JIT = package.loaded.jit ~= nil
local LUA = IS_JIT and "luajit" or "lua5.4"

local function read(path)
  local file = assert(io.open(path))
  local text = file:read "*a"
  file:close()
  return text
end

local function write(path, text)
  local file = assert(io.open(path, "w"))
  file:write(text)
  file:close()
end

--- Runs a command; its output, with errors, and its exit code.
local function run(command)
  local pipe = assert(io.popen(("{ %s\n} 2>&1; echo status $?"):format(command)))
  local output, status = pipe:read("*a"):match "^(.*)status (%d+)\n$"
  pipe:close()
  return output, tonumber(status)
end

-- What is printed ----------------------------------------------------------------------------------

--- The blocks of a document: { kind, text, place, heading }.
local function blocks_of(path)
  local blocks, block, heading, number = {}, nil, "", 0
  for line in (read(path) .. "\n"):gmatch "([^\n]*)\n" do
    number = number + 1
    local fence = line:match "^```(.*)$"
    if fence and block then
      block.text = table.concat(block, "\n") .. "\n"
      blocks[#blocks + 1], block = block, nil
    elseif fence then
      block = { kind = fence, place = path .. ":" .. number, heading = path .. heading }
    elseif block then
      block[#block + 1] = line
    else
      heading = line:match "^#+ .*$" or heading
    end
  end
  return blocks
end

local documents = { "README.md" }
for path in run("ls docs/*.md examples/*/README.md"):gmatch "%S+" do
  documents[#documents + 1] = path
end

-- The world that they run in -----------------------------------------------------------------------

local server, folder, environment

local function settings()
  return {
    AICORE_BASE_URL = server.url,
    AICORE_AUTH_URL = server.url,
    AICORE_CLIENT_ID = "me",
    AICORE_CLIENT_SECRET = "any",
  }
end

--- Deployments of every kind that the documents speak of, and a folder like the checkout, with a key.
local function begin()
  server.clear_deployments()
  server.clear_journal()
  server.clear_faults()
  server.seed { id = "d748fdae9f88a9b0", status = "RUNNING", scenario_id = "nightly-tests", age = 8 * 86400 }
  server.seed { count = 3, status = "RUNNING", scenario_id = "nightly-tests", age = 9 * 86400 }
  server.seed { count = 2, status = "STOPPED", scenario_id = "foundation-models", age = 40 * 86400 }
  server.seed { id = "retiring", resource_group = "team", model_version = "2024-05-13" }
  folder = run("mktemp -d"):gsub("\n", "")
  -- (lua/ is none of the links: make install looks for what is below it.)
  local make = "ln -s $PWD/* %s/ && cd %s && mkdir -p home root/etc/systemd/system && rm lua && cp -RL $OLDPWD/lua ."
  assert.equal(0, (select(2, run(make:format(folder, folder)))))
  local key = { clientid = "me", clientsecret = "any", url = server.url, serviceurls = { AI_API_URL = server.url } }
  write(folder .. "/key.json", cjson.encode(key))
  run("chmod 600 " .. folder .. "/key.json")
  write(
    folder .. "/luarocks.lua",
    ('rocks_provided = { ["lua-cjson"] = "2.1.0-1" } rocks_servers = {} rocks_trees = { "%s/tree" }'):format(folder)
  )
end

local function finish()
  run("rm -rf " .. folder)
end

-- Nothing of who runs this, and nothing installed into the machine. Commands that begin a process of their own wait
-- until it has said something; those that ask a person are answered; these specs are a part of `make test`.
local SHELL = [[
cd %s
export WORLD=$PWD HOME=$PWD/home DESTDIR=$PWD/root LUAROCKS_CONFIG=$PWD/luarocks.lua PATH="$PWD/bin:$PATH"
export MAKEFLAGS="-s -- DEPS=no" JOB_COMPLETION_INDEX=0 TERM=dumb
unset LUA_PATH LUA_CPATH LUA_PATH_5_4 LUA_CPATH_5_4 MAKELEVEL MFLAGS BUILD
trap 'kill $(jobs -p) 2>/dev/null || :' EXIT
kubectl() { ( eval "$(sh tools/env.sh lua5.4)"; exec luajit "$WORLD/spec/support/kubectl.lua" "$WORLD/cluster" "$@" ); }
systemctl() { sh "$WORLD/spec/support/systemctl.sh" "$@"; }
curl() { while command curl -s "$@"; [ $? = 7 ]; do sleep 0.05; done; } # a person waits until somebody listens
sudo() {
  if [ "$1" = install ]; then for word; do
    case $word in /*) word=$DESTDIR$word ;; esac
    shift; set -- "$@" "$word"
  done; fi
  "$@"
}
git() { [ "$1" = clone ] && ln -s . aicore; }
make() { if [ "${1-}" = test ]; then grep -q '^test:' Makefile; else command make "$@"; fi; }
begun() { until [ -s begun ]; do sleep 0.05; done; cat begun; }
answered() { printf 'y\n' | script -qefc "$1" /dev/null; }
set -e
]]

local function is_asked(command)
  return command:find "^aicorectl teardown" and not command:find "%-%-yes" and not command:find "%-%-dry%-run"
end

local function prepare(command)
  local without_comment = command:gsub("%s+#.*$", "")
  if without_comment:find "&$" or without_comment:find "^aicorectl watch" then
    return without_comment:gsub("%s*&?$", " >begun 2>&1 &\nbegun", 1)
  elseif is_asked(without_comment) then
    return ("answered '%s'"):format(without_comment)
  end
  return without_comment
end

--- Runs commands in one shell, as bash. Returns what each has printed.
local function run_commands(commands, place)
  local script = { SHELL:format(folder) }
  for _, command in ipairs(commands) do
    script[#script + 1] = ("echo $'\\1'\n%s"):format(prepare(command))
  end
  write(folder .. "/script", table.concat(script, "\n") .. "\n")
  local exports = {}
  for name, value in pairs(environment) do
    exports[#exports + 1] = ("%s=%s"):format(name, value)
  end
  local command = ("env %s timeout 300 bash %s/script </dev/null"):format(table.concat(exports, " "), folder)
  local output, status = run(command)
  local printed = {}
  for text in output:gsub("\r", ""):gmatch "\1\n([^\1]*)" do
    printed[#printed + 1] = text
  end
  assert(status == 0, ("%s: '%s' has failed:\n%s"):format(place, commands[math.max(#printed, 1)], output))
  return printed
end

-- What a line stands for: "…" is anything.
local function matches(expected, line)
  local pattern = expected:gsub("%p", "%%%0"):gsub("…", ".*")
  return line:find("^" .. pattern .. "$") ~= nil
end

-- How each kind is run -----------------------------------------------------------------------------

local kinds = {}

-- Commands choose their own Lua, Neovim and nginx bring theirs: once is enough, and the other Lua has `false` here.

--- The lines of a block; the ports that are printed are free ones here.
local function lines_of(block)
  local ports, lines = { ["40123"] = nginx.free_port(), ["8080"] = nginx.free_port() }, {}
  for i, line in ipairs(block) do
    lines[i] = line:gsub("%d+", ports)
  end
  return lines
end

kinds.sh = IS_JIT
  and function(block)
    environment = settings()
    local commands = lines_of(block)
    return commands, run_commands(commands, block.place)
  end

kinds.console = IS_JIT
  and function(block)
    environment = settings()
    for _, own in ipairs { "key%.json", "export AICORE_BASE_URL", "/run%.sh" } do
      environment = block.text:find(own) and {} or environment -- they bring their own
    end
    local commands, expected = {}, {}
    for _, line in ipairs(lines_of(block)) do
      local command = line:match "^%$ (.*)$"
      if command then
        table.insert(commands, command)
        expected[#commands] = {}
      else
        table.insert(expected[#commands], line)
      end
    end
    local printed = run_commands(commands, block.place)
    for i, lines in ipairs(expected) do
      for _, line in ipairs(lines) do
        local found = false
        for said in printed[i]:gmatch "[^\n]+" do
          found = found or matches(line, said)
        end
        assert(found, ("%s: '%s' does not print '%s', but:\n%s"):format(block.place, commands[i], line, printed[i]))
      end
    end
    return commands, printed
  end

function kinds.lua(block)
  write(folder .. "/program.lua", block.text)
  local words = {}
  for name, value in pairs(settings()) do
    words[#words + 1] = name .. "=" .. value
  end
  local output, status =
    run(("env HOME=%s/home %s timeout 100 %s %s/program.lua"):format(folder, table.concat(words, " "), LUA, folder))
  assert(status == 0, block.place .. ":\n" .. output)
end

kinds["lua neovim"] = IS_JIT
  and function(block)
    local result = editor.run([[
        local told
        function vim.notify(message) told = message end
        (function()
      ]] .. block.text .. [[
        end)()
        vim.wait(30000, function() return told end)
        say(told)
        vim.cmd "qa!"
      ]], { environment = settings() })
    assert.same({ "RUNNING" }, result.lines, block.place .. ": " .. result.stderr)
  end

kinds["lua plugin"] = function(block)
  local entry = assert((rawget(_G, "loadstring") or load)("return " .. block.text))()
  assert.equal("…/aicore", entry[1])
  local output, status = run(entry.build .. " -n DEPS=no")
  assert.equal(0, status, output)
end

kinds.nginx = IS_JIT
  and function(block)
    local init, locations = {}, {}
    for _, line in ipairs(block) do
      table.insert((line:find "^init" or #init == 0) and init or locations, line)
    end
    local path = block.text:match "location = (%S+)"
    local main = {}
    for name, value in pairs(settings()) do
      main[#main + 1] = ("env %s=%s;"):format(name, value)
    end
    local started = nginx.start {
      main = table.concat(main, "\n"),
      http = table.concat(init, "\n"),
      locations = table.concat(locations, "\n"),
    }
    finally(started.stop)
    local reply = started.get(path)
    assert.equal(200, reply.status, block.place)
    assert.equal("4\n", reply.body)
  end

function kinds.text() end

-- What must have come of some, besides: by the document's heading and the kind.
local promises = {}

local function happened(what)
  local ids = {}
  for _, entry in ipairs(server.journal()) do
    ids[#ids + 1] = entry.what == what and entry.id or nil
  end
  return #ids
end

--- From a service key to a deployment that serves, to another model, and to an empty tenant.
promises["README.md## Five minutes console"] = function(commands, printed)
  local words = {}
  for i, command in ipairs(commands) do
    words[i] = command:match "^export" or command:match "aicorectl (%l+)"
  end
  assert.same({ "export", "login", "ensure", "rollout", "list", "teardown" }, words)
  assert.matches(": runs with conf%-", printed[4])
  assert.matches("\nteam +retiring +RUNNING", printed[5])
  assert.same({ 1, 1, 8 }, { happened "create", happened "update", happened "gone" })
end

-- --------------------------------------------------------------------------------------------------

local function nightly_are_gone()
  assert.equal(4, happened "gone")
end

promises["examples/cleanup/README.md# A nightly clean-up sh"] = nightly_are_gone
promises["examples/kubernetes/README.md# A huge fleet, torn down in shards console"] = nightly_are_gone

for _, path in ipairs(documents) do
  describe(path, function()
    setup(function()
      server = emulator.start { stop_time = 0.05, delete_time = 0.05 }
    end)

    teardown(function()
      server.stop()
    end)

    before_each(begin)
    after_each(finish)

    local programs = {} -- by heading: a Lua snippet goes on where the one before it has ended
    for _, block in ipairs(blocks_of(path)) do
      local before = block.kind == "lua" and programs[block.heading]
      if before then
        before.text = before.text .. block.text
      else
        programs[block.heading] = block.kind == "lua" and block or programs[block.heading]
        it(("is true: line %s"):format(block.place:match "%d+$"), function()
          assert(kinds[block.kind] ~= nil, ("%s: who runs '%s'?"):format(block.place, block.kind))
          local commands, printed
          if kinds[block.kind] then
            commands, printed = kinds[block.kind](block)
          end
          local promise = promises[block.heading .. " " .. block.kind]
          if printed and promise then
            promise(commands, printed)
          end
        end)
      end
    end

    it("links to what is there", function()
      local base = path:match "^(.*/)" or ""
      for target in read(path):gmatch "%]%(([^)#]+)" do
        assert(target:find "^https?://" or io.open(base .. target), ("%s links to %s"):format(path, target))
      end
    end)
  end)
end

it("docs/house.md names every file of src/ and of the folders that it goes through", function()
  local house, missing = read "docs/house.md", {}
  local pipe = assert(io.popen "cd lua/aicore && ls ../../src/* settings/* model/* call/* fleet/* runtime/* text/*")
  for path in pipe:lines() do
    local name = path:match "([^/]+)%.%a+$":gsub("^pollset_.*", "pollset")
    if not house:find(("%%f[%%w_]%s%%f[^%%w_]"):format(name)) then
      missing[#missing + 1] = path
    end
  end
  pipe:close()
  assert.same({}, missing)
end)

it("README.md is short", function()
  local _, lines = read("README.md"):gsub("\n", "")
  assert.is_true(lines <= 250, lines .. " lines: what is for a few belongs into docs/")
end)
