--- Drives a retry machine: sends, sleeps and logs in as it says. All that it needs is passed in.

local errors = require "aicore.model.errors"

local attempts = {}

local function cancelled(last)
  local message = last and "cancelled before it was sent again: " .. last.message or "cancelled before it was sent"
  return errors.new { kind = "cancelled", message = message, status = last and last.status }
end

--- Until the machine says "done" or "fail".
---@param machine aicore.retry.Machine
---@param runtime aicore.Runtime
---@param random fun(): number
---@param send fun(): any, aicore.Error?, boolean?  one attempt; a third result says that the error
---                                 is about something else (no token), and repeating is no use
---@param renew (fun(): boolean?, aicore.Error?)?   gets another token after a 401
---@return any reply
---@return aicore.Error? err
function attempts.run(machine, runtime, random, send, renew)
  local reply, err, beside
  local action, value = machine:ready(runtime.now())
  while action ~= "fail" do
    if action == "send" then
      reply, err, beside = send()
      if beside then
        return nil, machine:abort(err, runtime.now())
      end
      action, value = machine:step(err, runtime.now(), err and random() or 0)
      if action == "done" then
        return reply
      end
    elseif action == "wait" then
      if not runtime.sleep(value) then
        return nil, machine:abort(cancelled(err), runtime.now())
      end
      action, value = machine:ready(runtime.now())
    else -- "login"
      local renewed, login_err = renew()
      if not renewed then
        return nil, machine:abort(login_err or err, runtime.now())
      end
      action = "send"
    end
  end
  return nil, value
end

--- Takes the result of a finished transfer, and tells a hook of the attempt, for logs and metrics. It gets no secrets.
---@param transfer userdata
---@param hook function?
---@param operation string
---@param id string?
---@param attempt integer
---@return any reply
---@return aicore.Error? err
function attempts.conclude(transfer, hook, operation, id, attempt)
  local info = hook and (transfer:info() or {})
  local reply, err = transfer:result()
  if hook then
    hook {
      operation = operation,
      id = id,
      attempt = attempt,
      status = info.status,
      seconds = info.seconds,
      request_id = info.request_id,
      error = err and err.kind,
    }
  end
  return reply, err and errors.new(err)
end

return attempts
