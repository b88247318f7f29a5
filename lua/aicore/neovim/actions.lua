--- What can be asked for: what it may be asked of, the question, and what is said when it has been done.
-- Pure, as the model is.

local errors = require "aicore.model.errors"
local lifecycle = require "aicore.model.lifecycle"
local printable = require "aicore.model.printable"
local summary = require "aicore.text.summary"

local unpack = table.unpack or unpack

local actions = {}

---@class aicore.neovim.Action
---@field method string   of a client: takes ids, returns a report
---@field question string "%s": what it is asked of
---@field may fun(row: aicore.neovim.Row): boolean
---@field refusal (fun(row: aicore.neovim.Row): string)?  why it may not

local WITHOUT_STOP = "delete it without stopping"

---@type table<string, aicore.neovim.Action>
actions.all = {
  stop = {
    method = "stop_all",
    question = "Stop %s?",
    may = function(row)
      return lifecycle.may(row.status, "stop")
    end,
    refusal = function(row)
      return lifecycle.needs_no_stop(row.status) and WITHOUT_STOP or "only what is RUNNING or PENDING can be stopped"
    end,
  },
  delete = {
    method = "delete_all",
    question = "Delete %s? It cannot be undone.",
    may = function(row)
      return lifecycle.may(row.status, "delete")
    end,
    refusal = function()
      return "it has to be stopped before; a teardown does both"
    end,
  },
  teardown = {
    method = "teardown",
    question = "Tear down %s: stop, and delete? It cannot be undone.",
    may = function()
      return true
    end,
  },
}

-- How many a question or a message names one by one.
local NAMED = 8

local function name_some(names)
  local lines = { unpack(names, 1, NAMED) }
  if #names > NAMED then
    lines[NAMED + 1] = ("  … and %d more"):format(#names - NAMED)
  end
  return table.concat(lines, "\n")
end

--- The question, with what it is about.
---@param action aicore.neovim.Action
---@param rows aicore.neovim.Row[]
---@param place aicore.Place?
---@param group string?        the resource group, if it is not the client's
---@return string
function actions.ask(action, rows, place, group)
  local names = {}
  for i, row in ipairs(rows) do
    names[i] = ("  %s  %s  %s"):format(row.id, row.status, row.scenario)
  end
  local what = #rows == 1 and "this deployment" or ("these %d deployments"):format(#rows)
  local where = place and ("\n%s in %s"):format(summary.states(rows), summary.place(place, group)) or ""
  return action.question:format(what) .. printable(where, true) .. "\n" .. name_some(names)
end

--- Splits rows into those that it may be asked of, and a complaint about the others.
---@param action aicore.neovim.Action
---@param rows aicore.neovim.Row[]
---@return aicore.neovim.Row[]
---@return string? complaint
function actions.split(action, rows)
  local fit, others = {}, {}
  for _, row in ipairs(rows) do
    if action.may(row) then
      fit[#fit + 1] = row
    else
      others[#others + 1] = ("%s is %s: %s"):format(row.id, row.status, action.refusal(row))
    end
  end
  return fit, #others > 0 and name_some(others) or nil
end

--- Why it failed, and what to do instead where that is another key.
---@param err aicore.Error
---@return string
function actions.explain(err)
  return tostring(err) .. (errors.needs_no_stop(err) and ": " .. WITHOUT_STOP or "")
end

local DONE = { "stopped", "deleted", "absent", "skipped" }

--- What is said of a report.
---@param report aicore.Report
---@return string? done      "2 stopped, 2 deleted"; nil: nothing was
---@return string? failures  one per line
function actions.tell(report)
  local done, failures = {}, {}
  for _, what in ipairs(DONE) do
    if #report[what] > 0 then
      done[#done + 1] = ("%d %s"):format(#report[what], what)
    end
  end
  for _, err in pairs(report.failed) do
    failures[#failures + 1] = actions.explain(err)
  end
  table.sort(failures)
  return #done > 0 and table.concat(done, ", ") or nil, #failures > 0 and name_some(failures) or nil
end

return actions
