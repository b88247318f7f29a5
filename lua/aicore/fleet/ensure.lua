--- ensure: the deployment that serves a configuration, made if there is none.
-- Rules of this file:
--   One call creates once. Where the answer was lost, what has appeared since is looked for: if it is one alone, and
--   was created while the answer was awaited, it is this call's; if nothing appears, that is an error, which says that
--   one may exist.
--   Of several that were made at the same time the oldest stays, by createdAt, then by id; who has made a younger one
--   tears it down. A list that shows one's own shows what is older, too, as far behind as it may be; two of them, as
--   createdAt has whole seconds. Where that was wrong, one more list tells when it serves.
--   What has failed and is this call's own is torn down. What may be its own, and stays, is told.
--   In one client they look and create one after the other, and what it has made a moment ago they know without lists.

local calls = require "aicore.fleet.calls"
local candidates = require "aicore.fleet.candidates"
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

--- What serves is returned, however long a last list takes, after so many seconds; whether an older one serves, as a
--- list says, is to be seen within so many: longer than a replica is behind.
local PATIENCE, INSISTENT = 5, 15

---@class aicore.Ensuring
---@field caller aicore.Caller
---@field call aicore.Call
---@field candidates aicore.Candidates
---@field run fun(caller: aicore.Caller, call: aicore.Call, name: string, ids: string[]): aicore.Report
---       works towards a goal
---@field created boolean          it has sent a create
---@field in_doubt boolean         which has not been answered, or not so that it is known what was made
---@field mine string?             what this call has created, and stays
---@field lost aicore.Error?       why that is not known
---@field may_be_own (fun(record: table): boolean, boolean)?  then: may this call have made it? is it as old as that?
---@field left table<string, aicore.Error>  what may be this call's own as well, and why that was not torn down
---@field known table<string, true>  ids in the last list before it was created
---@field engine aicore.Engine?    that is at work

-- Creating -----------------------------------------------------------------------------------------

