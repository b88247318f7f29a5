--- The error value: what went wrong in the world, as a table that prints well.
-- Functions return it as `nil, err`; misuse (a wrong argument) raises a string instead.

---@class aicore.Error
---@field kind "config"|"transport"|"http"|"protocol"|"auth"|"state"|"timeout"|"cancelled"
---@field message string        one sentence: AI Core's own, if there is one
---@field operation string?     "status", "stop", …
---@field id string?            of the deployment
---@field status integer?       HTTP status of the last answer
---@field code string?          AI Core's error code, or the token endpoint's
---@field request_id string?    for SAP's support
---@field target string?        the URL that AI Core says was invoked
---@field details any           AI Core's details, or the first 200 characters of another body
---@field retry_after number?   seconds that the service asks to wait
---@field attempts integer?     how often the request was sent, or tried to be
---@field retryable boolean?    could the same request succeed later?
---@field ambiguous boolean?    may the request have taken effect although it failed?

local errors = {}

local Error = { __name = "aicore.error" }

--- "stop d0000001: HTTP 412, state: … (code 0101, request 5d1f)"
function Error:__tostring()
  local parts = {}
  if self.operation then
    parts[#parts + 1] = self.operation .. (self.id and " " .. self.id or "") .. ": "
  end
  if self.status then
    parts[#parts + 1] = ("HTTP %d, "):format(self.status)
  end
  parts[#parts + 1] = ("%s: %s"):format(self.kind, self.message)
  if type(self.details) == "string" then
    parts[#parts + 1] = (" [%s]"):format(self.details)
  end
  local notes = {}
  if self.code then
    notes[#notes + 1] = "code " .. self.code
  end
  if self.request_id then
    notes[#notes + 1] = "request " .. self.request_id
  end
  if (self.attempts or 0) > 1 then
    notes[#notes + 1] = self.attempts .. " attempts"
  end
  if #notes > 0 then
    parts[#parts + 1] = (" (%s)"):format(table.concat(notes, ", "))
  end
  return table.concat(parts)
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

return errors
