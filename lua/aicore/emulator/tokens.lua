-- Bearer tokens: issued by the login, checked by the gateway in front of the API.
-- Rule: a token is random and means nothing; what it is worth stands only in this table.

local random = require "aicore.emulator.random"

---@class aicore.emulator.Tokens
---@field private draw fun(): number
---@field private expiry table<string, number>  token -> seconds since 1970
local Tokens = {}
Tokens.__index = Tokens

-- base64url without padding, for texts whose length is a multiple of three.
local function base64url(text)
  return (
    text:gsub("(.)(.)(.)", function(a, b, c)
      local bits, characters = (a:byte() * 256 + b:byte()) * 256 + c:byte(), ""
      for _ = 1, 4 do
        local at = bits % 64 + 1
        characters, bits = random.BASE64URL:sub(at, at) .. characters, math.floor(bits / 64)
      end
      return characters
    end)
  )
end

-- Blanks between the fields of JSON bring any text to such a length.
local function padded(json)
  return json:sub(1, -2) .. (" "):rep(-#json % 3) .. "}"
end

local HEADER = base64url(padded('{"alg":"RS256","typ":"JWT"}'))

--- A new token: in form a JWT, as SAP's own clients look into theirs.
---@param now number       seconds since 1970
---@param lifetime number  seconds
---@return string
function Tokens:issue(now, lifetime)
  local claims = ('{"jti":"%s","iat":%.0f,"exp":%.0f}'):format(random.hex(self.draw, 32), now, now + lifetime)
  local token = ("%s.%s.%s"):format(HEADER, base64url(padded(claims)), random.base64url(self.draw, 86))
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
  local expiry = self.expiry[token]
  if not expiry then
    local has_form = token:find("^[^.]+%.[^.]+%.[^.]+$")
    return nil,
      has_form and "Jwt verification fails"
        or "Jwt is not in the form of Header.Payload.Signature with two dots and 3 sections"
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
