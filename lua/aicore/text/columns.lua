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

--- The text, or its beginning and "…" where it is wider.
---@param text string  UTF-8
---@param width integer  at least 1
---@return string
function columns.cut(text, width)
  if columns.width(text) <= width then
    return text
  end
  local parts, left = {}, width - 1
  for character in text:gmatch "[^\128-\191][\128-\191]*" do
    if left == 0 then
      break
    end
    parts[#parts + 1], left = character, left - 1
  end
  return table.concat(parts) .. ELLIPSIS
end

--- Takes from the widest columns until all fit; from the first, which says what a row is about, last.
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
    widest = widths[widest] > 1 and widest or 1
    if widths[widest] <= 1 then
      return
    end
    widths[widest], total = widths[widest] - 1, total - 1
  end
end

--- Lines with every column as wide as its widest cell; the last one is not padded. Cells are made printable.
---@param rows any[][]
---@param paint (fun(text: string, row: integer, column: integer): string)?  may colour a cell, not make it wider
---@param room integer?  how wide a line may be: cells are cut; nil: as wide as it likes
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
  if room then
    squeeze(widths, room)
  end
  for number, row in ipairs(texts) do
    local cells = {}
    for i, cell in ipairs(row) do
      cell = columns.cut(cell, widths[i])
      local padding = i < #row and (" "):rep(widths[i] - columns.width(cell)) or ""
      cells[i] = (paint and paint(cell, number, i) or cell) .. padding
    end
    lines[number] = table.concat(cells, GAP)
  end
  return lines
end

return columns
