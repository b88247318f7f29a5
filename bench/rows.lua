--- Every figure of the bench. To add one, add an entry; how contestants take turns, how medians, spreads and ratios are
-- made of it, and how all of that is written, is the same for all (turns.lua, figures.lua, results.lua).
--
-- A section is what `sh bench/run.sh b01` asks for: its name, its title, a note, and rows. A row:
--   what     what is done
--   servers  what is started for it (servers.lua), by name: a command says $NAME for its URL
--   run      the contestants: { who, command, n = of how many, rounds = fewer of what is slow, slow = not in a quick
--            run, needs = a shell command without whose success it is left out }. A command is a process of its own
--            whose last line is "name=value …"; in it $lua54, $luajit and $nvim find this checkout's modules,
--            behind $env54 and $env51 so does any Lua; $bin has the programs in C, $calls is the row's `calls`
--   env      stands before each command
--   rounds   how often
--   figures  what is told of each run: { what, unit, a field or a function of the run, and
--            beside = whom the ratio is to | beyond = what is taken off, either a name or names by who
--            reach = what ours are to reach by ratio | limit = … by value: a number, numbers by who, a function of n
--            at_least = that is a floor; must = the bench fails if it is not reached; who = of whom only
--            plot = where in the picture }

local cjson = require "cjson"

local LUA54, LUAJIT, RAW = "aicore, Lua 5.4", "aicore, LuaJIT", "raw"
local CJSON54, CJSONJIT = "raw + cjson from Lua 5.4", "raw + cjson from LuaJIT"
local LUA_HTTP = "lua-http + cjson, LuaJIT"
local OURS = { [LUA54] = true, [LUAJIT] = true }
local SAME_LUA = { [LUA54] = CJSON54, [LUAJIT] = CJSONJIT }

local ONE = "/v2/lm/deployments/d000000000000001"

-- Fields of a run ---------------------------------------------------------------------------------------------------

local function each(field)
  return function(run)
    return run[field] and run[field] / run.calls
  end
end

local function per_second(run)
  return run.calls / run.wall
end

local function less(field, other)
  return function(run)
    return run[field] and run[other] and run[field] - run[other]
  end
end

-- B1 ----------------------------------------------------------------------------------------------------------------

local BY_HAND = "luasocket (LuaSec) + cjson, HTTP by hand for this one answer, "

