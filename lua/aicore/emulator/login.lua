-- The token endpoint, as XSUAA's: client credentials in the form, in HTTP Basic, or in a client certificate.
-- Rule: OAuth's own error shape, not AI Core's; a secret is compared and forgotten.

local answers = require "aicore.emulator.answers"
local parameters = require "aicore.emulator.parameters"

local login = {}

local DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"

local function base64_decode(text)
  local bytes, bits, count = {}, 0, 0
  for digit in text:gsub("=+$", ""):gmatch "." do
    local value = DIGITS:find(digit, 1, true)
    if not value then
      return nil
    end
    bits, count = bits * 64 + value - 1, count + 6
    if count >= 8 then
      count = count - 8
      local unit = 2 ^ count
      bytes[#bytes + 1] = string.char(math.floor(bits / unit))
      bits = bits % unit
    end
  end
  return table.concat(bytes)
end

-- RFC 6749, 2.3.1: inside Basic, id and secret are form-encoded once more.
local function from_basic(authorization)
  local encoded = authorization and authorization:match "^[Bb]asic%s+(%S+)$"
  local id, secret = (encoded and base64_decode(encoded) or ""):match "^([^:]*):(.*)$"
  if id then
    return parameters.unescape(id), parameters.unescape(secret)
  end
end

local function credentials(form, authorization)
  local id, secret = from_basic(authorization)
  if id then
    return id, secret
  end
  return form.client_id and form.client_id[1], form.client_secret and form.client_secret[1]
end

local function given(text)
  return text ~= nil and text ~= ""
end

-- A certificate that has passed the handshake stands for the secret, but a secret that is sent must be right.
local function accepted(id, secret, certificate, expected)
  if not given(id) or (expected.client_id and id ~= expected.client_id) then
    return false
  end
  if given(secret) then
    return expected.client_secret == nil or secret == expected.client_secret
  end
  return certificate == true
end

local function refuse(status, code, description)
  return answers.json(status, { error = code, error_description = description })
end

local function problem_of(form)
  local grant = form.grant_type and form.grant_type[1]
  if not given(grant) then
    return refuse(400, "invalid_request", "Missing grant type")
  end
  if grant ~= "client_credentials" then
    return refuse(400, "unsupported_grant_type", "Unsupported grant type: " .. grant)
  end
end

--- Answers POST /oauth/token.
---@param context aicore.emulator.Context
---@return aicore.emulator.Answer
function login.run(context)
  local form = context.media_type == "application/x-www-form-urlencoded" and parameters.parse(context.text) or {}
  local problem = problem_of(form)
  if problem then
    return problem
  end
  local id, secret = credentials(form, context.authorization)
  if not accepted(id, secret, context.certificate, context.credentials) then
    return refuse(401, "invalid_client", "Bad credentials")
  end
  local lifetime = context.settings.token_lifetime
  context.journal:note { what = "login", id = id, time = context.now, request_id = context.request_id }
  return answers.json(200, {
    access_token = context.tokens:issue(context.now, lifetime),
    token_type = "bearer",
    expires_in = math.floor(lifetime),
    scope = "uaa.resource",
    jti = (context.request_id:gsub("-", "")),
  })
end

return login
