-- aicorectl models: what may be deployed, and until when each version works.

local json = require "aicore.text.json"
local problems = require "aicore.cli.problems"
local tables = require "aicore.cli.tables"

local command = { summary = "List the models that may be deployed, and until when they work." }

local KEYS = {
  {
    "model",
    function(model)
      return model.model
    end,
  },
  {
    "executable",
    function(model)
      return model.executableId
    end,
  },
}

---@param parser table  argparse's
function command.configure(parser)
  tables.configure(parser, KEYS)
end

local function row_of(model, version)
  local replacements = type(version.suggestedReplacements) == "table" and version.suggestedReplacements or {}
  return {
    model.model,
    version.name .. (version.isLatest == true and " (latest)" or ""),
    tostring(model.executableId or "-"),
    type(version.retirementDate) == "string" and version.retirementDate:sub(1, 10) or "-",
    type(replacements[1]) == "string" and replacements[1] or "-",
  }
end

---@param given table
---@param console aicore.cli.Console
---@param client aicore.Client
---@return integer exit
function command.run(given, console, client)
  local found, err = client:models { timeout = given.timeout }
  if not found then
    return problems.tell(console, err)
  end
  found = tables.arrange(given, console, found, KEYS)
  local rows, names = { { "MODEL", "VERSION", "EXECUTABLE", "RETIRES", "REPLACEMENT" } }, {}
  for i, model in ipairs(found) do
    names[i] = model.model
    for _, version in ipairs(model.versions) do
      rows[#rows + 1] = row_of(model, version)
    end
  end
  tables.print(console, given, { json = json.array(found), ids = names, rows = rows })
  return problems.DONE
end

return command
