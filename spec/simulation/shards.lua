--- Sixteen programs tear down a fleet in shards at the same time, in several resource groups, while the pages of its
--- lists shift:   SIZE=100000 SHARDS=16 lua spec/simulation/shards.lua
-- What is promised: all of it is deleted, each deployment by the program whose share it is in and by no other, nobody
-- else's is touched, and every report is sure. The last line is "N shards, M false claims", as run.lua's.

package.path = "./?.lua;" .. package.path

local emulators = require "aicore.emulator"
local fake = require "aicore.emulator.caller"
local filter = require "aicore.model.filter"
local fleet = require "aicore.fleet"
local virtual = require "aicore.runtime.virtual"

local shards = {}

local START, GROUPS, PAGES, OTHERS = 1700000000, 4, 5, 50
local LONGEST_PAGE = 2400 -- after longer ones, all that these programs hold is collected (pages.lua)
local SCENARIO = "nightly-tests"

-- Lists that lag, and shift while they are read: each is of some pages.
local SETTINGS = {
  latency = 0.2,
  stop_time = 60,
  delete_time = 20,
  page_shifts = 0.02,
  list_lag = 5,
  read_lag = 2,
  replicas = 2,
}

--- The emulator as one program sees it: which ids it has sent a stop or delete for, and how many requests.
local function observed(emulator, sent)
  local seen = setmetatable({}, { __index = emulator })
  function seen.admit(_, call, now)
    sent.requests = sent.requests + 1
    if call.operation == "stop" or call.operation == "delete" then
      sent.ids[call.id] = true
    end
    for _, item in ipairs(call.operation == "batch" and call.body[call.resource] or {}) do
      sent.ids[item.id] = true
    end
    return emulator:admit(call, now)
  end
  return seen
end

local function seed(world, size, now)
  local ids = {}
  for i = 1, size do
    local group = "group-" .. i % GROUPS
    ids[i] = world:seed({ id = ("n%07d"):format(i), resource_group = group, scenario_id = SCENARIO }, now).id
  end
  for i = 1, OTHERS do
    world:seed({ id = ("other-%d"):format(i), resource_group = "group-" .. i % GROUPS, scenario_id = "others" }, now)
  end
  return ids
end

--- What was promised of one share, and not kept.
local function check_share(index, count, report, sent, problems)
  local function problem(text, ...)
    problems[#problems + 1] = ("shard %d: " .. text):format(index, ...)
  end
  if not report then
    return problem "there is no report"
  elseif report.unsure or next(report.failed) then
    local id, err = next(report.failed)
    problem("it is %s: %s %s", report.unsure and "unsure" or "failed", tostring(id), tostring(err))
  end
  for _, list in ipairs { report.deleted, report.stopped, report.absent } do
    for _, id in ipairs(list) do
      if filter.shard_of(id, count) ~= index then
        problem("it tells of %s", id)
      end
    end
  end
  for id in pairs(sent.ids) do
    if filter.shard_of(id, count) ~= index or id:find "^other" then
      problem("it has touched %s", id)
    end
  end
end

--- What was promised of all of them together.
local function check_all(ids, reports, emulator, problems)
  local told, standing = {}, 0
  for _, report in pairs(reports) do
    for _, id in ipairs(report.deleted) do
      problems[#problems + 1] = told[id] and ("%s was deleted by two"):format(id) or nil
      told[id] = true
    end
  end
  for _, id in ipairs(ids) do
    problems[#problems + 1] = not told[id] and ("%s is told by nobody"):format(id) or nil
  end
  for _, name in ipairs(emulator.world:group_names()) do
    standing = standing + #emulator.world:standing_in(name)
  end
  if standing ~= OTHERS then
    problems[#problems + 1] = ("%d stand, not %d"):format(standing, OTHERS)
  end
end

--- Runs them.
---@param size integer   deployments
---@param count integer  programs
---@param number integer?  the seed
---@return string[] problems
---@return { elapsed: number, requests: integer }  s on the virtual clock; of all programs
function shards.run(size, count, number)
  local runtime = virtual.new { start = START }
  local emulator = emulators.new { settings = SETTINGS, seed = number or 1 }
  emulator.settings.page_cap = math.min(LONGEST_PAGE, math.ceil(size / GROUPS / PAGES))
  local ids = seed(emulator.world, size, START)
  local problems, reports, sent, functions = {}, {}, {}, {}
  for index = 0, count - 1 do
    sent[index] = { ids = {}, requests = 0 }
    local caller = fake.new { emulator = observed(emulator, sent[index]), runtime = runtime, seed = index + 1 }
    functions[index + 1] = function()
      local wanted = { scenario_id = SCENARIO, shard = { index, count }, resource_group = "*" }
      reports[index] = fleet.teardown(caller, wanted, { timeout = 7200 })
    end
  end
  runtime.run(function()
    runtime.gather(functions, count)
  end)
  emulator.world:advance(runtime.now())
  local requests = 0
  for index = 0, count - 1 do
    check_share(index, count, reports[index], sent[index], problems)
    requests = requests + sent[index].requests
  end
  check_all(ids, reports, emulator, problems)
  return problems, { elapsed = runtime.now() - START, requests = requests }
end

local function main()
  local function number(name, default)
    return math.floor(tonumber(os.getenv(name)) or default)
  end
  local size, count, began = number("SIZE", 100000), number("SHARDS", 16), os.clock()
  local problems, about = shards.run(size, count, number("FIRST", 1))
  for i = 1, math.min(#problems, 20) do
    print(problems[i])
  end
  local text = "%d deployments, %.0f s on their clock, %d requests, %.1f CPU s"
  print(text:format(size, about.elapsed, about.requests, os.clock() - began))
  print(("%d shards, %d false claims"):format(count, #problems))
  os.exit(#problems == 0 and 0 or 1)
end

if arg and arg[0] and arg[0]:find "shards%.lua$" then
  main()
end

return shards
