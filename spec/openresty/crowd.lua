-- luacheck: globals ngx
--- What crowd_spec.lua runs inside nginx: each question is asked in the request that brings it, and its answer says
--- what was asked, so that one that was mixed up with another is found out.

local aicore = require "aicore"
local cjson = require "cjson"

local crowd = {}

-- How many questions have been begun.
local begun = 0

--- In init_by_lua.
function crowd.init(url)
  crowd.client = assert(aicore.client { base_url = url, auth_url = url, client_id = "me", client_secret = "x" })
end

local function outcome(result, err)
  if result == nil then
    return err.kind, err.id
  elseif result == true then
    return "GONE"
  end
  return result.status, result.id
end

-- question -> (id) -> the outcome in a word, the id that it is about
local QUESTIONS = {}

function QUESTIONS.status(id)
  return outcome(crowd.client:status(id))
end

function QUESTIONS.running(id)
  return outcome(crowd.client:wait(id, "RUNNING", { timeout = 20 }))
end

--- It will not be: the wait ends at its deadline.
function QUESTIONS.stopped(id)
  return outcome(crowd.client:wait(id, "STOPPED", { timeout = 0.5 }))
end

function QUESTIONS.gone(id)
  return outcome(crowd.client:wait(id, "GONE", { timeout = 20 }))
end

--- Of one of its own.
function QUESTIONS.teardown()
  local created = assert(crowd.client:create "conf-1")
  local report = assert(crowd.client:teardown(created.id, { timeout = 20, appear = 0 }))
  return report.deleted[1] == created.id and "DELETED" or tostring(select(2, next(report.failed)))
end

--- For longer than anybody waits.
function QUESTIONS.long(id)
  return outcome(crowd.client:wait(id, "STOPPED", { timeout = 600 }))
end

--- content_by_lua
function crowd.ask(question, id)
  begun = begun + 1
  local word, about = QUESTIONS[question](id)
  ngx.print(("%s of %s"):format(word, about or id))
end

--- content_by_lua: what is held in this worker.
function crowd.state()
  collectgarbage()
  collectgarbage()
  ngx.print(cjson.encode { begun = begun, kilobytes = collectgarbage "count" })
end

return crowd
