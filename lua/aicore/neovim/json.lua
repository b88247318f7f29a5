--- A record as JSON that people read: indented, keys in order, what matters most first. An empty table is shown as {}.

local json = {}

local ESCAPES = { ['"'] = '\\"', ["\\"] = "\\\\", ["\n"] = "\\n", ["\r"] = "\\r", ["\t"] = "\\t" }

local function quote(text)
  return '"'
    .. text:gsub('[%c"\\]', function(character)
      return ESCAPES[character] or ("\\u%04x"):format(character:byte())
    end)
    .. '"'
end

local encode

--- Those that come first, and the others in the order of the alphabet.
local function ordered_keys(record, first)
  local place, keys = {}, {}
  for i, key in ipairs(first) do
    place[key] = i
  end
  for key in pairs(record) do
    keys[#keys + 1] = key
  end
  table.sort(keys, function(a, b)
    local place_a, place_b = place[a] or #first + 1, place[b] or #first + 1
    if place_a ~= place_b then
      return place_a < place_b
    end
    return a < b
  end)
  return keys
end

--- What stands between brackets, an item a line.
local function block(items, brackets, indent)
  if #items == 0 then
    return brackets
  end
  local inner = "\n" .. indent .. "  "
  return brackets:sub(1, 1) .. inner .. table.concat(items, "," .. inner) .. "\n" .. indent .. brackets:sub(2)
end

local function encode_table(value, indent, first)
  local items = {}
  if value[1] ~= nil then
    for i, item in ipairs(value) do
      items[i] = encode(item, indent .. "  ")
    end
    return block(items, "[]", indent)
  end
  local keys = ordered_keys(value, first)
  for i, key in ipairs(keys) do
    items[i] = quote(key) .. ": " .. encode(value[key], indent .. "  ")
  end
  return block(items, "{}", indent)
end

function encode(value, indent, first)
  if type(value) == "table" then
    return encode_table(value, indent, first or {})
  elseif type(value) == "string" then
    return quote(value)
  elseif type(value) == "number" and value % 1 == 0 then
    return ("%.0f"):format(value)
  end
  return tostring(value)
end

--- The lines of a record.
---@param record table  of strings, numbers, booleans and tables of these
---@param first string[]  the keys that come first, outermost
---@return string[]
function json.lines(record, first)
  local lines = {}
  for line in (encode(record, "", first) .. "\n"):gmatch "(.-)\n" do
    lines[#lines + 1] = line
  end
  return lines
end

return json
