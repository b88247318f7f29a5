--- Looks through the memory of another process. (One that looked through its own would find what it looks for.)

local memory = {}

local function regions(pid)
  local list = {}
  for line in io.lines(("/proc/%d/maps"):format(pid)) do
    local from, to, modes, name = line:match "^(%x+)%-(%x+) (%S+) %x+ %S+ %d+%s*(.*)$"
    if modes == "rw-p" then
      list[#list + 1] = { from = tonumber(from, 16), to = tonumber(to, 16), name = name ~= "" and name or "anonymous" }
    end
  end
  return list
end

local function count(text, needle)
  local found, at = 0, 1
  while true do
    local first = text:find(needle, at, true)
    if not first then
      return found
    end
    found, at = found + 1, first + 1
  end
end

--- How often texts stand in the writable memory of a process: by their names, then by the region's
--- ("[heap]", "[stack]", "anonymous", a file). nil: this system does not allow to look.
---@param pid integer
---@param needles table<string, string>
---@return table<string, table<string, integer>>|nil
function memory.search(pid, needles)
  local file = io.open(("/proc/%d/mem"):format(pid), "rb")
  if not file then
    return nil
  end
  local found = {}
  for name in pairs(needles) do
    found[name] = {}
  end
  for _, region in ipairs(regions(pid)) do
    file:seek("set", region.from)
    local text = file:read(region.to - region.from) or ""
    for name, needle in pairs(needles) do
      local hits = count(text, needle)
      if hits > 0 then
        found[name][region.name] = (found[name][region.name] or 0) + hits
      end
    end
  end
  file:close()
  return found
end

return memory
