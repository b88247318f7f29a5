--- Promises about what remains of a call that has ended, whatever ended it: nothing.

local unpack = table.unpack or unpack

local ends = {}

--- Whoever sleeps between two looks notices so late that the client was closed, in seconds; and who sleeps before a
--- request is repeated, so much later still.
local NOTICED, BACKOFF = 2.1, 20

-- A call whose client was closed, or that was cancelled, comes back soon, and says so unless it was done.
function ends.ended(course, broken)
  for _, call in ipairs(course.calls) do
    local closed = call.client == 1 and course.closed_at
    local at = math.min(call.cancelled or math.huge, closed or math.huge)
    if call.ok and call.began and at > call.began and call.ended > at then
      local late = call.ended - at - course.service.settings.latency
      if late > NOTICED + (#course.service.faults > 0 and BACKOFF or 0) then
        broken("%s came back %.1f s after it was cancelled, or its client closed", call.method, late)
      end
    end
  end
end

-- Nothing is sent any more.
function ends.quiet(course, broken)
  if course.left.requests > 0 then
    broken("%d requests were sent after all calls had ended", course.left.requests)
  end
end

-- No coroutine waits any more.
function ends.coroutines(course, broken)
  if course.left.coroutines > 0 then
    broken("%d coroutines have not ended", course.left.coroutines)
  end
end

local function is_alive(caller, thread)
  return coroutine.status(thread) ~= "dead" and not caller.runtime.is_killed(thread)
end

--- Requests that are used again by the next call hold the id of the last one: as many as were in flight at a time.
local USED_AGAIN = "spare"

--- What a client still knows of those that were asked for, and by which fields; what it is made of is not looked into.
local function remains(caller, asked)
  local seen = { [caller] = true, [caller.session] = true, [caller.runtime] = true }
  local found, todo = {}, { { caller.shared, "shared" } }
  local function look(thing, way)
    local is_life = type(thing) == "function" and way:find "%.life$"
    if type(thing) == "thread" and is_alive(caller, thing) or is_life and thing() ~= "dead" then
      found[#found + 1] = ("a coroutine (%s)"):format(way)
    elseif asked[thing] then
      found[#found + 1] = ("%s (%s)"):format(thing, way)
    elseif type(thing) == "table" and not seen[thing] then
      seen[thing], todo[#todo + 1] = true, { thing, way }
    end
  end
  while #todo > 0 do
    local thing, way = unpack(table.remove(todo))
    for key, value in pairs(thing) do
      if key ~= USED_AGAIN then
        look(key, way)
        look(value, ("%s.%s"):format(way, tostring(key)))
      end
    end
  end
  table.sort(found)
  return found
end

--- Who was killed, or raised, is forgotten with the next call; a client that was closed has none, and goes as a whole.
local function is_abandoned(course)
  for _, call in ipairs(course.calls) do
    if (call.killed or call.ok == false) and course.closed_at then
      return true
    end
  end
  return false
end

-- The client has forgotten whom it was asked for, and who waited.
function ends.observers(course, broken)
  if is_abandoned(course) then
    return
  end
  local asked = {}
  for _, id in ipairs(course.truth.ids) do
    asked[id] = true
  end
  for _, caller in ipairs(course.callers) do
    for _, what in ipairs(remains(caller, asked)) do
      broken("the client still knows %s", what)
    end
  end
end

-- What a caller passed in is not held any more.
function ends.callbacks(course, broken)
  if course.left.callbacks > 0 and not is_abandoned(course) then
    broken("%d callbacks are still held", course.left.callbacks)
  end
end

return ends
