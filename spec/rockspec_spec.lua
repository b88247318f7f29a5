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
  local rockspec = load_rockspec "rockspec/aicore-dev-1.rockspec"
  local build = rockspec.build

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

-- As LuaRocks reads it: every condition holds.
local CONDITIONS = {
  [">="] = function(version, limit)
    return version >= limit
  end,
  ["<"] = function(version, limit)
    return version < limit
  end,
  ["~="] = function(version, limit)
    return version ~= limit
  end,
}

describe("a Lua", function()
  local TAKEN = { ["5.1"] = true, ["5.2"] = false, ["5.3"] = false, ["5.4"] = true, ["5.5"] = false }
  local dependency = load_rockspec("rockspec/aicore-dev-1.rockspec").dependencies[1]

  for version, is_taken in pairs(TAKEN) do
    it(("%s is %s by the rockspec"):format(version, is_taken and "taken" or "refused"), function()
      local holds = dependency:find "^lua " ~= nil
      for operator, limit in dependency:gmatch "([<>=~]+) ([%d.]+)" do
        holds = holds and CONDITIONS[operator](tonumber(version), tonumber(limit))
      end
      assert.equal(is_taken, holds)
    end)

    it(("%s is %s by the compiler"):format(version, is_taken and "taken" or "refused"), function()
      -- lua.h with nothing but its version; the preprocessor is enough
      local number = version:gsub("%.", "0")
      local command = ([[d=$(mktemp -d) && echo '#define LUA_VERSION_NUM %s' >$d/lua.h && : >$d/lauxlib.h &&
        cc -E -I $d src/compat.h 2>&1 >/dev/null; rm -r $d]]):format(number)
      local pipe = assert(io.popen(command))
      local said = pipe:read "*a"
      pipe:close()
      assert.equal(not is_taken, said:find("Lua 5.4, LuaJIT or Lua 5.1 is needed", 1, true) ~= nil, said)
    end)
  end
end)
