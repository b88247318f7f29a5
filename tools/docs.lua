-- Makes the sources of the reference from the annotations (LuaCATS) of the public modules:   lua5.4 tools/docs.lua DIR
-- LDoc knows tags of its own; here each annotated function becomes @function with @param and @return, each class @table
-- with @field, and types are written into the texts. tools/docs.sh calls this, and then LDoc.

-- A page of the reference. Blocks are taken from `files`; `functions` says what they are called on this page, by a
-- pattern of their names in the file. A type is described on the first page that mentions it.
local PAGES = {
  {
    name = "aicore",
    files = { "lua/aicore/init.lua", "lua/aicore/client.lua" },
    functions = { { "^aicore%.(.*)$", "%1" }, { "^Client:(.*)$", "%1" } },
    without = { close = true, log_in = true },
  },
  {
    name = "aicore.client",
    files = { "lua/aicore/client.lua" },
    functions = { { "^Client:(.*)$", "Client:%1" } },
  },
  {
    name = "aicore.core",
    files = { "lua/aicore/meta/core.lua" },
    functions = { { "^core%.(.*)$", "%1" }, { "^(Session:.*)$", "%1" }, { "^(Transfer:.*)$", "%1" } },
  },
  {
    name = "aicore.emulator",
    files = { "lua/aicore/emulator/start.lua" },
    functions = { { "^start$", "start" } },
  },
}

local function read(path)
  local file = assert(io.open(path))
  local text = file:read "*a"
  file:close()
  return text
end

-- Blocks -------------------------------------------------------------------------------------------
-- A block is a run of lines that begin with "---", and the line of code after it.

