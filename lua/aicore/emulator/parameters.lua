-- Query strings and forms: decoding, and checking against a table of what each parameter may be.
-- Rule: a parameter that the table names must be right; others are ignored, as AI Core does.

local lifecycle = require "aicore.model.lifecycle"
local timestamp = require "aicore.model.timestamp"

local parameters = {}

--- Undoes percent-encoding.
---@param text string
---@return string
function parameters.unescape(text)
  return (text:gsub("%%(%x%x)", function(digits)
    return string.char(tonumber(digits, 16))
  end))
end

--- Decodes a query string or a form.
---@param text string
---@return table<string, string[]>
function parameters.parse(text)
  local values = {}
  for pair in text:gmatch "[^&]+" do
    local name, value = pair:match "^([^=]*)=?(.*)$"
    name = parameters.unescape((name:gsub("+", " ")))
    values[name] = values[name] or {}
    table.insert(values[name], parameters.unescape((value:gsub("+", " "))))
  end
  return values
end

--- Whether a value is an identifier of AI Core: ^[\w.-]{4,64}$.
---@param value any
---@return boolean
function parameters.is_identifier(value)
  return type(value) == "string" and #value >= 4 and #value <= 64 and not value:find "[^%w_.-]"
end

---@alias aicore.emulator.Reader fun(texts: string[]): any, string|nil

-- Most parameters stand once.
local function once(read)
  return function(texts)
    if #texts > 1 then
      return nil, "is given more than once"
    end
    return read(texts[1])
  end
end

parameters.identifier = once(function(text)
  if not parameters.is_identifier(text) then
    return nil, "must match ^[\\w.-]{4,64}$"
  end
  return text
end)

local MOST_IDENTIFIERS = 1000

-- A comma list; repeating the parameter means the same. The result is a set.
function parameters.identifiers(texts)
  local set, count = {}, 0
  for id in (table.concat(texts, ",") .. ","):gmatch "([^,]*)," do
    if not parameters.is_identifier(id) then
      return nil, "must be a list of identifiers, separated by commas"
    end
    set[id], count = true, count + 1
  end
  if count > MOST_IDENTIFIERS then
    return nil, ("must not have more than %d members"):format(MOST_IDENTIFIERS)
  end
  return set
end

parameters.status = once(function(text)
  if not lifecycle.known(text) then
    return nil, "must be one of " .. table.concat(lifecycle.statuses, ", ")
  end
  return text
end)

--- A whole number within limits.
---@param least integer
---@param most integer
---@return aicore.emulator.Reader
function parameters.integer(least, most)
  return once(function(text)
    local number = text:find "^%-?%d+$" and tonumber(text)
    if not number or number < least or number > most then
      return nil, ("must be an integer from %d to %d"):format(least, most)
    end
    return number
  end)
end

local LONGEST_SEARCH = 80 -- bytes

--- What is looked for in names.
parameters.search = once(function(text)
  if #text < 1 or #text > LONGEST_SEARCH or text:find("~", 1, true) then
    return nil, "must match ^[^~]{1,80}$"
  end
  return text
end)

--- One of a few words.
---@param ... string
---@return aicore.emulator.Reader
function parameters.one_of(...)
  local words = { ... }
  return once(function(text)
    for _, word in ipairs(words) do
      if text == word then
        return text
      end
    end
    return nil, "must be one of " .. table.concat(words, ", ")
  end)
end

parameters.date_time = once(function(text)
  local seconds = timestamp.parse(text)
  if not seconds then
    return nil, "must be an RFC 3339 date-time (with + written as %2B)"
  end
  return seconds
end)

--- Reads what parse() has decoded.
---@param given table<string, string[]>
---@param readers table<string, aicore.emulator.Reader>
---@return table<string, any>|nil values
---@return string|nil name     of the parameter that is wrong
---@return string|nil problem
function parameters.read(given, readers)
  local values = {}
  for name, texts in pairs(given) do
    if readers[name] then
      local value, problem = readers[name](texts)
      if problem then
        return nil, name, problem
      end
      values[name] = value
    end
  end
  return values
end

return parameters
