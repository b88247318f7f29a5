--- Draws what a program asks of a service: one call or several at once, in one client or in two, with callbacks that
-- raise, coroutines that are cancelled or killed, clients that are closed.

local task = {}

---@class simulation.Call
---@field method string
---@field client integer        1 or 2
---@field at number             s after the beginning
---@field timeout number        s
---@field appear number?        s, in which "not found" may mean "not yet"
---@field ids string[]?         what it is asked for, in the order given
---@field filter aicore.Filter? the same
---@field goal string?          of a wait
---@field resource_group string
---@field retry boolean?        false: each request is sent once
---@field dry_run boolean?      only find them
---@field creates integer?      so many are created first, and belong to its ids
---@field configuration string? of an ensure or a rollout
---@field keep boolean?         of an ensure
---@field rollback boolean?     of a rollout
---@field leave_at integer?     a watch is left after so many changes
---@field changes table[]?      what a watch has told: { at, change }
---@field created boolean?      what an ensure has said of itself
---@field left table?           and of what it leaves
---@field raise_at integer?     the callback raises when it is called for this time
---@field cancel_at number?     s after the beginning: as Ctrl-C
---@field kill_at number?       s after the beginning: its coroutine gets no control any more
---@field ample boolean         there is time for everything
---@field began number?         what became of it, on the runtime's clock
---@field ended number?         nil: it has not come back
---@field ok boolean?           false: it raised
---@field result any
---@field err any
---@field told integer          calls of on_progress

---@class simulation.Task
---@field calls simulation.Call[]
---@field clients integer
---@field close_at number?      s after the beginning: the first client is closed

local METHODS = {
  { 34, "teardown" },
  { 22, "teardown_filter" },
  { 13, "stop_all" },
  { 10, "delete_all" },
  { 15, "wait" },
  { 3, "stop" },
  { 3, "delete" },
  { 4, "list" },
}

--- Where new ones are hidden for minutes, one can only wait for them.
local PATIENT = { { 80, "wait" }, { 20, "list" } }

local SIZES = {
  { 30, { 1, 1 } },
  { 25, { 2, 5 } },
  { 25, { 6, 40 } },
  { 12, { 41, 120 } },
  { 7.5, { 121, 300 } },
  { 0.5, { 1000, 1000 } },
}

--- How many deployments the task can be about.
---@param dice simulation.Dice
---@return integer
function task.size(dice)
  local range = dice:weighted(SIZES)
  return dice:integer(range[1], range[2])
end

