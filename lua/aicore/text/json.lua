-- JSON for scripts and people: keys in order, so that the same answer gives the same text, and arrays stay arrays when
-- they are empty, where they were marked. (lua-cjson promises neither.) Pure.

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

local SCALARS = {
  string = function(value)
    local text = value:gsub('[%c"\\]', escape)
    return '"' .. text:gsub("\194([\128-\159])", escape) .. '"' -- a terminal obeys these, too
  end,
  number = function(value)
    if value ~= value or value == math.huge or value == -math.huge then
      return "null"
    end
    return (value % 1 == 0 and "%.0f" or "%.14g"):format(value)
  end,
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

-- Those that come first, as far as they are there, and the others in the order of the alphabet.
local function ordered_names(values, first)
  local names, others, placed = {}, {}, {}
  for _, name in ipairs(first or {}) do
    names[#names + 1] = values[name] ~= nil and name or nil
    placed[name] = true
  end
  for name in pairs(values) do
    others[#others + 1] = not placed[name] and name or nil
  end
  table.sort(others)
  for _, name in ipairs(others) do
    names[#names + 1] = name
  end
  return names
end

local function encode_object(values, indent, first)
  local members = {}
  for i, name in ipairs(ordered_names(values, first)) do
    local value = encode(values[name], indent and indent .. "  ")
    members[i] = SCALARS.string(name) .. (indent and ": " or ":") .. value
  end
  return enclose("{", members, "}", indent)
end

--- indent: a newline and as many spaces as the value is deep; nil: all on one line
function encode(value, indent, first)
  if type(value) ~= "table" then
    return (SCALARS[type(value)] or tostring)(value)
  elseif getmetatable(value) == Array or value[1] ~= nil then
    return encode_array(value, indent)
  end
  return encode_object(value, indent, first)
end

--- On several lines, for people and scripts.
---@param value any         the keys of an object are strings
---@param first string[]?   the keys that come first, outermost
---@return string
function json.encode(value, first)
  return encode(value, "\n", first)
end

--- On one line, for streams.
---@param value any
---@return string
function json.line(value)
  return encode(value)
end

return json
