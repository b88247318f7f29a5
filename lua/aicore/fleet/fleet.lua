--- Many deployments at once: looked at together, stopped and deleted in batches, until all are done.
-- It goes in rounds. A round looks at what is left, sends for each what its state allows, and sleeps.
-- An answer that was lost or refused decides nothing: the next look does. So nothing is reported that
-- was not seen, and to run it again with the same ids is always safe.
-- What is kept per deployment stands in a few tables by id, as there may be very many.

local dispatch = require "aicore.fleet.dispatch"
local errors = require "aicore.model.errors"
local lifecycle = require "aicore.model.lifecycle"
local refused_call = require "aicore.call.refusal"
local wait = require "aicore.fleet.wait"

local fleet = {}

local TRIES = 5 -- of one action on one deployment in one state, that the service refused or that had no effect
local LAST_LOOK = 2 -- seconds that a look may take which begins at the deadline

-- What many wait for together should not be noticed late, and all of them cost no more than one look: so the end of a
-- phase is seen at most an eighth of its length too late. Looks that take long, those at long lists, take no more than
-- half of the time.
local PACE = { share = 1 / 8 }

---@class aicore.Report
---@field deleted string[]      were there, and are gone now
---@field absent string[]       were not there
---@field stopped string[]      ran, and were stopped
---@field skipped string[]      nothing was to be done, or dry_run
---@field failed table<string, aicore.Error>
---@field requests integer      that were sent, logins included
---@field elapsed number        s
---@field cancelled boolean?    Ctrl-C ended it; what was left stands in `failed`

---@class aicore.FleetProgress  what on_progress gets
---@field total integer
---@field left integer
---@field deleted integer
---@field absent integer
---@field stopped integer
---@field skipped integer
---@field failed integer
---@field states table<string, integer>  how many of those left are in which state; "?": not seen yet
---@field requests integer
---@field elapsed number        s

-- What a goal makes of a deployment, by its status and target:
-- "stop" or "delete" it, "wait", or it is "done", or this goal may not touch it: "refuse".
local PLANS = {
  teardown = function(status, target)
    local step = lifecycle.teardown(status, target)
    return step == "stop" and lifecycle.leaving(target) and "wait" or step
  end,
  stop = function(status, target)
    if lifecycle.ended(status) then
      return "done"
    end
    return not lifecycle.leaving(target) and lifecycle.may(status, "stop") and "stop" or "wait"
  end,
  delete = function(status, target)
    local step = lifecycle.teardown(status, target)
    if step ~= "stop" then
      return step
    end
    return lifecycle.leaving(target) and "wait" or "refuse"
  end,
}

local TARGETS = lifecycle.targets

---@class aicore.Fleet
---@field report aicore.Report
local Fleet = {}
Fleet.__index = Fleet

-- What is known of one ----------------------------------------------------------------------------

--- It is done with: its id goes into a list of the report, or is nowhere to be told of (nil).
local function settle(self, id, list)
  self.left[id], self.count = nil, self.count - 1
  self.watch:remove(id, self.observer)
  if list then
    table.insert(self.report[list], id)
  end
end

local function fail(self, id, err)
  settle(self, id)
  self.report.failed[id], self.failures = err, self.failures + 1
end

local function refusal(id, status)
  return errors.new {
    kind = "state",
    operation = "delete",
    id = id,
    message = ("its status is %s: it has to be stopped first, as teardown does"):format(status),
  }
end

--- It was seen: what is its next step?
local function judge(self, id, deployment)
  local status, target = deployment.status, deployment.targetStatus
  local stopped = self.ran[id] and lifecycle.ended(status)
  if stopped then
    table.insert(self.report.stopped, id)
  end
  self.ran[id] = lifecycle.active(status) or nil
  local state = target and status .. " " .. target or status
  if self.state[id] ~= state then
    self.state[id], self.tries[id] = state, nil
    self.changed = self.changed + 1
  end
  local step = self.plan(status, target)
  if step == "done" then
    return settle(self, id, not stopped and "skipped" or nil)
  elseif step == "refuse" then
    return fail(self, id, refusal(id, status))
  end
  self.left[id] = step
end

local function gone(self, id)
  if not self.state[id] and self.port:is_fresh(id) then
    return -- "not found" may only mean "not yet"
  end
  self.changed = self.changed + 1
  settle(self, id, self.state[id] and "deleted" or "absent")
