--- aicorectl's commands on pipes, as scripts use them, against the emulator; what they decide by themselves is tested
--- without a process, in their own specs.
-- Under LuaJIT alone, which bin/aicorectl itself asks for: a child takes its time, and what differs between Luas has
-- specs of its own. The last block runs it under each.

local cjson = require "cjson"
local command = require "spec.cli.command"
local emulator = require "spec.support.emulator"

local server

local describe_once = package.loaded.jit and describe or function() end

setup(function()
  server = emulator.start { stop_time = 0.05, delete_time = 0.05, start_time = 0.05 }
end)

teardown(function()
  server.stop()
end)

before_each(function()
  server.clear_deployments()
  server.clear_faults()
  server.clear_journal()
end)

local function run(arguments, options)
  options = options or {}
  options.env = command.settings(server, options.env)
  return command.run(arguments, options)
end

--- Runs it and expects success.
local function output(arguments, options)
  local result = run(arguments, options)
  assert.equal(0, result.code, result.err)
  return result.out
end

--- What has happened to deployments so far.
local function effects()
  local list = {}
  for _, entry in ipairs(server.journal()) do
    list[#list + 1] = entry.what ~= "login" and entry.what or nil
  end
  return list
end

local function status_of(id)
  local reply = server.call("GET", "/deployments/" .. id)
  return reply.status == 200 and reply.json.status or reply.status
end

--- The id of a new one.
local function created(configuration)
  return cjson.decode(output("create -o json " .. configuration)).id
end

describe_once("aicorectl --kind executions", function()
  it("is about executions, and them alone", function()
    server.settings { run_time = 0.05 }
    server.seed { count = 1 }
    local ids = server.seed { resource = "executions", count = 2, scenario_id = "nightly" }
    assert.equal(table.concat(ids, "\n") .. "\n", output "list --kind executions -o ids")
    assert.matches("Status: +RUNNING", output("--kind executions status " .. ids[1]))
    assert.matches("default %(2 executions%)", output "login --kind executions")
    local preview = run("teardown --dry-run --kind executions " .. table.concat(ids, " ")).out
    assert.matches("^2 executions %(2 RUNNING%) in resource group default of %S+ would be torn down", preview)
    assert.equal(2, #cjson.decode(output "teardown --scenario nightly -y -o json --kind executions").deleted)
    assert.matches("COMPLETED", output "create conf-exec --wait --kind executions")
    local refused = run("update --kind executions e000 conf-2")
    assert.same({ 2, true }, { refused.code, refused.err:find("executions cannot be updated", 1, true) ~= nil })
    assert.equal("RUNNING", status_of "d000000000000001")
  end)
end)

describe_once("aicorectl -A", function()
  before_each(function()
    server.seed { id = "d-default" }
    server.seed { count = 2, resource_group = "team-a", model = "gpt-35-turbo", model_version = "0125" }
    server.seed { count = 1, resource_group = "team-b", model = "gpt-4o", model_version = "2024-05-13" }
  end)

  it("lists what retires, in all resource groups", function()
    local lines = {}
    for line in output("list --retiring-within 30d -A"):gmatch "[^\n]+" do
      lines[#lines + 1] = line
    end
    assert.equal(4, #lines)
    assert.matches("^GROUP +ID +STATUS .* RETIRES$", lines[1])
    assert.matches("^team%-a +d%d+ +RUNNING .* %d%d%d%d%-%d%d%-%d%d$", lines[2])
    assert.equal(2, #cjson.decode(output "list -A --retiring-within 12d -o json"))
    assert.matches(" %-\n$", output "list")
  end)

  it("tells of groups that may not be read, and shows the others", function()
    server.fault { operation = "*", resource_group = "team-a", status = 403, times = 0 }
    local result = run "list -A -o ids"
    assert.same({ 5, 2 }, { result.code, select(2, result.out:gsub("\n", "")) })
    assert.matches("1 of 3 resource groups could not be read %(team%-a: ", result.err)
    result = run "teardown -A --all -y"
    assert.equal(5, result.code)
    assert.matches("default: 1 stopped, 1 deleted", result.out)
    assert.matches("team%-a: not read\n", result.out)
    assert.matches("\n2 stopped, 2 deleted in ", result.out)
    assert.matches("not sure that these were all", result.err)
  end)

  it("tears down by group, and shows it before", function()
    local result = run "teardown -A --scenario foundation-models --dry-run"
    assert.matches("^4 deployments %(4 RUNNING%) in all resource groups of %S+ would be torn down", result.out)
    assert.matches("RUNNING +foundation%-models +team%-b", result.out)
    assert.equal(4, #cjson.decode(output "teardown -A --all --dry-run -o json").skipped)
    local report = cjson.decode(output "teardown -A --all -y -o json")
    assert.same({ 4, 2, 0 }, { #report.deleted, #report.groups["team-a"].deleted, #report.groups["team-b"].absent })
  end)

  it("goes on with all of them, and tells of one that may not be read once", function()
    server.settings { stop_time = 1 }
    assert.equal(0, run("stop d-default").code)
    server.fault { operation = "*", resource_group = "team-a", status = 403, times = 0 }
    local result = run "list -A --watch --timeout 8"
    assert.equal(5, result.code, result.err)
    assert.matches("^GROUP +ID ", result.out)
    assert.matches("Z +default +d%-default +STOPPING +STOPPED\n", result.out)
    assert.equal(1, select(2, result.err:gsub("team%-a", "")), result.err)
  end)

  it("finds and watches one, wherever it is", function()
    assert.matches("^d%d+\n$", output "find -A --model gpt-4o -o ids")
    assert.equal("team-b", cjson.decode(output "find -A --model gpt-4o -o json").resource_group)
    assert.matches('"resource_group":"team%-b"', output "watch -A --model gpt-4o --timeout 2 -o json")
  end)

  it("is for those commands only that know it, and not beside a resource group", function()
    for _, words in ipairs { "status -A d000", "list -A -g team-a", "teardown -A d-default", "teardown -A" } do
      local result = run(words)
      assert.equal(2, result.code, words)
    end
    assert.equal("d-default\n", output "list -g default -o ids")
  end)
end)

describe_once("aicorectl models, groups and quota", function()
  it("show the tenant", function()
    server.seed { count = 2, resource_group = "team" }
    assert.equal("default\nteam\n", output "groups -o ids")
    assert.matches("^GROUP +STATUS\ndefault +PROVISIONED\n", output "groups")
    local cut = { count = 5, resources = { { resourceGroupId = "default", status = "PROVISIONED" } } }
    for _, resources in ipairs { cut.resources, require("cjson").empty_array } do
      cut.resources = resources
      server.fault { operation = "resource_groups", status = 200, times = 1, body = cut }
      local result = run "groups"
      assert.equal(1, result.code)
      assert.equal(#resources > 0, result.out:find "default" ~= nil)
      assert.matches("is not complete", result.err)
      assert.is_nil(result.err:find "no resource groups found")
    end
    assert.matches("gpt%-4o +2024%-11%-20 %(latest%) +azure%-openai +%- +%-\n", output "models")
    assert.matches("gpt%-35%-turbo +0125 %(latest%) +azure%-openai +%d+%-%d%d%-%d%d +gpt%-4o\n", output "models")
    assert.equal(3, #cjson.decode(output "models -o json"))
    assert.matches("\nall +2 +none +%-\n", output "quota")
    server.settings { quota = 2 }
    assert.matches("^PLAN +USED +LIMIT +REPLICAS\nstarter +2 +2 +2\nall +2 +2 +%-\n$", output "quota")
    assert.same({ used = 2, limit = 2, replicas = 2 }, cjson.decode(output "quota -o json").plans.starter)
    local refused = run "create conf-1"
    server.settings { quota = -1 }
    assert.matches("2 of 2 deployments are used, starter 2 of 2", refused.err)
    assert.matches("frees quota", refused.err)
  end)

  it("say which role is missing", function()
    server.fault { operation = "resource_groups", status = 403, times = 0 }
    local result = run "groups"
    assert.equal(5, result.code)
    assert.matches("aicore_admin_resourcegroup_viewer", result.err)
    assert.equal(5, run("list -A").code)
  end)
end)

--- A configuration of this name, made by the service.
local function configured(name)
  local body = cjson.encode { name = name, scenarioId = "nightly", executableId = "exec-1" }
  local headers = { ["content-type"] = "application/json" }
  return server.call("POST", "/configurations", { body = body, headers = headers }).json.id
end

describe_once("aicorectl configurations", function()
  it("shows what there is to deploy", function()
    local chat, other = configured "chat", configured "other"
    assert.equal(chat .. "\n", output "configurations -o ids --search chat --scenario nightly --executable exec-1")
    assert.equal("other", cjson.decode(output "configurations -o json --sort name --search other")[1].name)
    local text = output("configurations --sort id --search " .. "othe")
    assert.matches(
      "^ID +NAME +SCENARIO +EXECUTABLE +PARAMETERS\n" .. other:gsub("%-", "%%-") .. " +other +nightly",
      text
    )
    local result = run "configurations --search nothing"
    assert.same({ "", "no configurations found\n", 0 }, { result.out, result.err, result.code })
    assert.equal("[]\n", output "configurations --search nothing -o json")
    assert.equal(2, run("configurations --executable a/b").code)
  end)
end)

describe_once("aicorectl create and ensure", function()
  local SAYS = "--name chat-2 --scenario nightly --executable exec-1 -p modelName=m -p n=2"

  it("take what a configuration says for its id, and find one that says the same", function()
    local made = cjson.decode(output("create -o json " .. SAYS))
    local conf = output "configurations --search chat-2 -o ids"
    assert.matches("^conf%-%w+\n$", conf)
    assert.matches("n=2", output "configurations --search chat-2")
    assert.equal(2, run("create " .. SAYS .. " conf-1").code)
    local found = cjson.decode(output("ensure -o json " .. SAYS))
    assert.same({ made.id, conf }, { found.id, found.configurationId .. "\n" })
    assert.equal(conf, output "configurations --search chat-2 -o ids")
    assert.matches("would be created %(dry run%)\n$", output("create --dry-run " .. SAYS))
  end)

  it("make one that serves, and no second one", function()
    local first = output "ensure conf-ensured"
    assert.matches("^d%w+: was created, and is RUNNING\n$", first)
    local id = first:match "^%w+"
    assert.equal(("%s: is RUNNING\n"):format(id), output "ensure conf-ensured")
    assert.equal(id .. "\n", output "ensure conf-ensured -o ids")
    assert.same({ "create", "unknown", "pending", "running" }, effects())
  end)

  it("leave nothing of one that has failed, unless it is to be kept", function()
    server.settings { delete_time = 5 } -- it is seen to be on its way, which is enough
    local conf = configured "dead-end"
    local result = run("ensure " .. conf)
    assert.equal(1, result.code)
    assert.matches("^aicorectl: ensure d%w+: state: it can no longer be RUNNING: its status is DEAD", result.err)
    assert.equal("delete", effects()[#effects()])
    server.settings { delete_time = 0.05 }
    result = run("ensure --keep " .. conf)
    assert.equal("DEAD", status_of(result.err:match "ensure (d%w+)"))
    assert.equal(2, run("ensure --ttl soon " .. conf).code)
  end)
end)

describe_once("aicorectl find", function()
  it("prints the newest that serves, and why there is none", function()
    server.seed { id = "dold", age = 3600, scenario_id = "nightly" }
    server.seed { id = "dnew", age = 60, scenario_id = "nightly", status = "PENDING", target_status = "STOPPED" }
    assert.matches("^dold: http", output "find --scenario nightly")
    assert.equal("dold\n", output "find -o ids --status running")
    local result = run "find --status PENDING"
    assert.equal(1, result.code)
    assert.matches("dnew is PENDING and meant to be STOPPED", result.err)
    assert.equal(1, run("find --scenario none").code)
  end)
end)

describe_once("aicorectl rollout", function()
  before_each(function()
    server.settings { update_time = 0.05 }
    server.seed { id = "drunning", configuration_id = "conf-1" }
  end)

  after_each(function()
    server.settings { update_time = 0 }
  end)

  it("ends when it runs with another configuration, as update --wait does", function()
    assert.equal("drunning: runs with conf-2\n", output "rollout drunning conf-2")
    local report = cjson.decode(output "update --wait drunning conf-3 -o json")
    assert.same({ "conf-2", false }, { report.previous, report.rolled_back })
    assert.equal("drunning: would get configuration conf-4 (dry run)\n", output "rollout --dry-run drunning conf-4")
    assert.equal("conf-3", server.call("GET", "/deployments/drunning").json.configurationId)
    assert.equal(2, run("rollout drunning a/b").code)
    assert.equal(2, run("rollout --kind executions drunning conf-2").code)
  end)

  it("goes back from one that is dead, and has failed all the same", function()
    local dead = configured "dead-end"
    local result = run(("rollout --rollback drunning %s"):format(dead))
    assert.equal(1, result.code)
    assert.equal("drunning: runs with conf-1 again\n", result.out)
    assert.matches("it did not become RUNNING with dead", result.err)
    assert.same({ "RUNNING", "conf-1" }, {
      status_of "drunning",
      server.call("GET", "/deployments/drunning").json.configurationId,
    })
    assert.equal(1, run(("rollout drunning %s"):format(dead)).code)
    assert.equal("DEAD", status_of "drunning")
  end)
end)

describe_once("aicorectl watch", function()
  it("shows each change, until it is gone", function()
    server.seed { id = "dstopped", status = "STOPPED" }
    server.settings { delete_time = 1 }
    output "delete dstopped"
    local lines = {}
    for line in output("watch dstopped"):gmatch "[^\n]+" do
      lines[#lines + 1] = line:gsub("^%S+ +", "")
    end
    assert.same(
      { "dstopped   STOPPED", "GONE" },
      { lines[1]:match "^dstopped +STOPPED" and "dstopped   STOPPED", lines[#lines]:match "GONE" }
    )
    assert.equal("dstopped\n", output "watch -o ids dstopped") -- it is gone
    assert.equal("", output("watch -", { input = "" }))
    server.settings { delete_time = 0.05 }
  end)

  it("takes a filter, and a time", function()
    server.seed { id = "drunning" }
    local change = cjson.decode(output "watch --status running --timeout 1 -o json")
    assert.same({ "drunning", "RUNNING", "drunning" }, { change.id, change.status, change.deployment.id })
    assert.matches("Z +drunning +RUNNING\n$", output "watch --scenario foundation-models --timeout 1")
    assert.equal(2, run("watch drunning --status running").code)
  end)

  it("says why its looks fail, and goes on", function()
    server.seed { id = "drunning" }
    server.fault { operation = "list", status = 404, times = 1 }
    local result = run "watch --status running --timeout 3"
    assert.equal(0, result.code)
    assert.matches("^aicorectl: list: HTTP 404[^\n]+; it goes on looking\n$", result.err)
    assert.matches("drunning", result.out)
  end)
end)

describe_once("aicorectl list", function()
  before_each(function()
    server.seed { id = "drunning", scenario_id = "nightly", configuration_id = "conf-1" }
    server.seed { id = "dstopped-longer", status = "STOPPED", scenario_id = "daily-tests" }
  end)

  it("is an aligned table without colour", function()
    local lines = {}
    for line in output("list"):gmatch "[^\n]+" do
      lines[#lines + 1] = line
    end
    assert.matches("^ID +STATUS +TARGET +SCENARIO +CONFIGURATION +AGE +RETIRES$", lines[1])
    assert.matches("^drunning          RUNNING   RUNNING   nightly +emulated%-conf%-1 +%d+[mh]%d*m? +%-$", lines[2])
    assert.matches("^dstopped%-longer   STOPPED ", lines[3])
    assert.equal(3, #lines)
  end)

  it("gives ids for pipes, and the records for scripts", function()
    assert.equal("drunning\ndstopped-longer\n", output "list -o ids")
    local text = output "list -o json"
    local found = cjson.decode(text)
    assert.equal(2, #found)
    local record = server.call("GET", "/deployments").json.resources[1]
    assert.equal(record.createdAt, found[1].createdAt)
    for name in pairs(record) do
      assert.equal(record[name] == cjson.null, found[1][name] == nil, name)
    end
    assert.equal(text, output "list -o json")
  end)

  it("takes a filter", function()
    server.seed { id = "dold", age = 86400 * 8 }
    assert.equal("dstopped-longer\n", output "list -o ids --status STOPPED")
    assert.equal("drunning\n", output "list -o ids --scenario nightly --configuration conf-1")
    assert.equal("", output "list -o ids --scenario none-of-them --executable exec-1 --executable exec-2")
    assert.equal("dold\n", output "list -o ids --older-than 1w")
    assert.equal("", output "list -o ids --older-than 52w")
    local parts = output "list -o ids --shard 0/2" .. output "list -o ids --shard 1/2"
    assert.equal(3, select(2, parts:gsub("\n", "")))
  end)

  it("fits the terminal, is in order, and as long as one likes", function()
    local env = { COLUMNS = "80" }
    for line in output("list", { env = env }):gmatch "[^\n]+" do
      assert.is_true(#line:gsub("\226\128\166", ".") <= 80, line)
    end
    assert.matches("\ndstopped%-longer   STOPPED   [^\n]*\226\128\166", output("list", { env = env }))
    assert.equal("dstopped-longer\ndrunning\n", output "list -o ids --sort scenario")
    local result = run "list --sort status --limit 1 --no-headers"
    assert.matches("^drunning +RUNNING [^\n]+\n$", result.out)
    assert.equal("1 of 2 are shown\n", result.err)
    assert.equal(1, #cjson.decode(output "list -o json --limit 1"))
    assert.equal(2, run("list --sort colour").code)
    assert.equal(2, run("list --limit 0").code)
  end)

  it("says so when there are none, and JSON stays an array", function()
    server.clear_deployments()
    local result = run "list"
    assert.same({ "", "no deployments found\n", 0 }, { result.out, result.err, result.code })
    assert.equal("[]\n", output "list -o json")
    assert.equal("", output "list -o ids")
  end)

  it("takes options before the command, and shows exchanges", function()
    local result = run "-v -o ids --resource-group default list"
    assert.equal("drunning\ndstopped-longer\n", result.out)
    assert.matches("POST /oauth/token: HTTP 200, %d+ ms, attempt 1, request %S+\n", result.err)
    assert.matches("GET /v2/lm/deployments: HTTP 200, %d+ ms, attempt 1, request %S+\n", result.err)
    assert.is_nil((result.out .. result.err):find("Bearer", 1, true))
  end)

  it("has failed when its result could not be written", function()
    local line = command.line("status drunning nosuch -o ids", { env = command.settings(server) })
    local pipe = assert(io.popen(line .. " 2>&1 >/dev/full; echo $?"))
    local text = pipe:read "*a"
    pipe:close()
    assert.matches("\naicorectl: the result could not be written: No space left on device\n  try: [^\n]+\n1\n$", text)
  end)

  it("has failed when anything else could not be written", function()
    for _, arguments in ipairs {
      "",
      "--help",
      "list --help",
      "--version",
      "completion bash",
      "create x -o json",
      "login",
      "emulator",
      "logs -f drunning",
    } do
      local line = command.line(arguments, { env = command.settings(server) })
      local pipe = assert(io.popen(line .. " 2>&1 >/dev/full; echo $?"))
      local text = pipe:read "*a"
      pipe:close()
      assert.matches("No space left on device.*\n1\n$", text, arguments)
    end
  end)

  it("is help where nothing is said", function()
    local result = run ""
    assert.equal(2, result.code)
    assert.equal(result.out, run("--help").out)
    assert.matches("^Usage: aicorectl .*\n   teardown +Stop and delete", result.out)
  end)

  it("asks in the resource group that it was told", function()
    assert.equal("[]\n", output "list -o json --resource-group another")
    assert.equal("[]\n", output("list -o json", { env = { AICORE_RESOURCE_GROUP = "another" } }))
  end)
end)

describe_once("aicorectl status", function()
  before_each(function()
    server.seed { id = "drunning", scenario_id = "nightly" }
    server.seed { id = "ddead", status = "DEAD" }
  end)

  it("is readable", function()
    local text = output "status drunning"
    for _, pattern in ipairs { "^Id: +drunning\n", "\nStatus: +RUNNING\n", "\nScenario: +nightly\n", " ago%)\n" } do
      assert.matches(pattern, text)
    end
    assert.matches("\n +minReplicas: +0\n", text)
    assert.is_nil(text:find "table: 0x")
    assert.is_nil(text:find "backend_details")
  end)

  it("is an object for one, an array for several", function()
    assert.equal("RUNNING", cjson.decode(output "status drunning -o json").status)
    local both = cjson.decode(output "status drunning ddead -o json")
    assert.same({ "drunning", "ddead" }, { both[1].id, both[2].id })
  end)

  it("takes ids from standard input", function()
    assert.equal("ddead\ndrunning\n", output("status -o ids", { input = "ddead\n drunning ddead\n" }))
    assert.equal("ddead\n", output("status - -o ids", { input = "ddead" }))
    assert.equal("", output("status", { input = "" }))
    local result = run("status", { input = "ddead NAME!" })
    assert.equal(2, result.code)
    assert.matches("'NAME!' is not the id of a deployment", result.err)
  end)

  it("shows those that it finds, and fails for the others", function()
    local result = run "status drunning nosuch -o json"
    assert.equal(3, result.code)
    local both = cjson.decode(result.out)
    assert.equal("drunning", both[1].id)
    assert.equal(404, both[2].error.status)
    assert.matches("^aicorectl: status nosuch: HTTP 404[^\n]+\n  try: [^\n]+\n$", result.err)
  end)
end)

describe_once("aicorectl changes", function()
  it("stop and delete, one request each", function()
    server.seed { count = 2, status = "RUNNING" }
    local ids = output("list -o ids"):gsub("\n", " ")
    local first = ids:match "%S+"
    assert.matches("^" .. first .. ": [^\n]+\nd%w+: [^\n]+\n$", output("stop " .. ids))
    assert.equal(2, server.requests().stop)
    output("wait --for STOPPED " .. ids)
    assert.equal(first, cjson.decode(output("delete -o json " .. first)).id)
    assert.equal(first .. ": GONE\n", output("wait --for GONE " .. first))
  end)

  it("may wait until it is so", function()
    server.seed { count = 3, status = "RUNNING" }
    local report = cjson.decode(output("stop --wait -o json", { input = output "list -o ids" }))
    assert.equal(3, #report.stopped)
    assert.matches(
      "^3 deleted in %d+%.%ds by %d+ requests\n$",
      output("delete --wait", { input = output "list -o ids" })
    )
    assert.equal("", output "list -o ids")
  end)

  it("create, wait and update", function()
    local id = output("create conf-1 --ttl 7d --wait -o ids"):match "^(d%w+)\n$"
    assert.equal("RUNNING", status_of(id))
    assert.matches(id .. ": ", output(("update %s conf-2"):format(id)))
    assert.equal("conf-2", server.call("GET", "/deployments/" .. id).json.configurationId)
    assert.equal("7d", server.call("GET", "/deployments/" .. id).json.ttl)
  end)

  it("say that there was nothing to delete", function()
    local result = run "delete nosuch"
    assert.equal(3, result.code)
    assert.matches("^aicorectl: delete nosuch: [^\n]+\n  try: [^\n]+\n$", result.err)
  end)

  it("of a wrong kind say what to do instead", function()
    server.seed { id = "drunning" }
    local result = run "delete drunning"
    assert.equal(1, result.code)
    assert.matches("\n  try: aicorectl teardown drunning stops it first\n$", result.err)
    server.seed { id = "dunknown", status = "UNKNOWN" }
    result = run "stop dunknown"
    assert.equal(1, result.code)
    assert.matches("\n  try: delete it without stopping: aicorectl delete dunknown\n$", result.err)
    assert.equal(2, run("stop drunning --appear 5m").code)
  end)
end)

describe_once("aicorectl wait", function()
  it("fails at once when it can no longer be, and at its time limit", function()
    server.seed { id = "drunning" }
    local result = run(("wait %s --for RUNNING"):format(created "dead-configuration"))
    assert.same({ 1, "" }, { result.code, result.out })
    assert.matches(
      "it can no longer be RUNNING: its status is DEAD[^(\n]*%(reason: Container exited[^)\n]+%)\n",
      result.err
    )
    result = run "wait drunning --for STOPPED --timeout 0.3"
    assert.equal(4, result.code)
    assert.matches("\n  try: %-%-timeout", result.err)
    assert.equal(3, run("wait nosuch --for STOPPED").code)
  end)

  it("waits for one that has still to appear as long as it is told", function()
    server.settings { appear_time = 0.5 }
    finally(function()
      server.settings { appear_time = 0 }
    end)
    assert.equal(0, run(("wait %s --for RUNNING --appear 1m"):format(created "conf-1")).code)
  end)
end)

describe_once("aicorectl teardown", function()
  it("refuses where nobody can be asked", function()
    server.seed { id = "drunning" }
    local result = run "teardown drunning"
    assert.equal(2, result.code)
    assert.matches("^aicorectl: nobody can be asked[^\n]+\n  try: %-%-yes[^\n]+\n$", result.err)
    assert.equal(0, server.requests().total)
  end)

  it("tears down ids, whatever state they are in", function()
    server.seed { id = "drunning" }
    server.seed { id = "dstopped", status = "STOPPED" }
    local report = cjson.decode(output "teardown drunning dstopped nosuch --yes -o json")
    assert.same({ "drunning", "dstopped" }, report.deleted)
    assert.same({ { "nosuch" }, { "drunning" } }, { report.absent, report.stopped })
    assert.is_false(report.cancelled)
    assert.equal("", output "list -o ids")
  end)

  it("tears down what a filter finds, and no more", function()
    server.seed { count = 3, status = "DEAD", scenario_id = "nightly" }
    server.seed { id = "dstays" }
    local out = output "teardown --scenario nightly --yes"
    assert.matches("^3 deleted in %d+%.%ds by %d+ requests\n$", out)
    assert.equal("dstays\n", output "list -o ids")
    assert.equal("dstays\n", output "teardown --all --yes -o ids")
  end)

  it("shows in a dry run how many, in which states, and the first few", function()
    server.seed { count = 6, status = "STOPPED", scenario_id = "nightly" }
    server.seed { count = 10, scenario_id = "nightly" }
    local text = output "teardown --scenario nightly --dry-run"
    assert.matches("^16 deployments %(10 RUNNING, 6 STOPPED%) in [^\n]+ would be torn down %(dry run%)\n", text)
    assert.matches("\n  … and 11 more\n$", text)
    assert.equal(text, output("teardown --dry-run", { input = output "list -o ids" }))
    assert.equal(output "list -o ids", output "teardown --all --dry-run -o ids")
    assert.equal(16, #cjson.decode(output "teardown --all --dry-run -o json").skipped)
    assert.matches(
      "^1 deployment %(1 not there%) in resource group %S+ of %S+ would be",
      output "teardown nosuch --dry-run"
    )
    assert.same({}, effects())
  end)

  it("tells of records that could not be read", function()
    server.seed { count = 2, status = "STOPPED" }
    server.settings { odd_records = 1 }
    finally(function()
      server.settings { odd_records = 0 }
    end)
    local result = run "teardown --all --yes -o json"
    assert.equal(2, cjson.decode(result.out).odd)
    assert.matches("aicorectl: 2 records could not be read, and were left alone\n", result.err)
    assert.same({}, effects())
  end)

  it("has failed when one has", function()
    server.seed { count = 2, status = "STOPPED" }
    server.settings { delete_time = 60 }
    finally(function()
      server.settings { delete_time = 0.05 }
    end)
    local result = run "teardown --all --yes --timeout 0.5 -o json"
    assert.equal(4, result.code)
    local count = 0
    for id, err in pairs(cjson.decode(result.out).failed) do
      count = count + 1
      assert.same({ "timeout", id }, { err.kind, err.id })
    end
    assert.equal(2, count)
  end)
end)

describe_once("aicorectl logs", function()
  it("prints lines, as text or JSON, all or the last", function()
    server.seed { id = "drunning", age = 100 }
    local text = output "logs drunning"
    assert.matches("^%d+%-%d+%-%d+T[^\n]+ Deployment drunning scheduled\n", text)
    local lines = cjson.decode(output "logs drunning -o json")
    assert.equal(select(2, text:gsub("\n", "")), #lines)
    local last = output "logs drunning --tail 1"
    assert.equal(1, select(2, last:gsub("\n", "")))
    assert.equal(last, text:match "([^\n]+\n)$")
  end)

  it("follows until the deployment has ended", function()
    local id = output("create conf-1 -o ids --wait"):match "%S+"
    output("stop --wait " .. id)
    local messages = {}
    for line in output("logs -f -o json " .. id):gmatch "[^\n]+" do
      messages[#messages + 1] = cjson.decode(line).msg:match "%a+$"
    end
    assert.same({ "scheduled", "started", "ended" }, messages)
  end)
end)

describe_once("aicorectl login", function()
  it("says who and until when, and no secret", function()
    local secret = { AICORE_CLIENT_SECRET = "a-very-secret-word" }
    local result = run("login -v", { env = secret })
    assert.equal(0, result.code)
    assert.matches("Logged in as: +me\n", result.out)
    assert.matches("Token good: +until %d+%-%d+%-%d+T%d+:%d+:%d+Z %(for 1[12]h%)\n", result.out)
    assert.matches("Resource group: +default %(0 deployments%)\n", result.out)
    local shown = cjson.decode(output("login -o json", { env = secret }))
    assert.same({ "me", server.url, 43200 }, { shown.client_id, shown.base_url, shown.expires_in })
    assert.is_nil((result.out .. result.err .. cjson.encode(shown)):find("secret-word", 1, true))
    assert.equal(2, server.requests().login)
  end)

  it("finds out that the AI API is not there", function()
    local result = run("login", { env = { AICORE_BASE_URL = server.url .. "/elsewhere" } })
    assert.equal(1, result.code)
    assert.matches("\nbase_url +%S+/elsewhere +AICORE_BASE_URL\n", result.out)
    assert.matches("try: [^\n]*AICORE_BASE_URL", result.err)
  end)
end)

describe_once("aicorectl -o json", function()
  it("prints the error where there is no result", function()
    server.seed { id = "drunning" }
    server.fault { operation = "*", status = 403, times = 0 }
    for arguments, kind in pairs {
      list = "auth",
      login = "auth",
      models = "auth",
      ["logs drunning"] = "auth",
      ["status drunning"] = "auth",
      ["create conf-1"] = "auth",
      ["update drunning conf-1"] = "auth",
      ["stop drunning --dry-run"] = "auth",
      ["teardown --all --yes"] = "auth",
      ["teardown --all --dry-run"] = "auth",
      ["teardown --all"] = "usage",
      ["create x"] = "usage",
      ["status x"] = "usage",
      ["update drunning x"] = "usage",
      find = "auth",
      ["ensure conf-1"] = "auth",
      configurations = "auth",
      ["logs drunning drunning2"] = "usage",
    } do
      local result = run(arguments .. " -o json")
      assert.equal(kind == "auth" and 5 or 2, result.code, arguments .. "\n" .. result.err)
      local good, shown = pcall(cjson.decode, result.out)
      assert.is_true(good, arguments .. ":\n" .. result.out)
      assert.equal(kind, shown.error.kind, arguments)
      assert.matches("^aicorectl: [^\n]+\n  try: [^\n]+\n$", result.err)
    end
    for _, arguments in ipairs { "logs -f drunning", "watch drunning" } do
      assert.matches('^{"error":{[^\n]+}\n$', run(arguments .. " -o json").out)
    end
    local result = run("list -o json", { env = { AICORE_CLIENT_SECRET = "" } })
    assert.equal("config", cjson.decode(result.out).error.kind)
  end)
end)

describe_once("aicorectl refuses", function()
  it("wrong arguments with 2, one line and where to read on", function()
    local result = run "list --status RUNING"
    assert.same({ 2, "" }, { result.code, result.out })
    assert.matches("^aicorectl: [^\n]+\n  try: aicorectl list %-%-help\n$", result.err)
    for arguments, what in pairs { ["stop x"] = "'x' is not the id", ["create x"] = "'x' is not the id" } do
      result = run(arguments)
      assert.equal(2, result.code)
      assert.is_truthy(
        result.err:find("^aicorectl: " .. what .. "[^\n]+\n  try: aicorectl %a+ %-%-help\n$"),
        result.err
      )
    end
    assert.equal(0, server.requests().total)
  end)
end)

describe("aicorectl under", function()
  for _, lua in ipairs { "lua5.4", "luajit", "lua5.1" } do
    it(lua .. " says which versions it is made of", function()
      local text = output("--version", { lua = lua })
      assert.matches("^aicorectl %d+%.%d+%.%d+ %(libcurl %d+%.[%d.]+, [^\n]+, Lua[^\n]+%)\n$", text)
    end)

    it(lua .. " lists and tears down", function()
      server.seed { count = 2, status = "RUNNING" }
      assert.equal(2, #cjson.decode(output("list -o json", { lua = lua })))
      assert.equal(2, #cjson.decode(output("teardown --all --yes -o json", { lua = lua })).deleted)
    end)
  end
end)
