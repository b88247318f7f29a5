--- What a good reply of an operation looks like, checked where it arrives: behind that point, nothing indexes a nil.
-- Rules of this file:
--   A reply without what its shape requires is refused as a whole; what is odd is named.
--   Of a list, a record that cannot be told from others, or whose state cannot be read, is set aside and counted.
--   What a record may lack (SAP's description requires more than the service shows) reads as absent where its type is
--   not the promised one: no deployment goes on running because of its name.
-- The C module has seen to it that the outermost object and its required field are there, that a list holds objects
-- only, and that the answer is about the id that was asked for. Of records it tells where nothing is odd
-- (is_plain_record in reply.c), and then nobody looks here.

local shape = {}

local find, type = string.find, type -- 10,000 records are looked at, one by one

local MOST_SHOWN = 40

--- A foreign value, short and printable.
local function show(value)
  if type(value) ~= "string" then
    return value == nil and "nothing" or "a " .. type(value)
  end
  local text = value:sub(1, MOST_SHOWN):gsub("[^\32-\126]", "?")
  return ('"%s"%s'):format(text, #value > MOST_SHOWN and "…" or "")
end

local function is_text(value)
  return type(value) == "string" and value ~= ""
end

--- Ids match ^[\w.-]{4,64}$ (SAP's description).
local function is_id(value)
  return type(value) == "string" and #value >= 4 and #value <= 64 and find(value, "^[%w_.-]*$") ~= nil
end

local function is_table(value)
  return type(value) == "table"
end

local MOST_COUNTED = 2 ^ 53 -- below it every whole number is one in each Lua, and is written as one

local function is_count(value)
  return type(value) == "number" and value >= 0 and value < MOST_COUNTED and value % 1 == 0
end

-- What reads as absent unless it is a text; by these, and by id and status, the program decides.
local TEXTS = { "targetStatus", "createdAt", "modifiedAt", "configurationId" }

local function drop_odd_texts(record)
  for i = 1, #TEXTS do
    local name = TEXTS[i]
    local value = record[name]
    if value ~= nil and type(value) ~= "string" then
      record[name] = nil
    end
  end
end

local function state_complaint(record)
  if not is_text(record.status) then
    return ("status: a text expected, got %s"):format(show(record.status))
  end
  drop_odd_texts(record)
end

local function id_complaint(record)
  return not is_id(record.id) and "id: an id expected, got " .. show(record.id) or nil
end

local function record_complaint(record)
  return id_complaint(record) or state_complaint(record)
end

local function is_odd_record(record)
  if not is_id(record.id) or not is_text(record.status) then
    return true
  end
  drop_odd_texts(record)
  return false
end

local function is_no_item(item)
  return not is_table(item) or not is_id(item.id)
end

local function is_no_line(line)
  return not is_table(line)
end

local BINDINGS = { "parameterBindings", "inputArtifactBindings" }

--- Of a configuration only the id has to be right: what else is not as promised reads as absent.
local function is_no_configuration(one)
  if id_complaint(one) then
    return true
  end
  for _, name in ipairs(BINDINGS) do
    local list = is_table(one[name]) and one[name] or {}
    one[name] = list
    for i = #list, 1, -1 do
      if not is_table(list[i]) then
        table.remove(list, i)
      end
    end
  end
  return false
end

local function is_no_version(version)
  return not is_table(version) or not is_text(version.name)
end

local set_aside

local function is_no_model(model)
  if not is_table(model) or not is_text(model.model) then
    return true
  end
  model.versions = is_table(model.versions) and model.versions or {}
  set_aside(model.versions, is_no_version)
  return false
end

--- Its name has to be fit for a header.
local function is_no_group(group)
  local name = is_table(group) and group.resourceGroupId
  return not is_text(name)
    or #name > 253
    or name == "*"
    or name:find "%c" ~= nil
    or name:find "^%s" ~= nil
    or name:find "%s$" ~= nil
end

--- Leaves those elements that are not odd, in their order. Returns how many it has set aside, nil for none.
function set_aside(list, is_odd)
  local kept, count = 0, #list
  for i = 1, count do
    local element = list[i]
    if not is_odd(element) then
      kept = kept + 1
      list[kept] = element
    end
  end
  for i = kept + 1, count do
    list[i] = nil
  end
  return kept < count and count - kept or nil
end

--- A page's count, which it may lack.
local function drop_odd_count(page)
  if type(page.count) ~= "number" then
    page.count = nil
  end
end

local function count_complaint(name, value)
  if value ~= nil and not is_count(value) then
    return ("%s: a count expected, got %s"):format(name, type(value) == "number" and tostring(value) or show(value))
  end
end

local function is_no_plan(plan)
  return not is_table(plan) or not is_table(plan.deploymentQuota) or plan.deploymentQuota.maxCount == nil
end

--- The numbers of a quota are summed up: an odd one that was left out would make a sum that is wrong.
local function quota_complaint(reply)
  local complaint = count_complaint("usage.count", reply.usage and reply.usage.count)
  for _, plan in ipairs(reply.quotas) do
    local most = plan.deploymentQuota
    complaint = complaint or count_complaint("maxCount", most.maxCount)
    most.maxReplicaPerDeployment = is_count(most.maxReplicaPerDeployment) and most.maxReplicaPerDeployment or nil
  end
  return complaint
end

-- Tables, each within the one before; any may be missing, but not be something else.
local UPDATES = { "aiApi", "capabilities", "bulkUpdates" }

-- By the name in the operation's row: (reply, id, resource) -> what is wrong with it, how many parts were set aside.
local SHAPES = {
  record = function(reply, id)
    if reply.id == nil then
      reply.id = id -- which $select=status leaves out
    end
    if reply.id == id then
      return state_complaint(reply)
    end
    return record_complaint(reply)
  end,
  records = function(reply)
    drop_odd_count(reply)
    return nil, set_aside(reply.resources, is_odd_record)
  end,
  configurations = function(reply)
    drop_odd_count(reply)
    return nil, set_aside(reply.resources, is_no_configuration)
  end,
  models = function(reply)
    return nil, set_aside(reply.resources, is_no_model)
  end,
  groups = function(reply)
    return nil, set_aside(reply.resources, is_no_group)
  end,
  quota = function(reply)
    reply.usage = is_table(reply.usage) and reply.usage or nil
    local odd = set_aside(reply.quotas, is_no_plan)
    return quota_complaint(reply), odd
  end,
  accepted = function(reply)
    if type(reply.message) ~= "string" then
      reply.message = nil
    end
    return id_complaint(reply)
  end,
  items = function(reply, _, resource)
    return nil, set_aside(reply[resource], is_no_item)
  end,
  lines = function(reply)
    local result = reply.data.result
    if result == nil then
      reply.data.result = {}
    elseif not is_table(result) then
      return "data.result: a list expected, got " .. show(result)
    else
      return nil, set_aside(result, is_no_line)
    end
  end,
  capabilities = function(reply)
    local value = reply
    for i, name in ipairs(UPDATES) do
      value = value[name]
      if value == nil then
        return nil
      elseif not is_table(value) then
        return ("%s: an object expected, got %s"):format(table.concat(UPDATES, ".", 1, i), show(value))
      end
    end
  end,
}

--- Checks a reply and mends what may be mended, in place.
---@param name string?     of the shape; nil: there is nothing to check
---@param reply any        as the C module gives it
---@param id string?       of the record that was asked for
---@param resource string? that it is about
---@return string? complaint  what is odd about it as a whole
---@return integer? odd       how many of its parts were set aside
function shape.check(name, reply, id, resource)
  if name then
    return SHAPES[name](reply, id, resource)
  end
end

return shape
