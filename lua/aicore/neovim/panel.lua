--- The panel: a buffer with the list of deployments, up to date while it can be seen, and what can be done to them.

local actions = require "aicore.neovim.actions"
local advice = require "aicore.text.advice"
local aicore = require "aicore"
local buffers = require "aicore.neovim.buffers"
local columns = require "aicore.text.columns"
local errors = require "aicore.model.errors"
local filters = require "aicore.neovim.filters"
local help = require "aicore.neovim.help"
local json = require "aicore.text.json"
local lines = require "aicore.neovim.lines"
local notify = require "aicore.neovim.notify"
local options_of = require "aicore.neovim.options"
local page = require "aicore.neovim.page"
local poll = require "aicore.neovim.poll"
local questions = require "aicore.neovim.questions"
local roster = require "aicore.neovim.roster"
local timestamp = require "aicore.model.timestamp"
local view = require "aicore.neovim.view"

local NAME = "aicore://deployments"
local GONE_SECONDS = 10 -- so long is shown what is gone
local LOG_SECONDS = 24 * 3600 -- so far back go the logs
local LOG_LINES = 1000
local RECORD_BEGINS = { "id", "status", "targetStatus", "statusMessage", "scenarioId", "configurationName" }

---@class aicore.neovim.Panel
---@field options aicore.neovim.Options
---@field client aicore.Client?
---@field wanted aicore.Filter         what the list is asked for
---@field filter string                the same as the user has written it
---@field roster aicore.neovim.Roster? that finds them; nil: the next refresh begins a new one
---@field rows aicore.neovim.Row[]?    as of the last look
---@field works table<string, aicore.neovim.Work>  by id
---@field failure string?              why the last look has failed
---@field advice string?               and what to do about that
---@field at string?                   when the last one was over that has not
---@field buffer integer?
---@field view aicore.neovim.View
---@field poll aicore.neovim.Poll
local Panel = {}
Panel.__index = Panel

-- The list -----------------------------------------------------------------------------------------

--- The client, made when it is first needed: settings may come later than the editor starts. Settings that there are
--- not are told like others that do not work.
local function find_client(self)
  if self.client then
    return self.client
  end
  local sound, client, err = pcall(aicore.client, self.options.client)
  if not sound then
    return nil, errors.new { kind = "config", message = client }
  end
  self.client = client
  return client, err
end

local function forget_what_is_gone(self, now)
  for id, work in pairs(self.works) do
    if work.gone_at and now - work.gone_at > GONE_SECONDS then
      self.works[id] = nil
    end
  end
end

local function draw(self)
  local now = os.time()
  forget_what_is_gone(self, now)
  self.view:draw(lines.of({
    rows = self.rows,
    works = self.works,
    filter = self.filter,
    failure = self.failure,
    advice = self.advice,
    width = self.view:width(),
    at = self.at,
    help = self.options.keys.help,
  }, now))
end

