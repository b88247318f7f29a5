--- Promises about what remains of a call that has ended, whatever ended it: nothing.

local ends = {}

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

--- What a client still knows of those that were asked for; what it is made of is not looked into.
local function remains(caller, asked)
  local seen = { [caller] = true, [caller.session] = true, [caller.runtime] = true }
  local found, todo = {}, { caller.shared }
  local function look(thing)
    if type(thing) == "thread" and coroutine.status(thing) ~= "dead" then
      found[#found + 1] = "a coroutine"
    elseif asked[thing] then
      found[#found + 1] = thing
    elseif type(thing) == "table" and not seen[thing] then
      seen[thing], todo[#todo + 1] = true, thing
    end
  end
  while #todo > 0 do
    for key, value in pairs(table.remove(todo)) do
      look(key)
      look(value)
    end
  end
  table.sort(found)
  return found
end

-- The client has forgotten whom it was asked for, and who waited.
function ends.observers(course, broken)
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
  if course.left.callbacks > 0 then
    broken("%d callbacks are still held", course.left.callbacks)
  end
end

return ends