local function mine_of(service, group)
  local ids = {}
  for _, deployment in ipairs(service.deployments) do
    ids[#ids + 1] = deployment.mine and deployment.resource_group == group and deployment.id or nil
  end
  return ids
end

--- Most of them, in any order, now and then one that is not there, or one twice.
local function draw_ids(dice, ids)
  local drawn, share = {}, dice:chance(0.7) and 1 or dice:number(0.3, 1)
  for _, id in ipairs(ids) do
    if dice:chance(share) then
      table.insert(drawn, dice:integer(1, #drawn + 1), id)
    end
  end
  if dice:chance(0.25) or #drawn == 0 then
    drawn[#drawn + 1] = dice:id()
  end
  if dice:chance(0.15) then
    drawn[#drawn + 1] = drawn[1]
  end
  return drawn
end

local FILTERS = {
  {
    45,
    function()
      return { scenario_id = "scenario-mine" }
    end,
  },
  {
    15,
    function(dice)
      return { scenario_id = "scenario-mine", status = dice:pick { "RUNNING", "STOPPED", "DEAD" } }
    end,
  },
  {
    10,
    function(dice)
      return { configuration_id = dice:pick { "conf-a", "conf-b" } }
    end,
  },
  {
    10,
    function(dice)
      return { scenario_id = "scenario-mine", shard = { dice:integer(0, 1), 2 } }
    end,
  },
  {
    10,
    function(dice)
      return { scenario_id = "scenario-mine", older_than = dice:scale(60, 100000) }
    end,
  },
  {
    5,
    function(dice)
      return { scenario_id = "scenario-mine", executable_ids = { dice:pick { "executable-a", "executable-b" } } }
    end,
  },
  {
    10,
    function()
      return { all = true }
    end,
  },
}

local GOALS = { { 45, "GONE" }, { 30, "STOPPED" }, { 15, "RUNNING" }, { 5, "DEAD" }, { 5, "PENDING" } }

local function one_id(dice, call, ids)
  call.ids = { #ids > 0 and dice:chance(0.9) and dice:pick(ids) or dice:id() }
end

--- What a call is about, by its method.
local TARGETS = {
  teardown = function(dice, call, ids)
    call.ids = draw_ids(dice, ids)
    call.creates = dice:chance(0.12) and dice:integer(1, 3) or nil
    call.dry_run = dice:chance(0.02) or nil
  end,
  teardown_filter = function(dice, call)
    call.method, call.filter = "teardown", dice:weighted(FILTERS)(dice)
    call.dry_run = dice:chance(0.05) or nil
  end,
  list = function(dice, call)
    call.filter = dice:weighted(FILTERS)(dice)
  end,
  stop_all = function(dice, call, ids)
    call.ids = draw_ids(dice, ids)
  end,
  delete_all = function(dice, call, ids)
    call.ids = draw_ids(dice, ids)
  end,
  wait = function(dice, call, ids)
    one_id(dice, call, ids)
    call.goal = dice:weighted(GOALS)
    if dice:chance(0.15) then
      call.ids, call.creates = {}, 1
    end
  end,
  stop = one_id,
  delete = one_id,
}

local function phases(service)
  local settings = service.settings
  return settings.start_time + settings.stop_time + settings.delete_time
end

local function draw_timeout(dice, service, call)
  local kind = dice:weighted { { 15, "short" }, { 20, "tight" }, { 65, "ample" } }
  call.ample = kind == "ample"
  if kind == "short" then
    call.timeout = dice:scale(0.1, 5)
  elseif kind == "tight" then
    call.timeout = dice:number(0.3, 1.5) * (phases(service) + 1)
  else
    call.timeout = 2 * phases(service) + service.patience + (call.appear or 0) + dice:scale(1, 600)
  end
end

--- What is new is shown to nobody before this share of its start, in the emulator.
local UNSEEN = 0.1

--- Where a service is slow to find new ones, a caller says so; others may say so, too.
local function draw_appear(dice, service, call)
  local settings = service.settings
  if settings.appear_time or call.creates and dice:chance(0.3) then
    return (settings.appear_time or 0) + UNSEEN * settings.start_time + dice:scale(5, 200)
  end
  return not call.creates and dice:chance(0.08) and dice:scale(1, 300) or nil
end

local function draw_call(dice, service, at)
  local methods = service.hides_long and PATIENT or METHODS
  local call = { method = dice:weighted(methods), client = 1, at = at, told = 0 }
  call.resource_group = dice:pick(service.groups)
  TARGETS[call.method](dice, call, mine_of(service, call.resource_group))
  call.appear = draw_appear(dice, service, call)
  draw_timeout(dice, service, call)
  call.raise_at = dice:chance(0.04) and dice:integer(1, 4) or nil
  call.cancel_at = dice:chance(0.03) and at + dice:scale(0.05, 60) or nil
  call.kill_at = dice:chance(0.03) and at + dice:scale(0.05, 60) or nil
  return call
end

--- Draws a task.
---@param dice simulation.Dice
---@param service simulation.Service
---@return simulation.Task
function task.draw(dice, service)
  local self = { calls = {}, clients = dice:chance(0.06) and 2 or 1 }
  local count = dice:chance(0.7) and 1 or dice:chance(0.03) and 50 or dice:integer(2, 8)
  local span, retry = dice:chance(0.4) and 0 or dice:scale(0.1, 60), nil
  if dice:chance(0.08) then
    retry = false
  end
  for i = 1, count do
    local call = draw_call(dice, service, i == 1 and 0 or dice:number(0, span))
    call.client, call.retry = dice:integer(1, self.clients), retry
    self.calls[i] = call
  end
  self.close_at = dice:chance(0.04) and dice:scale(0.05, 100) or nil
  return self
end

return task
