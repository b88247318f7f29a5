--- When to log in, and when to log in again; never two logins at a time.
-- The token itself stays in the session, in C: here only its age is known.

local core = require "aicore.core"
local errors = require "aicore.errors"

local auth = {}

---@class aicore.Auth
---@field generation integer  counts the tokens: what a 401 was about
local Auth = {}
Auth.__index = Auth

--- A token is renewed this long before its end: a minute, or a tenth of a short life.
local MARGIN_SECONDS, MARGIN_SHARE = 60, 0.1

--- How a session gets its tokens.
---@param session userdata
---@param runtime aicore.Runtime
---@param token string|function|nil  a ready token, a function that returns one (and for how many
---                                   seconds it is good), or nil: log in with the credentials
---@return aicore.Auth
function auth.new(session, runtime, token)
  return setmetatable({
    session = session,
    runtime = runtime,
    token = token,
    generation = 0,
    renew_at = -math.huge,
  }, Auth)
end

function Auth:keep(begun, lifetime)
  self.generation = self.generation + 1
  if lifetime then
    self.renew_at = begun + lifetime - math.min(MARGIN_SECONDS, lifetime * MARGIN_SHARE)
  else
    self.renew_at = math.huge -- nobody said: good until the service says 401
  end
  return true
end

--- A token from the caller's function or from the arguments.
function Auth:take_ready()
  local begun, token, lifetime = self.runtime.now(), self.token, nil
  if type(token) == "function" then
    token, lifetime = token()
  end
  if type(token) ~= "string" or token == "" then
    return nil,
      errors.new {
        kind = "auth",
        message = "the token function returned no token: " .. tostring(lifetime or token),
      }
  end
  self.session:set_token(token)
  return self:keep(begun, tonumber(lifetime))
end

--- Takes the result of the login in flight, once; everybody who waited shares it.
local function settle(self, login)
  if login.settled then
    return
  end
  login.settled = true
  self.login = nil
  local reply, err = login.transfer:result()
  if reply then
    self:keep(login.begun, reply.expires_in)
    login.ok = true
  else
    login.err = errors.new(err)
  end
end

--- Joins the login in flight, or begins one.
function Auth:log_in(deadline)
  local now = self.runtime.now()
  if deadline - now <= 0 then
    return nil, errors.new { kind = "timeout", message = "no time left to log in", operation = "login" }
  end
  local login = self.login
  if not login then
    local transfer, err = core.start(self.session, "login", { timeout = deadline - now })
    if not transfer then
      return nil, errors.new(err)
    end
    login = { transfer = transfer, begun = now }
    self.login = login
  end
  local why = self.runtime.await(self.session, login.transfer, deadline)
  if why then
    return nil, errors.new { kind = why, message = why .. " while logging in", operation = "login" }
  end
  settle(self, login)
  return login.ok, login.err
end

--- Sees to it that there is a token that will be good for a while.
---@param deadline number  on the runtime's clock
---@return boolean|nil ok
---@return aicore.Error? err
function Auth:ensure(deadline)
  if self.runtime.now() < self.renew_at then
    return true
  end
  if self.token then
    return self:take_ready()
  end
  return self:log_in(deadline)
end

--- After a 401: gets another token, unless somebody did so since.
---@param generation integer  of the token that was refused
---@param deadline number
---@return boolean|nil ok     nil: there is no other token to be had, see err
---@return aicore.Error? err  nil when the token is a fixed one
function Auth:renew(generation, deadline)
  if type(self.token) == "string" then
    return nil
  end
  if self.generation == generation then
    self.renew_at = -math.huge
  end
  return self:ensure(deadline)
end

return auth
