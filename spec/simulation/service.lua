--- Draws a service: an AI Core with deployments in it, the unpleasantness that it is capable of, and other programs
-- that work with the same deployments.
-- Each unpleasantness is one row of FEATURES. Some seeds have none of them, some one alone, many a few mild ones, some
-- most of them at their worst.

local service = {}

---@class simulation.Seed: aicore.emulator.Seed
---@field mine boolean     what the task is about; else it belongs to others

---@class simulation.Event  what another program does
---@field at number        s after the beginning
---@field what "stop"|"delete"|"update"|"create"|"take_back"
---@field id string?
---@field resource_group string
---@field scenario_id string?

---@class simulation.Service
---@field settings table            the emulator's
---@field faults table[]            the emulator's
---@field outages { from: number, to: number, settings: table, otherwise: table }[]  s after the beginning
---@field events simulation.Event[]
---@field groups string[]          resource groups: one, now and then two
---@field deployments simulation.Seed[]
---@field features string[]         names of what is unpleasant about it
---@field hides_long boolean?      new ones, from every GET: no teardown can know whether they will appear
---@field kind boolean              given enough time, everything that is asked of it must succeed
---@field patience number           s, what may be needed beyond the phases themselves

-- What is unpleasant -------------------------------------------------------------------------------

local CHANGES = { "stop", "delete", "batch", "create" }
local LOOKS = { "status", "list" }

