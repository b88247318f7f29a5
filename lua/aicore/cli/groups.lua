-- aicorectl groups: the resource groups of the tenant.

local json = require "aicore.text.json"
local problems = require "aicore.cli.problems"
local tables = require "aicore.cli.tables"

local command = { summary = "List the resource groups of the tenant." }

local KEYS = {
  {
    "group",
    function(group)
      return group.resourceGroupId
    end,
  },
  {
    "status",
    function(group)
      return group.status
    end,
  },
}

---@param parser table  argparse's
function command.configure(parser)
  tables.configure(parser, KEYS)
end

---@param given table
---@param console aicore.cli.Console
---@param client aicore.Client
---@return integer exit
function command.run(given, console, client)
  local found, err = client:resource_groups { timeout = given.timeout }
  if not found then
    return problems.tell(console, err)
  end
  found = tables.arrange(given, console, found, KEYS)
  local rows, names = { { "GROUP", "STATUS" } }, {}
  for i, group in ipairs(found) do
    names[i] = group.resourceGroupId
    rows[i + 1] = { group.resourceGroupId, tostring(group.status or "-") }
  end
  tables.print(console, given, { json = json.array(found), ids = names, rows = rows })
  return problems.DONE
end

return command
