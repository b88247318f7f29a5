-- Text in columns, and how wide it is. Pure.

local printable = require "aicore.model.printable"

local columns = {}

--- How many columns of the screen a text takes: one per character, which is so for all that the service allows in its
--- names, whatever the language.
---@param text string  UTF-8
---@return integer
function columns.width(text)
  if not text:find "[\128-\255]" then
    return #text
  end
  local _, characters = text:gsub("[^\128-\191]", "")
  return characters
end

local ELLIPSIS, GAP = "\226\128\166", "   "

--- As much of the text's beginning as is so wide.
local function beginning(text, width)
  local parts = {}
  for character in text:gmatch "[^\128-\191][\128-\191]*" do
    if #parts == width then
      break
    end
    parts[#parts + 1] = character
  end
  return table.concat(parts)
end

--- The text, or its beginning and "…" where it is wider.
---@param text string  UTF-8
---@param width integer  at least 1
---@return string
function columns.cut(text, width)
  if columns.width(text) <= width then
    return text
  end
  return beginning(text, width - 1) .. ELLIPSIS
end

--- The text on lines of this width, broken between words, and within what is wider than a line.
---@param text string  UTF-8
---@param width integer  at least 1
---@return string[] lines
function columns.wrap(text, width)
  local lines, line = {}, ""
  for word in text:gmatch "%S+" do
    if line ~= "" and columns.width(line) + 1 + columns.width(word) > width then
      lines[#lines + 1], line = line, ""
    end
    line = line == "" and word or line .. " " .. word
    while columns.width(line) > width do
      local first = beginning(line, width)
      lines[#lines + 1], line = first, line:sub(#first + 1)
    end
  end
  lines[#lines + 1] = line ~= "" and line or nil
  return lines
end

-- What a column needs at least to say anything; the first one says what a row is about.
local LEAST, FIRST_LEAST = 6, 20

--- How many columns there is room for, from the first; what is left for them; and the sign that others are left out.
local function fitting(widths, room)
  local needs = {}
  for i, width in ipairs(widths) do
    local least = math.min(width, i == 1 and FIRST_LEAST or LEAST)
    needs[i] = (needs[i - 1] and needs[i - 1] + #GAP or 0) + least
  end
  if needs[#widths] <= room then
    return #widths, room
  end
  for count = #widths - 1, 1, -1 do
    if needs[count] + #GAP + 1 <= room then
      return count, room - #GAP - 1, ELLIPSIS
    end
  end
  return 1, room
end

--- Takes from the widest columns until all fit; from the first last.
local function squeeze(widths, room)
  local total = (#widths - 1) * #GAP
  for _, width in ipairs(widths) do
    total = total + width
  end
  while total > room do
    local widest = #widths > 1 and 2 or 1
    for i = widest, #widths do
      widest = widths[i] > widths[widest] and i or widest
    end
    widest = widths[widest] > LEAST and widest or 1
    if widths[widest] <= 1 then
      return
    end
    widths[widest], total = widths[widest] - 1, total - 1
  end
end

--- Lines with every column as wide as its widest cell; the last one is not padded. Cells are made printable. Where
--- there is no room, cells are cut; rather than to nothing, the last columns are left out, "…" in their place.
---@param rows any[][]
---@param paint (fun(text: string, row: integer, column: integer): string)?  may colour a cell, not make it wider
---@param room integer?  how wide a line may be; nil: as wide as it likes
---@return string[] lines
function columns.align(rows, paint, room)
  local widths, texts, lines = {}, {}, {}
  for number, row in ipairs(rows) do
    texts[number] = {}
    for i, cell in ipairs(row) do
      texts[number][i] = printable(cell)
      widths[i] = math.max(widths[i] or 0, columns.width(texts[number][i]))
    end
  end
  local count, all, sign = #widths, #widths, nil
  if room and all > 0 then
    count, room, sign = fitting(widths, room)
    for i = count + 1, all do
      widths[i] = nil
    end
    squeeze(widths, room)
  end
  for number, row in ipairs(texts) do
    local cells = {}
    for i = 1, math.min(count, #row) do
      local cell = columns.cut(row[i], widths[i])
      local padding = (i < count or sign) and i < #row and (" "):rep(widths[i] - columns.width(cell)) or ""
      cells[i] = (paint and paint(cell, number, i) or cell) .. padding
    end
    cells[#cells + 1] = count < #row and sign or nil
    lines[number] = table.concat(cells, GAP)
  end
  return lines
end

return columns
