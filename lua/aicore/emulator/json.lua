-- JSON for the emulator: lua-cjson with strict settings of its own.
-- Rule: what comes from outside is never trusted to be well-formed; decoding answers nil instead of raising.

local cjson = require("cjson").new()

cjson.decode_invalid_numbers(false)
cjson.decode_max_depth(64)

local json = { null = cjson.null, encode = cjson.encode }

--- An array from parts that are encoded already. (lua-cjson writes an empty table as an object.)
---@param parts string[]
---@return string
function json.array(parts)
  return "[" .. table.concat(parts, ",") .. "]"
end

--- An array of values that are not encoded yet.
---@param values any[]
---@return string
function json.encode_all(values)
  local parts = {}
  for i, value in ipairs(values) do
    parts[i] = json.encode(value)
  end
  return json.array(parts)
end

--- Reads an object (or array); members that are null at its top are dropped, so that null reads as absent.
---@param text string|nil
---@return table|nil
function json.decode(text)
  local ok, value = pcall(cjson.decode, text or "")
  if not ok or type(value) ~= "table" then
    return nil
  end
  for key, member in pairs(value) do
    if member == cjson.null then
      value[key] = nil
    end
  end
  return value
end

return json
