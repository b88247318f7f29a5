--- A long time in one process: many requests with random faults, and nothing may grow.
---   lua5.4 spec/soak/soak.lua [requests]       a million if not said; some minutes
-- Faults come by chance, several at a time: connections that are lost before, amid and after an answer, refusals,
-- late answers, tokens that expire. After every round it looks at itself: open descriptors and resident memory.
-- It fails if there are ever more descriptors than connections in flight account for, if one is left when the client is
-- closed, if memory has a slope, if a child is left that nobody waited for, or if a call ended otherwise than by an
-- answer or an error value.

local aicore = require "aicore"
local core = require "aicore.core"
local emulator = require "spec.support.emulator"
local errors = require "aicore.model.errors"

local REQUESTS = tonumber(arg[1]) or 1000000
local ROUNDS = 50
local WIDTH = 50 -- in flight
local WARM_UP = 10 -- rounds that are not judged: pools fill, the allocator settles
local NOISE = 1024 * 1024 -- bytes that the line through resident memory may rise, from the first round judged on
local OTHER_DESCRIPTORS = 4 -- of a client: epoll, its timer, and two of a resolver
local ID = "d000000000000001"

local FAULTS = {
  { operation = "*", probability = 0.01, drop = "before" },
  { operation = "*", probability = 0.01, drop = "during" },
  { operation = "*", probability = 0.01, drop = "after" },
  { operation = "*", probability = 0.01, status = 503 },
  { operation = "*", probability = 0.01, status = 500, body = "<html>no</html>" },
  { operation = "*", probability = 0.01, status = 200, body = "{" },
  { operation = "*", probability = 0.01, latency = 0.02 },
  { operation = "status", probability = 0.002, expire_tokens = true },
}

-- What is called, in turns. Nothing waits for a second attempt: that would only take time.
local CALLS = {
  function(client)
    return client:status(ID, { retry = false })
  end,
  function(client)
    return client:count { retry = false }
  end,
  function(client)
    return client:list { retry = false }
  end,
  function(client)
    return client:stop(ID, { retry = false })
  end,
  function(client)
    return client:status("d00000000000beef", { retry = false, timeout = 0.01 })
  end,
}

-- Looking at itself --------------------------------------------------------------------------------

local function resident_bytes()
  for line in io.lines "/proc/self/status" do
    local kb = line:match "^VmRSS:%s*(%d+)"
    if kb then
      return tonumber(kb) * 1024
    end
  end
end

local function output_of(command)
  local pipe = assert(io.popen(command))
  local text = pipe:read "*a"
  pipe:close()
  return text
end

local PID = tonumber(output_of "echo $PPID")

--- The shell that counts is a child with a pipe, too: the same every time.
local function count_descriptors()
  return tonumber(output_of(("ls /proc/%d/fd | wc -l"):format(PID)))
end

local function count_zombies()
  return tonumber(output_of(("ps -o stat= --ppid %d | grep -c '^Z' || true"):format(PID)))
end

--- The slope of the line through values, per step: least squares.
local function slope(values)
  local n, sx, sy, sxx, sxy = #values, 0, 0, 0, 0
  for x, y in ipairs(values) do
    sx, sy, sxx, sxy = sx + x, sy + y, sxx + x * x, sxy + x * y
  end
  return (n * sxy - sx * sy) / (n * sxx - sx * sx)
end

-- Running ------------------------------------------------------------------------------------------

local service = emulator.start { deployments = 5 }
local at_first = count_descriptors()
local client = assert(aicore.client {
  base_url = service.url,
  auth_url = service.url,
  client_id = "me",
  client_secret = "x",
  runtime = "blocking",
  max_connections = WIDTH,
})

local answered, failed = 0, {}

local function one(i)
  local result, err = CALLS[i % #CALLS + 1](client)
  if result then
    answered = answered + 1
  else
    assert(errors.is(err), "neither an answer nor an error: " .. tostring(err))
    failed[err.kind] = (failed[err.kind] or 0) + 1
  end
end

local function round(count)
  service.clear_faults()
  service.clear_journal()
  for _, fault in ipairs(FAULTS) do
    fault.times = 0 -- as often as chance wants
    service.fault(fault)
  end
  local functions = {}
  for i = 1, count do
    functions[i] = function()
      one(i)
    end
  end
  client.runtime.gather(functions, WIDTH)
  collectgarbage()
  collectgarbage()
end

local function words(kinds)
  local list = {}
  for kind, count in pairs(kinds) do
    list[#list + 1] = count .. " " .. kind
  end
  table.sort(list)
  return table.concat(list, ", ")
end

local began = core.now()
local memory, most = {}, 0
for number = 1, ROUNDS do
  round(math.ceil(REQUESTS / ROUNDS))
  most = math.max(most, count_descriptors())
  if number > WARM_UP then
    memory[#memory + 1] = resident_bytes()
  end
  io.stderr:write(("\r%d of %d rounds"):format(number, ROUNDS))
end
io.stderr:write "\n"

local rise = slope(memory) * (#memory - 1)
local zombies = count_zombies()
client:close()
local at_last = count_descriptors()
service.stop()

print(("%d calls in %.0f s: %d answered; errors: %s"):format(REQUESTS, core.now() - began, answered, words(failed)))
print(("descriptors: %d before, at most %d, %d after"):format(at_first, most, at_last))
print(
  ("resident memory: %.1f MiB, line rises by %+.0f KiB over %d rounds"):format(
    memory[#memory] / 1048576,
    rise / 1024,
    #memory
  )
)
print(("zombies: %d"):format(zombies))

-- Fewer at last: a file of the beginning was garbage.
local fine = at_last <= at_first and most <= at_first + WIDTH + OTHER_DESCRIPTORS and rise < NOISE and zombies == 0
print(fine and "ok the same at the end" or "not ok something has grown")
os.exit(fine and 0 or 1)
