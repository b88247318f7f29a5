--- What the C module makes of an answer (src/reply.c), for answers without sockets: a reply, or an error by kind.
-- Rules: nothing happens here but that a token goes into the session. Tables in a reply or an error are the client's,
-- but for records (record.lua).
-- spec/emulator/exchange_spec.lua compares with the C module, step by step.

local answers = require "aicore.emulator.answers"
local json = require "aicore.emulator.json"

local reply = {}

---@class aicore.emulator.Sent      what was sent, and how it was answered
---@field operation aicore.Operation
---@field call aicore.emulator.Call
---@field request_id string|nil     as the answer tells it
---@field session aicore.emulator.Session

-- Errors -------------------------------------------------------------------------------------------

local PREVIEW = 200

--- The first characters of a body, no half of one, and none that a terminal obeys.
local function preview(text)
  if text == "" then
    return nil
  end
  local length = math.min(#text, PREVIEW)
  while length < #text and length > 0 and text:find("^[\128-\191]", length + 1) do
    length = length - 1
  end
  return (text:sub(1, length):gsub("%c", " "))
end

--- Not of a login: half a token is a secret, too.
local function set_preview(err, sent, text)
  if sent.operation.path then
    err.details = preview(text)
  end
end

local function new_error(sent, kind, message)
  return { kind = kind, message = message, operation = sent.operation.name, id = sent.call.id }
end

--- What is known of every answer, whatever it says.
local function answer_error(sent, answer, kind, message)
  local err = new_error(sent, kind, message)
  err.status = answer.status
  err.request_id = sent.request_id
  local seconds = tonumber(answer.headers["retry-after"]) -- a date is not read here
  err.retry_after = seconds and seconds > 0 and math.floor(seconds) or nil
  return err
end

local REFUSALS = {
  [401] = { kind = "auth", retryable = true },
  [403] = { kind = "auth", retryable = false },
  [408] = { kind = "http", retryable = true },
  [412] = { kind = "state", retryable = false },
  [425] = { kind = "http", retryable = true },
  [429] = { kind = "http", retryable = true },
}

local function text_field(from, name)
  local value = from[name]
  return type(value) == "string" and value ~= "" and value or nil
end

--- AI Core's {"error":{…}}, or where tokens are looked at {"error":"…","error_description":"…"}.
local function copy_error_body(err, body, about_token)
  local inner = body.error
  if type(inner) == "table" then
    err.code, err.message = text_field(inner, "code"), text_field(inner, "message") or err.message
    err.request_id = text_field(inner, "requestId") or text_field(inner, "requestID") or err.request_id
    err.target, err.details = text_field(inner, "target"), inner.details
    return true
  elseif about_token and type(inner) == "string" then
    err.code, err.message = inner, text_field(body, "error_description") or err.message
    return true
  end
  return false
end

local function refusal(sent, answer, body)
  local status = answer.status
  local message = status < 400 and status >= 300 and "HTTP %d: redirects are not followed"
    or "HTTP %d without an error body of AI Core"
  local row = REFUSALS[status] or { kind = "http", retryable = status >= 500 and status ~= 501 }
  local err = answer_error(sent, answer, row.kind, message:format(status))
  local about_token = sent.operation.path == nil or status == 401
  if type(body) ~= "table" or not copy_error_body(err, body, about_token) then
    set_preview(err, sent, answers.encode(answer))
  end
  err.retryable, err.ambiguous = row.retryable, sent.operation.changes and status >= 500
  return err
end

--- It was accepted, but what it says cannot be understood.
local function misfit(sent, answer, why)
  local message = ("HTTP %d with an unexpected body: %s"):format(answer.status, why)
  local err = answer_error(sent, answer, "protocol", message)
  set_preview(err, sent, answers.encode(answer))
  err.retryable, err.ambiguous = true, sent.operation.changes
  return err
end

--- There was no answer, or not in time.
---@param sent aicore.emulator.Sent
---@param kind "transport"|"timeout"
---@param message string  libcurl's words
---@return table err
function reply.lost(sent, kind, message)
  local err = new_error(sent, kind, message)
  err.retryable, err.ambiguous = true, sent.operation.changes
  return err
end

--- Half of an answer came.
local function cut(sent, answer, text)
  local half = text:sub(1, math.floor(#text / 2))
  local message = ("transfer closed with %d bytes remaining to read"):format(#text - #half)
  local err = answer_error(sent, answer, "transport", message)
  set_preview(err, sent, half)
  err.retryable, err.ambiguous = true, sent.operation.changes
  return err
end

-- Replies ------------------------------------------------------------------------------------------

--- A copy in which null reads as absent.
local function own(value)
  if type(value) ~= "table" then
    return value
  end
  local copy = {}
  for key, member in pairs(value) do
    if member ~= json.null then
      copy[key] = own(member)
    end
  end
  return copy
end

--- What the body means, as a table of the client's own; nil: nothing.
local function body_of(sent, answer)
  local body = answers.show(answer)
  if sent.call.fault and sent.call.fault.status then -- prescribed by a test
    return own(type(body) == "table" and body or json.decode(body))
  end
  return type(body) == "table" and body or nil
end

-- What the C module demands, by the shape of the operation's row. Without a field it is the resource's word.
local REQUIRED = {
  record = { field = "status", type = "string" },
  records = { field = "resources", type = "table", elements = true },
  models = { field = "resources", type = "table", elements = true },
  groups = { field = "resources", type = "table", elements = true },
  quota = { field = "quotas", type = "table", elements = true },
  configurations = { field = "resources", type = "table", elements = true },
  accepted = { field = "id", type = "string" },
  items = { type = "table", elements = true },
  lines = { field = "data", type = "table" },
  capabilities = { field = "aiApi", type = "table" },
}

local function is_plain_text(value)
  return value ~= "" and not value:find("%z")
end

local function is_list_of_objects(list)
  local count = 0
  for _, element in pairs(list) do
    if type(element) ~= "table" then
      return false
    end
    count = count + 1
  end
  return count == #list
end

--- What is wrong with a body, if anything.
local function complaint_of(sent, body)
  local required, id = REQUIRED[sent.operation.shape], sent.call.id
  local field = required.field or sent.call.resource
  local value = body[field]
  if type(value) ~= required.type or required.type == "string" and not is_plain_text(value) then
    return "no " .. field
  elseif required.elements and not is_list_of_objects(value) then
    return "a list with something else than objects"
  elseif id and type(body.id) == "string" and body.id ~= id then
    return "it is about another id"
  end
end

local function object(sent, answer)
  local body = body_of(sent, answer)
  local complaint = not body and "not a JSON object" or complaint_of(sent, body)
  if complaint then
    return nil, misfit(sent, answer, complaint)
  end
  return body
end

local function count(sent, answer)
  local text = answers.encode(answer)
  if not text:find "^%d+%s*$" then
    return nil, misfit(sent, answer, "not a count")
  end
  return tonumber(text)
end

--- The token stays in the session; the client learns how long it lives.
local function token(sent, answer)
  local body = body_of(sent, answer)
  if not body or type(body.access_token) ~= "string" or body.access_token == "" then
    return nil, misfit(sent, answer, body and "no access_token" or "not JSON")
  end
  sent.session:set_token(body.access_token)
  return { expires_in = tonumber(body.expires_in) }
end

local READERS = { count = count, login = token }

--- What an answer means.
---@param sent aicore.emulator.Sent
---@param answer aicore.emulator.Answer|nil  nil: the connection was lost
---@return any reply
---@return table? err
function reply.read(sent, answer)
  if not answer then
    return nil, reply.lost(sent, "transport", "Empty reply from server")
  end
  local text = answer.cut and answers.encode(answer) or ""
  if text ~= "" then
    return nil, cut(sent, answer, text)
  elseif answer.status < 200 or answer.status > 299 then
    return nil, refusal(sent, answer, body_of(sent, answer))
  end
  return (READERS[sent.operation.name] or object)(sent, answer)
end

return reply
