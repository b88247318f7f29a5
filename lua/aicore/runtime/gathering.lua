--- What a gather runs: a group of functions, which workers, coroutines of the host's, take one after the other. (A
-- coroutine for each function costs more than most of them do.)
-- How a worker is begun and how a coroutine waits is the runtime's matter; this file knows no loop.
-- Of a group that is cancelled, or that is within one that is, no function is begun, and its waits end at once.

local gathering = {}

---@class aicore.Gathering
---@field functions (fun(): any)[]   may grow while they run
---@field limit integer              workers at most
---@field next integer               the function to be taken next
---@field workers integer            that were taken on; the runtime takes off those that have ended
---@field unbegun integer            those of them that the host has yet to begin
---@field results any[]              by index
---@field failure table?             { what the first that failed has raised }
---@field cancelled boolean?
---@field parent aicore.Gathering?  the group of the coroutine that gathers
---@field owner any                  by which that coroutine is woken
---@field waiting table<any, true>   by what those are woken that wait in it, or in a group within
---@field wake fun(waiter: any)

---@param fields table  functions, limit, parent, owner, wake
---@return aicore.Gathering
function gathering.new(fields)
  fields.next, fields.workers, fields.unbegun = 1, 0, 0
  fields.results, fields.waiting = {}, {}
  return fields
end

---@param group aicore.Gathering?
---@return boolean
function gathering.is_cancelled(group)
  while group do
    if group.cancelled then
      return true
    end
    group = group.parent
  end
  return false
end

--- Has it functions that may begin now or later? Those that run may still add some.
---@param group aicore.Gathering
---@return boolean
function gathering.has_more(group)
  return group.functions[group.next] ~= nil and not gathering.is_cancelled(group)
end

--- Is another worker of use? Those that the host has yet to begin take a function each.
local function has_room(group)
  local is_left = group.functions[group.next + group.unbegun] ~= nil
  return is_left and group.workers < group.limit and not gathering.is_cancelled(group)
end

--- Takes on a worker, which is to call work(), if another one is of use.
---@param group aicore.Gathering
---@return boolean
function gathering.take_on(group)
  local is_wanted = has_room(group)
  if is_wanted then
    group.workers, group.unbegun = group.workers + 1, group.unbegun + 1
  end
  return is_wanted
end

--- A coroutine is about to wait in a group, or in none. That wakes those who gather where it has added functions, as no
--- list tells of itself.
---@param group aicore.Gathering?
---@param waiter any
function gathering.enter(group, waiter)
  while group do
    group.waiting[waiter] = true
    if has_room(group) then
      group.wake(group.owner)
    end
    group = group.parent
  end
end

--- It waits no more.
---@param group aicore.Gathering?
---@param waiter any
function gathering.leave(group, waiter)
  while group do
    group.waiting[waiter] = nil
    group = group.parent
  end
end

local function cancel(group)
  group.cancelled = true
  local all = {}
  for waiter in pairs(group.waiting) do
    all[#all + 1] = waiter -- a copy: those who are woken leave
  end
  for _, waiter in ipairs(all) do
    group.wake(waiter)
  end
end

--- What a worker does: it takes one function after the other until there is none left. An error of one cancels all.
---@param group aicore.Gathering
---@param call fun(fn: fun(): any): boolean, any  as pcall
function gathering.work(group, call)
  group.unbegun = group.unbegun - 1
  while gathering.has_more(group) do
    local index = group.next
    group.next = index + 1
    local ok, result = call(group.functions[index])
    if ok then
      group.results[index] = result
    else
      group.failure = group.failure or { result }
      cancel(group)
    end
  end
end

return gathering
