--- B1: status on a kept-alive connection.

local measure = require "bench.measure"

-- Of the server, and with which token: AI Core's are 1,500 bytes long; a short one hides less of what is ours.
local SCENES = {
  { server = "plain", what = "HTTP/1.1", reach = { wall = { 1.06, 1.05 }, cpu = { 1.10, 1.08 } } },
  { server = "tls", what = "TLS, HTTP/1.1", reach = { wall = { 1.06, 1.05 }, cpu = { 1.10, 1.08 } } },
  { server = "h2", what = "TLS, HTTP/2", reach = { wall = { 1.06, 1.05 }, cpu = { 1.10, 1.08 } } },
  { server = "plain", what = "HTTP/1.1, a short token", token = "bench", reach = { wall = { 1.15, 1.10 } } },
}

local FEW = measure.pick(3, 40) -- calls of what is slow

-- One row each; the servers that it can speak to, all if none is named.
local ONE_ANSWER = "luasocket + cjson, HTTP by hand for this one answer, "
local LUA_PEERS = {
  { name = "lua-http + cjson, LuaJIT", lua = "luajit", program = "lua_http" },
  { name = "raw + cjson from Lua 5.4", lua = "lua54", program = "raw_cjson" },
  { name = "raw + cjson from LuaJIT", lua = "luajit", program = "raw_cjson" },
  { name = "Debian's lua-curl + cjson, LuaJIT", lua = "luajit", program = "lua_curl" },
  { name = ONE_ANSWER .. "Lua 5.4", lua = "lua54", program = "luasocket", servers = { plain = true, tls = true } },
  { name = ONE_ANSWER .. "LuaJIT", lua = "luajit", program = "luasocket", servers = { plain = true, tls = true } },
  {
    name = "luasocket's socket.http + cjson (connects anew), LuaJIT",
    lua = "luajit",
    program = "socket_http",
    servers = { plain = true },
  },
}

local OURS = {
  { name = "aicore, Lua 5.4", lua = "lua54", program = "status" },
  { name = "aicore, LuaJIT", lua = "luajit", program = "status" },
}

-- For information: without the Lua layer.
local CORE = { name = "the C module alone, Lua 5.4", lua = "lua54", program = "core_status" }

--- Those of a scene, and which of them are peers in Lua.
local function contestants_of(scene, setup)
  local url, ca = setup.nginx[scene.server], scene.server ~= "plain" and setup.dir .. "/ca.pem" or "''"
  local token = scene.token and ("BENCH_TOKEN=%s "):format(scene.token) or ""
  local calls = measure.pick(500, 4000)
  local all, peers = {}, {}
  local function add(name, program, count, rounds)
    all[#all + 1] = { name = name, command = ("%s%s %s %d %s"):format(token, program, url, count, ca), rounds = rounds }
  end
  all[1] = {
    name = "raw",
    command = ("%s%s/easy %s/v2/lm/deployments/d000000000000001 %d %s"):format(token, setup.bin, url, calls, ca),
  }
  for _, one in ipairs { OURS[1], OURS[2], CORE } do
    add(one.name, ("%s bench/ours/%s.lua"):format(setup[one.lua], one.program), calls)
  end
  for _, peer in ipairs(LUA_PEERS) do
    if not peer.servers or peer.servers[scene.server] then
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

--- What ours are to reach, by their names.
local function reach_of(scene, figure)
  local reach = scene.reach[figure] or {}
  return { [OURS[1].name] = reach[1], [OURS[2].name] = reach[2] }
end

local function tell(report, runs, name, what, of, reach)
  report {
    row = "B1",
    what = what,
    who = name,
    unit = "µs",
    value = measure.of(runs[name], of),
    ratio = measure.ratio(runs[name], runs.raw, of),
    reach = reach and reach[name],
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
    local contestants, peers = contestants_of(scene, setup)
    local what = "status, " .. scene.what
    local runs = measure.interleave(contestants, measure.pick(3, 15))
    for _, contestant in ipairs(contestants) do
      tell(report, runs, contestant.name, what .. ": wall", WALL, reach_of(scene, "wall"))
    end
    for _, contestant in ipairs(contestants) do
      tell(report, runs, contestant.name, what .. ": CPU", CPU, reach_of(scene, "cpu"))
    end
    tell_against(report, runs, { peers[1] }, what)
    if #peers > 1 then
      tell_against(report, runs, peers, what)
    end
  end
end
