-- aicorectl configurations: a table of them.

local options = require "aicore.cli.options"
local tables = require "aicore.cli.tables"

--- A reader of what the service will take as this field of a filter; `wrap`: the field is a list of such.
local function fit(name, wrap)
  return options.fit("configurations", name, wrap)
end

local function parameters_of(one)
  local texts = {}
  for i, binding in ipairs(one.parameterBindings) do
    texts[i] = ("%s=%s"):format(tostring(binding.key), tostring(binding.value))
  end
  return table.concat(texts, " ")
end

return tables.command {
  summary = "List configurations.",
  noun = "configurations",
  heading = { "ID", "NAME", "SCENARIO", "EXECUTABLE", "PARAMETERS" },
  keys = { { "id", "id" }, { "name", "name" }, { "scenario", "scenarioId" }, { "executable", "executableId" } },
  options = function(parser)
    parser:option("--scenario", "Only those of this scenario."):argname("<id>"):convert(fit "scenario_id")
    parser
      :option("--executable", "Only those of this executable; may be repeated.")
      :argname("<id>")
      :count("*")
      :convert(fit("executable_ids", true))
    parser:option("--search", "Only those with this in their name."):argname("<text>"):convert(fit "search")
  end,
  find = function(client, given)
    local executables = given.executable and given.executable[1] and given.executable or nil
    return client:configurations {
      scenario_id = given.scenario,
      executable_ids = executables,
      search = given.search,
      timeout = given.timeout,
    }
  end,
  rows = function(one)
    return { { one.id, one.name or "-", one.scenarioId or "-", one.executableId or "-", parameters_of(one) } }
  end,
}
