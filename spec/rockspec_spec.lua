-- The rockspecs: which Lua they take, and that a version is the same wherever it stands.

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

local DEV = load_rockspec "rockspec/aicore-dev-1.rockspec"

describe("the rockspec of a version", function()
  it("is that of the checkout, but for the version and its tag; everything tells the same version", function()
    local version = require("aicore.core").version.aicore
    local released = load_rockspec(("rockspec/aicore-%s-1.rockspec"):format(version))
    assert.equal(version .. "-1", released.version)
    assert.equal("v" .. version, released.source.tag)
    released.version, released.source.tag = DEV.version, nil
    assert.same(DEV, released)
    for path, pattern in pairs {
      ["CHANGELOG.md"] = "\n## " .. version:gsub("%.", "%%.") .. "\n",
      ["man/aicorectl.1"] = '"aicore ' .. version:gsub("%.", "%%.") .. '"',
    } do
      local file = assert(io.open(path))
      assert.matches(pattern, file:read "*a")
      file:close()
    end
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
  local dependency = DEV.dependencies[1]

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
