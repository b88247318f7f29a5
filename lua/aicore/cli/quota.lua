-- aicorectl quota: how many deployments the tenant has and may have, in all and by resource plan.

local problems = require "aicore.cli.problems"
local tables = require "aicore.cli.tables"

local command = { summary = "Show how many deployments the tenant has and may have.", kindless = true }

function command.configure() end

local function row_of(name, counts)
  return { name, tostring(counts.used or "-"), tostring(counts.limit or "none"), tostring(counts.replicas or "-") }
end

---@param given table
---@param console aicore.cli.Console
---@param client aicore.Client
---@return integer exit
function command.run(given, console, client)
  local found, err = client:quota { timeout = given.timeout }
  if not found then
    return problems.tell(console, err)
  end
  local rows, names = { { "PLAN", "USED", "LIMIT", "REPLICAS" } }, {}
  for name in pairs(found.plans) do
    names[#names + 1] = name
  end
  table.sort(names)
  for _, name in ipairs(names) do
    rows[#rows + 1] = row_of(name, found.plans[name])
  end
  rows[#rows + 1] = row_of("all", found)
  tables.print(console, given, { json = found, ids = names, rows = rows })
  return problems.DONE
end

return command