local function blocks_of(path)
  local blocks, block = {}, nil
  for line in (read(path) .. "\n"):gmatch "([^\n]*)\n" do
    local text = line:match "^%s*%-%-%-(.*)$" or block and #blocks == 0 and line:match "^%-%-(.*)$"
    if text then
      block = block or { path = path }
      block[#block + 1] = text
    elseif block then
      block.code = line
      blocks[#blocks + 1] = block
      block = nil
    end
  end
  return blocks
end

-- The end of a type that begins at `at`: at the first blank that stands in no bracket and after no comma, colon or bar.
local function type_end(text, at)
  local depth = 0
  for i = at, #text do
    local c = text:sub(i, i)
    if c:find "[%(%[{<]" then
      depth = depth + 1
    elseif c:find "[%)%]}>]" then
      depth = depth - 1
    elseif c == " " and depth == 0 and not text:sub(1, i - 1):find "[,:|]$" then
      return i - 1
    end
  end
  return #text
end

local function split_type(text)
  text = text:match "^%s*(.*)$"
  local last = type_end(text, 1)
  return text:sub(1, last), text:sub(last + 1):match "^%s*(.*)$"
end

-- { text = lines, param = { { name, type, text } }, return, field, class = { name, text } }
local function parse(block)
  local parsed = { text = {}, param = {}, field = {}, ["return"] = {}, code = block.code }
  local last
  for _, line in ipairs(block) do
    local tag, rest = line:match "^@(%w+)%s*(.*)$"
    if tag == "param" or tag == "field" then
      local name, typed = rest:match "^(%S+)%s+(.*)$"
      if name == "private" then
        last = nil
      else
        local kind, text = split_type(typed)
        last = { name = name:gsub("%?$", ""), type = kind, text = text }
        table.insert(parsed[tag], last)
      end
    elseif tag == "return" then
      local kind, text = split_type(rest)
      last = { type = kind, text = text }
      table.insert(parsed["return"], last)
    elseif tag == "alias" then
      local name, typed = rest:match "^(%S+)%s*(.*)$"
      local kind, text = split_type(typed)
      parsed.class = { name = name, text = ("`%s` %s"):format(kind, text) }
      last = nil
    elseif tag == "class" then
      local name, parent, text = rest:match "^([%w_.]+)%s*(:?%s*[%w_.]*)%s*(.*)$"
      parent = parent:match "^:%s*(.+)$"
      parsed.class = {
        name = name,
        text = parent and ("With the fields of %s. %s"):format(parent, text) or rest:sub(#name + 1):match "^%s*(.*)$",
      }
      last = parsed.class
    elseif tag then
      last = nil
    elseif last then
      last.text = last.text .. " " .. line:match "^%s*(.*)$"
    else
      table.insert(parsed.text, line)
    end
  end
  return parsed
end

-- Pages --------------------------------------------------------------------------------------------

local ESCAPES = { ["&"] = "&amp;", ["<"] = "&lt;", [">"] = "&gt;" }

local classes = {} -- every one of the project, by its name
local homes = { ["aicore.Client"] = "aicore.client.html" } -- where each is described that was mentioned
local page_now -- the page that is written, and its classes that are still to be

-- A type's name becomes a link. A type that there is not is an error, so no reference is dead.
local function link(name)
  local bare = name:gsub("%.$", "")
  if not homes[bare] then
    assert(classes[bare], "there is no type " .. bare)
    local anchor = page_now.name == "aicore" and bare:gsub("^aicore%.", "") or bare -- as LDoc shortens it
    homes[bare] = ("%s.html#%s"):format(page_now.name, anchor)
    table.insert(page_now.classes, bare)
  end
  return ('<a href="%s">%s</a>%s'):format(homes[bare], bare, name:sub(#bare + 1))
end

local function html(text)
  text = text:gsub("[&<>]", ESCAPES):gsub("`([^`]*)`", "<code>%1</code>")
  return (text:gsub("%f[%w]aicore%.[%w_.]*%f[%w_]%u[%w_.]*", link))
end

local function write_tags(out, tag, list)
  for _, entry in ipairs(list) do
    local name = entry.name and entry.name .. " " or ""
    out[#out + 1] = ("-- @%s %s<code>%s</code> %s"):format(tag, name, html(entry.type), html(entry.text))
  end
end

-- Indented lines are code, and an empty one ends a paragraph.
local function write_text(out, lines)
  for i, line in ipairs(lines) do
    local code, before = line:find "^   +%S", lines[i - 1] and lines[i - 1]:find "^   +%S"
    local mark = code and not before and "<pre>" or before and not code and "</pre>" or line == "" and "<p>" or ""
    out[#out + 1] = (i == 1 and "--- " or "-- ") .. mark .. html(line)
  end
end

-- LDoc knows the arguments by their @param only: that none is missing is seen here.
local function check_arguments(parsed, name)
  local described = {}
  for i, parameter in ipairs(parsed.param) do
    described[i] = parameter.name
  end
  local arguments = parsed.code:match("%((.-)%)"):gsub("%s", "")
  if arguments ~= table.concat(described, ",") then
    error(("%s has the arguments (%s), but describes (%s)"):format(name, arguments, table.concat(described, ", ")), 0)
  end
end

local function write_function(out, parsed, name)
  check_arguments(parsed, name)
  write_text(out, #parsed.text > 0 and parsed.text or { " " .. name })
  out[#out + 1] = "-- @function " .. name
  write_tags(out, "param", parsed.param)
  write_tags(out, "return", parsed["return"])
  out[#out + 1] = ""
end

local function write_class(out, parsed)
  write_text(out, #parsed.text > 0 and parsed.text or { " " .. parsed.class.text })
  out[#out + 1] = "-- @table " .. parsed.class.name
  write_tags(out, "field", parsed.field)
  out[#out + 1] = ""
end

local function public_name(page, code)
  local name = code:match "^%s*l?o?c?a?l?%s*function ([%w_.:]+)"
  for _, rule in ipairs(name and page.functions or {}) do
    if name:find(rule[1]) then
      local public = name:gsub(rule[1], rule[2])
      return not (page.without or {})[public] and public or nil
    end
  end
end

local function find_classes()
  local listing = assert(io.popen "find lua -name '*.lua' | LC_ALL=C sort")
  for path in listing:lines() do
    for _, block in ipairs(blocks_of(path)) do
      local parsed = parse(block)
      if parsed.class and not classes[parsed.class.name] then
        classes[parsed.class.name] = parsed
      end
    end
  end
  listing:close()
end

local function write_page(page, folder)
  local out = {}
  page_now, page.classes = page, {}
  for i, path in ipairs(page.files) do
    local blocks = blocks_of(path)
    if i == 1 then
      local head = blocks[1][1]:find "^@" and blocks[2] or blocks[1] -- ---@meta stands alone
      write_text(out, head)
      out[#out + 1] = "-- @module " .. page.name
      out[#out + 1] = ""
    end
    for _, block in ipairs(blocks) do
      local name = public_name(page, block.code)
      if name then
        write_function(out, parse(block), name)
      end
    end
  end
  for _, name in ipairs(page.classes) do -- which grows meanwhile
    write_class(out, classes[name])
  end
  local file = assert(io.open(("%s/%s.lua"):format(folder, page.name), "w"))
  file:write(table.concat(out, "\n"), "\n")
  file:close()
end

find_classes()
for _, page in ipairs(PAGES) do
  write_page(page, arg[1])
end
