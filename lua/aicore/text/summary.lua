-- What a question says before something that cannot be undone: how many, in which states, and where. Pure.

local summary = {}

--- "12 RUNNING, 3 STOPPED"
---@param records { status: string }[]
---@return string
function summary.states(records)
  local counts, names = {}, {}
  for _, record in ipairs(records) do
    local status = record.status
    if not counts[status] then
      names[#names + 1] = status
    end
    counts[status] = (counts[status] or 0) + 1
  end
  table.sort(names)
  for i, name in ipairs(names) do
    names[i] = ("%d %s"):format(counts[name], name)
  end
  return table.concat(names, ", ")
end

--- "resource group default of https://api.example/v2"
---@param place aicore.Place
---@param group string?  instead of the client's; "*": all of them
---@return string
function summary.place(place, group)
  group = group or place.resource_group
  local named = group == "*" and "all resource groups" or "resource group " .. group
  return ("%s of %s"):format(named, place.base_url)
end

return summary
