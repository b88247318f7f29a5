-- luacheck: globals ngx
--- The endpoint's three requests:
--   GET  /teardown?older_than=3600&scenario=…   says what would be torn down, and touches nothing
--   POST /teardown?older_than=3600&scenario=…   begins to tear it down, and answers at once: 202 and where to look
--   GET  /teardown/<job>                        how far that is, or its report
-- A teardown takes minutes, so it runs in a timer; what is known of it stands in a shared dictionary, where every
-- worker can tell it. One runs at a time.

local cjson = require "cjson"
local service = require "service"

local teardown = {}

local jobs = ngx.shared.teardowns

local TIMEOUT = 900 -- s, for one teardown
local KEPT = 86400 -- s, its report

local answer = service.answer

local function text(value)
  return value ~= "" and value or nil
end

--- A parameter of the query -> a part of the filter. What is not understood must not widen the filter: nil refuses it.
local PARAMETERS = {
  older_than = function(value)
    return "older_than", tonumber(value)
  end,
  scenario = function(value)
    return "scenario_id", text(value)
  end,
  configuration = function(value)
    return "configuration_id", text(value)
  end,
  status = function(value)
    return "status", text(value)
  end,
  resource_group = function(value)
    return "resource_group", text(value)
  end,
  all = function(value)
    return "all", value == "true" or nil
  end,
}

local function filter_of(query)
  local filter = {}
  for name, value in pairs(query) do
    local read = PARAMETERS[name]
    if not read or type(value) ~= "string" then
      return nil, "not understood: " .. name
    end
    local field, wanted = read(value)
    if wanted == nil then
      return nil, ("not understood: %s=%s"):format(name, value)
    end
    filter[field] = wanted
  end
  return filter
end

--- Lua has one empty table for JSON's two.
local function printable(report)
  local failed = {}
  for id, err in pairs(report.failed) do
    failed[id] = tostring(err)
  end
  local body = { failed = next(failed) and failed, requests = report.requests, elapsed = report.elapsed }
  for _, name in ipairs { "deleted", "absent", "stopped", "skipped" } do
    body[name] = report[name][1] and report[name] or nil
  end
  return body
end

--- What a call of aicore has come to: a report, or a status and a reason. It raises where the filter makes no sense.
local function attempt(filter, opts)
  local client, problem = service.client()
  if not client then
    return nil, 502, tostring(problem)
  end
  local sensible, report, err = pcall(client.teardown, client, filter, opts)
  if not sensible then
    return nil, 400, (tostring(report):gsub("^.-:%d+: ", ""))
  elseif not report then
    return nil, 502, tostring(err)
  end
  return report
end

local function note(job, body)
  jobs:set(job, cjson.encode(body), KEPT)
end

local function run(_, job, filter)
  local report, _, reason = attempt(filter, {
    timeout = TIMEOUT,
    on_progress = function(progress)
      note(job, { state = "running", progress = { total = progress.total, left = progress.left } })
    end,
  })
  note(job, report and { state = "done", report = printable(report) } or { state = "failed", reason = reason })
  jobs:delete "running"
end

local function begin(filter)
  local job = ("%d-%d"):format(ngx.time(), ngx.worker.pid())
  if not jobs:add("running", job, TIMEOUT + 60) then
    return answer(409, { reason = "another one is running", look = "/teardown/" .. jobs:get "running" })
  end
  note(job, { state = "running" })
  local begun, reason = ngx.timer.at(0, run, job, filter)
  if not begun then
    jobs:delete "running"
    return answer(503, { reason = reason })
  end
  ngx.header.location = "/teardown/" .. job
  answer(202, { look = "/teardown/" .. job })
end

--- content_by_lua of /teardown
function teardown.ask()
  local filter, reason = filter_of(ngx.req.get_uri_args())
  if not filter then
    return answer(400, { reason = reason })
  end
  local method = ngx.req.get_method()
  if method ~= "GET" and method ~= "POST" then
    return answer(405, { reason = "GET to look, POST to tear down" })
  end
  local would, status
  would, status, reason = attempt(filter, { dry_run = true })
  if not would then
    answer(status, { reason = reason })
  elseif method == "GET" then
    answer(200, { would_tear_down = would.skipped[1] and would.skipped, count = #would.skipped })
  else
    begin(filter)
  end
end

--- content_by_lua of /teardown/<job>
function teardown.tell(job)
  local known = job ~= "running" and jobs:get(job)
  if not known then
    return answer(404, { reason = "no such job" })
  end
  ngx.print(known, "\n")
end

return teardown
