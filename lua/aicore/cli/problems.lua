-- What went wrong: one line what, one line what to do, and an exit code.

local advice_on = require("aicore.text.advice").on
local errors = require "aicore.model.errors"
local json = require "aicore.text.json"
local merged = require "aicore.model.merged"

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
local function fill(words, err)
  words = words:gsub("{id}", err.id or "ID")
  if err.resource ~= "executions" then
    return words
  end
  return (
    words:gsub("aicorectl (%l+)", function(name)
      return OF_A_KIND[name] and "aicorectl --kind executions " .. name or nil
    end)
  )
end

--- What to do about it, in one line. Where time was over its cause counts, if there is one.
---@param err aicore.Error
---@return string
function problems.advice(err)
  err = err.kind == "timeout" and cause_of(err) or err
  return fill(advice_on(err, "command"), err)
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
problems.plain = merged

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
