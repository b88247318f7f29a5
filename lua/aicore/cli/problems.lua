-- What went wrong: one line what, one line what to do, and an exit code.

local errors = require "aicore.model.errors"
local json = require "aicore.text.json"
local lifecycle = require "aicore.model.lifecycle"
local refusal = require "aicore.call.refusal"

local problems = {}

problems.DONE, problems.FAILED, problems.USAGE, problems.NOT_FOUND = 0, 1, 2, 3
problems.TIMED_OUT, problems.NOT_AUTHORISED, problems.INTERRUPTED = 4, 5, 130

local KINDS = {
  auth = problems.NOT_AUTHORISED,
  timeout = problems.TIMED_OUT,
  cancelled = problems.INTERRUPTED,
}

--- Does AI Core itself say that there is no such deployment?
---@param err aicore.Error
---@return boolean
function problems.is_not_found(err)
  return err.absent == true
end

--- Of a deletion that had nothing to delete, which the library takes for a success: kubectl says NotFound, too.
---@param given table  the command's options
---@param id string
---@return aicore.Error
function problems.not_there(given, id)
  local resource = given.kind or "deployments"
  return errors.new {
    kind = "http",
    operation = given.command,
    id = id,
    resource = resource,
    message = "there is no such " .. resource:sub(1, -2),
    absent = true,
  }
end

--- The exit code of an error.
---@param err aicore.Error
---@return integer
function problems.code(err)
  return problems.is_not_found(err) and problems.NOT_FOUND or KINDS[err.kind] or problems.FAILED
end

-- Advice ------------------------------------------------------------------------------------------

local function service_trouble(err)
  return (err.status or 0) >= 500
end

--- Was it a deletion of one that has to be stopped first?
local function needs_stop(err)
  return err.operation == "delete" and lifecycle.may(err.last_status, "stop")
end

--- A gateway's, or that of a model which AI Core passes on: no code of AI Core's is an HTTP status.
local function is_anothers_404(err)
  return err.status == 404 and (err.code == nil or err.code == "404")
end

local NEW_KEY =
  "the client's certificate may have expired (that of a service key lives 7 days by default): take a new key"

local BUSY = "something else is being done to it: wait a while, then run the same command again"

local STOP_FIRST = "aicorectl teardown {id} stops it first"

local NEW_SECRET =
  "look at AICORE_CLIENT_ID and AICORE_CLIENT_SECRET, or take a new service key; aicorectl login tries them"

