-- Bearer tokens: issued by the login, checked by the gateway in front of the API.
-- Rule: a token is random and means nothing; what it is worth stands only in this table.

local random = require("aicore.emulator.random")

---@class aicore.emulator.Tokens
---@field private draw fun(): number
---@field private expiry table<string, number>  token -> seconds since 1970
local Tokens = {}
Tokens.__index = Tokens

--- A new token; it has the outward form of a JWT.
---@param now number       seconds since 1970
---@param lifetime number  seconds
---@return string
function Tokens:issue(now, lifetime)
  local payload, signature = random.base64url(self.draw, 120), random.base64url(self.draw, 86)
  local token = ("eyJhbGciOiJSUzI1NiJ9.eyJ%s.%s"):format(payload, signature)
  self.expiry[token] = now + lifetime
  return token
end

--- Judges an Authorization header. The messages are those of the gateway (Istio), which are no JSON.
---@param authorization string|nil
---@param now number  seconds since 1970
---@return true|nil
---@return string|nil message
function Tokens:check(authorization, now)
  local token = authorization and authorization:match("^Bearer%s+(%S+)%s*$")
  if not token then
    return nil, "Jwt is missing"
  end
  if not token:find("^[^.]+%.[^.]+%.[^.]+$") then
    return nil, "Jwt is not in the form of Header.Payload.Signature with two dots and 3 sections"
  end
  local expiry = self.expiry[token]
  if not expiry then
    return nil, "Jwt verification fails"
  end
  if now >= expiry then
    return nil, "Jwt is expired"
  end
  return true
end

--- Ends the life of every token that has been issued.
function Tokens:expire()
  for token in pairs(self.expiry) do
    self.expiry[token] = -math.huge
  end
end

local tokens = {}

---@param draw fun(): number  randomness
---@return aicore.emulator.Tokens
function tokens.new(draw)
  return setmetatable({ draw = draw, expiry = {} }, Tokens)
end

return tokens
