--- When to log in, and when to log in again; never two logins at a time.
-- The token itself stays in the session, in C: here only its age is known.

local core = require "aicore.core"
local errors = require "aicore.model.errors"
local single_flight = require "aicore.call.single_flight"

local login = {}

---@class aicore.Login
---@field generation integer   counts the tokens: what a 401 was about
---@field renew_at number      from when on another one is needed, on the runtime's clock
---@field private caller aicore.Caller
---@field private given string|function|nil
---@field private flight aicore.SingleFlight?  the last login
local Login = {}
Login.__index = Login

--- A token is renewed this long before its end: a minute, or a tenth of a short life.
local MARGIN_SECONDS, MARGIN_SHARE = 60, 0.1

--- How a caller gets its tokens.
---@param caller aicore.Caller
---@param given string|function|nil  a ready token, a function that returns one (and for how many seconds it is good),
---                                  or nil: log in with the credentials
---@return aicore.Login
function login.new(caller, given)
  return setmetatable({ caller = caller, given = given, generation = 0, renew_at = -math.huge }, Login)
end

--- There is a new token.
local function keep(self, begun, lifetime)
  self.generation = self.generation + 1
  if lifetime then
    self.renew_at = begun + lifetime - math.min(MARGIN_SECONDS, lifetime * MARGIN_SHARE)
  else
    self.renew_at = math.huge -- nobody said: good until the service says 401
  end
end

--- A token from the user's function or from the arguments.
local function take_given(self)
  local begun, token, lifetime = self.caller.runtime.now(), self.given, nil
  if type(token) == "function" then
    token, lifetime = token()
  end
  token = type(token) == "string" and token:gsub("[\r\n]+$", "") or token -- a file's end is not part of it
  if type(token) ~= "string" or token == "" then
    local message = "the token function returned no token: " .. tostring(lifetime or token)
    return nil, errors.new { kind = "auth", message = message }
  end
  local complaint = core.check_setting("token", token)
  if complaint then
    return nil, errors.new { kind = "auth", message = "the token is unusable: " .. complaint }
  end
  if self.caller.session:closed() then -- perhaps while the function was at it
    return nil, errors.new { kind = "cancelled", message = "the client was closed" }
  end
  self.caller.session:set_token(token)
  keep(self, begun, tonumber(lifetime))
  return true
end

--- Logs in, alone and now.
---@param request aicore.Request  of the operation "login"
---@param deadline number
---@return { expires_in: number? }|nil reply
---@return aicore.Error? err
function Login:by_credentials(request, deadline)
  local begun = self.caller.runtime.now()
  local reply, err = self.caller:perform(request, deadline)
  if not reply then
    return nil, err
  end
  keep(self, begun, reply.expires_in)
  return reply
end

local function unfinished(why)
  return errors.new { kind = why, message = why .. " while logging in", operation = "login" }
end

--- A function that logs in: it outlives the coroutine that begins it.
local function log_in(self, flight, deadline)
  return function()
    local reply, err = self:by_credentials(flight.request, deadline)
    flight.ok, flight.err = reply ~= nil, err
  end
end

--- Logs in on behalf of every coroutine that needs a token meanwhile.
local function lead(self, deadline)
  local runtime = self.caller.runtime
  local flight = single_flight.new(runtime.now())
  flight.request = self.caller:request "login"
  self.flight = flight
  local waited = flight:run(runtime, log_in(self, flight, deadline))
  if not waited then
    return nil, unfinished "cancelled"
  elseif not flight.over then
    return self:obtain(deadline) -- it began too late: another coroutine has taken over
  end
  return flight.ok, flight.err
end

-- Why a leader failed may be a matter of its own: its deadline, its end.
local PERSONAL = { timeout = true, cancelled = true }

--- A token by a login that is under way, or by another one.
---@private
function Login:obtain(deadline)
  local flight = self.flight
  while flight and not flight.over do
    local why = flight:follow(self.caller.runtime, deadline, self.caller.session)
    if why then
      return nil, unfinished(why)
    elseif flight.ok or flight.over and not PERSONAL[flight.err.kind] then
      return flight.ok, flight.err
    elseif self.flight == flight then
      break -- no other coroutine has begun another one
    end
    flight = self.flight
  end
  return lead(self, deadline)
end

--- Sees to it that there is a token that will be good for a while.
---@param deadline number  on the runtime's clock
---@return boolean|nil ok
---@return aicore.Error? err
function Login:ensure(deadline)
  if self.caller.runtime.now() < self.renew_at then
    return true
  elseif self.given then
    return take_given(self)
  end
  return self:obtain(deadline)
end

--- After a 401: gets another token, unless there is one since.
---@param generation integer  of the token that was refused
---@param deadline number
---@return boolean|nil ok     nil: there is no other token to be had, see err
---@return aicore.Error? err  nil when the token is a fixed one
function Login:renew(generation, deadline)
  if type(self.given) == "string" then
    return nil
  elseif self.generation == generation then
    self:expire()
  end
  return self:ensure(deadline)
end

--- The token counts as old from here on: the next call gets another.
function Login:expire()
  self.renew_at = -math.huge
end

return login