-- The first row counts that fits in all that it names: fields of the error, a pattern in its message, or a function.
-- {id} is the deployment's.
local ADVICE = {
  {
    kind = "config",
    says = "^no .* looked in",
    'export AICORE_SERVICE_KEY="$(cat key.json)" with a service key as it was downloaded, or set '
      .. "AICORE_BASE_URL, AICORE_AUTH_URL, AICORE_CLIENT_ID and AICORE_CLIENT_SECRET; "
      .. "to try without an account: aicorectl emulator",
  },
  {
    kind = "config",
    says = "set private key file", -- libcurl's words, who does not say which of all this it is
    "is that file there? Is it PEM, and does it belong to the certificate?",
  },
  { kind = "config", says = "load PEM client certificate", "is that file there, and is it a certificate in PEM?" },
  { kind = "config", says = "setting certificate file", "is that file there? --ca-file takes authorities in PEM" },
  {
    kind = "config",
    "correct that setting: aicorectl login shows them all; man aicorectl, SETTINGS, says where each is looked for",
  },
  { kind = "cancelled", "what the service has accepted goes on there; it is safe to run the same command again" },
  { says = "[Qq]uota", "stop and delete what is no longer needed, it frees quota: aicorectl teardown --older-than 7d" },
  { status = 429, "the service asks for fewer requests: wait a while, then run the same command again" },
  { when = refusal.needs_no_stop, "delete it without stopping: aicorectl delete {id}" },
  { when = needs_stop, STOP_FIRST },
  { kind = "timeout", "--timeout 30m gives it more time; it is safe to run the same command again" },
  { says = "alert certificate expired", NEW_KEY }, -- so says the other side, where it says anything
  { says = "client certificate", NEW_KEY },
  {
    says = "certificate has expired",
    "the server's certificate has to be renewed, or this machine's clock is wrong (date)",
  },
  { says = "[Cc]ertificate", "if a company's own authority signs here, name its file by --ca-file" },
  { says = "resolve", "look at the host's name in AICORE_BASE_URL and AICORE_AUTH_URL, and at the network" },
  {
    kind = "transport",
    "look at the network, AICORE_BASE_URL and AICORE_AUTH_URL; behind a proxy, set https_proxy",
  },
  {
    operation = "login",
    status = 404,
    'no token endpoint answers there: look at AICORE_AUTH_URL ("url" in a service key)',
  },
  { operation = "login", kind = "auth", NEW_SECRET },
  { kind = "auth", code = "invalid_client", NEW_SECRET }, -- the same where others ask for it
  { kind = "auth", status = 403, "logged in, but not allowed to: look at the client's roles, and at --resource-group" },
  { kind = "auth", "the token was refused: do AICORE_BASE_URL and AICORE_AUTH_URL belong to the same service key?" },
  { when = problems.is_not_found, "look for it by: aicorectl list; another resource group: --resource-group NAME" },
  {
    when = is_anothers_404,
    'no AI API answers there: look at AICORE_BASE_URL ("AI_API_URL" in a service key)',
  },
  { when = service_trouble, "the service is in trouble: try again later; its support asks for the request id" },
  { kind = "protocol", "another service seems to answer: look at AICORE_BASE_URL and AICORE_AUTH_URL" },
  { kind = "state", operation = "find", "see which there are: aicorectl list" },
  { kind = "state", operation = "delete", STOP_FIRST },
  { kind = "state", "see what it is doing: aicorectl status {id}" },
  { status = 409, BUSY },
  { status = 423, BUSY },
  { kind = "http", "aicorectl -v shows each exchange; man aicorectl says what the arguments mean" },
}

local FIELDS = { "kind", "status", "code", "operation" }

local function fits(row, err)
  for _, field in ipairs(FIELDS) do
    if row[field] ~= nil and row[field] ~= err[field] then
      return false
    end
  end
  return not (row.says and not tostring(err.message):find(row.says)) and not (row.when and not row.when(err))
end

--- Why time was over, where that is told: what was sent was not taken, or no look has shown anything.
local function cause_of(err)
  local sent = err.last_refusal
  if sent and (sent.kind ~= "state" or sent.absent) then
    return sent
  end
  return not err.last_status and err.last_error or nil
end

-- Commands that advice names, and that are about deployments unless it is said.
local OF_A_KIND = { list = true, status = true, delete = true, teardown = true }

--- The advice for this one: with its id, and its kind where that has to be said.
local function fill(advice, err)
  advice = advice:gsub("{id}", err.id or "ID")
  if err.resource ~= "executions" then
    return advice
  end
  return (
    advice:gsub("aicorectl (%l+)", function(name)
      return OF_A_KIND[name] and "aicorectl --kind executions " .. name or nil
    end)
  )
end

--- What to do about it, in one line. Where time was over its cause counts, if there is one.
---@param err aicore.Error
---@return string
function problems.advice(err)
  local cause = err.kind == "timeout" and cause_of(err)
  if cause then
    return problems.advice(cause)
  end
  for _, row in ipairs(ADVICE) do
    if fits(row, err) then
      return fill(row[1], err)
    end
  end
  return "aicorectl -v shows each exchange"
end

-- Telling -----------------------------------------------------------------------------------------

--- Tells two lines, and the exit code.
---@param console aicore.cli.Console
---@param what string
---@param advice string
function problems.say(console, what, advice)
  console:note("aicorectl: " .. what)
  console:note("  try: " .. advice)