end

--- What the watch tells of every look.
local function observe(self, id, look)
  if not self.left[id] then
    return
  elseif look.deployment then
    judge(self, id, look.deployment)
  elseif look.absent then
    gone(self, id)
  else
    self.look_error = look.err
    self.hinted = self.hinted or look.err.hint
  end
end

-- What came of sending -----------------------------------------------------------------------------

local function count_try(self, id)
  self.tries[id] = (self.tries[id] or 0) + 1
end

local function accepted(self, item)
  count_try(self, item.id)
  self.left[item.id] = "wait"
  if item.targetStatus == TARGETS.delete then
    self.watch:expect_absence(item.id)
  end
end

-- Errors that say nothing of a single deployment, and that no other look heals.
local HOPELESS = { auth = true, config = true }

--- Whatever the reason, the next look tells what is so. A service in trouble costs no try: it has until the deadline.
local function refused(self, item, err)
  local id = item.id
  if refused_call.is_absent(err) and err.operation ~= "batch" then
    return gone(self, id)
  elseif HOPELESS[err.kind] then
    return fail(self, id, err)
  elseif not err.retryable then
    count_try(self, id)
  end
  self.errors[id] = err
end

-- Rounds -------------------------------------------------------------------------------------------

--- Everything that something can be done for now, by id, so that a round is the same every time.
local function collect(self)
  local items = {}
  for id, step in pairs(self.left) do
    local tries = self.tries[id] or 0
    if TARGETS[step] and tries >= TRIES then
      fail(self, id, self.errors[id] or errors.new {
        kind = "state",
        operation = step,
        id = id,
        message = ("accepted %d times, but it stays %s"):format(tries, self.state[id]),
      })
    elseif TARGETS[step] then
      items[#items + 1] = { id = id, targetStatus = TARGETS[step] }
    end
  end
  table.sort(items, function(a, b)
    return a.id < b.id
  end)
  return items
end

--- A batch that is not full may wait for one round if others are on their way: that keeps the number
--- of requests where it belongs, at one per hundred.
local function without_rest(self, items)
  local waits = self.rounds > 1 and self.changed > 0 and #items < self.count
  for _ = 1, waits and #items % dispatch.BATCH or 0 do
    table.remove(items)
  end
end

--- Sends what can be sent. Returns whether that was something new.
local function act(self)
  local items = collect(self)
  if #items > 0 and self.dispatch:in_batches(#items, self.deadline) then
    without_rest(self, items)
  end
  local new = false
  for _, item in ipairs(items) do
    new = new or self.sent[item.id] ~= self.state[item.id]
    self.sent[item.id] = self.state[item.id]
  end
  if #items > 0 and self.dispatch:send(items, self.deadline) then
    self.cancelled = true
  end
  return new
end

--- How many of those left are in which state, as a table and as a text.
local function count_states(self)
  local states, words = {}, {}
  for id in pairs(self.left) do
    local word = (self.state[id] or "?"):match "^%S+"
    states[word] = (states[word] or 0) + 1
  end
  for word, count in pairs(states) do
    words[#words + 1] = word .. count
  end
  table.sort(words)
  return states, table.concat(words, " ")
end

--- Tells of a change, and of nothing else.
local function tell_progress(self)
  if not self.on_progress then
    return
  end
  local states, text = count_states(self)
  local report = self.report
  text = ("%s, %d stopped, %d failed"):format(text, #report.stopped, self.failures)
  if text == self.told then
    return
  end
  self.told = text
  self.on_progress {
    total = self.total,
    left = self.count,
    deleted = #report.deleted,
    absent = #report.absent,
    stopped = #report.stopped,
    skipped = #report.skipped,
    failed = self.failures,
    states = states,
    requests = self.port:requests() - self.requests_before,
    elapsed = self.port.runtime.now() - self.began,
  }
end

--- Everything that is left fails, for a reason that is the same for all.
local function give_up(self, make)
  for id in pairs(self.left) do
    fail(self, id, make(id))
  end
end

local function timed_out(self)
  local elapsed = self.port.runtime.now() - self.began
  give_up(self, function(id)
    return errors.new {
      kind = "timeout",
      operation = self.goal,
      id = id,
      message = ("not done after %.1f s: %s"):format(elapsed, self.state[id] or "not seen"),
      last_status = self.state[id] and self.state[id]:match "^%S+",
      last_error = self.errors[id] or self.look_error,
      retryable = true,
    }
  end)
end

--- How long until the next look; nil: there is none any more. When something is missing in a list for the first time,
--- another list says at once whether that is so; but one is enough.
local function pause(self, now)
  self.doubting = self.hinted and not self.doubting and now < self.deadline
  if self.doubting then
    return 0
  end
  return self.pace:next(now, self.port.random(), self.took)
end

--- Sleeps until the next look and takes it. False: there is none any more.
local function next_look(self)
  local runtime = self.port.runtime
  local now = runtime.now()
  local delay = pause(self, now)
  if not delay then
    return false
  end
  local due = now + delay
  self.changed, self.look_error, self.hinted = 0, nil, false
  local cancelled = self.watch:share(self.watch.looks, due, self.deadline + LAST_LOOK)
  self.took = math.max(0, runtime.now() - due)
  self.cancelled = self.cancelled or cancelled ~= nil
  return true
end

--- One round: does what can be done, then looks again. False: there is no other.
local function round(self)
  self.rounds = self.rounds + 1
  local hopeless = self.look_error and HOPELESS[self.look_error.kind] and self.look_error
  if hopeless then
    give_up(self, function()
      return hopeless
    end)
  elseif act(self) then
    self.pace = wait.pace(self.deadline, PACE) -- something new began: its end may come soon
  end
  tell_progress(self)
  if self.count == 0 or self.cancelled or not next_look(self) then
    return false
  end
  tell_progress(self)
  return true
end

--- Works until all is done, the deadline has come, or the host wants control back.
---@param known table[]?  what was seen of the deployments just now, instead of a first look
function Fleet:run(known)
  if known then
    for _, deployment in ipairs(known) do
      observe(self, deployment.id, { deployment = deployment })
    end
    known = nil -- luacheck: ignore 311 (ten thousand of them are two megabytes)
  elseif self.count > 0 then
    self.cancelled = self.watch:look(self.deadline + LAST_LOOK) ~= nil
  end
  while self.count > 0 and not self.cancelled and round(self) do
  end
end

--- The report, whatever has happened until now. To be called once.
---@param cancelled boolean  the host has ended it
---@return aicore.Report
function Fleet:finish(cancelled)
  if cancelled or self.cancelled then
    self.report.cancelled = true
    give_up(self, function(id)
      return errors.new { kind = "cancelled", operation = self.goal, id = id, message = "ended by the host" }
    end)
  elseif self.count > 0 then
    timed_out(self)
  end
  self.report.requests = self.port:requests() - self.requests_before
  self.report.elapsed = self.port.runtime.now() - self.began
  return self.report
end

--- A fleet, not begun yet.
---@param options { goal: "teardown"|"stop"|"delete", ids: string[], watch: aicore.Watch, port: aicore.Group,
---                 began: number, deadline: number, requests_before: integer, on_progress: function? }
---       ids: duplicates are merged; began, deadline: on the runtime's clock
---@return aicore.Fleet
function fleet.new(options)
  local self = setmetatable({
    goal = options.goal,
    plan = PLANS[options.goal],
    watch = options.watch,
    port = options.port,
    deadline = options.deadline,
    on_progress = options.on_progress,
    requests_before = options.requests_before,
    began = options.began,
    pace = wait.pace(options.deadline, PACE),
    report = { deleted = {}, absent = {}, stopped = {}, skipped = {}, failed = {} },
    left = {}, -- id -> its next step; "look": not seen yet
    state = {}, -- id -> "STATUS TARGET" as last seen
    ran = {}, -- id -> true: seen RUNNING, PENDING or STOPPING, and not ended since
    sent = {}, -- id -> the state in which something was sent last
    tries = {}, -- id -> how often that was accepted or refused in this state
    errors = {}, -- id -> what the last try was answered
    count = 0,
    failures = 0,
    rounds = 0,
    changed = 0,
    took = 0, -- seconds, the last look
  }, Fleet)
  self.dispatch = dispatch.new(options.port, function(item)
    accepted(self, item)
  end, function(item, err)
    refused(self, item, err)
  end)
  self.observer = function(id, look)
    observe(self, id, look)
  end
  for _, id in ipairs(options.ids) do
    if not self.left[id] then
      self.left[id], self.count = "look", self.count + 1
      self.watch:add(id, self.observer)
    end
  end
  self.total = self.count
  return self
end

return fleet
