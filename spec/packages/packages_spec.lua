-- What is installed works, away from the checkout: by LuaRocks and by make install, for the Lua that runs this.

local ABI = _VERSION == "Lua 5.4" and "5.4" or "5.1"
local INTERPRETERS = ABI == "5.4" and { "lua5.4" } or { "luajit", "lua5.1" }
local MAKE = os.getenv "MAKE" or "make"

-- The whole way: a client, its C module, the emulator as a process of its own.
local PROGRAM = [[
local aicore, emulator = require "aicore", require "aicore.emulator"
local server = assert(emulator.start { deployments = 1 })
local client = assert(aicore.client(server.settings))
local deployment = assert(client:status "d000000000000001")
server.stop()
print(deployment.status)
for _, loaded in ipairs { aicore.client, emulator.start } do
  print((debug.getinfo(loaded, "S").source:gsub("^@", "")))
end
for line in io.lines "/proc/self/maps" do
  local path = line:match "%S*/aicore/core%.so$"
  if path then
    print(path)
    break
  end
end
]]

--- Runs a command; its output, and its exit code.
local function run(command)
  local pipe = assert(io.popen(("{ %s\n} 2>&1; echo status $?"):format(command)))
  local output, status = pipe:read("*a"):match "^(.*)status (%d+)\n$"
  pipe:close()
  return output, tonumber(status)
end

local function run_well(command)
  local output, status = run(command)
  assert(status == 0, command .. "\n" .. output)
  return output
end

describe("installed", function()
  local folder

  before_each(function()
    folder = run_well("mktemp -d"):gsub("\n", "")
    local program = assert(io.open(folder .. "/program.lua", "w"))
    program:write(PROGRAM)
    program:close()
  end)

  after_each(function()
    run_well("rm -r " .. folder)
  end)

  --- The command with which something of the tree runs, in another folder and without the checkout's paths.
  local function away(tree)
    local share, lib = ("%s/share/lua/%s"):format(tree, ABI), ("%s/lib/lua/%s"):format(tree, ABI)
    local paths = ("LUA_PATH='%s/?.lua;%s/?/init.lua;;' LUA_CPATH='%s/?.so;;'"):format(share, share, lib)
    return ("cd %s && env -u LUA_PATH_5_4 -u LUA_CPATH_5_4 %s "):format(folder, paths)
  end

  local function check_program(tree)
    local share, lib = ("%s/share/lua/%s/aicore/"):format(tree, ABI), ("%s/lib/lua/%s/aicore/"):format(tree, ABI)
    for _, lua in ipairs(INTERPRETERS) do
      local expected = ("RUNNING\n%sinit.lua\n%semulator/init.lua\n%score.so\n"):format(share, share, lib)
      assert.equal(expected, run_well(away(tree) .. lua .. " program.lua"))
    end
  end

  --- Nobody has files in it that he did not ask for.
  local function check_modes(tree)
    assert.equal("", run_well(("find %s -type f ! -perm -444"):format(tree)))
  end

  it("by luarocks make", function()
    -- In a copy, which is as it was afterwards. No server is asked for the dependencies, which are here by other ways;
    -- but a rock that is not named here would be looked for.
    local checkout, tree, config = folder .. "/checkout", folder .. "/tree", folder .. "/luarocks.lua"
    run_well(("mkdir %s && cp -r Makefile tools src lua plugin doc man bin rockspec %s"):format(checkout, checkout))
    run_well(("rm -rf %s/lua/aicore/core.so %s/tools/node_modules"):format(checkout, checkout))
    local before = run_well("cd " .. checkout .. " && find . | sort")
    local file = assert(io.open(config, "w"))
    file:write [[rocks_provided = { ["lua-cjson"] = "2.1.0-1" } rocks_servers = {}]]
    file:close()
    local luarocks = ("cd %s && LUAROCKS_CONFIG=%s luarocks --lua-version=%s "):format(checkout, config, ABI)
    run_well(luarocks .. "make --tree " .. tree)
    assert.equal(before, run_well("cd " .. checkout .. " && find . | sort"))
    run_well("rm -r " .. checkout)
    check_program(tree)
    check_modes(tree)
    local command = ("cd / && env -u LUA_PATH -u LUA_CPATH %s/bin/aicorectl "):format(tree)
    assert.matches("^Usage: aicorectl", run_well(command .. "--help"))
    if ABI == "5.4" then
      assert.matches("the emulator needs lua%-http", (run(command .. "emulator")))
    end
  end)

  it("after a line that says what takes so long, the first time", function()
    local begin = ("%s -s BUILD=%s/build %s/build/5.4/obj"):format(MAKE, folder, folder)
    assert.equal("compiling the C module for Lua 5.4, some seconds …\n", run_well(begin))
    assert.equal("", run_well(begin))
  end)

  it("whole where folders of the checkout are links", function()
    local checkout, tree = folder .. "/checkout", folder .. "/tree"
    run_well(("mkdir %s && ln -s $PWD/lua %s/lua && cp -r tools %s"):format(checkout, checkout, checkout))
    run_well(("sh %s/tools/install.sh --modules /dev/null %s/lib %s/share"):format(checkout, tree, tree))
    local count = "find -L %s -name '*.lua' | wc -l"
    assert.equal(run_well(count:format "lua"), run_well(count:format(tree .. "/share")))
  end)

  it("by make install", function()
    local tree = folder .. "/opt/aicore"
    local build = os.getenv "BUILD" or "build"
    run_well(("%s -s install DEPS=no BUILD=%s DESTDIR=%s PREFIX=/opt/aicore"):format(MAKE, build, folder))
    check_program(tree)
    check_modes(tree)
    assert.matches(
      "^Usage: aicorectl",
      run_well(away(tree) .. INTERPRETERS[1] .. " " .. tree .. "/bin/aicorectl --help")
    )
    for _, file in ipairs {
      "bash-completion/completions/aicorectl",
      "zsh/site-functions/_aicorectl",
      "fish/vendor_completions.d/aicorectl.fish",
    } do
      run_well(("grep -q 'complete ids' %s/share/%s"):format(tree, file))
    end
    assert.equal("", run_well(("find %s -name '*.so' -path '*share*' -o -name '*.lua' -path '*/lib/*'"):format(tree)))
    local pages = run_well "ls man/*.1 2>/dev/null || true"
    for page in pages:gmatch "man/(%S+)" do
      run_well(("test -r %s/share/man/man1/%s"):format(tree, page))
    end
    run_well(("%s -s uninstall DEPS=no BUILD=%s DESTDIR=%s PREFIX=/opt/aicore"):format(MAKE, build, folder))
    assert.equal("", run_well(("find %s -type f -o -name aicore"):format(folder .. "/opt/aicore/share")))
    assert.equal("", run_well(("find %s ! -type d"):format(tree)))
  end)
end)