--- The answer was lost: what has appeared since it was sent? If it is more than one, or not known that it was made
--- before that, it is not known to be this call's. What is later may have been shown sooner.
---@param sent_at number?  the service's clock then
---@param lost aicore.Error
---@return string|nil id
---@return aicore.Error? err
local function resolve(self, sent_at, lost)
  local since, until_at = sent_at and math.floor(sent_at), sent_at and self.candidates:now() + 1
  function self.may_be_own(record)
    local created = timestamp.parse(record.createdAt)
    local is_new = not self.known[record.id] and (not since or not created or created >= since)
    return is_new, is_new and until_at ~= nil and created ~= nil and created <= until_at
  end
  local found, err = self.candidates:look_until(self.call.deadline, function(records)
    local new = {}
    for _, record in ipairs(records) do
      local is_new, is_within = self.may_be_own(record)
      new[#new + 1] = is_new and { id = record.id, is_within = is_within } or nil
    end
    return new[1] and new
  end)
  if not found then
    return nil, err or lost
  end
  self.lost, self.in_doubt = lost, not found[1].is_within
  if not found[2] and found[1].is_within then
    self.mine = found[1].id
  end
  for i = 2, #found do
    self.left[found[i].id] = lost
  end
  return found[1].id
end

--- Creates one.
---@return string|nil id
---@return aicore.Error? err
local function create(self)
  local configuration, problem = self.candidates:obtain_configuration()
  if not configuration then
    return nil, problem
  end
  local sent_at = self.candidates:now()
  self.created, self.known, self.in_doubt = true, self.candidates.shown, true
  local made, err = self.candidates.group:create(configuration, self.call.ttl, self.call.deadline)
  self.in_doubt = not made and err.ambiguous
  if made then
    self.mine = made.id
    return made.id
  elseif not err.ambiguous then
    return nil, err
  end
  return resolve(self, sent_at, err)
end

--- This call's own is torn down, unless it is to be kept.
---@return aicore.Error? err  it could not be
local function discard(self)
  local call, id = merged(self.call), self.mine
  call.on_progress, call.appear = nil, call.appear or self.candidates:may_appear_within(id)
  local err = self.run(self.caller, call, "discard", { id }).failed[id]
  self.mine = err and id or nil
  if err then
    err.operation = "ensure"
  end
  return err
end

--- Another one is older. Who has made this one tears it down.
local function make_way(self, id)
  if id == self.mine then
    self.left[id], self.mine = discard(self), nil
  end
end

--- Waits until lists have shown all that is older than this call's own. Returns the oldest.
---@return string|nil id
---@return aicore.Error? err
---@param id string
local function settle(self, id)
  local now, shown_at = self.caller.runtime.now(), nil
  local by = now + 0.9 * (self.call.deadline - now) -- the rest is to see it run
  local older, err = self.candidates:look_until(by, function(records, began)
    local oldest
    for _, record in ipairs(records) do
      if record.id == id then
        local is_settled = shown_at and began - shown_at >= evidence.APART
        shown_at = shown_at or began
        if oldest then
          return self.candidates:confirms(oldest) and oldest or nil
        end
        return is_settled and id
      end
      oldest = oldest or self.candidates:is_alive(record) and record.id
    end
  end)
  if err then
    return nil, err
  elseif not older or older == id then
    return id
  end
  make_way(self, id)
  return older
end

-- The call -----------------------------------------------------------------------------------------

---@param deadline number?  if not that of the call
local function wait(self, id, deadline)
  local fields = { goal = lifecycle.SERVING, name = "ensure", appear = self.candidates:may_appear_within(id) }
  fields.deadline = deadline and math.min(deadline, self.call.deadline)
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
  local key = json.line { "deployment", self.candidates:key(), call.resource_group }
  local id, err = single_flight.in_turn(caller.runtime, caller.obtaining, key, call.deadline, function()
    local records, look_err = self.candidates:look()
    if not records then
      return nil, look_err
    end
    local chosen = self.candidates:choose(records) or self.candidates:choose_recent()
    if chosen then
      return chosen
    end
    return create(self)
  end)
  local made = id and caller.created:get(caller.runtime.now(), id)
  made = made and self.candidates:fits { configurationId = made.what } and made or nil -- else it was updated since
  if id and id == self.mine or made and not made.is_settled and not made.ends then
    id, err = settle(self, id)
  end
  if made and id == made.id then
    made.is_settled = true
  end
  return id, err
end

--- What may be this call's own, the answer being lost, is left; not what is gone, or on its way there.
---@param mine table  what serves
---@param records table[]
---@param by number   when this is to be known, on the runtime's clock
local function note_left(self, mine, records, by)
  for _, record in ipairs(records) do
    if lifecycle.action_of(record.targetStatus) == "delete" then
      self.left[record.id] = nil
    elseif self.lost and record.id ~= mine.id and select(2, self.may_be_own(record)) then
      self.left[record.id] = self.left[record.id] or self.lost
    end
  end
  for id in pairs(self.left) do
    if not self.candidates.shown[id] then
      local _, err = self.candidates.group:status(id, by)
      self.left[id] = not (err and err.absent) and self.left[id] or nil
    end
  end
end

--- Lists may have been too far behind before to show one that is older, and serves.
---@return string? id
local function look_back(self, mine)
  local by = math.min(self.call.deadline, self.caller.runtime.now() + PATIENCE)
  local records = self.candidates:look(by) or {}
  note_left(self, mine, records, by)
  for _, record in ipairs(records) do
    if record.id ~= mine.id and find.serves(record) and find.is_younger(mine, record) then
      return self.candidates:is_alive(record) and record.id or nil
    end
  end
end

--- It serves; so may one that is older, which is returned then.
local function conclude(self, record)
  local older = self.created and look_back(self, record)
  local other = older and record.id == self.mine and wait(self, older, self.caller.runtime.now() + INSISTENT)
  if other and self.candidates:fits(other) then
    make_way(self, record.id)
    return other
  end
  return record
end

--- It has failed, and is this call's own.
local function give_up(self, err)
  local refusal = discard(self)
  err.last_error, err.last_refusal = nil, refusal -- why it could not be torn down, which comes last
  err.message = refusal and err.message or err.message .. "; what was created for it was torn down again"
  return err
end

local function run(self)
  local id, err = obtain(self)
  while id do
    local record
    record, err = wait(self, id)
    if record and self.candidates:fits(record) then
      return conclude(self, record)
    elseif err and err.kind == "state" and id == self.mine and not self.call.keep then
      return nil, give_up(self, err)
    elseif self.created or err and err.kind ~= "state" then
      return nil, err or errors.new { kind = "state", id = id, message = "it has another configuration meanwhile" }
    end
    self.candidates.hopeless[id] = true
    id, err = obtain(self)
  end
  return nil, err
end

--- A function that does it all, as a coroutine of its own.
local function working(self)
  return function()
    local record, err = run(self)
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

--- An error says what was created, or may have been, and stays.
local function explain(self, err)
  err.operation, err.id, err.created = err.operation or "ensure", err.id or self.mine, self.mine
  local told = { err.message, self.mine and self.mine .. " was created by this call, and stays" }
  if self.in_doubt then
    err.ambiguous, told[#told + 1] = true, "one was being created, and may exist"
  end
  if next(self.left) then
    err.left = self.left
    for id in pairs(self.left) do
      told[#told + 1] = id .. " may be this call's, too, and stays"
    end
  end
  err.message = table.concat(told, "; ")
  return err
end

---@param caller aicore.Caller
---@param what string|aicore.Configuration
---@param opts table?
---@param run_goal function  see aicore.Ensuring
---@return table|nil deployment
---@return boolean|aicore.Error created_or_err
---@return table<string, aicore.Error>? left
function ensure.one(caller, what, opts, run_goal)
  local call = calls.read(caller, "ensure", opts, OPTIONS)
  local wanted = read(caller, call, what)
  local self = { caller = caller, call = call, run = run_goal } ---@type aicore.Ensuring
  self.candidates = candidates.new(caller, call, wanted)
  self.created, self.in_doubt, self.left, self.known = false, false, {}, {}
  local results, cancelled = caller.runtime.gather({ working(self) }, 1)
  if cancelled and self.engine then
    self.engine:stop(true)
  end
  local record, err = results[1] and results[1].record, results[1] and results[1].err
  if not record then
    return nil, explain(self, err or errors.new { kind = "cancelled", message = "ended by the host" })
  elseif next(self.left) then
    return record, record.id == self.mine, self.left
  end
  return record, record.id == self.mine
end

return ensure
