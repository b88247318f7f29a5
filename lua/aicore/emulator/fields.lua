-- What the fields of a table from outside may be, and what is wrong with those of a given one.

local fields = {}

---@param kind type
---@return fun(value: any): boolean
function fields.is_a(kind)
  return function(value)
    return type(value) == kind
  end
end

---@param value any
---@return boolean
function fields.is_whole(value)
  return type(value) == "number" and value >= 0 and value % 1 == 0
end

--- Seconds.
---@param value any
---@return boolean
function fields.is_span(value)
  return type(value) == "number" and value >= 0 and value < math.huge
end

---@param given table
---@param checks table<string, fun(value: any): boolean>  of each field that there may be
---@return string|nil problem
function fields.problem(given, checks)
  for name, value in pairs(given) do
    if not checks[name] then
      return ("unknown field %s"):format(tostring(name))
    elseif not checks[name](value) then
      return ("bad value of %s"):format(name)
    end
  end
end

return fields
