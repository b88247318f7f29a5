-- Answers in the three voices a client hears: AI Core's JSON, its JSON errors, and the gateway's text and HTML.
-- Rule: an answer is a table { status, headers, and what it says }; nothing is sent here.

local json = require "aicore.emulator.json"
local record = require "aicore.emulator.record"
local resources = require "aicore.emulator.resources"

local answers = {}

---@class aicore.emulator.Answer
---@field status integer
---@field headers table<string, string>  names in lower case
---@field content aicore.emulator.Content
---@field value any        what encode() and show() make of it
---@field body string|nil  once it is encoded
---@field date integer|nil seconds since 1970, for the header Date; nil: there is none
---@field cut boolean|nil  lose the connection in the middle of the body

-- Codes 01010016 and 01010076 have been seen in answers of AI Core; the others are made up.
local REFUSALS = {
  malformed = { status = 400, code = "01010001" },
  not_supported = { status = 400, code = "01010002" },
  quota = { status = 400, code = "01010010" },
  configuration = { status = 400, code = "01010009" },
  not_synchronised = { status = 400, code = "01010076" },
  not_found = { status = 404, code = "01010016" },
  conflict = { status = 409, code = "01010080" },
  unprocessable = { status = 422, code = "01010081" },
  locked = { status = 423, code = "01010082" },
  method = { status = 405, code = "01010005" },
  state = { status = 412, code = "01010077" },
  media_type = { status = 400, code = "01010015" }, -- 415 is not in the description
  internal = { status = 500, code = "01010500" },
}

--- The kind of refusal that has a status.
---@type table<integer, string>
answers.kinds = {
  [400] = "malformed",
  [404] = "not_found",
  [409] = "conflict",
  [412] = "state",
  [422] = "unprocessable",
  [423] = "locked",
}

-- What an answer says, in two ways: encoded for the wire; and as tables, for a client in
-- this process (exchange.lua). Both are made before time goes on, as deployments change.
---@class aicore.emulator.Content
---@field encode fun(value: any): string
---@field show fun(value: any): any  a table, or the text of what is none

local function itself(value)
  return value
end

local JSON = { encode = json.encode, show = itself }
local TEXT = { encode = itself, show = itself }

local function guise_of(value, deployment)
  return value.guises and value.guises(deployment) or nil
end

local RECORD = {
  encode = function(value)
    return record.encode(value.deployment, value.form, value.url, guise_of(value, value.deployment))
  end,
  show = function(value)
    return record.show(value.deployment, value.form, value.url, guise_of(value, value.deployment))
  end,
}

local RECORDS = {
  encode = function(value)
    local parts = {}
    for i, deployment in ipairs(value.deployments) do
      parts[i] = record.encode(deployment, value.form, value.url, guise_of(value, deployment))
    end
    local count = value.count and ('"count":%d,'):format(value.count) or ""
    return ('{%s"resources":%s}'):format(count, json.array(parts))
  end,
  show = function(value)
    local shown = {}
    for i, deployment in ipairs(value.deployments) do
      shown[i] = record.show(deployment, value.form, value.url, guise_of(value, deployment))
    end
    return { count = value.count, resources = shown }
  end,
}

-- (lua-cjson writes an empty table as an object.)
local LIST = {
  encode = function(value)
    return ('{"count":%d,"resources":%s}'):format(value.count, json.encode_all(value.resources))
  end,
  show = itself,
}

local LINES = {
  encode = function(lines)
    return '{"data":{"result":' .. json.encode_all(lines) .. "}}"
  end,
  show = function(lines)
    return { data = { result = lines } }
  end,
}

local function answer(status, content_type, content, value)
  return { status = status, headers = { ["content-type"] = content_type }, content = content, value = value }
end

--- JSON; a string is taken as encoded already.
---@param status integer
---@param value table|string
---@return aicore.emulator.Answer
function answers.json(status, value)
  return answer(status, "application/json", type(value) == "string" and TEXT or JSON, value)
end

--- A deployment.
---@param deployment aicore.emulator.Deployment
---@param form aicore.emulator.Form
---@param url string  where the emulator answers
---@param guises nil|fun(deployment: aicore.emulator.Deployment): aicore.emulator.Guise  nil: it is as it should be
---@return aicore.emulator.Answer
function answers.record(deployment, form, url, guises)
  local value = { deployment = deployment, form = form, url = url, guises = guises }
  return answer(200, "application/json", RECORD, value)
end

