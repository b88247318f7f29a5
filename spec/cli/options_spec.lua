--- The options that commands have in common, parsed without a process.

local argparse = require "argparse"
local lifecycle = require "aicore.model.lifecycle"
local options = require "aicore.cli.options"
local parsing = require "aicore.cli.parsing"

--- Parses words as `aicorectl … list …` would; returns the options, or nil and what is wrong.
local function parse(...)
  local parser = argparse "aicorectl"
  parser:command_target "command"
  options.shared(parser, {}, true)
  local list = parser:command "list"
  options.shared(list, { everywhere = true }, false)
  options.filter(list)
  options.word(list, "--for", "", lifecycle.goals):target "goal"
  options.time(list, "--since", "")
  options.appear(list)
  options.dry_run(list, "listed")
  parsing.adapt(parser)
  parsing.adapt(list)
  parser.error = function(_, message)
    error({ message = message }, 0)
  end
  local ok, result = pcall(parser.parse, parser, { ... })
  if not ok then
    return nil, result.message or result
  end
  options.merge(result)
  return result
end

local function refused(what, ...)
  local given, why = parse(...)
  assert.is_nil(given)
  assert(why:find(what, 1, true), why)
end

describe("a filter of options", function()
  local function filter(...)
    local given, why = parse("list", ...)
    return options.read_filter(assert(given, why))
  end

  it("has the names of the library's filter", function()
    assert.same({ status = "DEAD", scenario_id = "nightly" }, filter("--status", "DEAD", "--scenario", "nightly"))
    assert.same({ configuration_id = "conf-1" }, filter("--configuration", "conf-1"))
    assert.same({ executable_ids = { "exec-1", "exec-2" } }, filter("--executable", "exec-1", "--executable", "exec-2"))
    assert.same({ older_than = 5400, shard = { 1, 4 } }, filter("--older-than", "1h30m", "--shard", "1/4"))
  end)

  it("is none where nothing was said", function()
    assert.is_nil(filter())
  end)

  it("knows every status, in any case, and several", function()
    for _, status in ipairs(lifecycle.statuses) do
      assert.same({ status = status }, filter("--status", status))
      assert.same({ status = status }, filter("--status", status:lower()))
      assert.same({ status = status }, filter("--status", status:sub(1, 1) .. status:sub(2):lower()))
    end
    assert.same({ status = { "DEAD", "STOPPED" } }, filter("--status", "dead", "--status", "Stopped"))
    refused("'RUNING' is none of PENDING", "list", "--status", "RUNING")
    refused("'GONE' is none of PENDING", "list", "--status", "GONE")
  end)

  it("takes a part of all, counted from 0", function()
    for _, text in ipairs { "4/4", "1", "1/0", "a/b", "0.5/2", "0/" .. ("9"):rep(400) } do
      refused("is not INDEX/COUNT", "list", "--shard", text)
    end
  end)

  it("takes texts that are not blank", function()
    for _, name in ipairs { "--model", "--model-version", "--configuration-name" } do
      refused("a text expected", "list", name, "")
      assert.is_table(filter(name, "x y"))
    end
  end)

  it("takes ids as the C module does, and says what that says", function()
    refused("4 to 64", "list", "--scenario", "abc")
    refused("4 to 64", "list", "--configuration", "a/bcd")
    refused("4 to 64", "list", "--executable", ("x"):rep(65))
  end)
end)

describe("a goal", function()
  it("is a status, or that it is gone", function()
    for _, goal in ipairs(lifecycle.goals) do
      assert.equal(goal, parse("list", "--for", goal).goal)
      assert.equal(goal, parse("list", "--for", goal:lower()).goal)
    end
  end)
end)

describe("a time", function()
  it("is a span, and not none", function()
    assert.equal(90, parse("list", "--timeout", "90").timeout)
    assert.equal(7200, parse("list", "--since", "2h").since)
    assert.equal(300, parse("list", "--appear", "5m").appear)
    refused("'0m' is no time at all", "list", "--timeout", "0m")
    refused("'0' is no time at all", "list", "--older-than", "0")
    refused("'soon' is not a time", "list", "--since", "soon")
  end)

  it("to wait is one that the C module can count", function()
    refused("'9999w' is longer than anybody waits for", "list", "--timeout", "9999w")
  end)
end)

describe("an option of every command", function()
  it("may stand before it; behind it, it counts", function()
    local given = parse("-v", "--timeout", "5", "-o", "ids", "list")
    assert.same({ true, 5, "ids" }, { given.verbose, given.timeout, given.output })
    given = parse("--timeout", "5", "list", "--timeout", "6", "--resource-group", "g")
    assert.same({ 6, "g" }, { given.timeout, given.resource_group })
    assert.is_nil(given.verbose)
  end)

  it("takes the formats that there are", function()
    refused("--output: 'yaml' is none of table, json, ids", "list", "-o", "yaml")
    assert.equal("json", parse("list", "-o", "JSON").output)
    assert.equal("executions", parse("--kind", "Executions", "list").kind)
  end)

  it("is not shown by one that has no use for it, and read there all the same", function()
    local parser = argparse "aicorectl"
    options.shared(parser, { kindless = true }, false)
    local help = parser:get_help()
    assert.is_nil(help:find("--kind", 1, true) or help:find("--all-resource-groups", 1, true))
    assert.truthy(help:find("--profile", 1, true))
    assert.same({ kind = "executions", all_resource_groups = true }, parser:parse { "-A", "--kind", "executions" })
  end)

  it("refuses what would make a header of its own", function()
    refused("control characters", "list", "--resource-group", "a\nb")
  end)
end)

describe("a line that cannot be read as a whole", function()
  local function scan(line)
    local words = {}
    for word in line:gmatch "%S+" do
      words[#words + 1] = word
    end
    return options.scan(words)
  end

  it("has the values of shared options, in each spelling, where they stand", function()
    local all = { output = "json", resource_group = "team", profile = "p", kind = "executions", ca_file = "/ca" }
    assert.same(all, scan "-o json list -g team --nosuch x --profile=p --kind executions --ca-file /ca")
    assert.same({ output = "json", resource_group = "team" }, scan "--output=json stop -vgteam")
    assert.same({ output = "ids" }, scan "teardown -yojson -A -voids x")
    assert.same({ resource_group = "-odd" }, scan "--resource-group=-odd")
  end)

  it("has none that argparse would not take for one", function()
    for _, line in ipairs { "-o", "-o yaml", "-g -v", "list -- -o json", "-pmodel=ojson", "-p o=json", "--out json" } do
      assert.same({}, scan(line), line)
    end
  end)

  it("knows which letters take values", function()
    local module = "aicore.cli."
    for _, name in ipairs { "create", "ensure", "list", "logs", "teardown", "stop" } do
      local parser = argparse "aicorectl"
      require(module .. name).configure(parser)
      for letter, rest in parser:get_help():gmatch "\n +%-(%l)[, ]([^\n]*)" do
        assert.equal(letter == "p", rest:find "^<" ~= nil, name .. " -" .. letter .. rest)
      end
    end
  end)
end)

describe("--dry-run", function()
  it("is off unless it was said", function()
    assert.is_true(parse("list", "--dry-run").dry_run)
    assert.is_nil(parse("list").dry_run)
  end)
end)
