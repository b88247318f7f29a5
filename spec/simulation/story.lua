--- A course as a text for people: who asked for what, every request and every change, in order.

local story = {}

local function add(lines, time, text, ...)
  lines[#lines + 1] = { time = time, number = #lines, text = text:format(...) }
end

local function ids_text(ids)
  if #ids <= 8 then
    return table.concat(ids, " ")
  end
  return ("%s … (%d)"):format(table.concat(ids, " ", 1, 8), #ids)
end

local function filter_text(filter)
  local parts = {}
  for name, value in pairs(filter) do
    parts[#parts + 1] = ("%s=%s"):format(name, type(value) == "table" and table.concat(value, "/") or tostring(value))
  end
  table.sort(parts)
  return table.concat(parts, " ")
end

local function report_text(report)
  local parts = {}
  for _, list in ipairs { "deleted", "absent", "stopped", "skipped" } do
    if #report[list] > 0 then
      parts[#parts + 1] = ("%s: %s"):format(list, ids_text(report[list]))
    end
  end
  local failed = {}
  for id, err in pairs(report.failed) do
    failed[#failed + 1] = ("failed: %s: %s"):format(id, tostring(err))
  end
  table.sort(failed)
  for i = 1, math.min(#failed, 5) do
    parts[#parts + 1] = failed[i]
  end
  for _, name in ipairs { "newer", "odd", "unsure", "cancelled" } do
    parts[#parts + 1] = report[name] and ("%s: %s"):format(name, tostring(report[name])) or nil
  end
  return table.concat(parts, "; ")
end

local function result_text(call)
  if not call.ok then
    return "raised " .. tostring(call.result)
  elseif not call.result then
    return "failed: " .. tostring(call.err)
  elseif type(call.result) ~= "table" then
    return tostring(call.result)
  elseif call.result.deleted then
    return report_text(call.result)
  end
  return ("%s %s"):format(tostring(call.result.status), tostring(call.result.message))
end

local function tell_calls(lines, course)
  for number, call in ipairs(course.calls) do
    if call.began then
      local what = call.ids and ids_text(call.ids) or filter_text(call.filter)
      local text = "== call %d begins: %s%s %s, %.1f s"
      add(lines, call.began, text, number, call.method, call.goal and " " .. call.goal or "", what, call.timeout)
    end
    if call.ended then
      add(lines, call.ended, "== call %d ends: %s", number, result_text(call))
    end
  end
end

--- An answer in words, as it is now: what stands in it may change later.
---@param answer aicore.emulator.Answer
---@return string
function story.describe(answer)
  local value = answer.value
  if type(value) == "table" and value.deployments then
    local parts = {}
    for i = 1, math.min(#value.deployments, 12) do
      local one = value.deployments[i]
      local id, said = tostring(one.id), one.error and one.error.code or one.status or "ok"
      parts[i] = ("%s %s"):format(id:sub(1, 6), tostring(said))
    end
    return ("%d: %s"):format(#value.deployments, table.concat(parts, ", "))
  elseif type(value) == "table" and value.deployment then
    return ("%s for %s"):format(tostring(value.deployment.status), tostring(value.deployment.target_status))
  elseif type(value) == "table" and value.error then
    return tostring(type(value.error) == "table" and value.error.message or value.error)
  end
  return ""
end

local function answer_text(entry)
  if not entry.answer then
    return "lost"
  end
  return ("%d %s%s"):format(entry.answer.status, entry.text, entry.answer.cut and " (half of it)" or "")
end

local function tell_requests(lines, course)
  for number, entry in ipairs(course.requests) do
    local skip = entry.parameters["$skip"]
    local what = entry.id
      or skip and "from " .. skip[1]
      or entry.items and ("%d items, %s"):format(#entry.items, entry.items[1].targetStatus)
      or ""
    add(lines, entry.at, "   c%d > %d %s %s", entry.client, number, entry.name, what)
    if entry.answered then
      add(lines, entry.answered, "   c%d < %d %s %s: %s", entry.client, number, entry.name, what, answer_text(entry))
    end
  end
end

local function tell_truth(lines, course)
  for _, effect in ipairs(course.truth.effects) do
    add(lines, effect.time, "      ! %s of %s by %s", effect.what, effect.id, tostring(effect.request_id))
  end
  for _, id in ipairs(course.truth.ids) do
    for _, state in ipairs(course.truth.lives[id].states) do
      local time, target = math.max(state.time, course.began), state.target and " for " .. state.target or ""
      if time <= course.over then
        add(lines, time, "      * %s %s%s", id, state.status or "gone", target)
      end
    end
  end
end

--- Prints it.
---@param course simulation.Course
function story.tell(course)
  local lines = {}
  tell_truth(lines, course)
  tell_calls(lines, course)
  tell_requests(lines, course)
  table.sort(lines, function(a, b)
    if a.time ~= b.time then
      return a.time < b.time
    end
    return a.number < b.number
  end)
  print(("seed %d: %s"):format(course.seed, table.concat(course.service.features, "; ")))
  for _, line in ipairs(lines) do
    print(("%9.3f %s"):format(line.time - course.began, line.text))
  end
end

return story
