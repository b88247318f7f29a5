--- What a platform has bound to a program. Cloud Foundry says it by JSON, in VCAP_SERVICES or a file; Kubernetes by a
-- folder for each binding, below SERVICE_BINDING_ROOT (servicebinding.io). Where several instances of AI Core are bound
-- a person has to choose. Each function gives a service key, or nil: there is none; or nil and what is wrong.
-- No I/O here: `host` brings `read(path)` and `folder(path)`.

local record = require "aicore.settings.record"

local bindings = {}

local SERVICE = "aicore"

---@class aicore.settings.Instance
---@field name string   as a person knows it
---@field own boolean?  it says itself that it is AI Core
---@field key table     its service key

--- The one that counts.
---@param instances aicore.settings.Instance[]
---@param chosen string?  a name
---@return table|nil key
---@return string? complaint
local function choose(instances, chosen)
  local names, found = {}, {}
  for i, instance in ipairs(instances) do
    names[i] = instance.name
    found[#found + 1] = (chosen == nil or chosen == instance.name) and instance.key or nil
  end
  table.sort(names)
  local list = table.concat(names, ", ")
  if #found == 1 then
    return found[1]
  elseif #instances == 0 then
    return nil
  elseif #found > 1 then
    return nil, ("several instances of AI Core are bound (%s): AICORE_INSTANCE says which"):format(list)
  end
  return nil, ("AICORE_INSTANCE names none of the instances of AI Core that are bound (%s)"):format(list)
end

-- Cloud Foundry -----------------------------------------------------------------------------------

local function is_in(list, word)
  for _, one in ipairs(type(list) == "table" and list or {}) do
    if one == word then
      return true
    end
  end
  return false
end

--- A service that its owner has described by hand ("user-provided") is told by its tags, or by what it has.
local function is_like_ours(entry)
  local urls = entry.credentials.serviceurls
  return entry.label == SERVICE or is_in(entry.tags, SERVICE) or type(urls) == "table" and urls.AI_API_URL ~= nil
end

local function first_text(entry, ...)
  for _, field in ipairs { ... } do
    if type(entry[field]) == "string" then
      return entry[field]
    end
  end
end

--- The service key in the record of VCAP_SERVICES. What stands below "aicore" comes before what only looks like it.
---@param services table
---@param chosen string?
---@return table|nil key
---@return string? complaint
function bindings.of_cloud_foundry(services, chosen)
  local own, others = {}, {}
  for label, entries in pairs(services) do
    for i, entry in ipairs(type(entries) == "table" and entries or {}) do
      if type(entry) == "table" and type(entry.credentials) == "table" then
        local name = first_text(entry, "name", "instance_name", "binding_name") or ("%s %d"):format(label, i)
        local list = label == SERVICE and own or is_like_ours(entry) and others or {}
        list[#list + 1] = { name = name, key = entry.credentials }
      end
    end
  end
  if #own == 0 or chosen then
    for _, instance in ipairs(others) do
      own[#own + 1] = instance
    end
  end
  return choose(own, chosen)
end

-- Kubernetes --------------------------------------------------------------------------------------

--- An entry's text; the newline that its file ends in is not part of it.
local function entry(host, folder, name)
  local text = host.read(folder .. "/" .. name)
  return text and text:gsub("[\r\n]+$", "") or nil
end

--- The names of the entries that hold a whole service key, as .metadata says it; or the usual one.
local function whole_keys(host, folder)
  local about = record.read(entry(host, folder, ".metadata") or "") or {}
  local names = {}
  for _, property in ipairs(type(about.credentialProperties) == "table" and about.credentialProperties or {}) do
    if type(property) == "table" and property.container == true and type(property.name) == "string" then
      names[#names + 1] = property.name:find "^[%w._-]+$" and property.name or nil
    end
  end
  names[#names + 1] = "credentials"
  return names
end

--- A binding's service key: one entry that has all of it, or an entry for each part.
local function key_in(host, folder)
  for _, name in ipairs(whole_keys(host, folder)) do
    local text = entry(host, folder, name)
    if text then
      return record.read(text), ("%s/%s is not a JSON object"):format(folder, name)
    end
  end
  local key = {}
  for _, name in ipairs(host.folder(folder) or {}) do
    if not name:find "^%." then
      local text = entry(host, folder, name)
      key[name] = text and text:find "^%s*{" and record.read(text) or text
    end
  end
  return key
end

--- The service key of the binding below a folder.
---@param root string
---@param host table
---@param chosen string?
---@return table|nil key
---@return string? complaint
function bindings.of_kubernetes(root, host, chosen)
  local instances = {}
  for _, name in ipairs(host.folder(root) or {}) do
    local folder = ("%s/%s"):format(root, name)
    if not name:find "^%." and entry(host, folder, "type") == SERVICE then
      instances[#instances + 1] = { name = name, key = folder }
    end
  end
  local folder, complaint = choose(instances, chosen)
  if not folder then
    return nil, complaint
  end
  local key, unreadable = key_in(host, folder)
  return key, not key and unreadable or nil
end

return bindings
