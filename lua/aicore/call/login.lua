--- When to log in, and when to log in again; never two logins at a time.
-- The token itself stays in the session, in C: here only its age is known.

local attempts = require "aicore.call.attempts"
local core = require "aicore.core"
local errand = require "aicore.call.single_flight"
local errors = require "aicore.model.errors"
local retry = require "aicore.call.retry"

local auth = {}

---@class aicore.Auth
---@field generation integer  counts the tokens: what a 401 was about
---@field logins integer      counts the requests
---@field on_attempt function?
local Auth = {}
Auth.__index = Auth

--- A token is renewed this long before its end: a minute, or a tenth of a short life.
local MARGIN_SECONDS, MARGIN_SHARE = 60, 0.1

--- How a session gets its tokens.
---@param session userdata
---@param runtime aicore.Runtime
---@param budget aicore.retry.Budget
---@param token string|function|nil  a ready token, a function that returns one (and for how many
---                                   seconds it is good), or nil: log in with the credentials
---@param on_attempt function?  told of every login, as of every other exchange
---@return aicore.Auth
function auth.new(session, runtime, budget, token, on_attempt)
  return setmetatable({
    session = session,
    runtime = runtime,
    budget = budget,
    token = token,
    on_attempt = on_attempt,
    generation = 0,
    logins = 0,
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

--- One attempt to log in.
local function try_login(self, login, attempt, deadline)
  local begun = self.runtime.now()
  local transfer, err = core.start(self.session, "login", { timeout = math.max(deadline - begun, 0.001) })
  if not transfer then
    return nil, errors.new(err)
  end
  self.logins = self.logins + 1
  login.transfer = transfer
  local why = self.runtime.await(self.session, transfer)
  login.transfer = nil
  if why then
    transfer:cancel()
    return nil, errors.new { kind = why, message = "ended by the host", operation = "login" }
  end
  local reply
  reply, err = attempts.conclude(transfer, self.on_attempt, "login", nil, attempt)
  if not reply then
    return nil, err
  end
  return self:keep(begun, reply.expires_in)
end

local function unfinished(why)
  return errors.new { kind = why, message = why .. " while logging in", operation = "login" }
end

--- Logs in on behalf of everybody who needs a token meanwhile.
local function lead(self, deadline)
  local login = errand.new(self.runtime.now())
  self.login = login
  local waited = login:run(self.runtime, function()
    local machine = retry.new { kind = "login", deadline = deadline, budget = self.budget }
    login.ok, login.err = attempts.run(machine, self.runtime, core.random, function()
      return try_login(self, login, machine.attempts + 1, deadline)
    end)
  end)
  if not waited then
    return nil, unfinished "cancelled"
  elseif not login.over then
    return self:log_in(deadline) -- it began too late: another one has taken over
  end
  return login.ok, login.err
end

-- How often a follower looks while the leader sleeps between two attempts, in seconds.
local GLANCE = 0.02

--- Waits until somebody else's login is over, or abandoned; otherwise says why not.
local function follow(self, login, deadline)
  local runtime = self.runtime
  while not login.over and not login:is_abandoned(runtime.now()) do
    local why
    if runtime.now() >= deadline then
      why = "timeout"
    elseif login.transfer and not login.transfer:finished() then
      why = runtime.await(self.session, login.transfer, deadline)
    elseif not runtime.sleep(GLANCE) then
      why = "cancelled"
    end
    if why then
      return why
    end
  end
end

-- Why a leader failed may be a matter of its own: its deadline, its end.
local PERSONAL = { timeout = true, cancelled = true }

function Auth:log_in(deadline)
  local login = self.login
  while login and not login.over do
    local why = follow(self, login, deadline)
    if why then
      return nil, unfinished(why)
    elseif login.ok or login.over and not PERSONAL[login.err.kind] then
      return login.ok, login.err
    elseif self.login == login then
      break -- nobody else has begun another one
    end
    login = self.login
  end
  return lead(self, deadline)
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