--- A call on a kept-alive connection. `limits`: of the wall time and of CPU, beside raw, in Lua 5.4 and LuaJIT.
local function status(what, server, limits, env)
  local peers = " $url $calls '$url_ca'"
  local run = {
    { RAW, "$bin/easy $url" .. ONE .. " $calls '$url_ca'" },
    { LUA54, "$lua54 bench/ours/status.lua" .. peers },
    { LUAJIT, "$luajit bench/ours/status.lua" .. peers },
    { CJSON54, "$lua54 bench/peers/raw_cjson.lua" .. peers },
    { CJSONJIT, "$luajit bench/peers/raw_cjson.lua" .. peers },
    { LUA_HTTP, "$luajit bench/peers/lua_http.lua" .. peers },
    { "Lua-cURL + cjson, LuaJIT", "$luajit bench/peers/lua_curl.lua" .. peers },
  }
  if server ~= "nginx h2" then -- by hand, too, that would be another HTTP
    run[#run + 1] = { BY_HAND .. "Lua 5.4", "$lua54 bench/peers/luasocket.lua" .. peers }
    run[#run + 1] = { BY_HAND .. "LuaJIT", "$luajit bench/peers/luasocket.lua" .. peers }
    local script = "$bin/cost sh bench/peers/curl_jq.sh $url 20 '$url_ca'"
    run[#run + 1] =
      { "curl | jq", ('SAID=$(%s 2>&1) && echo calls=20 "$SAID"'):format(script), rounds = 5, slow = true }
  end
  local wall, cpu = each "wall", each "cpu"
  return {
    what = "status, " .. what,
    servers = { url = server },
    env = env,
    calls = 3000,
    rounds = 11,
    run = run,
    figures = {
      { "wall", "µs", wall, beside = RAW, reach = limits.wall },
      { "CPU", "µs", cpu, beside = RAW, reach = limits.cpu },
      { "wall, beside raw + cjson", "µs", wall, beside = SAME_LUA, reach = 1 },
      { "wall, beside lua-http", "µs", wall, beside = LUA_HTTP, reach = 1, who = OURS },
    },
  }
end

local LONG = { wall = { [LUA54] = 1.06, [LUAJIT] = 1.05 }, cpu = { [LUA54] = 1.10, [LUAJIT] = 1.08 } }
local SHORT = { wall = { [LUA54] = 1.15, [LUAJIT] = 1.10 } }
local SHORT_TOKEN = "BENCH_TOKEN=bench"

-- B2, B11: in every host --------------------------------------------------------------------------------------------

local BLOCKING54, BLOCKINGJIT = "aicore, blocking, Lua 5.4", "aicore, blocking, LuaJIT"
local LUV54, LUVJIT, NEOVIM = "aicore, luv, Lua 5.4", "aicore, luv, LuaJIT", "aicore, Neovim"

local HOSTS = {
  { BLOCKING54, "$lua54 bench/hosts/blocking.lua" },
  { BLOCKINGJIT, "$luajit bench/hosts/blocking.lua" },
  { LUV54, "$lua54 bench/hosts/luv.lua" },
  { LUVJIT, "$luajit bench/hosts/luv.lua" },
  { "aicore, cqueues, LuaJIT", "$luajit bench/hosts/cqueues.lua" },
  { NEOVIM, "$nvim -c 'luafile bench/hosts/neovim.lua'" },
  { "aicore, nginx", "$luajit bench/hosts/nginx.lua" },
  { "aicore, nginx without a thread pool", "$luajit bench/hosts/nginx.lua without-threads" },
}

--- Those of `names`, or all, with a load (hosts/load.lua), behind the raw program, if any.
local function in_hosts(load, raw, names)
  local run = { raw and { RAW, raw } }
  for _, host in ipairs(HOSTS) do
    if not names or names[host[1]] then
      run[#run + 1] = { host[1], ("BENCH_LOAD='%s' %s"):format(load, host[2]) }
    end
  end
  return run
end

local function in_flight(latency, server, calls, told)
  local raw, then_cjson = "$bin/multi $url" .. ONE .. " $calls 200", " bench/peers/and_cjson.lua "
  local run = in_hosts("$url $calls 200", raw)
  table.insert(run, 2, { "raw, and cjson after it, Lua 5.4", "$lua54" .. then_cjson .. raw })
  table.insert(run, 3, { "raw, and cjson after it, LuaJIT", "$luajit" .. then_cjson .. raw })
  return {
    what = "200 in flight, " .. latency,
    servers = { url = server },
    calls = calls,
    rounds = 7,
    run = run,
    figures = told,
  }
end

local function rate(reach)
  return { "requests per second", "/s", per_second, beside = RAW, reach = reach, at_least = true }
end

local AT_ONCE = { [BLOCKING54] = 0.75, [BLOCKINGJIT] = 0.85, [LUV54] = 0.70, [LUVJIT] = 0.70 }

-- B3, B4: teardowns --------------------------------------------------------------------------------------------------

local BY_IDS, BY_FILTER = "aicore, by ids", "aicore, by a filter"
local SAP, SCRIPT = "SAP's JavaScript client, 32 wide", "curl and jq, 32 wide"
local HAVE_SAP = "command -v node && "
  .. "{ test -d bench/peers/node_modules || { cd bench/peers && npm ci --no-audit --no-fund --loglevel=error; }; }"

--- The program, with n deployments in the emulator at $url, and what it has sent counted.
local function counted(n, phases, program, url)
  local at = "$" .. (url or "url")
  return ("sh bench/counted.sh %s %d %s %s"):format(at, n, phases, (program:gsub("$url", at)))
end

local function teardowns()
  local run = {}
  local function add(who, n, program, more)
    more = more or {}
    more[1], more[2], more.n = who, counted(n, "0.5 0.5", program, more.url), n
    more.slow = more.slow or n > 100
    run[#run + 1] = more
  end
  for _, n in ipairs { 1, 100, 1000, 10000 } do
    local rounds = n > 1000 and 3 or nil
    add(BY_IDS, n, "$lua54 bench/ours/teardown.lua $url ids", { rounds = rounds })
    add(BY_FILTER, n, "$lua54 bench/ours/teardown.lua $url filter", { rounds = rounds })
    -- One request for each: the runs hardly differ.
    add("aicore, no batches", n, "$lua54 bench/ours/teardown.lua $url ids", { url = "single", rounds = n > 100 and 1 })
    if n <= 1000 then
      add(SAP, n, "node bench/peers/sap.mjs $url 32 250", { rounds = 1, slow = true, needs = HAVE_SAP })
      add(SCRIPT, n, "$bin/cost sh bench/peers/script.sh $url 32 0.25", { rounds = 1, slow = true })
    end
  end
  return run
end

local IN_BATCHES = { [BY_IDS] = true, [BY_FILTER] = true }

local function most_requests(n)
  return 6 + 3 * math.ceil(n / 100)
end

local function a_tenth_of_1000(n)
  return n == 1000 and 0.1 or nil
end

local FEW, MANY = 100, 10000

--- A teardown by "ids" or by a "filter".
local function tracked(way)
  local program = " bench/ours/tracked.lua $url " .. way
  return {
    what = "a deployment tracked, by " .. way,
    servers = { url = "emulator" },
    rounds = 3,
    run = {
      { "few, Lua 5.4", counted(FEW, "0.2 0.2", "$lua54" .. program) },
      { LUA54, counted(MANY, "0.2 0.2", "$lua54" .. program) },
      { "few, LuaJIT", counted(FEW, "0.2 0.2", "$luajit" .. program) },
      { LUAJIT, counted(MANY, "0.2 0.2", "$luajit" .. program) },
    },
    figures = {
      {
        "Lua heap",
        "B",
        function(run)
          return run.heap / (MANY - FEW)
        end,
        beyond = { [LUA54] = "few, Lua 5.4", [LUAJIT] = "few, LuaJIT" },
        limit = 300,
      },
    },
  }
end

local MORE = 1.03 -- times as many as stored are too many

local function stored()
  local file = assert(io.open "bench/instructions.json")
  local limits = cjson.decode(file:read "*a")
  file:close()
  for who, count in pairs(limits) do
    limits[who] = math.floor(count * MORE)
  end
  return limits
end

local function loads(name, program, env, peers)
  local run = {}
  local function add(who, code)
    run[#run + 1] = { who, ("%s $bin/cost -n $calls %s -e '%srequire \"cjson\"'"):format(env, program, code) }
  end
  add("cjson", "")
  add("libcurl alone, by dlopen", 'assert(package.loadlib("libcurl.so.4", "*")) ')
  add("aicore", 'require "aicore" ')
  add("aicore, what its first call loads", 'require "aicore.client" ')
  for _, peer in ipairs(peers) do
    add(peer[1], ('require "%s" '):format(peer[2]))
  end
  local base = {}
  for _, contestant in ipairs(run) do
    base[contestant[1]] = "cjson"
  end
  base["aicore, what its first call loads"] = "libcurl alone, by dlopen"
  return {
    what = "require, " .. name,
    calls = 40,
    rounds = 7,
    run = run,
    figures = { { "beyond cjson (and libcurl)", "ms", "wall", beyond = base, limit = { aicore = 1 } } },
  }
end

local function list(name, lua, cold)
  local program = lua .. " bench/ours/list.lua $url/n/10000 "
  return {
    what = "list of 10,000, " .. name,
    servers = { url = "nginx plain" },
    rounds = 15,
    run = {
      { "cjson", program .. "cjson" },
      { "aicore", program .. "list" },
      { "raw + cjson from Lua", program .. "raw" },
      { RAW, "$bin/easy $url/n/10000/v2/lm/deployments 1 ''" },
    },
    figures = {
      { "cold, wall", "ms", "wall", beside = "cjson", reach = cold },
      { "cold, CPU", "ms", "cpu", beside = "cjson", reach = cold },
      { "warm, wall", "ms", "warm", beside = "cjson", reach = 1 },
      { "peak memory", "MB", "peak", beside = "cjson", reach = 1.15 },
    },
  }
end

local function pages(name, lua)
  local program = lua .. " bench/ours/list.lua $url/n/%d each"
  return {
    what = "each, " .. name,
    servers = { url = "nginx plain" },
    rounds = 5,
    run = { { "aicore, of 20,000", program:format(20000) }, { "aicore, of 50,000", program:format(50000) } },
    figures = { { "peak memory", "MB", "peak", beside = "aicore, of 20,000", reach = 1.1 } },
  }
end

return {
  {
    "B1",
    "status on a kept-alive connection, a record of 900 bytes",
    note = 'raw: curl_easy_perform in C, which does not read the answer; "raw + cjson" does, and is what a client in '
      .. "Lua takes at least. All send the same token, of 1,500 bytes as AI Core's are; with a short one, what is ours "
      .. "weighs more. Lua-cURL is the third, where it is installed, or Debian's lua-curl.",
    status("HTTP/1.1", "nginx plain", LONG),
    status("TLS, HTTP/1.1", "nginx tls", LONG),
    status("TLS, HTTP/2", "nginx h2", LONG),
    status("HTTP/1.1, a short token", "nginx plain", SHORT, SHORT_TOKEN),
    status("TLS, HTTP/1.1, a short token", "nginx tls", SHORT, SHORT_TOKEN),
    status("TLS, HTTP/2, a short token", "nginx h2", SHORT, SHORT_TOKEN),
  },
  {
    "B2",
    "200 requests in flight, and one after the other, in every host",
    note = "raw: curl_multi_socket_action in C, JSON not read. Without latency one core is busy throughout, so that "
      .. "reading JSON costs requests; about the bound of a client in Lua is raw, and cjson reading the same answers "
      .. "after it. With 50 ms there is time for both. Late is the host's own timer, of 2 ms: at "
      .. "most in the run, less what it is late by at most in a second of the same process in which nothing goes on.",
    in_flight("0 ms", "nginx plain", 20000, { rate(AT_ONCE) }),
    in_flight("50 ms", "delay 50", 4000, {
      rate(0.95),
      { "the host's timer, latest beyond idle", "ms", less("late", "idle_late"), limit = 10 },
      { "another location, p99", "ms", "p99", limit = 25 },
    }),
    {
      what = "one after the other, 50 ms",
      servers = { url = "delay 50" },
      calls = 20,
      rounds = 5,
      run = in_hosts("$url $calls 1", "$bin/easy $url" .. ONE .. " $calls ''"),
      figures = { { "more than in C, each", "ms", each "wall", beyond = RAW, limit = 1.5 } },
    },
  },
  {
    "B3",
    "teardown of N, 20 ms latency, phases of 0.5 s, in Lua 5.4",
    note = "A phase is what stopping takes, and what deleting takes. Without looks: without what only asks how far it "
      .. "is. A teardown by a filter is over when it is sure that what it has seen was all there was. The usual loop "
      .. "stops, looks, deletes and looks, at least four requests for each: 40,000 for 10,000.",
    {
      what = "teardown of N",
      servers = { url = "emulator --latency 0.02", single = "emulator --latency 0.02 --no-bulk" },
      rounds = 5,
      run = teardowns(),
      figures = {
        { "requests without looks", "", less("requests", "looks"), limit = most_requests, who = IN_BATCHES },
        { "requests", "", "requests", plot = "requests" },
        { "wall", "s", "wall", plot = "seconds" },
        { "wall, beside SAP's client", "s", "wall", beside = SAP, who = IN_BATCHES, reach = a_tenth_of_1000 },
        { "wall, beside curl and jq", "s", "wall", beside = SCRIPT, who = IN_BATCHES, reach = a_tenth_of_1000 },
      },
    },
  },
  {
    "B4",
    "teardown of 10,000, 20 ms latency, phases of 2 s",
    note = "By a filter it is over when two lists, 2 s apart, have shown no others: that is what is above by ids.",
    {
      what = "teardown of 10,000, phases of 2 s",
      servers = { url = "emulator --latency 0.02" },
      rounds = 5,
      run = {
        { BY_FILTER .. ", Lua 5.4", counted(10000, "2 2", "$lua54 bench/ours/teardown.lua $url filter") },
        { BY_FILTER .. ", LuaJIT", counted(10000, "2 2", "$luajit bench/ours/teardown.lua $url filter") },
        { BY_IDS .. ", Lua 5.4", counted(10000, "2 2", "$lua54 bench/ours/teardown.lua $url ids"), rounds = 3 },
      },
      figures = {
        { "requests", "", "requests", limit = 340 },
        { "wall", "s", "wall", limit = 7.5 },
        { "CPU", "s", "cpu", limit = 2.5 },
        { "peak memory of the process", "MiB", "peak", limit = 72 },
      },
    },
  },
  {
    "B5",
    "memory of a deployment that is tracked",
    note = "How much more of the Lua heap is alive after a collection, at most, in a teardown of 10,000 than in one of "
      .. "100, each. Arrays grow by doubling: of 10,000, a value in one takes 26 B in Lua 5.4 and 13 B in LuaJIT.",
    tracked "ids",
    tracked "filter",
  },
  {
    "B6",
    "memory of a request in flight",
    note = "By how much RssAnon has grown while 1,000 are in flight, each.",
    {
      what = "a request in flight",
      servers = { url = "delay 1000" },
      calls = 1000,
      rounds = 7,
      run = {
        { RAW, "$bin/multi $url" .. ONE .. " 1000 1000" },
        { LUA54, "$lua54 bench/ours/memory.lua $url $calls" },
        { LUAJIT, "$luajit bench/ours/memory.lua $url $calls" },
      },
      figures = {
        { "memory", "B", each "memory", beside = RAW },
        { "memory beyond libcurl's", "B", each "memory", beyond = RAW, limit = { [LUA54] = 2560, [LUAJIT] = 1843 } },
      },
    },
  },
  {
    "B7",
    "instructions and calls for memory of a status, a record of 700 bytes, by callgrind",
    note = "LuaJIT interprets: what its compiler compiles is a matter of chance. How many instructions the C library "
      .. "takes depends on the processor; what CI holds leaves it out. raw + cjson reads the answer, and no "
      .. "more: what it takes beyond raw is the bound for whoever reads by cjson.",
    {
      what = "status",
      servers = { url = "delay 4 counted" },
      rounds = 3,
      run = {
        { RAW, "sh bench/instructions.sh $bin/easy $url" .. ONE },
        { LUA54, "$env54 sh bench/instructions.sh lua5.4 bench/ours/status.lua $url" },
        { LUAJIT, "$env51 sh bench/instructions.sh luajit -joff bench/ours/status.lua $url" },
        { CJSON54, "$env54 sh bench/instructions.sh lua5.4 bench/peers/raw_cjson.lua $url", slow = true },
        { CJSONJIT, "$env51 sh bench/instructions.sh luajit -joff bench/peers/raw_cjson.lua $url", slow = true },
      },
      figures = {
        { "instructions", "", "all", beside = RAW },
        { "instructions beyond raw", "", "all", beyond = RAW, limit = { [LUA54] = 50000, [LUAJIT] = 40000 } },
        { "beyond raw, without the C library", "", "own", beyond = RAW, who = OURS, limit = stored(), must = true },
        { "calls of malloc, calloc, realloc", "", "heap", beside = RAW, limit = { [LUA54] = 60 } },
      },
    },
  },
  {
    "B8",
    "what require takes, in fresh processes",
    note = '`require "aicore"` loads neither libcurl nor our own files: those come with the first call.',
    loads("Lua 5.4", "lua5.4", "$env54", { { "luasocket", "socket.http" } }),
    loads("LuaJIT", "luajit", "$env51", { { "luasocket", "socket.http" }, { "lua-http", "http.request" } }),
  },
  {
    "B9",
    "a list of 10,000 records of 450 bytes",
    note = "cjson has the same bytes already. Ours come as they do from the service: transfer, a Lua string and the "
      .. "look for nulls are on top. Cold: the first in a process, whose memory comes page by page from the system; "
      .. "warm: the median of five more. raw: the transfer alone; with cjson, the least that a client in Lua takes.",
    list("Lua 5.4", "$lua54", 1.20),
    list("LuaJIT", "$luajit", 1.15),
  },
  {
    "B10",
    "each, whose memory is to be that of some pages, whatever is listed",
    pages("Lua 5.4", "$lua54"),
    pages("LuaJIT", "$luajit"),
  },
  {
    "B11",
    "how long an event loop is held up: its timer's latest, beyond an idle second of the same process",
    note = "200 calls begun in one turn, by a session without a connection and by one that has them, and a list, all "
      .. "against the emulator, which takes a core. CPU time is the most that is used between two ticks: by that much "
      .. "the loop is held up where nothing else runs.",
    {
      what = "held up",
      servers = { url = "emulator --deployments 10000" },
      rounds = 7,
      run = in_hosts("$url 200 200 list", nil, { [LUV54] = true, [LUVJIT] = true, [NEOVIM] = true }),
      figures = {
        { "by the first 200 calls", "ms", less("first_late", "idle_late"), limit = 10 },
        { "by 200 calls", "ms", less("late", "idle_late"), limit = 10 },
        { "by a list of 10,000", "ms", less("list_late", "idle_late"), limit = 25 },
        { "by a list of 10,000, CPU time", "ms", less("list_turn", "idle_turn"), limit = 25 },
      },
    },
  },
}
