-- JSON for scripts: keys in order, so that the same answer gives the same text, and arrays stay arrays when they are
-- empty, where they were marked. (lua-cjson promises neither.) Pure.

local json = {}

local Array = {}

--- Marks a table as an array, whatever is in it.
---@generic T: table
---@param values T
---@return T
function json.array(values)
  return setmetatable(values, Array)
end

local ESCAPES = { ['"'] = '\\"', ["\\"] = "\\\\", ["\n"] = "\\n", ["\r"] = "\\r", ["\t"] = "\\t" }

local function escape(character)
  return ESCAPES[character] or ("\\u%04x"):format(character:byte())
end

local function number(value)
  if value ~= value or value == math.huge or value == -math.huge then
    return "null"
  end
  return value % 1 == 0 and ("%.0f"):format(value) or ("%.14g"):format(value)
end

local SCALARS = {
  string = function(value)
    return '"' .. value:gsub('[%c"\\]', escape) .. '"'
  end,
  number = number,
  boolean = tostring,
}

local encode

-- "[" and "]", or "{" and "}", around members; each on a line of its own where there is an indent.
local function enclose(opening, members, closing, indent)
  if #members == 0 then
    return opening .. closing
  elseif not indent then
    return opening .. table.concat(members, ",") .. closing
  end
  local inner = indent .. "  "
  return opening .. inner .. table.concat(members, "," .. inner) .. indent .. closing
end

local function encode_array(values, indent)
  local members = {}
  for i, value in ipairs(values) do
    members[i] = encode(value, indent and indent .. "  ")
  end
  return enclose("[", members, "]", indent)
end

local function encode_object(values, indent)
  local names, members = {}, {}
  for name in pairs(values) do
    names[#names + 1] = tostring(name)
  end
  table.sort(names)
  for i, name in ipairs(names) do
    local value = encode(values[name], indent and indent .. "  ")
    members[i] = SCALARS.string(name) .. (indent and ": " or ":") .. value
  end
  return enclose("{", members, "}", indent)
end

--- indent: a newline and as many spaces as the value is deep; nil: all on one line
function encode(value, indent)
  if type(value) ~= "table" then
    return (SCALARS[type(value)] or tostring)(value)
  elseif getmetatable(value) == Array or value[1] ~= nil then
    return encode_array(value, indent)
  end
  return encode_object(value, indent)
end

--- On several lines, for people and scripts.
---@param value any
---@return string
function json.encode(value)
  return encode(value, "\n")
end

--- On one line, for streams.
---@param value any
---@return string
function json.line(value)
  return encode(value)
end

return json
