-- luacheck: globals ngx
--- GET /metrics: how many exchanges there were with AI Core, and how long they took, as Prometheus reads it.
-- The workers count together, in a shared dictionary; to add to it needs no lock, and never waits.

local metrics = {}

local counts = ngx.shared.metrics

local COUNTED = "aicore_exchanges_total"
local TOOK = "aicore_exchange_seconds"

local ABOUT = {
  {
    COUNTED,
    "counter",
    "exchanges with AI Core, by operation and what came of them: an HTTP status, or the kind of error",
  },
  { TOOK, "summary", "how long they took" },
}

local function add(name, labels, by)
  counts:incr(("%s{%s}"):format(name, labels), by, 0)
end

--- The setting on_attempt: called after every exchange, in the request or timer that has made it.
---@param attempt { operation: string, status: integer?, seconds: number, error: aicore.Error? }
function metrics.note(attempt)
  local operation = ('operation="%s"'):format(attempt.operation)
  local outcome = attempt.status or attempt.error and attempt.error.kind or "none"
  add(COUNTED, ('%s,outcome="%s"'):format(operation, outcome), 1)
  add(TOOK .. "_count", operation, 1)
  add(TOOK .. "_sum", operation, attempt.seconds or 0)
end

--- content_by_lua of /metrics
function metrics.show()
  local names = counts:get_keys(0)
  table.sort(names)
  ngx.header.content_type = "text/plain; version=0.0.4"
  for _, about in ipairs(ABOUT) do
    ngx.print(("# HELP %s %s\n# TYPE %s %s\n"):format(about[1], about[3], about[1], about[2]))
    for _, name in ipairs(names) do
      if name:sub(1, #about[1]) == about[1] then
        ngx.print(name, " ", counts:get(name), "\n")
      end
    end
  end
end

return metrics
