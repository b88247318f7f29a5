--- ensure: the deployment that serves a configuration, made if there is none.
-- Rules of this file:
--   One call creates once. Where the answer was lost, what has appeared since is looked for: if it is one alone, it is
--   this call's; if nothing appears, that is an error, which says that one may exist.
--   Of several that were made at the same time the oldest stays, by createdAt, then by id; who has made a younger one
--   tears it down. A list that shows one's own shows what is older, too, as far behind as it may be; two of them, as
--   createdAt has whole seconds.
--   What has failed and is this call's own is torn down.
--   In one client they look and create one after the other, and what it has made a moment ago they know without lists.

local calls = require "aicore.fleet.calls"
local configure = require "aicore.fleet.configure"
local errors = require "aicore.model.errors"
local evidence = require "aicore.fleet.evidence"
local find = require "aicore.fleet.find"
local goals = require "aicore.fleet.goals"
local json = require "aicore.text.json"
local lifecycle = require "aicore.model.lifecycle"
local merged = require "aicore.model.merged"
local single_flight = require "aicore.call.single_flight"
local timestamp = require "aicore.model.timestamp"

local ensure = {}

--- What was created shows in lists in time; they are read so often until then (s).
local SOONEST, LATEST = 0.5, 10

--- One that this client has made, and that is not found, may have been deleted by another program: it is believed in
--- for so many seconds, longer than a replica is behind.
local MISSING = 30

---@class aicore.Ensuring
---@field caller aicore.Caller
---@field call aicore.Call
---@field group aicore.Group
---@field configuration string     its id
---@field run fun(caller: aicore.Caller, call: aicore.Call, name: string, ids: string[]): aicore.Report
---       works towards a goal
---@field mine string?             what this call has created
---@field created boolean          it has sent a create
---@field hopeless table<string, true>  ids that will not serve
---@field shown table<string, true>     ids in the last list
---@field known table<string, true>     those in the last list before it was created
---@field appear table<string, number>  s that one may still not be found
---@field since number?            the service's clock when the last list was read; s since the epoch
---@field engine aicore.Engine?    that is at work

-- Looking ------------------------------------------------------------------------------------------

--- All that have this configuration, the oldest first.
local function look(self)
  local query = { configuration_id = self.configuration }
  local records, err, date = self.group:all("list", query, self.call.deadline)
  if records then
    table.sort(records, function(a, b)
      return find.is_younger(b, a)
    end)
    self.since, self.shown = date or self.since, {}
    for _, record in ipairs(records) do
      local born = timestamp.parse(record.createdAt)
      self.shown[record.id] = true
      self.appear[record.id] = born and lifecycle.hidden_for((self.since or self.caller.clock.wall()) - born)
    end
  end
  return records, err
end

--- Will it serve, as far as can be seen?
local function is_alive(self, record)
  local status = record.status
  local ends = lifecycle.ended(status) or lifecycle.stopping(status) or lifecycle.leaving(record.targetStatus)
  return not ends and not self.hopeless[record.id]
end

--- The oldest that runs, or else the oldest that may come to that.
---@return string? id
local function choose(self, records)
  local first
  for _, record in ipairs(records) do
    if is_alive(self, record) then
      if find.serves(record) then
        return record.id
      end
      first = first or record.id
    end
  end
  return first
end

--- One that this client has made a moment ago, in whatever call, and that lists are too far behind to show. A GET tells
--- whether it is still there.
---@return string? id
local function choose_recent(self)
  local created, now = self.caller.created, self.caller.runtime.now()
  for _, made in ipairs(created:of(now, self.configuration, self.call.resource_group)) do
    local id, patience = made.id, math.max(0, made.at + MISSING - now)
    if not self.hopeless[id] and not self.shown[id] then
      local seen, err = self.group:status(id, self.call.deadline)
      if seen and seen.configurationId == self.configuration and is_alive(self, seen) then
        return id
      elseif not seen and (not err.absent or patience > 0) then
        self.appear[id] = patience
        return id
      end
    end
  end
end

--- Reads lists until `act` makes something of one, later and later; no longer than what is new may be hidden.
local function look_until(self, act)
  local runtime, pause = self.caller.runtime, SOONEST
  local over_at = math.min(self.call.deadline, runtime.now() + lifecycle.HIDDEN)
  while runtime.now() + pause < over_at do
    if not self.caller:pause(pause) then
      return nil, errors.new { kind = "cancelled", message = "ended by the host" }
    end
    local began = runtime.now()
    local records, err = look(self)
    local made = records and act(records, began)
    if made then
      return made
    elseif err and err.kind == "cancelled" then
      return nil, err
    end
    pause = math.min(LATEST, 1.5 * pause)
  end
end

-- Creating -----------------------------------------------------------------------------------------

