--- A terminal's screen as a picture: text with colours (ANSI escape sequences) from standard input becomes SVG.
---   tmux capture-pane -e -p | lua tools/ansi2svg.lua [--title TEXT] [--columns N] >picture.svg
--- It knows bold, dim, italic, underline, reverse, and 16, 256 and 24-bit colours; every other sequence is left out.

local CELL_WIDTH, LINE_HEIGHT, FONT_SIZE = 8.4, 18, 14
local PADDING, BAR = 14, 34
local FONTS = "ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono','Liberation Mono',monospace"
local TEXT, GROUND, FRAME, TITLE = "#d4d7dd", "#16181d", "#23262e", "#9aa0ab"

-- Colours ------------------------------------------------------------------------------------------

local BASIC = {
  [0] = "#2b2e36",
  "#f2777a",
  "#8fce7e",
  "#f0c674",
  "#7aa6f0",
  "#c792ea",
  "#6fc9d6",
  "#d4d7dd",
  "#7d8490",
  "#ff9a9c",
  "#b2e3a4",
  "#ffdf94",
  "#a3c3ff",
  "#dfb3fa",
  "#9be3ec",
  "#ffffff",
}

local STEPS = { [0] = 0, 95, 135, 175, 215, 255 }

local function hex(red, green, blue)
  return ("#%02x%02x%02x"):format(red, green, blue)
end

--- One of 256: 16 basic ones, a cube of 6 × 6 × 6, and 24 greys.
local function colour_of(number)
  if number < 16 then
    return BASIC[number]
  elseif number < 232 then
    local place = number - 16
    return hex(STEPS[math.floor(place / 36)], STEPS[math.floor(place / 6) % 6], STEPS[place % 6])
  end
  local grey = 8 + 10 * (number - 232)
  return hex(grey, grey, grey)
end

-- Escape sequences ---------------------------------------------------------------------------------

--- What "38;5;n" and "38;2;r;g;b" mean, and the place of their last number.
local function extended(codes, i)
  if codes[i + 1] == 5 then
    return colour_of(codes[i + 2] or 0), i + 2
  end
  return hex(codes[i + 2] or 0, codes[i + 3] or 0, codes[i + 4] or 0), i + 4
end

local FLAGS = { [1] = "bold", [2] = "dim", [3] = "italic", [4] = "underline", [7] = "reverse" }
local ENDS = { [22] = "bold", [23] = "italic", [24] = "underline", [27] = "reverse" }

local function apply_one(style, codes, i)
  local code = codes[i]
  local last = i
  if code == 0 then
    for name in pairs(style) do
      style[name] = nil
    end
  elseif FLAGS[code] then
    style[FLAGS[code]] = true
  elseif ENDS[code] then
    style[ENDS[code]] = nil
    style.dim = code ~= 22 and style.dim or nil
  elseif code >= 30 and code <= 37 then
    style.front = BASIC[code - 30]
  elseif code >= 90 and code <= 97 then
    style.front = BASIC[code - 82]
  elseif code >= 40 and code <= 47 then
    style.back = BASIC[code - 40]
  elseif code >= 100 and code <= 107 then
    style.back = BASIC[code - 92]
  elseif code == 38 then
    style.front, last = extended(codes, i)
  elseif code == 48 then
    style.back, last = extended(codes, i)
  elseif code == 39 then
    style.front = nil
  elseif code == 49 then
    style.back = nil
  end
  return last + 1
end

