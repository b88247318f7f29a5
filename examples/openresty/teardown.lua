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

local text = service.text

local function yes(value)
  return value == "true" or nil
end

local PARAMETERS = {
  older_than = { "older_than", tonumber },
  scenario = { "scenario_id", text },
  configuration = { "configuration_id", text },
  status = { "status", text },
  resource_group = { "resource_group", text },
  all = { "all", yes },
}

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

local function note(job, body)
  jobs:set(job, cjson.encode(body), KEPT)
end

local function run(_, job, filter)
  local report, _, reason = service.call("teardown", filter, {
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
  local filter, reason = service.filter_of(ngx.req.get_uri_args(), PARAMETERS)
  if not filter then
    return answer(400, { reason = reason })
  end
  local method = ngx.req.get_method()
  if method ~= "GET" and method ~= "POST" then
    return answer(405, { reason = "GET to look, POST to tear down" })
  end
  local would, status
  would, status, reason = service.call("teardown", filter, { dry_run = true })
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
