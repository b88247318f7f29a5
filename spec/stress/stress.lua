--- A random state machine over the C module: what programs, hosts and accidents may do to it, in every order.
--- `make stress` runs it under the address and undefined behaviour sanitizers, which find what is wrong:
---   lua5.4 spec/stress/stress.lua           SECONDS=n FIRST=seed, or SEED=n, which runs that one again and again
-- A seed is a run of STEPS steps on some sessions and their transfers. Finalizers, hooks, signals and coroutines that
-- are dropped take steps, too, amid any other. The choices repeat by the seed; the time that answers take does not.
-- Beside the sanitizers it checks: what raises says why; a result is a value or an error of a known kind; step() gives
-- each transfer once, and only when it has finished; when all is collected no descriptor is left.

local core = require "aicore.core"
local host = require "stress.host"

local STEPS = 250
local KINDS = { auth = true, cancelled = true, config = true, http = true, protocol = true, state = true }
KINDS.timeout, KINDS.transport = true, true
-- What may be raised: by a use of what is closed, by a signal, and by our own hooks and finalizers.
local RAISED = { "closed", "interrupted!", "on purpose", "session has no" }
local ID = "d000000000000001"

local random = math.random
local base = "http://127.0.0.1:"
  .. assert(os.getenv "PORT", "tools/stress.sh runs this, and the server that it talks to")

local main = coroutine.running() -- nil in LuaJIT
local sessions, transfers, delivered, findings, seed, in_child

local function finding(...)
  findings = findings + 1
  io.stderr:write(("seed %d: "):format(seed), string.format(...), "\n")
end