--- Applies the numbers of a sequence "ESC [ 1 ; 32 m".
local function apply(style, numbers)
  local codes = {}
  for number in (numbers == "" and "0" or numbers):gmatch "%d+" do
    codes[#codes + 1] = tonumber(number)
  end
  local i = 1
  while i <= #codes do
    i = apply_one(style, codes, i)
  end
end

local function copy(style)
  local other = {}
  for name, value in pairs(style) do
    other[name] = value
  end
  return other
end

local function count_characters(text)
  local _, count = text:gsub("[^\128-\191]", "")
  return count
end

--- The runs of a line, { text, column, width, style }. The style goes on in the next line.
local function runs_of(line, style)
  local runs, column, at = {}, 0, 1
  local function add(text)
    text = text:gsub("[%z\1-\8\11-\31\127]", "")
    if text ~= "" then
      local width = count_characters(text)
      runs[#runs + 1] = { text = text, column = column, width = width, style = copy(style) }
      column = column + width
    end
  end
  while at <= #line do
    local from, to, numbers, final = line:find("\27%[([%d;:?]*)([%a])", at)
    add(line:sub(at, (from or #line + 1) - 1))
    if final == "m" then
      apply(style, numbers)
    end
    at = (to or #line) + 1
  end
  return runs, column
end

-- SVG ----------------------------------------------------------------------------------------------

local ENTITIES = { ["&"] = "&amp;", ["<"] = "&lt;", [">"] = "&gt;" }

local function escape(text)
  return (text:gsub("[&<>]", ENTITIES))
end

local function number(value)
  return (("%.1f"):format(value):gsub("%.0$", ""))
end

local function box(run, y, fill)
  local x, width = PADDING + run.column * CELL_WIDTH, run.width * CELL_WIDTH
  return ('<rect x="%s" y="%s" width="%s" height="%d" fill="%s"/>'):format(
    number(x),
    number(y - LINE_HEIGHT + 5),
    number(width),
    LINE_HEIGHT,
    fill
  )
end

--- textLength keeps the columns in line in whatever font there is.
local function words(run, y, fill)
  local style = run.style
  local attributes = ('x="%s" y="%s" textLength="%s"'):format(
    number(PADDING + run.column * CELL_WIDTH),
    number(y),
    number(run.width * CELL_WIDTH)
  )
  local extra = (fill ~= TEXT and (' fill="%s"'):format(fill) or "")
    .. (style.bold and ' font-weight="bold"' or "")
    .. (style.italic and ' font-style="italic"' or "")
    .. (style.underline and ' text-decoration="underline"' or "")
    .. (style.dim and ' opacity="0.6"' or "")
  return ("<text %s%s>%s</text>"):format(attributes, extra, escape(run.text))
end

--- Without the blanks around it, which need no text.
local function trim(run)
  local blanks, text = run.text:match "^(%s*)(.-)%s*$"
  return { text = text, column = run.column + #blanks, width = count_characters(text), style = run.style }
end

local function draw_run(parts, run, y)
  local front, back = run.style.front or TEXT, run.style.back
  if run.style.reverse then
    front, back = back or GROUND, front
  end
  if back and back ~= GROUND then
    parts[#parts + 1] = box(run, y, back)
  end
  local visible = trim(run)
  if visible.text ~= "" then
    parts[#parts + 1] = words(visible, y, front)
  end
end

local FRAME_SVG = [[
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%d" height="%d" role="img" aria-label="%s">
<rect width="%d" height="%d" rx="8" fill="%s"/>
<path d="M0 %d V8 a8 8 0 0 1 8 -8 H%d a8 8 0 0 1 8 8 V%d Z" fill="%s"/>
<circle cx="18" cy="17" r="5.5" fill="#f2777a"/>
<circle cx="36" cy="17" r="5.5" fill="#f0c674"/>
<circle cx="54" cy="17" r="5.5" fill="#8fce7e"/>
<g font-family="%s" font-size="%d" fill="%s" xml:space="preserve" style="white-space:pre">
<text x="%d" y="22" text-anchor="middle" fill="%s">%s</text>]]

local function frame(width, height, title)
  return FRAME_SVG:format(
    width,
    height,
    width,
    height,
    escape(title):gsub('"', "&quot;"),
    width,
    height,
    GROUND,
    BAR,
    width - 8,
    BAR,
    FRAME,
    FONTS,
    FONT_SIZE,
    TEXT,
    math.floor(width / 2),
    TITLE,
    escape(title)
  )
end

--- The picture of a text.
local function picture(text, title, columns)
  local style, parts, widest, row = {}, {}, columns, 0
  for line in (text:gsub("\r", ""):gsub("%s*$", "") .. "\n"):gmatch "(.-)\n" do
    row = row + 1
    local runs, width = runs_of(line, style)
    widest = math.max(widest, width)
    for _, run in ipairs(runs) do
      draw_run(parts, run, BAR + PADDING + row * LINE_HEIGHT - 5)
    end
  end
  local width = math.ceil(widest * CELL_WIDTH + 2 * PADDING)
  local height = BAR + 2 * PADDING + row * LINE_HEIGHT
  table.insert(parts, 1, frame(width, height, title))
  parts[#parts + 1] = "</g>\n</svg>\n"
  return table.concat(parts, "\n")
end

local function options_of(words_given)
  local options = { title = "", columns = "80" }
  for i = 1, #words_given, 2 do
    local name = words_given[i]:match "^%-%-(%w+)$"
    if not options[name] or not words_given[i + 1] then
      io.stderr:write "usage: ansi2svg.lua [--title TEXT] [--columns N] <text >picture.svg\n"
      os.exit(2)
    end
    options[name] = words_given[i + 1]
  end
  return options
end

local options = options_of(arg)
io.write(picture(io.read "*a", options.title, tonumber(options.columns) or 80))
