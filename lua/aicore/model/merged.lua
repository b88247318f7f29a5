--- A new table with the fields of all of these; of one that several have, the last one's. Pure.

---@param ... table|nil
---@return table
return function(...)
  local all = {}
  for i = 1, select("#", ...) do
    for name, value in pairs((select(i, ...)) or {}) do
      all[name] = value
    end
  end
  return all
end
