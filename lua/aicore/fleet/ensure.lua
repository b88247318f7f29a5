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
local pages = require "aicore.call.pages"
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
---@field configuration string     its id
---@field run fun(caller: aicore.Caller, call: aicore.Call, name: string, ids: string[]): aicore.Report
---       works towards a goal
---@field mine string?             what this call has created
---@field created boolean          it has sent a create
---@field hopeless table<string, true>  ids that will not serve
---@field known table<string, true>     ids that lists have shown before it was created
---@field born table<string, number>    when those were created that lists have shown; s since the epoch, as the next
---@field patience table<string, number>  s that those may still not be found which no list has shown
---@field since number?            the service's clock when the last list was read
---@field engine aicore.Engine?    that is at work

local function options_of(self, more)
  local call = self.call
  local options = { resource_group = call.resource_group, retry = call.retry, correlation_id = call.correlation_id }
  for name, value in pairs(more or {}) do
    options[name] = value
  end
  return options
end

-- Looking ------------------------------------------------------------------------------------------

--- All that have this configuration, the oldest first.
local function look(self)
  local caller = self.caller
  local request = assert(caller:request("list", options_of(self, { configuration_id = self.configuration })))
  request.dated = true
  local records, err = pages.all(function()
    return caller:read(request, self.call.deadline)
  end)
  if records then
    table.sort(records, function(a, b)
      return find.is_younger(b, a)
    end)
    self.since = request.date or self.since
    for _, record in ipairs(records) do
      self.born[record.id] = timestamp.parse(record.createdAt)
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
local function choose(self, records)
  local first
  for _, record in ipairs(records) do
    if is_alive(self, record) then
      if find.serves(record) then
        return record
      end
      first = first or record
    end
  end
  return first
end

local function has_shown(records, id)
  for _, record in ipairs(records) do
    if record.id == id then
      return true
    end
  end
  return false
end

--- What this client has made of it a moment ago, in whatever call.
---@return aicore.Creation[]
local function created_here(self)
  local caller = self.caller
  return caller.created:of(caller.runtime.now(), self.configuration, self.call.resource_group)
end

---@return aicore.Creation?  nil: this client has not made it, or not a moment ago
local function creation_of(self, id)
  for _, one in ipairs(created_here(self)) do
    if one.id == id then
      return one
    end
  end
end

--- One that this client has made, and that lists are too far behind to show. A GET tells whether it is still there.
---@return string? id
local function choose_recent(self, records)
  local caller = self.caller
  for _, made in ipairs(created_here(self)) do
    local id, age = made.id, caller.runtime.now() - made.at
    if not self.hopeless[id] and not has_shown(records, id) then
      local seen, err = caller:perform(assert(caller:request("status", options_of(self), id)), self.call.deadline)
      if seen and seen.configurationId == self.configuration and is_alive(self, seen) then
        return id
      elseif not seen and (not err.absent or age < MISSING) then
        self.patience[id] = math.max(0, MISSING - age)
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
  local caller = self.caller
  local request = assert(caller:request("create", options_of(self, { ttl = self.call.ttl }), self.configuration))
  local since = self.since and math.floor(self.since)
  self.created = true
  local made, err = caller:perform(request, self.call.deadline)
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
  local call, id = {}, self.mine
  for name, value in pairs(self.call) do
    call[name] = value
  end
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
  local born = self.born[id]
  local age = born and (self.since or self.caller.clock.wall()) - born
  local fields = { goal = lifecycle.SERVING, name = "ensure" }
  fields.appear = self.patience[id] or age and lifecycle.hidden_for(age) -- it may just have been made
  if self.caller.created:may_have_ended(id) then
    fields.appear = 0 -- lists that are behind still show it
  end
  local listener
  self.engine, listener = calls.engine_for_one(self.caller, self.call, id, goals.reach(lifecycle.SERVING), fields)
  self.engine:run()
  return listener:result()
end

--- A function that finds one, or else makes it.
local function obtaining(self)
  return function()
    local records, err = look(self)
    if not records then
      return nil, err
    end
    local best = choose(self, records)
    local id = best and best.id or choose_recent(self, records)
    if id then
      return id
    end
    for _, record in ipairs(records) do
      self.known[record.id] = true
    end
    return create(self)
  end
end

--- One that is there, or one that this call makes.
---@return string|nil id
---@return aicore.Error? err
local function obtain(self)
  local caller, call = self.caller, self.call
  local key = json.line { "deployment", self.configuration, call.resource_group }
  local id, err = single_flight.in_turn(caller.runtime, caller.obtaining, key, call.deadline, obtaining(self))
  local made = id and creation_of(self, id)
  if id and id == self.mine or made and not made.is_settled then
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
    local made, err
    if type(what) == "table" then
      made, err = configure.ensure(self.caller, what, options_of(self), self.call.deadline)
      self.configuration = made and made.id
    end
    local record
    if not err then
      record, err = run(self)
    end
    return { record = record, err = err }
  end
end

local OPTIONS = { keep = "boolean", ttl = "string" }

---@param caller aicore.Caller
---@param what string|aicore.Configuration
---@param opts table?
---@param run_goal function  see aicore.Ensuring
---@return table|nil deployment
---@return boolean|aicore.Error created_or_err
function ensure.one(caller, what, opts, run_goal)
  local call, complaint = calls.read(caller, "ensure", opts, OPTIONS)
  local wanted, problem = what, nil
  if type(what) == "table" then
    wanted, problem = configure.read(caller, what)
  end
  local _, refused = caller:request("create", { ttl = call and call.ttl }, type(what) == "string" and what or "conf")
  if type(what) ~= "string" and type(what) ~= "table" then
    problem = "a configuration's id or a table expected, got " .. type(what)
  end
  complaint = complaint or problem and "ensure: " .. problem or refused and refused:gsub("^create", "ensure")
  if complaint then
    errors.misuse(complaint)
  end
  local self = { caller = caller, call = call, configuration = what, run = run_goal } ---@type aicore.Ensuring
  self.created, self.hopeless, self.known, self.born, self.patience = false, {}, {}, {}, {}
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
