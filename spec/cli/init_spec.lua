--- The command line as a whole, called and not run: what it refuses before there is a client.

local cjson = require "cjson"
local cli = require "aicore.cli"
local command = require "spec.cli.command"

--- A file that remembers.
local function sink()
  local file = { text = "" }
  function file.write(self, ...)
    self.text = self.text .. table.concat { ... }
    return self
  end
  function file.flush(self)
    return self
  end
  return file
end

--- Runs a command line; returns its exit code, and what it wrote on standard error and on standard output.
local function main(arguments)
  local words, stdout, stderr, out, err = {}, io.stdout, io.stderr, sink(), sink()
  for word in arguments:gmatch "%S+" do
    words[#words + 1] = word
  end
  rawset(io, "stdout", out)
  rawset(io, "stderr", err)
  local ok, code = pcall(cli.main, words)
  rawset(io, "stdout", stdout)
  rawset(io, "stderr", stderr)
  assert(ok, code)
  return code, err.text, out.text
end

describe("aicorectl", function()
  it("may be called by a link, and by a link to that", function()
    local folder = io.popen("mktemp -d"):read "*l"
    os.execute(("ln -s $PWD/bin/aicorectl %s/one; ln -s one %s/two"):format(folder, folder))
    for _, name in ipairs { "one", "two" } do
      local line = ("cd /; env -u LUA_PATH -u LUA_CPATH %s %s/%s --version"):format(command.interpreter, folder, name)
      assert.matches("^aicorectl %d", io.popen(line):read "*a")
    end
    os.execute("rm -r " .. folder)
  end)
end)

describe("aicorectl refuses", function()
  for arguments, what in pairs {
    ["-v"] = "a command is required",
    frobnicate = "unknown command",
    ["list --status RUNING"] = "--status: 'RUNING' is none of PENDING, RUNNING, COMPLETED, DEAD, STOPPING, STOPPED",
    ["list --stauts RUNNING"] = "unknown option '--stauts'; did you mean '--status'?",
    ["list --limit -1"] = "unknown option '-1'",
    ["list --limit 0"] = "--limit: '0' is not",
    ["list --older-than 7"] = "'7' needs a unit",
    ["list --retiring-within 30"] = "'30' needs a unit",
    ["teardown --all --older-than 7d"] = "--all means everything",
    ["teardown --all --shard 0/4 --status DEAD"] = "--all means everything",
    ["list --older-than soon"] = "'soon' is not a time",
    ["list --older-than 0"] = "'0' is no time at all",
    ["list --shard 4/4"] = "INDEX/COUNT",
    ["list --scenario x"] = "4 to 64",
    ["list -o yaml"] = "--output: 'yaml' is none of table, json, ids",
    ["list --timeout 0"] = "'0' is no time at all",
    ["list --timeout 9999w"] = "longer than anybody waits",
    ["list drunning"] = "too many arguments",
    ["wait drunning"] = "missing option '--for'",
    ["wait drunning --for STOPED"] = "--for: 'STOPED' is none of GONE",
    ["teardown drunning --all"] = "one of them",
    ["teardown drunning --scenario nightly"] = "one of them",
    ["teardown --all --scenario nightly"] = "--all means everything",
    ["logs drunning --tail 0"] = "is not a number of lines",
    ["create conf-1 --ttl 7x"] = "'7x' is not a time to live",
    ["ensure conf-1 --ttl 7x"] = "'7x' is not a time to live",
    ["create conf-1 --kind executions --ttl 5m"] = "--ttl is of deployments only",
    ["ensure conf-1 --kind executions --ttl 5m"] = "--ttl is of deployments only",
    ["--kind executions rollout e-1 conf-1"] = "executions cannot be updated",
    ["create conf-1 -p model"] = "'model' is not NAME=VALUE",
    ensure = "which configuration?",
    ["list --older-than 9999999999999w"] = "is too long a time",
    ["wait d000 --for GONE --appear 99999999w"] = "is too long a time",
    ["logs d000 --since 99999999w"] = "is too long a time",
    ["emulator --latency nan"] = "--latency: 'nan' is not a time",
    ["emulator --stop-time 400d"] = "is not a time from 0 to 1000000 seconds",
    ["emulator --deployments 1e7"] = "is not a whole number from 0 to 1000000",
    ["completion tcsh"] = "must be one of 'bash'",
    ["emulator --port 70000"] = "'70000' is not a whole number",
    ["emulator --tls-cert c.pem"] = "go together",
    ["emulator --client-ca c.pem"] = "--client-ca needs",
    ["emulator --client-secret s"] = "--client-secret needs --client-id",
    ["emulator --client-id me"] = "--client-id needs",
  } do
    it("with 2, one line and where to read on: " .. arguments, function()
      local code, text, out = main(arguments)
      assert.same({ 2, "" }, { code, out })
      assert.matches("^aicorectl: [^\n]+\n  try: aicorectl %l* ?%-%-help\n$", text)
      assert(text:find(what, 1, true), text)
    end)
  end

  it("in JSON where that is asked for, be it before what is wrong or behind it", function()
    for _, arguments in ipairs {
      "-o json list --nosuch",
      "list --status RUNING --output=json",
      "teardown --all --older-than 7d -yojson",
      "frobnicate -o json",
      "-o json",
    } do
      local code, _, out = main(arguments)
      assert.equal(2, code, arguments)
      local err = cjson.decode(out).error
      assert.equal("usage", err.kind)
      assert.is_nil(err.message:find "aicorectl:")
    end
    assert.equal("", select(3, main "list --nosuch -o json -o ids"))
  end)
end)