--- The same trouble is told once, until it is over. It comes by itself, whatever the user is doing: a message of more
--- than a line would ask for a key, and the panel shows all of it.
local function tell_failure(self, err)
  local trouble = err.kind .. err.message
  if self.trouble ~= trouble then
    notify(columns.cut(tostring(err), math.max(vim.v.echospace - #"aicore: ", 1)), "ERROR")
  end
  self.failure, self.advice, self.trouble = tostring(err), advice.on(err, "editor"), trouble
  draw(self)
end

--- Is anything being done, as far as the user has asked for it here?
local function is_busy(self)
  for _, work in pairs(self.works) do
    if not work.failure and not work.gone_at then
      return true
    end
  end
  return false
end

--- A look is over. While something goes on, another one follows.
local function show(self, found, err)
  if found ~= self.roster then
    return true -- the user wants another one meanwhile; the poll goes on with that
  elseif err then
    tell_failure(self, err)
  else
    self.failure, self.advice, self.trouble = nil, nil, nil
    self.rows, self.at = found.rows, os.date "%H:%M:%S"
    draw(self)
  end
  return not is_busy(self)
end

--- What is gone is shown for a while, whoever has deleted it.
local function note(self, id, row, before)
  local work = self.works[id]
  if work and row then
    work.row = row
  elseif not row and (work or before) then
    self.works[id] = { action = work and work.action, row = work and work.row or before, gone_at = os.time() }
  end
end

--- Makes what is missing.
local function find_roster(self)
  local client, err = find_client(self)
  if client and not self.roster then
    self.roster = roster.new(client, self.wanted, function(found, look_err)
      return show(self, found, look_err)
    end)
  end
  return self.roster, err
end

local function refresh(self)
  local found, err = find_roster(self)
  if found then
    err = found:follow(function(id, row, before)
      note(self, id, row, before)
    end)
  end
  if err and found == self.roster then
    self.roster = nil
    tell_failure(self, err)
  end
end

-- Work ---------------------------------------------------------------------------------------------

--- The rows that are chosen, as far as they are in the list.
local function chosen_rows(self)
  local by_id, rows = {}, {}
  for _, row in ipairs(self.rows or {}) do
    by_id[row.id] = row
  end
  for _, id in ipairs(self.view:chosen()) do
    rows[#rows + 1] = by_id[id]
  end
  return rows
end

--- Those that it is not being done to already.
local function idle(self, name, rows)
  local others = {}
  for _, row in ipairs(rows) do
    local work = self.works[row.id]
    local is_done_to = work and work.action == name and not work.failure
    others[#others + 1] = not is_done_to and row or nil
  end
  return others
end

--- Each one's work ends: what stays is a failure, or that it is gone. Another action may have taken it over.
local function conclude(self, works, report)
  local now = os.time()
  for id, err in pairs(report.failed) do
    works[id].failure = actions.explain(err)
  end
  for _, ids in ipairs { report.deleted, report.absent } do
    for _, id in ipairs(ids) do
      works[id].gone_at = now
    end
  end
  for id, work in pairs(works) do
    if self.works[id] == work and not work.failure and not work.gone_at then
      self.works[id] = nil
    end
  end
end

--- What came of it; where the call itself went wrong, all have failed.
local function report_of(self, name, ids)
  local method, opts = actions.all[name].method, { resource_group = self.wanted.resource_group }
  local sound, report, err = pcall(self.client[method], self.client, ids, opts)
  if sound and report then
    return report
  end
  local failure = sound and err or errors.new { kind = "config", message = tostring(report) }
  local failed = {}
  for _, id in ipairs(ids) do
    failed[id] = failure
  end
  return { deleted = {}, absent = {}, stopped = {}, skipped = {}, failed = failed }
end

local function perform(self, name, rows)
  local works, ids = {}, {}
  for i, row in ipairs(rows) do
    ids[i], works[row.id] = row.id, { action = name, row = row }
    self.works[row.id] = works[row.id]
  end
  draw(self)
  self.poll:wake()
  local report = report_of(self, name, ids)
  conclude(self, works, report)
  local done, failures = actions.tell(report)
  if done then
    notify(name .. ": " .. done, "INFO")
  end
  if failures then
    notify(failures, "ERROR")
  end
  draw(self)
  self.poll:wake()
end

--- Does it to what is chosen, if the answer is yes. An answer may take its time: what another one has begun meanwhile
--- is left to that one.
local function ask_and_perform(self, name)
  local action = actions.all[name]
  local rows, complaint = actions.split(action, idle(self, name, chosen_rows(self)))
  if complaint then
    notify(complaint, "WARN")
  end
  if #rows == 0 then
    return
  end
  questions.confirm(actions.ask(action, rows, self.client.place, self.wanted.resource_group), function()
    local still = idle(self, name, rows)
    if #still > 0 then
      aicore.spawn(function()
        perform(self, name, still)
      end)
    end
  end)
end

-- Pages --------------------------------------------------------------------------------------------

local function open_page(self, kind, filetype, seconds, fetch_lines)
  local id = self.view:chosen()[1]
  if not id then
    return
  end
  local group = self.wanted.resource_group
  page.open {
    name = ("aicore://%s/%s"):format(kind, id),
    filetype = filetype,
    window = self.options.page_window,
    seconds = seconds,
    keys = self.options.keys,
    modes = self.modes,
    fetch = function()
      return fetch_lines(id, group)
    end,
  }
end

local function open_record(self)
  open_page(self, "record", "json", nil, function(id, group)
    local deployment, err = self.client:status(id, { resource_group = group })
    return deployment and vim.split(json.encode(deployment, RECORD_BEGINS), "\n"), err
  end)
end

local function log_lines(entries)
  local texts = {}
  for i = #entries, 1, -1 do
    local message = tostring(entries[i].msg):gsub("%c+", " ")
    texts[#texts + 1] = ("%s  %s"):format(tostring(entries[i].timestamp or ""), message)
  end
  return #texts > 0 and texts or { "no log lines within the last day" }
end

--- The newest lines, at the end.
local function open_logs(self)
  open_page(self, "logs", "aicorelogs", math.max(self.options.refresh, 1), function(id, group)
    local start = timestamp.format(os.time() - LOG_SECONDS)
    local options = { resource_group = group, start = start, top = LOG_LINES, order = "desc" }
    local entries, err = self.client:logs(id, options)
    return entries and log_lines(entries), err
  end)
end

-- The window ---------------------------------------------------------------------------------------

--- Lists what another filter finds.
---@param text string
---@return boolean is_understood
function Panel:set_filter(text)
  local wanted, complaint = filters.parse(text)
  if not wanted then
    notify(complaint, "ERROR")
    return false
  end
  self.wanted, self.filter, self.rows, self.roster = wanted, vim.trim(text), nil, nil
  return true
end

local function ask_for_filter(self)
  questions.input({
    prompt = "filter: ",
    default = self.filter,
    completion = "customlist,v:lua.require'aicore.neovim.completion'.complete",
  }, function(text)
    if text ~= self.filter and self:set_filter(text) then
      draw(self)
      self.poll:wake()
    end
  end)
end

local function refresh_and_forget(self)
  for id, work in pairs(self.works) do
    if work.failure or work.gone_at then
      self.works[id] = nil
    end
  end
  self.trouble, self.roster = nil, nil
  draw(self)
  self.poll:wake()
end

local function acts_of(self)
  local acts = {
    record = open_record,
    logs = open_logs,
    filter = ask_for_filter,
    refresh = refresh_and_forget,
    help = function()
      help.open(self.options.keys)
    end,
    close = buffers.close,
  }
  for name in pairs(actions.all) do
    acts[name] = function()
      ask_and_perform(self, name)
    end
  end
  for name, act in pairs(acts) do
    acts[name] = function()
      act(self)
    end
  end
  return acts
end

--- The buffer, if there is none, or none any more.
local function make_buffer(self)
  if self.buffer and vim.api.nvim_buf_is_valid(self.buffer) then
    return
  end
  self.buffer = buffers.get(NAME, "aicore", "hide")
  self.view = view.new(self.buffer)
  self.poll = poll.new {
    buffer = self.buffer,
    seconds = self.options.refresh,
    act = function()
      refresh(self)
    end,
  }
  buffers.map(self.buffer, self.options.keys, self.modes, acts_of(self))
end

--- Shows the panel.
---@param filter string?  words; nil: what it was
function Panel:open(filter)
  if filter and not self:set_filter(filter) then
    return
  end
  make_buffer(self)
  draw(self)
  if not buffers.show(self.buffer, self.options.window) then
    self.poll:wake() -- a window that is opened does so by itself
  end
end

local panel = {}

--- A panel, not shown yet.
---@param options aicore.neovim.Options  complete
---@return aicore.neovim.Panel
function panel.new(options)
  local modes = {}
  for _, action in ipairs(options_of.actions) do
    modes[action.name] = action.modes
  end
  return setmetatable({ options = options, wanted = {}, filter = "", works = {}, modes = modes }, Panel)
end

return panel
