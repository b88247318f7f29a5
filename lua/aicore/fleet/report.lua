--- What became of many: the report of stop_all, delete_all and teardown, as the listener of an engine.

local errors = require "aicore.model.errors"
local merged = require "aicore.model.merged"

local report = {}

---@class aicore.Report
---@field deleted string[]      were there, and are gone now
---@field absent string[]       were not there
---@field stopped string[]      ran, and were stopped
---@field skipped string[]      nothing was to be done, or dry_run
---@field failed table<string, aicore.Error>
---@field requests integer      that were sent, logins included
---@field elapsed number        s
---@field newer integer         of a filter: those that were created after the call began, and so were left alone
---@field odd integer           records of a list that could not be read, and so were left alone
---@field unsure boolean?       true: no complete list could be had that shows that there are no others
---@field groups table<string, aicore.Report>?  of all resource groups: that of each, by its name
---@field err aicore.Error?      of such a one: why the group could not be read
---@field cancelled boolean?    Ctrl-C or client:close() ended it; what was left stands in `failed`

---@class aicore.FleetProgress  what on_progress gets
---@field total integer
---@field left integer
---@field deleted integer
---@field absent integer
---@field stopped integer
---@field skipped integer
---@field failed integer
---@field states table<string, integer>  how many of those left are in which state; "?": not seen yet
---@field requests integer
---@field elapsed number        s

---@class aicore.ReportListener: aicore.Listener
---@field report aicore.Report
local Listener = {}
Listener.__index = Listener

---@return aicore.Report  nothing has become of anything
function report.blank()
  return {
    deleted = {},
    absent = {},
    stopped = {},
    skipped = {},
    failed = {},
    requests = 0,
    elapsed = 0,
    newer = 0,
    odd = 0,
  }
end

--- A report that nothing is in yet.
---@param call { name: string, began: number, requests_before: integer, group: aicore.Group, on_progress: function? }
---@return aicore.ReportListener
function report.new(call)
  return setmetatable({
    call = call,
    total = 0,
    failures = 0,
    stopped_before = {}, -- of those that were taken back
    report = report.blank(),
  }, Listener)
end

local function elapsed(self)
  return self.call.group.runtime.now() - self.call.began
end

local function requests(self)
  return self.call.group:requests() - self.call.requests_before
end

-- What becomes of one ------------------------------------------------------------------------------

function Listener:settled(id, list)
  if list then
    table.insert(self.report[list], id)
  end
end

function Listener:stopped(id)
  if not self.stopped_before[id] then
    table.insert(self.report.stopped, id)
  end
end

--- These stand, although they were told to be gone.
---@param records { id: string }[]
function Listener:take_back(records)
  local standing = {}
  for _, record in ipairs(records) do
    standing[record.id] = true
  end
  for _, id in ipairs(self.report.stopped) do
    self.stopped_before[id] = standing[id]
  end
  for _, list in ipairs { "deleted", "absent" } do
    local kept = {}
    for _, id in ipairs(self.report[list]) do
      kept[#kept + 1] = not standing[id] and id or nil
    end
    self.report[list] = kept
  end
end

-- Why one failed, by the reason: (listener, situation, what it was denied by or why the last look failed, why what was
-- sent last failed) -> the fields of an error.
local REASONS = {
  refused = function(_, _, _, refusal)
    local fields = merged(refusal)
    fields.kind = fields.kind == "http" and "state" or fields.kind
    return fields
  end,
  runs = function(_, s)
    local message = ("its status is %s: it has to be stopped first, as teardown does"):format(s.status)
    return { kind = "state", message = message }
  end,
  denied = function(_, _, err)
    return merged(err)
  end,
  timeout = function(self, s, err, refusal)
    local seen = s.status and "its status is " .. s.status or "nothing is known of it"
    return {
      kind = "timeout",
      message = ("not done after %.1f s: %s"):format(elapsed(self), seen),
      last_status = s.status,
      last_error = err,
      last_refusal = refusal,
      retryable = true,
    }
  end,
  cancelled = function()
    return { kind = "cancelled", message = "ended by the host" }
  end,
}

function Listener:failed(id, reason, s, err, refusal)
  local fields = REASONS[reason](self, s, err, refusal)
  fields.operation, fields.id = self.call.name, id
  self.report.failed[id], self.failures = errors.new(self.call.group:about(fields)), self.failures + 1
end

-- Progress -----------------------------------------------------------------------------------------

--- How many of those left are in which state, as a table and as a text.
local function count_states(situations, places)
  local states, words = {}, {}
  for place = 1, places do
    local s = situations[place]
    if s then
      local word = s.status or "?"
      states[word] = (states[word] or 0) + 1
    end
  end
  for word, count in pairs(states) do
    words[#words + 1] = word .. count
  end
  table.sort(words)
  return states, table.concat(words, " ")
end

--- Tells of a change, and of nothing else.
function Listener:changed(engine)
  local on_progress, made = self.call.on_progress, self.report
  if not on_progress then
    return
  end
  local states, text = count_states(engine.beliefs.situation, #engine.ids)
  text = ("%s, %d stopped, %d failed"):format(text, #made.stopped, self.failures)
  if text == self.told then
    return
  end
  self.told = text
  on_progress {
    total = #engine.ids,
    left = engine.open,
    deleted = #made.deleted,
    absent = #made.absent,
    stopped = #made.stopped,
    skipped = #made.skipped,
    failed = self.failures,
    states = states,
    requests = requests(self),
    elapsed = elapsed(self),
  }
end

--- The report, as it is now.
---@return aicore.Report
function Listener:finish()
  self.report.requests, self.report.elapsed = requests(self), elapsed(self)
  return self.report
end

return report
