--- The error value: what went wrong in the world, as a table that prints well.
-- Functions return it as `nil, err`; misuse (a wrong argument) raises a string instead.

---@class aicore.Error
---@field kind "config"|"transport"|"http"|"protocol"|"auth"|"state"|"timeout"|"cancelled"
---@field message string        one sentence: AI Core's own, if there is one
---@field operation string?     "status", "stop", …
---@field id string?            of the deployment
---@field resource "deployments"|"executions"?  what it is about
---@field resource_group string?
---@field status integer?       HTTP status of the last answer
---@field code string?          AI Core's error code, or the token endpoint's
---@field request_id string?    for SAP's support
---@field correlation_id string?  the call's own
---@field target string?        the URL that AI Core says was invoked
---@field details any           AI Core's details, as a rule a list of { code, message, … }; or the first 200
---                             characters of another body
---@field retry_after number?   seconds that the service asks to wait
---@field attempts integer?     how often the request was sent, or tried to be
---@field retryable boolean?    could the same request succeed later?
---@field ambiguous boolean?    may the request have taken effect although it failed?
---@field absent boolean?       AI Core itself says that there is no such record
---@field quota aicore.Quota?    of a create that was refused as it is beyond that
---@field created string?        of an ensure: the id of what it has created, and stays
---@field left table<string, aicore.Error>?  of an ensure: what it may have created as well, and stays
---@field groups table<string, aicore.Error>?  of all resource groups: those that could not be read, and why
---@field refused boolean?      an HTTP/2 peer has not looked at it, as it closes its connection
---@field last_status string?    of the deployment, as of the last sighting, where its state is the reason, or time
---       was over
---@field last_error aicore.Error?    where time was over: why the last look failed, if it did
---@field last_refusal aicore.Error?  the same: why what was sent last failed, if it did

local lifecycle = require "aicore.model.lifecycle"
local printable = require "aicore.model.printable"
local words = require "aicore.model.words"

local errors = {}

local Error = { __name = "aicore.error" }

--- "HTTP 412, state: …". The C module's own messages begin with the status; it is said once, and "http" not at all.
local function reason(err)
  local message = tostring(err.message)
  if not err.status then
    return err.kind == "http" and message or ("%s: %s"):format(err.kind, message)
  end
  local status = ("HTTP %d"):format(err.status)
  message = message:gsub(("^%d[: ]+"):format(err.status), "") -- as many a gateway says it: "404 Not Found"
  local is_told = message:find(status, 1, true) == 1
  if err.kind == "http" then
    return is_told and message or ("%s: %s"):format(status, message)
  elseif is_told then
    message = message:sub(#status + 1):gsub("^[: ]+", "")
  end
  return ("%s, %s: %s"):format(status, err.kind, message)
end

-- What support will ask for, and how it is told.
local NOTES = { { "code", "code " }, { "request_id", "request " }, { "correlation_id", "correlation " } }

local function notes(err)
  local texts = {}
  for _, note in ipairs(NOTES) do
    local value = err[note[1]]
    texts[#texts + 1] = value and value ~= tostring(err.status) and note[2] .. value or nil
  end
  if (err.attempts or 0) > 1 then
    texts[#texts + 1] = err.attempts .. " attempts"
  end
  return #texts > 0 and (" (%s)"):format(table.concat(texts, ", ")) or ""
end

-- What stands behind the end of something that takes long: the field, and how it is introduced.
local CAUSES = {
  { "last_refusal", "; what was sent last failed: " },
  { "last_error", "; the last look failed: " },
}

local function describe(err)
  local details = words.of(err.details)
  local parts = { reason(err), details and (" [%s]"):format(details) or "", notes(err) }
  for _, cause in ipairs(CAUSES) do
    local inner = err[cause[1]]
    local login = inner and inner.operation == "login" and "login: " or ""
    parts[#parts + 1] = inner and cause[2] .. login .. describe(inner) or nil
  end
  return table.concat(parts)
end

--- "stop d0000001: HTTP 412, state: … (code 0101, request 5d1f)", on one line and fit for a terminal, whatever the
--- service has written.
function Error:__tostring()
  local about = self.operation and self.operation .. (self.id and " " .. self.id or "") .. ": " or ""
  return printable((about .. describe(self)):gsub("%s+", " "))
end

--- Makes an error of a table with at least `kind` and `message`; the table itself becomes it.
---@param fields table
---@return aicore.Error
function errors.new(fields)
  return setmetatable(fields, Error)
end

local ROOT = debug.getinfo(1, "S").source:match "^(.*[/\\])model[/\\]errors%.lua$"

--- Is this a frame of this library, or what Lua 5.1 leaves of a tail call?
local function is_ours(info)
  return info.what == "tail" or ROOT ~= nil and info.source:sub(1, #ROOT) == ROOT
end

--- Raises a string for a wrong use of this library, at the line that called into it.
---@param message string
function errors.misuse(message)
  local level = 2
  local info = debug.getinfo(level, "S")
  while info and is_ours(info) do
    level = level + 1
    info = debug.getinfo(level, "S")
  end
  error(message, level)
end

--- Is the value an error made here?
---@param value any
---@return boolean
function errors.is(value)
  return getmetatable(value) == Error
end

-- What it says ------------------------------------------------------------------------------------

-- AI Core's code for what the state does not allow, whatever the status ("Current status UNKNOWN cannot be changed").
local STATE_CODE = "01010076"

--- Is it the state that forbids the action, as far as the answer itself can say?
---@param err aicore.Error
---@return boolean
function errors.is_of_state(err)
  return err.code == STATE_CODE
end

--- Was it a stop of one that is to be deleted without? That is SAP's advice for what is UNKNOWN.
---@param err aicore.Error
---@return boolean
function errors.needs_no_stop(err)
  return err.operation == "stop" and (errors.is_of_state(err) or lifecycle.needs_no_stop(err.last_status))
end

return errors
