-- Answers in the three voices a client hears: AI Core's JSON, its JSON errors, and the gateway's text and HTML.
-- Rule: an answer is a table { status, headers, body }; nothing is sent here.

local json = require "aicore.emulator.json"

local answers = {}

---@class aicore.emulator.Answer
---@field status integer
---@field headers table<string, string>  names in lower case
---@field body string
---@field cut boolean|nil  lose the connection in the middle of the body

-- Codes 01010016 and 01010076 have been seen in answers of AI Core; the others are made up.
local REFUSALS = {
  malformed = { status = 400, code = "01010001" },
  not_supported = { status = 400, code = "01010002" },
  configuration = { status = 400, code = "01010009" },
  not_synchronised = { status = 400, code = "01010076" },
  not_found = { status = 404, code = "01010016" },
  method = { status = 405, code = "01010005" },
  state = { status = 412, code = "01010077" },
  media_type = { status = 400, code = "01010015" }, -- 415 is not in the description
  internal = { status = 500, code = "01010500" },
}

local function answer(status, content_type, body)
  return { status = status, headers = { ["content-type"] = content_type }, body = body }
end

--- JSON; a string is taken as encoded already.
---@param status integer
---@param value table|string
---@return aicore.emulator.Answer
function answers.json(status, value)
  return answer(status, "application/json", type(value) == "string" and value or json.encode(value))
end

--- Plain text.
---@param status integer
---@param text string
---@return aicore.emulator.Answer
function answers.text(status, text)
  return answer(status, "text/plain", text)
end

--- The gateway's page for a path that leads nowhere: deliberately not AI Core's JSON.
---@return aicore.emulator.Answer
function answers.nowhere()
  return answer(404, "text/html", "<html><head><title>404 Not Found</title></head><body>404 Not Found</body></html>\n")
end

---@class aicore.emulator.Refusal
---@field kind string        one of the kinds above
---@field message string
---@field details table|nil

--- AI Core's error object.
---@param refusal aicore.emulator.Refusal
---@param context { request_id: string, request: { path: string } }
---@return table
function answers.error_object(refusal, context)
  return {
    code = REFUSALS[refusal.kind].code,
    message = refusal.message,
    requestId = context.request_id,
    target = context.request.path,
    details = refusal.details,
  }
end

--- AI Core's error.
---@param refusal aicore.emulator.Refusal
---@param context { request_id: string, request: { path: string } }
---@return aicore.emulator.Answer
function answers.refuse(refusal, context)
  return answers.json(REFUSALS[refusal.kind].status, { error = answers.error_object(refusal, context) })
end

-- What stands in front of AI Core says when a fault gives a status but no body.
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

--- The answer that a fault prescribes.
---@param fault aicore.emulator.Fault  with a status
---@return aicore.emulator.Answer
function answers.from_fault(fault)
  local body = fault.body or GATEWAY[fault.status] or ("status %d"):format(fault.status)
  if type(body) == "table" then
    body = json.encode(body)
  end
  local made = answer(fault.status, content_type_of(body), body)
  for name, value in pairs(fault.headers or {}) do
    made.headers[name:lower()] = tostring(value)
  end
  return made
end

return answers