local function pick(list)
  return list[random(#list)]
end

-- Whoever is told to do something may meanwhile be told to do something else, but not without end.
local depth = 0
local act, current
local owner = {} -- transfer -> session
local may_raise = false -- once a step, which catches it: LuaJIT raises the errors of finalizers wherever it collects

-- What is done ---------------------------------------------------------------------------------------

local function new_session()
  local config = {
    base_url = base .. "/v2",
    token_url = base .. "/token",
    client_id = "me",
    client_secret = "so secret",
    timeout = 0.05 + 0.2 * random(),
    max_response = 100000,
    max_headers = 20000,
    max_connections = random(8),
  }
  config.token = random(2) == 1 and "a-token-from-before-0123456789" or nil
  config.resource_group = random(2) == 1 and "group" or nil
  sessions[random(3)] = core.session(config) -- the one before is garbage
end

local CALLS = {
  { "status", ID },
  { "status", ID, { select = "status" } },
  { "list" },
  { "list", { top = 500, status = "RUNNING" } },
  { "count" },
  { "stop", ID },
  { "delete", ID },
  { "create", "config-1" },
  { "batch", { { id = ID, targetStatus = "STOPPED" } } },
  { "logs", ID },
  { "capabilities" },
  { "login" },
  { "status", ID, { resource_group = "another", timeout = 0.02 } },
}

local tally = {} -- what came of exchanges, by kind: a test in which nothing succeeds tells nothing

local function check_result(name, value, err)
  local what = type(err) == "table" and err.kind or value ~= nil and "good" or "none"
  tally[what] = (tally[what] or 0) + 1
  if err ~= nil then
    if type(err) ~= "table" or not KINDS[err.kind] or type(err.message) ~= "string" then
      finding("%s: an odd error: %s", name, tostring(type(err) == "table" and err.kind or err))
    end
  elseif value == false then
    finding("%s: neither a value nor an error", name)
  end
end

local close_coroutine = rawget(coroutine, "close") -- of Lua 5.4
local unpack, newproxy = table.unpack or unpack, rawget(_G, "newproxy") -- the latter is LuaJIT's

local DEEDS = {}

DEEDS.session = new_session

function DEEDS.start(session)
  local transfer, err = core.start(session, unpack(pick(CALLS)))
  if transfer then
    local i = random(24)
    owner[transfers[i] or 0] = nil -- that one is garbage
    transfers[i], owner[transfer] = transfer, session
  else
    check_result("start", transfer, err)
  end
end

function DEEDS.step(session)
  for _, transfer in ipairs(session:step()) do
    if not transfer:finished() then
      finding "step: a transfer that has not finished"
    elseif delivered[transfer] then
      finding "step: a transfer for the second time"
    end
    delivered[transfer] = true
  end
end

function DEEDS.wait(session)
  session:wait(random() * 0.005)
end

function DEEDS.blocking(session)
  local call = pick(CALLS)
  local value, err = core[call[1]](session, unpack(call, 2))
  check_result(call[1], value, err)
  if value == nil and err == nil then
    finding("%s: nothing", call[1])
  end
end

--- As a rule of one that has finished, if there is one.
function DEEDS.result(_, transfer)
  for i = 1, random(4) == 1 and 0 or 24 do
    if transfers[i] and transfers[i]:finished() then
      transfer = transfers[i]
      break
    end
  end
  for _ = 1, random(4) do
    DEEDS.finalizer()
  end
  current = transfer -- whose end is most dangerous now
  check_result("result", transfer:result())
end

function DEEDS.cancel(_, transfer)
  transfer:cancel()
end

function DEEDS.by_hand(session, transfer)
  local meta = debug.getmetatable(random(8) == 1 and session or transfer)
  local close = pick { meta.__gc, meta.__close }
  close(meta == debug.getmetatable(session) and session or transfer)
end

function DEEDS.look(session, transfer)
  transfer:info()
  transfer:finished()
  session:closed()
  tostring(transfer)
  tostring(session)
end

function DEEDS.fd(session)
  session:fd()
end

function DEEDS.token(session)
  session:set_token(("x"):rep(random(40)))
end

function DEEDS.close(session)
  session:close()
end

function DEEDS.drop()
  transfers[random(24)] = nil
  if random(10) == 1 then
    sessions[random(3)] = nil
  end
end

function DEEDS.collect()
  if random(4) == 1 then
    collectgarbage()
  else
    collectgarbage("step", random(100))
  end
end

function DEEDS.sleep()
  core.sleep(random() * 0.002)
end

local function raise_perhaps()
  if may_raise and random(4) == 1 then
    may_raise = false
    error("on purpose", 0)
  end
end

--- Garbage whose finalizer does something, whenever that comes.
function DEEDS.finalizer()
  local function finalize()
    for _ = 1, random(3) do
      act()
    end
    raise_perhaps()
  end
  if newproxy then
    debug.getmetatable(newproxy(true)).__gc = finalize
  else
    setmetatable({}, { __gc = finalize })
  end
end

--- A hook that does something, once.
function DEEDS.hook()
  local mask = pick { "c", "r", "l", "" }
  debug.sethook(function()
    debug.sethook()
    act()
    raise_perhaps()
  end, mask, mask == "" and random(200) or random(2) == 1 and random(50) or 0)
end

function DEEDS.signal()
  host.alarm(random() * 5)
end

--- A coroutine that goes some steps, and is forgotten.
function DEEDS.coroutine()
  local thread = coroutine.create(function()
    while true do
      act()
      coroutine.yield()
    end
  end)
  for _ = 1, random(4) do
    coroutine.resume(thread)
  end
  if close_coroutine and random(2) == 1 and coroutine.status(thread) == "suspended" then
    close_coroutine(thread)
  end
end

function DEEDS.fork()
  if in_child then
    return
  end
  host.alarm(0)
  local status = host.fork(function()
    in_child = true
    for _ = 1, random(10) do
      act()
    end
    if random(2) == 1 then
      sessions, transfers = {}, {}
      collectgarbage()
    end
  end)
  if status ~= 0 then
    finding("fork: the child ended with %d", status)
  end
end

local WEIGHTS = {
  session = 3,
  start = 30,
  step = 14,
  wait = 10,
  blocking = 3,
  result = 16,
  cancel = 6,
  by_hand = 4,
  look = 6,
  fd = 2,
  token = 2,
  close = 2,
  drop = 8,
  collect = 6,
  sleep = 4,
  finalizer = 8,
  hook = 5,
  signal = 1,
  coroutine = 4,
  fork = 1,
}

-- Amid another deed, what may pull the ground from under it is done more often.
local WITHIN = { step = 30, result = 30, cancel = 30, by_hand = 30, close = 20, collect = 20 }
WITHIN.wait, WITHIN.sleep, WITHIN.fork = 1, 0, 0

--- Each name as often as it weighs. In order: pairs has one of its own in every process.
local function lots_of(weight_of)
  local lots = {}
  for name in pairs(WEIGHTS) do
    for _ = 1, weight_of(name) do
      lots[#lots + 1] = name
    end
  end
  table.sort(lots)
  return lots
end

local OUTSIDE = lots_of(function(name)
  return WEIGHTS[name]
end)

local INSIDE = lots_of(function(name)
  return WITHIN[name] or WEIGHTS[name]
end)

-- Doing it -------------------------------------------------------------------------------------------

local function is_allowed(message)
  for _, words in ipairs(RAISED) do
    if tostring(message):find(words, 1, true) then
      return true
    end
  end
end

function act()
  if depth >= 4 then
    return
  end
  depth = depth + 1
  local name = pick(depth > 1 and INSIDE or OUTSIDE)
  local session, transfer = sessions[random(3)], depth > 1 and random(2) == 1 and current or transfers[random(24)]
  session = random(2) == 1 and owner[transfer or 0] or session
  if session and transfer or name == "session" then
    local ok, message = pcall(DEEDS[name], session, transfer)
    if not ok and not is_allowed(message) then
      finding("%s raised: %s", name, tostring(message))
    end
  elseif session then
    pcall(DEEDS.start, session)
  else
    pcall(new_session)
  end
  depth = depth - 1
end

local function take_steps()
  for _ = 1, STEPS do
    depth, may_raise = 0, true
    local ok, message = pcall(act)
    may_raise = false
    if not ok and not is_allowed(message) then
      finding("a step raised: %s", tostring(message))
    end
  end
end

--- From here on finalizers, hooks and signals do nothing more; and nothing is left.
local function settle()
  may_raise, depth = false, math.huge
  host.alarm(0)
  debug.sethook()
  if main then
    debug.sethook(main)
  end
  current, sessions, transfers, owner = nil, {}, {}, {}
  for _ = 1, 4 do
    collectgarbage()
  end
end

--- The steps of a seed. A hook, a signal or a finalizer may raise between two of them, and ends them then.
local function run(number)
  seed = number
  current, sessions, transfers, owner, delivered = nil, {}, {}, {}, setmetatable({}, { __mode = "k" })
  math.randomseed(number)
  collectgarbage("setpause", pick { 1, 50, 200 }) -- the less, the more often finalizers run amid a deed
  collectgarbage("setstepmul", pick { 100, 400, 1000 })
  take_steps()
end

local seconds, only = tonumber(os.getenv "SECONDS") or 60, tonumber(os.getenv "SEED")
local first = only or tonumber(os.getenv "FIRST") or 1
local count, began = 0, core.now()
local before = host.descriptors()
findings = 0

--- Begins by settling what was before: it may have been left by a raise.
local function run_all()
  repeat
    settle()
    local left = host.descriptors() - before
    if left ~= 0 then
      finding("%d descriptors were left", left)
      before = before + left
    end
    if core.now() - began >= seconds or findings > 10 then
      return
    end
    local number = only or first + count
    count = count + 1
    io.stderr:write(("\rseed %d "):format(number))
    run(number)
  until false
end

--- What is raised between two steps ends a seed, and what is raised in the next moment is caught one level up.
local function guard(level)
  local ok, message
  repeat
    ok, message = pcall(level > 0 and guard or run_all, level - 1)
    if not ok and not is_allowed(message) then
      finding("raised between two steps: %s", tostring(message))
    end
  until ok
end

guard(2)
settle()
io.stderr:write "\r"
local words = {}
for what, times in pairs(tally) do
  words[#words + 1] = times .. " " .. what
end
table.sort(words)
print(table.concat(words, ", "))
print(("%s: %d seeds from %d, %d findings"):format(newproxy and "LuaJIT" or _VERSION, count, first, findings))
os.exit(findings == 0 and 0 or 1)
