--- candidates: the deployments of a configuration, as lists show them, and which of them will serve.
-- Rules of this file:
--   A configuration that is told by what it says may exist twice: a deployment of any that says the same will do.
--   What this client itself has made a moment ago is known without lists, which may be behind.

local configure = require "aicore.fleet.configure"
local errors = require "aicore.model.errors"
local find = require "aicore.fleet.find"
local lifecycle = require "aicore.model.lifecycle"
local merged = require "aicore.model.merged"
local timestamp = require "aicore.model.timestamp"

local candidates = {}

--- What was created shows in lists in time; they are read so often until then (s).
local SOONEST, LATEST = 0.5, 10

--- One that this client has made, and that is not found, may have been deleted by another program: it is believed in
--- for so many seconds, longer than a replica is behind.
local MISSING = 30

---@class aicore.Candidates
---@field group aicore.Group
---@field shown table<string, true>     ids in the last list
---@field hopeless table<string, true>  ids that will not serve
---@field private caller aicore.Caller
---@field private call aicore.Call
---@field private configuration string? its id, or
---@field private body table?           what it says
---@field private wanted table<string, true>  ids of configurations that will do
---@field private appear table<string, number>    s that one may still not be found which lists have shown
---@field private patience table<string, number>  the same of one that a GET did not find, which says more
---@field private date number?          the service's clock when it was shown last; s since the epoch
---@field private date_at number?       the same on the runtime's clock
local Candidates = {}
Candidates.__index = Candidates

---@param caller aicore.Caller
---@param call aicore.Call
---@param configuration string|table  its id, or what it says (configure.read)
---@return aicore.Candidates
function candidates.new(caller, call, configuration)
  local self = setmetatable({ caller = caller, call = call, group = caller:in_group(call) }, Candidates)
  self.shown, self.hopeless, self.wanted, self.appear, self.patience = {}, {}, {}, {}, {}
  if type(configuration) == "table" then
    self.body = configuration
  else
    self.configuration, self.wanted[configuration] = configuration, true
  end
  return self
end

--- What is looked for, as one text.
---@return string
function Candidates:key()
  return self.configuration or configure.text_of(self.body)
end

--- Has it such a configuration?
---@param record table
---@return boolean
function Candidates:fits(record)
  return self.wanted[record.configurationId] == true
end

--- The configuration to make one of, which is found, or made.
---@return string|nil id
---@return aicore.Error? err
function Candidates:obtain_configuration()
  if not self.body then
    return self.configuration
  end
  local made, err = configure.ensure(self.caller, self.call, self.body)
  if made then
    self.wanted[made.id] = true
  end
  return made and made.id, err
end

-- Looking ------------------------------------------------------------------------------------------

local function note_date(self, date)
  if date then
    self.date, self.date_at = date, self.caller.runtime.now()
  end
end

--- The service's clock now, as far as it was shown; it may be up to a second ahead of that.
---@return number?  s since the epoch
function Candidates:now()
  return self.date and self.date + self.caller.runtime.now() - self.date_at
end

--- The query that shows its deployments, and more, if they may have one of several configurations; nil: there is none.
---@param deadline number
---@return table|nil query
---@return aicore.Error? err
local function query_of(self, deadline)
  local body = self.body
  if not body then
    return { configuration_id = self.configuration }
  end
  local ids, err, date = configure.same(self.caller, merged(self.call, { deadline = deadline }), body)
  note_date(self, date)
  for _, id in ipairs(ids or {}) do
    self.wanted[id] = true
  end
  return next(self.wanted) and { scenario_id = body.scenarioId, executable_ids = { body.executableId } }, err
end

--- All that have such a configuration, the oldest first.
---@param deadline number?  if not that of the call
---@return table[]|nil records
---@return aicore.Error? err
function Candidates:look(deadline)
  deadline = math.min(deadline or math.huge, self.call.deadline)
  local query, err = query_of(self, deadline)
  local records, date = {}, nil
  if query then
    records, err, date = self.group:all("list", query, deadline, function(record)
      return self:fits(record)
    end)
  end
  if err then
    return nil, err
  end
  table.sort(records, function(a, b)
    return find.is_younger(b, a)
  end)
  note_date(self, date)
  self.shown = {}
  for _, record in ipairs(records) do
    local born = timestamp.parse(record.createdAt)
    self.shown[record.id] = true
    self.appear[record.id] = born and lifecycle.hidden_for((self:now() or self.caller.clock.wall()) - born)
  end
  return records
end

--- Will it serve, as far as can be seen?
---@param record table
---@return boolean
function Candidates:is_alive(record)
  local status = record.status
  local ends = lifecycle.ended(status) or lifecycle.stopping(status) or lifecycle.leaving(record.targetStatus)
  return not ends and not self.hopeless[record.id]
end

--- The oldest that runs, or else the oldest that may come to that.
---@param records table[]  as look() gives them
---@return string? id
function Candidates:choose(records)
  local first
  for _, record in ipairs(records) do
    if self:is_alive(record) then
      if find.serves(record) then
        return record.id
      end
      first = first or record.id
    end
  end
  return first
end

--- What this client has made of them a moment ago, in whatever call.
local function created_here(self)
  local list, created, now = {}, self.caller.created, self.caller.runtime.now()
  for configuration in pairs(self.wanted) do
    for _, made in ipairs(created:of(now, configuration, self.call.resource_group)) do
      list[#list + 1] = made
    end
  end
  return list
end

--- One of those that lists are too far behind to show. A GET tells whether it is still there.
---@return string? id
function Candidates:choose_recent()
  for _, made in ipairs(created_here(self)) do
    local id, patience = made.id, math.max(0, made.at + MISSING - self.caller.runtime.now())
    if not self.hopeless[id] and not self.shown[id] then
      local seen, err = self.group:status(id, self.call.deadline)
      if seen and self:fits(seen) and self:is_alive(seen) then
        return id
      elseif not seen and (not err.absent or patience > 0) then
        self.patience[id] = patience
        return id
      end
    end
  end
end

--- How long one may not be found although it is there, as far as is known.
---@param id string
---@return number? seconds
function Candidates:may_appear_within(id)
  local made = self.caller.created:get(self.caller.runtime.now(), id)
  if made and made.ends then
    return 0 -- lists that are behind still show it
  end
  return self.patience[id] or self.appear[id]
end

--- Does a GET say the same as a list, which may be behind, of one that is alive there? What is new may not be found.
---@param id string
---@return boolean
function Candidates:confirms(id)
  local seen, err = self.group:status(id, self.call.deadline)
  local is_alive = seen and self:fits(seen) and self:is_alive(seen)
  if not seen then
    is_alive = not err.absent or self:may_appear_within(id) ~= nil
  end
  self.hopeless[id] = not is_alive or nil
  return is_alive
end

--- Reads lists until `act` makes something of one, later and later; no longer than what is new may be hidden.
---@param deadline number
---@param act fun(records: table[], began: number): any  began: when the list was asked for
---@return any made
---@return aicore.Error? err  the host has ended it
function Candidates:look_until(deadline, act)
  local runtime, pause = self.caller.runtime, SOONEST
  local over_at = math.min(deadline, runtime.now() + lifecycle.HIDDEN)
  while runtime.now() + pause < over_at do
    if not self.caller:pause(pause) then
      return nil, errors.new { kind = "cancelled", message = "ended by the host" }
    end
    local began = runtime.now()
    local records, err = self:look(over_at)
    local made = records and act(records, began)
    if made then
      return made
    elseif err and err.kind == "cancelled" then
      return nil, err
    end
    pause = math.min(LATEST, 1.5 * pause)
  end
end

return candidates