--- The answer was lost: what has appeared since it was sent? If it is more than one, none is known to be this call's.
local function resolve(self, since, lost)
  local found, err = look_until(self, function(records)
    local new = {}
    for _, record in ipairs(records) do
      local created = timestamp.parse(record.createdAt)
      if not self.known[record.id] and (not since or not created or created >= since) then
        new[#new + 1] = record.id
      end
    end
    return new[1] and new
  end)
  if not found then
    return nil, err or lost
  end
  self.mine = not found[2] and found[1] or nil
  return found[1]
end

--- Creates one.
---@return string|nil id
---@return aicore.Error? err
local function create(self)
  local since = self.since and math.floor(self.since)
  self.created, self.known = true, self.shown
  local made, err = self.group:create(self.configuration, self.call.ttl, self.call.deadline)
  if made then
    self.mine = made.id
    return made.id
  elseif not err.ambiguous then
    return nil, err
  end
  return resolve(self, since, err)
end

--- This call's own is torn down, unless it is to be kept.
---@return aicore.Error? err  it could not be
local function discard(self)
  local call, id = merged(self.call), self.mine
  call.on_progress, self.mine = nil, nil
  local err = self.run(self.caller, call, "discard", { id }).failed[id]
  if err then
    err.operation = "ensure"
  end
  return err
end

--- Waits until lists have shown all that is older than this call's own. Returns the oldest.
---@return string|nil id
---@return aicore.Error? err
---@param id string
local function settle(self, id)
  local shown_at
  local older, err = look_until(self, function(records, began)
    local oldest
    for _, record in ipairs(records) do
      if record.id == id then
        local is_settled = shown_at and began - shown_at >= evidence.APART
        shown_at = shown_at or began
        return oldest or is_settled and id
      end
      oldest = oldest or is_alive(self, record) and record.id
    end
  end)
  if err then
    return nil, err
  elseif not older or older == id then
    return id
  end
  err = id == self.mine and discard(self) or nil -- else that is the matter of the call that made it
  return not err and older or nil, err
end

-- The call -----------------------------------------------------------------------------------------

local function wait(self, id)
  local made = self.caller.created:get(self.caller.runtime.now(), id)
  local fields = { goal = lifecycle.SERVING, name = "ensure", appear = self.appear[id] }
  if made and made.ends then
    fields.appear = 0 -- lists that are behind still show it
  end
  local listener
  self.engine, listener = calls.engine_for_one(self.caller, self.call, id, goals.reach(lifecycle.SERVING), fields)
  self.engine:run()
  return listener:result()
end

--- One that is there, or one that this call makes.
---@return string|nil id
---@return aicore.Error? err
local function obtain(self)
  local caller, call = self.caller, self.call
  local key = json.line { "deployment", self.configuration, call.resource_group }
  local id, err = single_flight.in_turn(caller.runtime, caller.obtaining, key, call.deadline, function()
    local records, look_err = look(self)
    if not records then
      return nil, look_err
    end
    local chosen = choose(self, records) or choose_recent(self)
    if chosen then
      return chosen
    end
    return create(self)
  end)
  local made = id and caller.created:get(caller.runtime.now(), id)
  if id and id == self.mine or made and not made.is_settled and not made.ends then
    id, err = settle(self, id)
  end
  if made and id == made.id then
    made.is_settled = true
  end
  return id, err
end

local function run(self)
  while true do
    local id, err = obtain(self)
    local record
    if id then
      record, err = wait(self, id)
    end
    if record and record.configurationId == self.configuration then
      return record, nil
    elseif err and err.kind == "state" and id and id == self.mine and not self.call.keep then
      err.last_error, err.last_refusal = nil, discard(self) -- why it could not be torn down, which comes last
      return nil, err
    elseif err and (err.kind ~= "state" or not id) or self.created then
      return nil, err or errors.new { kind = "state", id = id, message = "it has another configuration meanwhile" }
    end
    self.hopeless[id] = true
  end
end

--- A function that does it all, as a coroutine of its own.
local function working(self, what)
  return function()
    local made, record, err
    if type(what) == "table" then
      made, err = configure.ensure(self.caller, self.call, what)
      self.configuration = made and made.id
    end
    if not err then
      record, err = run(self)
    end
    return { record = record, err = err }
  end
end

local OPTIONS = { keep = "boolean", ttl = "string" }

--- What the service is to be sent to have it, or its id.
local function read(caller, call, what)
  if type(what) ~= "table" and type(what) ~= "string" then
    calls.refuse("ensure", "a configuration's id or a table expected, got %s", type(what))
  end
  local is_id = type(what) == "string"
  calls.check(caller, "ensure", "create", { ttl = call.ttl }, is_id and what or "conf")
  return is_id and what or configure.check(caller, "ensure", what)
end

---@param caller aicore.Caller
---@param what string|aicore.Configuration
---@param opts table?
---@param run_goal function  see aicore.Ensuring
---@return table|nil deployment
---@return boolean|aicore.Error created_or_err
function ensure.one(caller, what, opts, run_goal)
  local call = calls.read(caller, "ensure", opts, OPTIONS)
  local wanted = read(caller, call, what)
  local self = { caller = caller, call = call, group = caller:in_group(call) } ---@type aicore.Ensuring
  self.configuration, self.run = what, run_goal
  self.created, self.hopeless, self.shown, self.known, self.appear = false, {}, {}, {}, {}
  local results, cancelled = caller.runtime.gather({ working(self, wanted) }, 1)
  if cancelled and self.engine then
    self.engine:stop(true)
  end
  local result = results[1] or {}
  if result.record then
    return result.record, result.record.id == self.mine
  end
  local err = result.err or errors.new { kind = "cancelled", message = "ended by the host" }
  err.operation, err.id = err.operation or "ensure", err.id or self.mine
  return nil, err
end

return ensure
