--- What several checks want to know of a course: who asked for what, how old an answer may be, what a state means.

local filters = require "aicore.model.filter"
local lifecycle = require "aicore.model.lifecycle"

local facts = {}

-- States -------------------------------------------------------------------------------------------

---@param state simulation.State
function facts.runs(state)
  return state.status ~= nil and lifecycle.active(state.status)
end

---@param state simulation.State
function facts.has_ended(state)
  return state.status == nil or lifecycle.ended(state.status)
end

--- Is it there at this moment?
function facts.is_there(course, id, time)
  local state = course.truth:at(id, time)
  return state ~= nil and state.status ~= nil
end

--- Its state at this moment, in words.
function facts.say(course, id, time)
  local state = course.truth:at(id, time)
  if not state then
    return "never there"
  elseif not state.status then
    return "gone"
  end
  return state.status .. (state.target and " for " .. state.target or "")
end

--- Of one that is gone a list may still show a ghost, so long after, in seconds.
local HAUNTED = 60

--- How old an answer of this service may be, in seconds.
function facts.lag_of(course)
  local settings = course.service.settings
  local haunted = settings.list_ghosts and HAUNTED or 0
  return math.max(settings.read_lag or 0, (settings.list_lag or 0) + haunted)
end

--- The answer to a request, if the client got all of it.
---@param request simulation.Request
---@return aicore.emulator.Answer?
function facts.arrived(request)
  local answer = not request.late and request.answer or nil
  return answer and not answer.cut and answer or nil
end

--- The requests of a course that name a deployment in their path, by its id; and the lists.
---@return table<string, simulation.Request[]> by_id
---@return simulation.Request[] lists
function facts.requests_of(course)
  if not course.by_id then
    course.by_id, course.lists = {}, {}
    for _, request in ipairs(course.requests) do
      if request.name == "list" then
        table.insert(course.lists, request)
      elseif request.id then
        course.by_id[request.id] = course.by_id[request.id] or {}
        table.insert(course.by_id[request.id], request)
      end
    end
  end
  return course.by_id, course.lists
end

--- Does the answer to a list or a batch name this one?
function facts.shows(request, id)
  if not request.shown then
    local value = request.answer and request.answer.value
    request.shown = {}
    for _, one in ipairs(type(value) == "table" and value.deployments or {}) do
      request.shown[one.id] = true
    end
  end
  return request.shown[id] == true
end

--- A timer may go off so much early, in seconds.
facts.EARLY = 0.01

-- Calls --------------------------------------------------------------------------------------------

--- Calls act(call, report) for every call that came back with a report.
function facts.each_report(course, act)
  for _, call in ipairs(course.calls) do
    if call.ended and call.ok and type(call.result) == "table" and call.result.deleted then
      act(call, call.result)
    end
  end
end

local FIELDS = {
  scenario_id = function(life, _, wanted)
    return life.deployment.scenario_id == wanted
  end,
  status = function(_, state, wanted)
    return state.status == wanted
  end,
  configuration_id = function(_, state, wanted)
    return state.configuration_id == wanted
  end,
  executable_ids = function(life, _, wanted)
    return life.deployment.executable_id == wanted[1]
  end,
  shard = function(life, _, wanted)
    return filters.shard_of(life.id, wanted[2]) == wanted[1]
  end,
  older_than = function(life, _, wanted, began)
    return began - life.created_at >= wanted - 1
  end,
  all = function()
    return true
  end,
}

--- Does a call's filter mean a deployment in this state?
---@param call simulation.Call
---@param life simulation.Life
---@param state simulation.State
function facts.fits(call, life, state)
  for name, wanted in pairs(call.filter) do
    if not FIELDS[name](life, state, wanted, call.began) then
      return false
    end
  end
  return state.status ~= nil and not state.hidden and life.deployment.group == call.resource_group
end

--- What a call was asked for by name; the ids of those that it has created come before it begins.
local function is_named(call, id)
  if not call.named then
    call.named = {}
    for _, one in ipairs(call.ids) do
      call.named[one] = true
    end
  end
  return call.named[id] == true
end

--- Without dates nobody can tell what is newer than a call; what its first list shows belongs to it. That list may take
--- so long, in seconds: one of its pages may hang.
local FIRST_LIST = 90

--- Does the call mean this one, as far as can be known by `time`? A filter means nothing that is newer than the call.
function facts.asks_for(course, call, id, time)
  if call.ids then
    return is_named(call, id)
  end
  local life, slack = course.truth.lives[id], course.service.settings.dates == false and FIRST_LIST or 0
  return life.created_at < call.began + slack
    and course.truth:ever(id, call.began - facts.lag_of(course), time, function(state)
        return facts.fits(call, life, state)
      end)
      ~= nil
end

--- Nothing but the service itself comes between the call and its end.
function facts.is_undisturbed(course, call)
  local closed = course.task.close_at and call.client == 1
  return not (call.raise_at or call.cancel_at or call.kill_at or closed)
end

return facts
