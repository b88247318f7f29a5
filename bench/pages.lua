-- pages.lua FOLDER: makes page.json, a list of 10,000 deployments as long as the service's (4 MB), and empty.json.
local folder = arg[1]

local function read(path)
  local file = assert(io.open(path, "rb"))
  local text = file:read "*a"
  file:close()
  return text
end

local one, parts = read "bench/listed.json":gsub("%s+$", ""), {}
for i = 1, 10000 do
  parts[i] = one:gsub("d0000000000001", ("d%013x"):format(i))
end

local function write(name, resources, count)
  local file = assert(io.open(folder .. "/" .. name, "w"))
  file:write(('{"count":%d,"resources":[%s]}'):format(count, resources))
  file:close()
end

write("page.json", table.concat(parts, ","), 10000)
write("empty.json", "", 0)
