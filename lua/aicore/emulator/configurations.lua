-- The operations about configurations: making one, which then never changes, and looking.
-- Rule: the same one may be made twice, as in AI Core.

local answers = require "aicore.emulator.answers"
local merged = require "aicore.model.merged"

local configurations = {}

local function has(name, searched, any_case)
  if any_case then
    name, searched = name:lower(), searched:lower()
  end
  return name:find(searched, 1, true) ~= nil
end

local function find(context)
  local query, found = context.query, {}
  for _, one in ipairs(context.world:configurations_of(context.group)) do
    local fits = (not query.scenarioId or one.scenarioId == query.scenarioId)
      and (not query.executableIds or query.executableIds[one.executableId] == true)
      and (not query["$search"] or has(one.name, query["$search"], query.searchCaseInsensitive == "true"))
    found[#found + 1] = fits and one or nil
  end
  return found
end

---@param context aicore.emulator.Context
---@return aicore.emulator.Answer
function configurations.list(context)
  local query, found, page = context.query, find(context), {}
  local skip, top = query["$skip"] or 0, query["$top"] or 10000
  for i = skip + 1, math.min(#found, skip + top) do
    page[#page + 1] = merged(found[i])
  end
  return answers.list(page, #found)
end

---@param context aicore.emulator.Context
---@return aicore.emulator.Answer
function configurations.count(context)
  return answers.text(200, tostring(#find(context)))
end

---@param context aicore.emulator.Context
---@return aicore.emulator.Answer
function configurations.get(context)
  local one = context.world:configurations_of(context.group)[context.id]
  if not one then
    local message = ("Configuration ID %s not found"):format(context.id)
    return answers.refuse({ kind = "not_found", message = message }, context)
  end
  return answers.json(200, merged(one))
end

---@param context aicore.emulator.Context
---@return aicore.emulator.Answer
function configurations.create(context)
  local made = context.world:configure(context.group, context.body, context.now)
  local answer = answers.json(201, { id = made.id, message = "Configuration created" })
  answer.headers.location = ("%s/v2/lm/configurations/%s"):format(context.world.url, made.id)
  return answer
end

return configurations