end

--- An error as scripts get it: its fields, without its text.
problems.plain = errors.copy

--- Prints an error where there is no result, if that was to be JSON.
---@param console aicore.cli.Console
---@param err aicore.Error|table
function problems.print(console, err)
  if console.format == "json" then
    console:print((console.streaming and json.line or json.encode) { error = problems.plain(err) })
  end
end

--- Tells of a command that ends without a result.
---@param console aicore.cli.Console
---@param err aicore.Error|table
---@param what string
---@param advice string
function problems.fail(console, err, what, advice)
  problems.print(console, err)
  problems.say(console, what, advice)
end

--- Tells what is wrong with the arguments.
---@param console aicore.cli.Console
---@param command string?  nil: there is none
---@param problem string
---@param advice string?  if not given, its --help
---@return integer exit
function problems.usage(console, command, problem, advice)
  advice = advice or ("aicorectl %s--help"):format(command and command .. " " or "")
  problems.fail(console, { kind = "usage", message = problem }, problem, advice)
  return problems.USAGE
end

--- An error on one line. Here only Ctrl-C cancels.
local function line_of(err)
  return (tostring(err):gsub("cancelled: ended by the host", "interrupted"))
end

--- Tells of the one error that there is instead of a result.
---@param console aicore.cli.Console
---@param err aicore.Error
---@param advice string?
---@return integer exit
function problems.tell(console, err, advice)
  problems.fail(console, err, line_of(err), advice or problems.advice(err))
  return problems.code(err)
end

local SHOWN = 10 -- causes, and ids of one cause

--- The errors by their causes: each { err, text, ids = of the others that failed for the same, count = of all }.
local function by_cause(list)
  local causes, known = {}, {}
  for _, err in ipairs(list) do
    local text = line_of(err)
    local key = text:gsub("request [%w-]+", "")
    key = err.id and key:gsub(err.id:gsub("%p", "%%%0"), "") or key
    local cause = known[key]
    if not cause then
      cause = { err = err, text = text, ids = {}, count = 0 }
      known[key], causes[#causes + 1] = cause, cause
    else
      cause.ids[#cause.ids + 1] = err.id
    end
    cause.count = cause.count + 1
  end
  return causes
end

--- "the same of d2, d3 and 12 more"
local function others(ids)
  local more = #ids > SHOWN and (" and %d more; -o json tells all"):format(#ids - SHOWN) or ""
  return ("the same of %s%s"):format(table.concat(ids, ", ", 1, math.min(#ids, SHOWN)), more)
end

--- Tells of what stands in the result, too, many errors as a rule: the first few causes, and each of these and every
--- advice once. The exit code is theirs if they agree on one.
---@param console aicore.cli.Console
---@param list aicore.Error[]
---@param advise (fun(err: aicore.Error): string?)?  what is to be said of one instead of the usual; nil: nothing
---@return integer exit
function problems.tell_all(console, list, advise)
  local code, advices, order, left = nil, {}, {}, 0
  for _, err in ipairs(list) do
    local own = problems.code(err)
    code = (code == nil or code == own) and own or problems.FAILED
  end
  for i, cause in ipairs(by_cause(list)) do
    if i <= SHOWN then
      console:note("aicorectl: " .. cause.text)
      if #cause.ids > 0 then
        console:note("aicorectl: " .. others(cause.ids))
      end
      local advice = advise and advise(cause.err) or problems.advice(cause.err)
      order[#order + 1] = not advices[advice] and advice or nil
      advices[advice] = true
    else
      left = left + cause.count
    end
  end
  if left > 0 then
    console:note(("aicorectl: … and %d more; -o json tells all"):format(left))
  end
  for _, advice in ipairs(order) do
    console:note("  try: " .. advice)
  end
  return code or problems.DONE
end

return problems
