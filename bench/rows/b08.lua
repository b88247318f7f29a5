--- B8: how long `require` takes, in fresh processes. What a module costs is the difference to a process of the same
-- Lua that loads cjson. `require "aicore"` loads neither libcurl nor our own files: those come with the first call, and
-- are told besides, as the difference to a process that loads libcurl, too, by nothing but dlopen.

local measure = require "bench.measure"

local BASE = 'require "cjson" '
local LIBCURL = 'assert(package.loadlib("libcurl.so.4", "*")) '

local PROGRAMS = {
  { lua = "lua5.4", name = "Lua 5.4", "aicore", "aicore.client", "socket.http" },
  { lua = "luajit", name = "LuaJIT", "aicore", "aicore.client", "socket.http", "http.request" },
}

local PEERS = { ["socket.http"] = "luasocket", ["http.request"] = "lua-http" }

local function difference(runs, base)
  local ours, theirs = measure.values(runs, "wall"), measure.values(base, "wall")
  for i in ipairs(ours) do
    ours[i] = (ours[i] - theirs[i]) * 1000
  end
  return measure.summary(ours)
end

return function(setup, report)
  local contestants = {}
  local function add(program, name, code)
    local command = (". %s/%s.env; %s/cost -n %d %s -e '%s'"):format(
      setup.dir,
      program.lua,
      setup.bin,
      measure.pick(10, 60),
      program.lua,
      code
    )
    contestants[#contestants + 1] = { name = program.lua .. name, command = command }
  end
  for _, program in ipairs(PROGRAMS) do
    add(program, "base", BASE)
    add(program, "libcurl", LIBCURL .. BASE)
    for _, module in ipairs(program) do
      add(program, module, ("%srequire %q"):format(BASE, module))
    end
  end
  local runs = measure.interleave(contestants, measure.pick(3, 11))
  for _, program in ipairs(PROGRAMS) do
    local function entry(what, who, value, reach)
      what = ("require, %s: %s"):format(program.name, what)
      report { row = "B8", what = what, who = who, unit = "ms", value = value, reach = reach }
    end
    local base, libcurl = runs[program.lua .. "base"], runs[program.lua .. "libcurl"]
    entry("beyond cjson", "aicore", difference(runs[program.lua .. "aicore"], base), 1)
    local first_call = difference(runs[program.lua .. "aicore.client"], libcurl)
    entry("what the first call loads, beyond libcurl and cjson", "aicore", first_call)
    entry("beyond cjson", "libcurl alone", difference(libcurl, base))
    for _, module in ipairs(program) do
      if PEERS[module] then
        entry("beyond cjson", PEERS[module], difference(runs[program.lua .. module], base))
      end
    end
  end
end
