--- Where secrets must not stand: looks through a value, whatever it is made of.

local leaks = {}

-- A piece of a secret that is so long gives it away.
local PIECE = 12

local function search(text, secrets)
  for name, secret in pairs(secrets) do
    for at = 1, #secret - PIECE + 1 do
      if text:find(secret:sub(at, at + PIECE - 1), 1, true) then
        return name
      end
    end
  end
end

local function look(value, secrets, path, seen)
  local found = search(tostring(value), secrets)
  if found then
    return ("the %s stands in %s: %s"):format(found, path, tostring(value))
  end
  if type(value) ~= "table" or seen[value] then
    return nil
  end
  seen[value] = true
  for key, part in pairs(value) do
    local leak = look(key, secrets, path .. " key", seen) or look(part, secrets, path .. "." .. tostring(key), seen)
    if leak then
      return leak
    end
  end
end

--- Says where a secret stands in a value (a table: recursively; and in what tostring says), or nil.
---@param value any
---@param secrets table<string, string>  by what they are called
---@param what string
---@return string?
function leaks.find(value, secrets, what)
  return look(value, secrets, what, {})
end

return leaks
