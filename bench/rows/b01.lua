--- B1: status on a kept-alive connection.

local measure = require "bench.measure"

local SCENES = { { "plain", "HTTP/1.1" }, { "tls", "TLS, HTTP/1.1" }, { "h2", "TLS, HTTP/2" } }

local FEW = measure.pick(3, 40) -- calls of what is slow

local LUA_PEERS = {
  { name = "lua-http + cjson, LuaJIT", lua = "luajit", program = "lua_http", everywhere = true },
  { name = "luasocket's socket.http + cjson (connects anew), LuaJIT", lua = "luajit", program = "socket_http" },
  { name = "luasocket + cjson, HTTP by hand for this one answer, Lua 5.4", lua = "lua54", program = "luasocket" },
  { name = "luasocket + cjson, HTTP by hand for this one answer, LuaJIT", lua = "luajit", program = "luasocket" },
}

local OURS = {
  { name = "aicore, Lua 5.4", lua = "lua54", program = "status" },
  { name = "aicore, LuaJIT", lua = "luajit", program = "status" },
}

-- For information: without the Lua layer.
local CORE = { name = "the C module alone, Lua 5.4", lua = "lua54", program = "core_status" }

--- Those of a scene, and which of them are peers in Lua.
local function contestants_of(scene, setup)
  local url, ca = setup.nginx[scene], scene ~= "plain" and setup.dir .. "/ca.pem" or "''"
  local calls = measure.pick(500, 4000)
  local all, peers = {}, {}
  local function add(name, program, count, rounds)
    all[#all + 1] = { name = name, command = ("%s %s %d %s"):format(program, url, count, ca), rounds = rounds }
  end
  all[1] = {
    name = "raw",
    command = ("%s/easy %s/v2/lm/deployments/d000000000000001 %d %s"):format(setup.bin, url, calls, ca),
  }
  for _, one in ipairs { OURS[1], OURS[2], CORE } do
    add(one.name, ("%s bench/ours/%s.lua"):format(setup[one.lua], one.program), calls)
  end
  for _, peer in ipairs(LUA_PEERS) do
    if peer.everywhere or scene == "plain" then
      add(peer.name, ("%s bench/peers/%s.lua"):format(setup[peer.lua], peer.program), calls)
      peers[#peers + 1] = peer.name
    end
  end
  add("curl | jq", ("%s/cost sh bench/peers/curl_jq.sh"):format(setup.bin), FEW, 7)
  return all, peers
end

local function per_call(field)
  return function(run)
    return run[field] / (run.calls or FEW) * 1e6
  end
end

local WALL, CPU = per_call "wall", per_call "cpu"

local function is_ours(name)
  return name:find "^aicore" ~= nil
end

local function tell(report, runs, name, what, of, reach)
  report {
    row = "B1",
    what = what,
    who = name,
    unit = "µs",
    value = measure.of(runs[name], of),
    ratio = measure.ratio(runs[name], runs.raw, of),
    reach = is_ours(name) and reach or nil,
  }
end

--- Against that peer in Lua that is the fastest.
local function tell_against(report, runs, peers, what)
  local fastest = peers[1]
  for _, peer in ipairs(peers) do
    if measure.of(runs[peer], WALL).median < measure.of(runs[fastest], WALL).median then
      fastest = peer
    end
  end
  for _, ours in ipairs(OURS) do
    report {
      row = "B1",
      what = ("%s: wall against %s"):format(what, fastest),
      who = ours.name,
      unit = "µs",
      value = measure.of(runs[ours.name], WALL),
      ratio = measure.ratio(runs[ours.name], runs[fastest], WALL),
      reach = 1.00,
    }
  end
end

return function(setup, report)
  for _, scene in ipairs(SCENES) do
    local contestants, peers = contestants_of(scene[1], setup)
    local what = "status, " .. scene[2]
    local runs = measure.interleave(contestants, measure.pick(3, 15))
    for _, contestant in ipairs(contestants) do
      tell(report, runs, contestant.name, what .. ": wall", WALL, 1.00)
    end
    for _, contestant in ipairs(contestants) do
      tell(report, runs, contestant.name, what .. ": CPU", CPU, 1.10)
    end
    tell_against(report, runs, { peers[1] }, what)
    if #peers > 1 then
      tell_against(report, runs, peers, what)
    end
  end
end