local function fault(self, row)
  self.faults[#self.faults + 1] = row
end

local function each(names, act)
  for _, name in ipairs(names) do
    act(name)
  end
end

--- Some of the answers to an operation, by chance.
local function answers(names, make)
  return function(self, dice, strength)
    local probability = dice:number(0.02, 0.3) * strength
    each(names, function(name)
      local row = make(dice, strength)
      row.operation, row.probability, row.times = name, probability, 0
      fault(self, row)
    end)
  end
end

local DROPS = { "before", "during", "after" }
local TROUBLES = { 500, 502, 503, 504 }

--- What throttling asks for, in seconds.
local LONGEST_PAUSE = 5

--- One that is to be torn down, and that nothing shows for longer than this, counts as absent (in seconds).
local LONGEST_HIDING = 26

--- For some minutes, with a good chance to be found now and then; or not at all, but not for so long.
local function draw_appearance(self, dice, strength)
  self.hides_long = dice:chance(0.2)
  if self.hides_long then
    self.settings.appear_time = dice:scale(LONGEST_HIDING, 290)
  elseif dice:chance(0.5) then
    self.settings.appear_time = dice:scale(1, LONGEST_HIDING * strength + 2)
    self.settings.appear_chance = 0
  else
    self.settings.appear_time = dice:scale(1, 200 * strength + 2)
    self.settings.appear_chance = dice:number(0.5, 0.9)
  end
end

---@class simulation.Feature
---@field name string
---@field unkind boolean?  some of what is asked for may fail
---@field draw fun(self: simulation.Service, dice: simulation.Dice, strength: number)  strength: over 0, up to 1

---@type simulation.Feature[]
local FEATURES = {
  {
    name = "latency",
    draw = function(self, dice, strength)
      self.settings.latency = dice:scale(0.05, 1 + 2 * strength)
    end,
  },
  {
    name = "replicas",
    draw = function(self, dice, strength)
      self.settings.read_lag = dice:scale(0.2, 10 * strength + 0.3)
      self.settings.replicas = dice:integer(1, 4)
      self.patience = self.patience + 60
    end,
  },
  {
    name = "lagging lists",
    draw = function(self, dice, strength)
      self.settings.list_lag = dice:scale(0.2, 60 * strength + 0.3)
      self.patience = self.patience + 200
    end,
  },
  {
    name = "lists that miss",
    draw = function(self, dice, strength)
      self.settings.list_misses = dice:number(0.005, 0.3) * strength
      self.settings.list_misses_time = dice:scale(1, 60)
      -- What the first list misses begins when the last of the others is gone.
      self.patience = self.patience + 200 + 2 * (self.settings.stop_time + self.settings.delete_time)
    end,
  },
  {
    name = "ghosts in lists",
    draw = function(self, dice, strength)
      self.settings.list_ghosts = dice:number(0.05, 1) * strength
    end,
  },
  {
    name = "outage of the index",
    draw = function(self, dice, strength)
      local from = dice:chance(0.3) and 0 or dice:scale(0.1, 60)
      local outage = { from = from, to = from + dice:scale(0.5, 100 * strength + 1) }
      outage.settings, outage.otherwise = { list_empty = true }, { list_empty = false }
      self.outages[#self.outages + 1] = outage
      self.patience = self.patience + 300
    end,
  },
  {
    name = "short pages",
    draw = function(self, dice)
      self.settings.page_cap = dice:chance(0.5) and dice:integer(1, 20) or dice:integer(10, 100)
    end,
  },
  {
    name = "shifting pages",
    draw = function(self, dice, strength)
      self.settings.page_shifts = dice:number(0.05, 1) * strength
      self.settings.page_cap = dice:integer(3, 40)
      self.patience = self.patience + 200
    end,
  },
  {
    name = "$skip is ignored",
    unkind = true,
    draw = function(self, dice)
      self.settings.skip_ignored = true
      self.settings.page_cap = dice:integer(3, 100)
    end,
  },
  {
    name = "odd counts",
    draw = function(self, dice)
      self.settings.count = dice:pick { "page", "total", "more", "less", "wrong", "missing" }
    end,
  },
  {
    name = "slow to show",
    draw = function(self, dice, strength)
      self.settings.show_time = dice:scale(0.5, 90 * strength + 1)
      self.patience = self.patience + 400
    end,
  },
  {
    name = "slow to appear",
    draw = function(self, dice, strength)
      draw_appearance(self, dice, strength)
      self.patience = self.patience + 300
    end,
  },
  {
    name = "slow to be found by any request",
    draw = function(self, dice, strength)
      self.settings.appear_time = dice:scale(1, LONGEST_HIDING * strength + 2)
      self.settings.lagging_sends = true
      self.patience = self.patience + 300
    end,
  },
  {
    name = "hidden targets",
    draw = function(self, dice)
      self.settings.hide_target = dice:chance(0.5) and 1 or dice:number(0.1, 0.9)
    end,
  },
  {
    name = "odd stamps",
    draw = function(self, dice)
      self.settings.stamps = dice:pick { "missing", "still", "back", "mixed" }
    end,
  },
  {
    name = "odd records",
    draw = function(self, dice)
      self.settings.odd_records = dice:number(0.01, 0.3)
    end,
  },
  {
    name = "no dates",
    draw = function(self)
      self.settings.dates = false
    end,
  },
  {
    name = "slow updates",
    draw = function(self, dice)
      self.settings.update_time = dice:scale(0.5, 60)
    end,
  },
  {
    name = "ignored effects",
    draw = function(self, dice, strength)
      fault(self, {
        operation = dice:pick { "stop", "delete" },
        ignore = true,
        skip = dice:integer(0, 3),
        times = dice:integer(1, math.floor(1 + 3 * strength)),
      })
      self.patience = self.patience + 400
    end,
  },
  {
    name = "all effects ignored for a while",
    draw = function(self, dice, strength)
      fault(self, { operation = "*", ignore = true, lasts = dice:scale(1, 1 + 60 * strength) })
      self.patience = self.patience + 400
    end,
  },
  {
    name = "refusals for seconds",
    draw = function(self, dice, strength)
      fault(self, {
        operation = dice:pick { "stop", "delete", "*" },
        refuse = dice:pick { 400, 409, 412, 422, 423 },
        lasts = dice:scale(0.5, 1 + 90 * strength),
        probability = dice:chance(0.5) and 1 or dice:number(0.1, 0.9),
      })
      self.patience = self.patience + 300
    end,
  },
  {
    name = "refusals that last",
    unkind = true,
    draw = function(self, dice)
      fault(self, {
        operation = dice:pick { "stop", "delete", "*" },
        refuse = dice:pick { 400, 409, 412, 422, 423 },
        id = dice:chance(0.5) and dice:pick(self.deployments).id or nil,
        times = 0,
      })
    end,
  },
  {
    name = "a bad id in a batch",
    draw = function(self, dice)
      fault(self, {
        operation = "batch",
        id = dice:pick(self.deployments).id,
        status = dice:pick { 400, 422 },
        body = { error = { code = "01010001", message = "the request is not valid" } },
        times = 0,
      })
    end,
  },
  {
    name = "batches that do not work",
    draw = function(self, dice)
      fault(self, {
        operation = "batch",
        status = dice:pick { 400, 404, 405, 413, 415, 501 },
        body = dice:chance(0.5) and { error = { code = "01010002", message = "not supported" } } or nil,
        times = dice:chance(0.3) and dice:integer(1, 3) or 0,
      })
    end,
  },
  {
    name = "foreign 404s",
    draw = function(self, dice, strength)
      local foreign = { error = { code = "404", message = "Resource not found" } }
      for _, name in ipairs { "status", "list", "stop", "delete", "batch" } do
        if dice:chance(0.6) then
          local body = dice:chance(0.5) and foreign or "<html><body>404 Not Found</body></html>"
          fault(self, { operation = name, status = 404, body = body, probability = 0.3 * strength, times = 0 })
        end
      end
    end,
  },
  {
    name = "no permission",
    unkind = true,
    draw = function(self, dice)
      local operation = dice:pick { "status", "list", "stop", "delete", "batch" }
      fault(self, { operation = operation, status = 403, skip = dice:integer(0, 5), times = 0 })
    end,
  },
  {
    name = "no batches",
    draw = function(self)
      self.settings.bulk = false
    end,
  },
  {
    name = "a second delete is refused",
    draw = function(self)
      self.settings.delete_again = 412
    end,
  },
  {
    name = "lost answers to changes",
    draw = answers(CHANGES, function(dice)
      return { drop = dice:pick(DROPS) }
    end),
  },
  {
    name = "lost answers to looks",
    draw = answers(LOOKS, function(dice)
      return { drop = dice:pick(DROPS) }
    end),
  },
  {
    name = "trouble with changes",
    draw = answers(CHANGES, function(dice)
      return { status = dice:pick(TROUBLES), effect = dice:chance(0.5) }
    end),
  },
  {
    name = "trouble with looks",
    draw = answers(LOOKS, function(dice)
      return { status = dice:pick(TROUBLES) }
    end),
  },
  {
    name = "throttling",
    draw = function(self, dice, strength)
      answers({ "*" }, function()
        return { status = 429, headers = { ["retry-after"] = dice:integer(1, LONGEST_PAUSE) } }
      end)(self, dice, strength)
      -- each pauses all the client's requests, and what is asked for then may fail for another reason
      self.patience = self.patience + 2 * LONGEST_PAUSE * #self.deployments
    end,
  },
  {
    name = "hung answers",
    draw = function(self, dice, strength)
      fault(self, {
        operation = dice:pick { "status", "list", "batch", "stop", "delete", "capabilities" },
        latency = dice:scale(5, 40 + 100 * strength),
        skip = dice:integer(0, 6),
        times = dice:integer(1, 3),
      })
      self.patience = self.patience + 200
    end,
  },
  {
    name = "one 401 or 403",
    draw = function(self, dice)
      local row = { operation = dice:pick { "status", "list", "batch", "stop", "delete", "capabilities" } }
      row.status, row.skip = dice:pick { 401, 403 }, dice:integer(0, 6)
      fault(self, row)
    end,
  },
  {
    name = "tokens expire",
    draw = function(self, dice)
      fault(self, { operation = "*", expire_tokens = true, skip = dice:integer(1, 20), times = dice:integer(1, 3) })
    end,
  },
}

-- How many of them, and how bad: { weight, { share of them, strength } }. `alone`: exactly one.
local MIXTURES = {
  { 15, { share = 0, strength = 0 } },
  { 30, { alone = true, strength = 1 } },
  { 35, { share = 0.15, strength = 0.4 } },
  { 20, { share = 0.45, strength = 1 } },
}

local function add(self, dice, feature, strength)
  self.features[#self.features + 1] = feature.name
  self.kind = self.kind and not feature.unkind
  feature.draw(self, dice, strength)
end

local function draw_features(self, dice)
  local mixture = dice:weighted(MIXTURES)
  if mixture.alone then
    return add(self, dice, dice:pick(FEATURES), dice:number(0.2, mixture.strength))
  end
  for _, feature in ipairs(FEATURES) do
    if dice:chance(mixture.share) then
      add(self, dice, feature, dice:number(0.2, 1) * mixture.strength)
    end
  end
end

-- Deployments --------------------------------------------------------------------------------------

local STATUSES = {
  { 60, { status = "RUNNING" } },
  { 8, { status = "PENDING" } },
  { 10, { status = "STOPPED" } },
  { 6, { status = "DEAD" } },
  { 4, { status = "UNKNOWN" } },
  { 5, { status = "STOPPING" } },
  { 2, { status = "COMPLETED" } },
  { 3, { status = "STOPPED", target_status = "DELETED" } },
  { 2, { status = "UNKNOWN", target_status = "DELETED" } },
}

local SCENARIOS = { [true] = "scenario-mine", [false] = "scenario-others" }

--- A few are to live no longer than a minute or three from now.
local function draw_ttl(dice, age)
  return dice:chance(0.03) and ("%dm"):format(math.ceil(age / 60) + dice:integer(0, 2)) or nil
end

local function draw_deployment(dice, mine, groups)
  local state, age = dice:weighted(STATUSES), dice:scale(30, 300000)
  return {
    id = dice:id(),
    mine = mine,
    status = state.status,
    target_status = state.target_status,
    scenario_id = SCENARIOS[mine],
    executable_id = dice:pick { "executable-a", "executable-b" },
    configuration_id = dice:pick { "conf-a", "conf-b", "conf-c" },
    resource_group = dice:pick(groups),
    age = age,
    ttl = draw_ttl(dice, age),
  }
end

local function draw_deployments(self, dice, count)
  local same = dice:chance(0.3) and dice:pick { "RUNNING", "STOPPED", "DEAD" } or nil
  for _ = 1, count do
    local deployment = draw_deployment(dice, true, self.groups)
    if same then
      deployment.status, deployment.target_status = same, nil
    end
    self.deployments[#self.deployments + 1] = deployment
  end
  for _ = 1, dice:chance(0.1) and dice:integer(100, 400) or dice:integer(0, 20) do
    self.deployments[#self.deployments + 1] = draw_deployment(dice, false, self.groups)
  end
end

-- Other programs -----------------------------------------------------------------------------------

local DEEDS = { { 30, "stop" }, { 25, "delete" }, { 15, "update" }, { 30, "create" } }

local function draw_events(self, dice)
  if not dice:chance(0.35) then
    return
  end
  local span = dice:scale(1, 200)
  for _ = 1, dice:integer(1, 12) do
    local mine = dice:chance(0.6)
    local target, what = dice:pick(self.deployments), dice:weighted(DEEDS)
    if target.status == "DEAD" and dice:chance(0.5) then
      what = "update" -- which brings it back
    end
    self.events[#self.events + 1] = {
      at = dice:number(0, span),
      what = what,
      id = target.id,
      resource_group = target.resource_group,
      scenario_id = SCENARIOS[mine],
    }
  end
  self.features[#self.features + 1] = "others at work"
end

--- A replica that is behind does not find what is younger. Two looks 2 s apart tell, if it is not behind by more.
local SLIGHTLY = 1.8

--- Those that nobody here has created are old enough to be found; a few only by those replicas that are up to date.
local function let_appear(self, dice)
  local settings = self.settings
  local young = (settings.read_lag or 0) < SLIGHTLY and not settings.appear_time and settings.stop_time > SLIGHTLY
  for _, deployment in ipairs(self.deployments) do
    deployment.age = deployment.age + (settings.appear_time or 0)
    if young and deployment.status == "RUNNING" and dice:chance(0.05) then
      deployment.age, deployment.ttl = dice:number(0.1, SLIGHTLY), nil
    end
  end
end

--- Many short pages take long, and are read again where they shift.
local function be_patient(self)
  local cap = self.settings.page_cap
  if cap then
    self.patience = self.patience + 100 * self.settings.latency * #self.deployments / cap
  end
end

--- Draws a service.
---@param dice simulation.Dice
---@param count integer  deployments that a task can be about
---@return simulation.Service
function service.draw(dice, count)
  local self = {
    settings = {
      latency = dice:scale(0.01, 0.3),
      start_time = dice:scale(0.5, 120),
      stop_time = dice:scale(0.1, dice:chance(0.2) and 300 or 40),
      delete_time = dice:scale(0.1, dice:chance(0.2) and 300 or 40),
    },
    faults = {},
    outages = {},
    events = {},
    groups = dice:chance(0.06) and { "default", "second" } or { "default" },
    deployments = {},
    features = {},
    kind = true,
    patience = 120,
  }
  draw_deployments(self, dice, count)
  draw_features(self, dice)
  let_appear(self, dice)
  be_patient(self)
  draw_events(self, dice)
  return self
end

return service
