--- The text of the panel: from rows, and what goes on, to lines with colours. Pure.
-- A mark is { from, to, group }, columns counted in bytes from 0, as the editor counts them. Marks are a function: most
-- lines of ten thousand are as they were, and then the view does not ask for theirs.

local duration = require "aicore.text.duration"
local lifecycle = require "aicore.model.lifecycle"
local listing = require "aicore.neovim.listing"
local text_columns = require "aicore.text.columns"

local width = text_columns.width

local lines = {}

---@class aicore.neovim.Line
---@field text string
---@field marks fun(): table[]
---@field id string?  of the deployment that it shows

local function trim_end(text)
  return text:match ".*%S" or ""
end

--- The marks of pieces { text, group }, one behind the other.
local function marks_of(pieces)
  local marks, at = {}, 0
  for _, piece in ipairs(pieces) do
    local text, group = piece[1], piece[2]
    if group and text ~= "" then
      marks[#marks + 1] = { at, at + #trim_end(text), group }
    end
    at = at + #text
  end
  return marks
end

local function new_line(pieces)
  local texts = {}
  for i, piece in ipairs(pieces) do
    texts[i] = piece[1]
  end
  return {
    text = trim_end(table.concat(texts)),
    marks = function()
      return marks_of(pieces)
    end,
  }
end

-- The head -----------------------------------------------------------------------------------------

---@class aicore.neovim.Shown
---@field rows aicore.neovim.Row[]?  nil: no list has come yet
---@field works table<string, aicore.neovim.Work>
---@field filter string
---@field failure string?            why the last list did not come
---@field advice string?             and what to do about that
---@field width integer?             columns of the window; nil: any number
---@field at string?                 the time of day of the last list
---@field help string|false          the key of the help

local GAP = "  "

--- "7 RUNNING, 3 STOPPED", in the order of the API description.
local function count_by_status(rows)
  local counts, words, order = {}, {}, {}
  for _, status in ipairs(lifecycle.statuses) do
    order[#order + 1], counts[status] = status, 0
  end
  for _, row in ipairs(rows) do
    if not counts[row.status] then
      order[#order + 1], counts[row.status] = row.status, 0
    end
    counts[row.status] = counts[row.status] + 1
  end
  for _, status in ipairs(order) do
    if counts[status] > 0 then
      words[#words + 1] = ("%d %s"):format(counts[status], status)
    end
  end
  return table.concat(words, ", ")
end

local function summary(shown)
  if not shown.rows then
    return shown.failure and "nothing is known yet" or "asking for the list …"
  elseif #shown.rows == 0 then
    return shown.filter == "" and "no deployments" or "no deployments that the filter finds"
  end
  local noun = #shown.rows == 1 and "deployment" or "deployments"
  return ("%d %s: %s"):format(#shown.rows, noun, count_by_status(shown.rows))
end

--- What has failed, and what to do: as many lines as that takes, but for the one that stays empty otherwise.
local function add_failure(all, shown)
  local room = shown.width or math.huge
  for _, line in ipairs(text_columns.wrap(shown.failure or "", room)) do
    all[#all + 1] = new_line { { line, "AICoreError" } }
  end
  for _, line in ipairs(text_columns.wrap(shown.advice and "try: " .. shown.advice or "", room)) do
    all[#all + 1] = new_line { { line } }
  end
  all[#all + 1] = not shown.failure and new_line {} or nil
end

local function head_lines(shown)
  local filtered = shown.filter ~= ""
  local all = {
    new_line {
      { "SAP AI Core", "AICoreTitle" },
      { GAP .. summary(shown) .. GAP },
      { shown.at and "at " .. shown.at or "", "AICoreQuiet" },
    },
    new_line {
      { "filter: ", "AICoreQuiet" },
      { filtered and shown.filter or "none", filtered and "AICoreFilter" or "AICoreQuiet" },
      { shown.help and "    " .. shown.help .. " help" or "", "AICoreQuiet" },
    },
  }
  add_failure(all, shown)
  return all
end

-- The rows -----------------------------------------------------------------------------------------

local COLUMNS = {
  { "id", "ID" },
  { "status", "STATUS" },
  { "target", "TARGET" },
  { "now", "NOW" }, -- left out while nothing goes on
  { "age", "AGE" },
  { "scenario", "SCENARIO" },
  { "configuration", "CONFIGURATION" },
}

--- A column as wide as its longest cell, all of them padded; most cells are like others.
local function fit_column(name, title, cells)
  local padded, widest = {}, 0
  for i = 1, #cells do
    local text = cells[i][name]
    if not padded[text] then
      padded[text] = width(text)
      widest = math.max(widest, padded[text])
    end
  end
  local column = { name = name, title = title, width = math.max(#title, widest), is_empty = widest == 0 }
  for text, columns in pairs(padded) do
    padded[text] = text .. (" "):rep(column.width - columns) .. GAP
  end
  column.padded = padded
  return column
end

local function fit_columns(cells)
  local columns = {}
  for _, column in ipairs(COLUMNS) do
    local fitted = fit_column(column[1], column[2], cells)
    if not (fitted.is_empty and fitted.name == "now") then
      columns[#columns + 1] = fitted
    end
  end
  return columns
end

local function title_line(columns)
  local pieces = { { GAP } }
  for _, column in ipairs(columns) do
    local title = column.title
    pieces[#pieces + 1] = { title .. (" "):rep(column.width - #title) .. GAP, "AICoreHead" }
  end
  return new_line(pieces)
end

local function cells_of(row, now, words)
  return {
    id = row.id,
    status = row.status,
    target = row.target or "",
    now = words or "",
    scenario = row.scenario,
    configuration = row.configuration,
    age = row.created and duration.format(now - row.created) or "?",
  }
end

--- The group of a status: AICoreRunning, AICoreDead, …
---@param status string
---@return string
function lines.status_group(status)
  local word = lifecycle.known(status) and status or lifecycle.NO_NEWS
  return "AICore" .. word:sub(1, 1) .. word:sub(2):lower()
end

--- The group of a cell; nil: as the text is.
local function cell_group(name, row, work)
  if work and work.gone_at then
    return "AICoreGone"
  elseif name == "status" then
    return lines.status_group(row.status)
  elseif name == "target" then
    return row.target == row.status and "AICoreQuiet" or "AICoreTarget"
  elseif name == "age" then
    return "AICoreQuiet"
  end
end

--- What stands behind the columns: why something failed, or why one has died.
local function remark(row, work)
  return work and work.failure or row.why
end

local function row_pieces(row, cells, columns, work, group)
  local pieces = { { cells.now ~= "" and "* " or GAP, group } }
  for i, column in ipairs(columns) do
    local name = column.name
    pieces[i + 1] = { column.padded[cells[name]], name == "now" and group or cell_group(name, row, work) }
  end
  pieces[#pieces + 1] = { remark(row, work) or "", group or "AICoreQuiet" }
  return pieces
end

local function row_line(row, cells, columns, work, group)
  local texts = { cells.now ~= "" and "* " or GAP }
  for i, column in ipairs(columns) do
    texts[i + 1] = column.padded[cells[column.name]]
  end
  texts[#texts + 1] = remark(row, work)
  return {
    id = row.id,
    text = trim_end(table.concat(texts)),
    marks = function()
      return marks_of(row_pieces(row, cells, columns, work, group))
    end,
  }
end

--- The rows of the list and, among them, those that it does not show (any more) but that the user waits for, or that
--- are gone, which is worth telling.
---@param rows aicore.neovim.Row[]
---@param works table<string, aicore.neovim.Work>
---@return aicore.neovim.Row[] all
---@return table<string, boolean> listed  by id
local function with_unlisted(rows, works)
  local all, listed = {}, {}
  for i, row in ipairs(rows) do
    all[i], listed[row.id] = row, true
  end
  for id, work in pairs(works) do
    if not listed[id] and not work.failure then
      all[#all + 1] = work.row
    end
  end
  if #all > #rows then
    listing.sort(all)
  end
  return all, listed
end

-- All of it ----------------------------------------------------------------------------------------

--- All lines of the panel.
---@param shown aicore.neovim.Shown
---@param now number  s since the epoch
---@return aicore.neovim.Line[]
function lines.of(shown, now)
  local rows, listed = with_unlisted(shown.rows or {}, shown.works)
  local cells, groups = {}, {}
  for i, row in ipairs(rows) do
    local words
    words, groups[i] = listing.progress(shown.works[row.id], row, listed[row.id])
    cells[i] = cells_of(row, now, words)
  end
  local columns, all = fit_columns(cells), head_lines(shown)
  all[#all + 1] = title_line(columns)
  for i, row in ipairs(rows) do
    all[#all + 1] = row_line(row, cells[i], columns, shown.works[row.id], groups[i])
  end
  return all
end

return lines