--- A list of deployments.
---@param deployments aicore.emulator.Deployment[]
---@param form aicore.emulator.Form
---@param url string  where the emulator answers
---@param count integer|nil  what it calls their count
---@param guises nil|fun(deployment: aicore.emulator.Deployment): aicore.emulator.Guise  as for record
---@return aicore.emulator.Answer
function answers.records(deployments, form, url, count, guises)
  local value = { deployments = deployments, form = form, url = url, count = count, guises = guises }
  return answer(200, "application/json", RECORDS, value)
end

--- A list of anything else.
---@param listed table[]
---@param count integer  what it calls their count
---@return aicore.emulator.Answer
function answers.list(listed, count)
  return answer(200, "application/json", LIST, { count = count, resources = listed })
end

--- Lines of a log.
---@param lines table[]
---@return aicore.emulator.Answer
function answers.lines(lines)
  return answer(200, "application/json", LINES, lines)
end

--- Plain text.
---@param status integer
---@param text string
---@return aicore.emulator.Answer
function answers.text(status, text)
  return answer(status, "text/plain", TEXT, text)
end

--- Nothing but "done".
---@return aicore.emulator.Answer
function answers.nothing()
  return { status = 204, headers = {}, content = TEXT, value = "" }
end

--- The body, for the wire.
---@param given aicore.emulator.Answer
---@return string
function answers.encode(given)
  return given.content.encode(given.value)
end

--- The body for a client in this process.
---@param given aicore.emulator.Answer
---@return any  tables, or the text of what is not sent as JSON
function answers.show(given)
  return given.content.show(given.value)
end

--- The gateway's page for a path that leads nowhere: deliberately not AI Core's JSON.
---@return aicore.emulator.Answer
function answers.nowhere()
  local page = "<html><head><title>404 Not Found</title></head><body>404 Not Found</body></html>\n"
  return answer(404, "text/html", TEXT, page)
end

---@class aicore.emulator.Refusal
---@field kind string        one of the kinds above
---@field message string
---@field details table|nil

--- AI Core's error object.
---@param refusal aicore.emulator.Refusal
---@param context { request_id: string, target: string }
---@return table
function answers.error_object(refusal, context)
  return {
    code = REFUSALS[refusal.kind].code,
    message = refusal.message,
    requestId = context.request_id,
    target = context.target,
    details = refusal.details,
  }
end

--- AI Core's error.
---@param refusal aicore.emulator.Refusal
---@param context { request_id: string, target: string }
---@return aicore.emulator.Answer
function answers.refuse(refusal, context)
  return answers.json(REFUSALS[refusal.kind].status, { error = answers.error_object(refusal, context) })
end

-- What stands in front of AI Core says.
local GATEWAY = {
  [401] = "Jwt is expired",
  [403] = "RBAC: access denied",
  [429] = "local_rate_limited",
  [502] = "<html><head><title>502 Bad Gateway</title></head><body>502 Bad Gateway</body></html>\n",
  [503] = "upstream connect error or disconnect/reset before headers. reset reason: connection termination",
  [504] = "upstream request timeout",
}

local CONTENT_TYPES = { { "^%s*[{%[]", "application/json" }, { "^%s*<", "text/html" }, { "", "text/plain" } }

local function content_type_of(body)
  for _, rule in ipairs(CONTENT_TYPES) do
    if body:find(rule[1]) then
      return rule[2]
    end
  end
end

local PAGE = "<html><head><title>%d</title></head><body>%d</body></html>\n"

-- Who speaks when a fault gives a status but no body: of the status and the call.
local VOICES = {
  gateway = function(status)
    return GATEWAY[status] or ("status %d"):format(status)
  end,
  -- AI Core itself.
  service = function(status, call)
    local refusal = { kind = answers.kinds[status] or "internal", message = "Invalid Request" }
    if status == 404 and call.id then
      refusal.message = ("%s ID %s not found"):format(resources[call.resource].word, call.id)
    end
    return { error = answers.error_object(refusal, call) }
  end,
  -- A model that AI Core passes on: its code is the HTTP status.
  model = function(status)
    local message = status == 404 and "Resource not found" or "Request failed"
    return { error = { code = ("%d"):format(status), message = message } }
  end,
  page = function(status)
    return PAGE:format(status, status)
  end,
}

--- The answer that a fault prescribes.
---@param fault aicore.emulator.Fault  with a status; a body that is a table goes into the answer as it is
---@param call aicore.emulator.Call    whom it strikes
---@return aicore.emulator.Answer
function answers.from_fault(fault, call)
  local body = fault.body or VOICES[fault.voice or "gateway"](fault.status, call)
  local is_json = type(body) == "table"
  local content_type = is_json and "application/json" or content_type_of(body)
  local made = answer(fault.status, content_type, is_json and JSON or TEXT, body)
  for name, value in pairs(fault.headers or {}) do
    made.headers[name:lower()] = tostring(value)
  end
  return made
end

return answers
