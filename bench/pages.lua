-- pages.lua FOLDER: pages of lists of N deployments, as long as the service writes them: N-0.json has the first 10,000
-- (4 MB), N-1.json the next ones, and the last one none.
local folder = arg[1]

local file = assert(io.open("bench/listed.json", "rb"))
local one = file:read("*a"):gsub("%s+$", "")
file:close()

local function page_of(number)
  local parts = {}
  for i = 1, 10000 do
    parts[i] = one:gsub("d0000000000001", ("d%013x"):format(number * 10000 + i))
  end
  return table.concat(parts, ",")
end

local pages = {}
for _, count in ipairs { 10000, 20000, 40000, 50000 } do
  for number = 0, count / 10000 do
    pages[number] = pages[number] or page_of(number)
    local page = assert(io.open(("%s/%d-%d.json"):format(folder, count, number), "w"))
    page:write(('{"count":%d,"resources":[%s]}'):format(count, number * 10000 < count and pages[number] or ""))
    page:close()
  end
end
