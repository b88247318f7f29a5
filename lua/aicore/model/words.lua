-- What the service says of an error or a deployment in fields of their own, as one line of text. Pure.

local words = {}

local LONGEST = 300 -- bytes; what is longer is cut
local DEEPEST = 4 -- tables in tables

local describe

local function describe_list(list, depth)
  local texts = {}
  for _, value in ipairs(list) do
    texts[#texts + 1] = describe(value, depth)
  end
  return table.concat(texts, "; ")
end

--- "message (code: 0101, target: /v2)", and without a message "code: 0101, target: /v2".
local function describe_object(object, depth)
  local names, texts = {}, {}
  for name in pairs(object) do
    names[#names + 1] = name ~= "message" and tostring(name) or nil
  end
  table.sort(names)
  for _, name in ipairs(names) do
    local text = describe(object[name], depth)
    texts[#texts + 1] = text and ("%s: %s"):format(name, text)
  end
  local message, rest = describe(object.message, depth), table.concat(texts, ", ")
  if not message or rest == "" then
    return message or rest
  end
  return ("%s (%s)"):format(message, rest)
end

--- nil: there is nothing to say.
function describe(value, depth)
  local text = value
  if type(value) == "table" then
    text = depth < DEEPEST and (value[1] ~= nil and describe_list or describe_object)(value, depth + 1) or nil
  elseif type(value) == "number" or type(value) == "boolean" then
    text = tostring(value)
  end
  return type(text) == "string" and text ~= "" and text or nil
end

--- Not in the middle of a character.
local function cut(text)
  if #text <= LONGEST then
    return text
  end
  return text:sub(1, LONGEST):gsub("[\192-\255]?[\128-\191]*$", "") .. "…"
end

--- Details as a text: a text as it is, of a list of errors (the API description's own form) their messages, of anything
--- else names and values.
---@param details any  as it came from the service
---@return string|nil  nil: it says nothing
function words.of(details)
  local text = describe(details, 0)
  return text and cut((text:gsub("%s+", " ")))
end

--- Why a deployment is as it is: its statusMessage and its statusDetails, each thing once.
---@param record table
---@return string|nil
function words.about(record)
  local message, details = words.of(record.statusMessage), words.of(record.statusDetails)
  if not message or not details then
    return message or details
  elseif details:find(message, 1, true) then
    return details
  end
  return ("%s; %s"):format(message, details)
end

local MOST_TOLD = 5

--- The first few of a list, and how many more there are: "a, b, and 3 more".
---@param list any[]
---@param separator string
---@param tell fun(one: any): string
---@return string
function words.some(list, separator, tell)
  local texts = {}
  for i = 1, math.min(#list, MOST_TOLD) do
    texts[i] = tell(list[i])
  end
  local more = #list - #texts
  return table.concat(texts, separator) .. (more > 0 and (", and %d more"):format(more) or "")
end

return words
