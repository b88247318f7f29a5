-- aicorectl models: what may be deployed, and until when each version works.

local retirement = require "aicore.model.retirement"
local tables = require "aicore.cli.tables"

local function row_of(model, version)
  local replacements = type(version.suggestedReplacements) == "table" and version.suggestedReplacements or {}
  return {
    model.model,
    version.name .. (version.isLatest == true and " (latest)" or ""),
    tostring(model.executableId or "-"),
    tables.day(retirement.date_of(version)),
    type(replacements[1]) == "string" and replacements[1] or "-",
  }
end

return tables.command {
  summary = "List the models that may be deployed, and until when they work.",
  noun = "models",
  heading = { "MODEL", "VERSION", "EXECUTABLE", "RETIRES", "REPLACEMENT" },
  keys = { { "model", "model" }, { "executable", "executableId" } },
  find = function(client, given)
    return client:models { timeout = given.timeout }
  end,
  rows = function(model)
    local rows = {}
    for i, version in ipairs(model.versions) do
      rows[i] = row_of(model, version)
    end
    return rows
  end,
}
