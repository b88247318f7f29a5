-- Writes the lists of the rockspec anew from what is in src/ and lua/ (spec/rockspec_spec.lua checks them).
local path = "rockspec/aicore-dev-1.rockspec"

-- Every file that find names, as a line of the rockspec.
local function lines(arguments, format)
  local list = {}
  local listing = assert(io.popen("find " .. arguments .. " | LC_ALL=C sort"))
  for file in listing:lines() do
    list[#list + 1] = format(file)
  end
  listing:close()
  return table.concat(list)
end

local function source_line(file)
  return ('        "%s",\n'):format(file)
end

local function module_line(file)
  local name = file:gsub("^lua/", ""):gsub("%.lua$", ""):gsub("/init$", ""):gsub("/", ".")
  local key = name:find("^%w+$") and name or ('["%s"]'):format(name)
  return ('    %s = "%s",\n'):format(key, file)
end

local file = assert(io.open(path))
local text = file:read("*a")
file:close()

local sources = lines("src -name '*.c'", source_line)
local modules = lines("lua -name '*.lua'", module_line)
local before, after_sources, after_modules =
  text:match("^(.-sources = {\n).-\n(      },\n.-libdirs[^\n]*\n    },\n).-(  },\n  install.*)$")

file = assert(io.open(path, "w"))
file:write(before, sources, after_sources, modules, after_modules)
file:close()
