-- The rockspec lists every module by hand: this spec tells which line is missing or too many.

local function load_rockspec(path)
  local rockspec = {}
  local chunk
  if setfenv then -- Lua 5.1
    chunk = setfenv(assert(loadfile(path)), rockspec)
  else
    chunk = assert(loadfile(path, "t", rockspec))
  end
  chunk()
  return rockspec
end

local function find(arguments)
  local paths = {}
  local listing = assert(io.popen("find " .. arguments))
  for path in listing:lines() do
    paths[#paths + 1] = path
  end
  listing:close()
  table.sort(paths)
  return paths
end

describe("the rockspec", function()
  local build = load_rockspec("rockspec/aicore-dev-1.rockspec").build

  it("lists every Lua module", function()
    local expected, listed = {}, {}
    for _, path in ipairs(find("lua -name '*.lua'")) do
      local module = path:gsub("^lua/", ""):gsub("%.lua$", ""):gsub("/init$", ""):gsub("/", ".")
      expected[module] = path
    end
    for module, source in pairs(build.modules) do
      listed[module] = type(source) == "string" and source or nil
    end
    assert.same(expected, listed)
  end)

  it("lists every C source", function()
    local listed = {}
    for index, source in ipairs(build.modules["aicore.core"].sources) do
      listed[index] = source
    end
    table.sort(listed)
    assert.same(find("src -name '*.c'"), listed)
  end)
end)
