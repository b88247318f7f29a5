-- Makes the sources of the reference from the annotations (LuaCATS) of the public modules:   lua5.4 tools/docs.lua DIR
-- LDoc knows tags of its own; here each annotated function becomes @function with @param and @return, each class @table
-- with @field, and types are written into the texts. tools/docs.sh calls this, and then LDoc.

local annotations = require "tools.annotations"

local blocks_of, parse = annotations.blocks_of, annotations.parse

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

-- Pages --------------------------------------------------------------------------------------------

local ESCAPES = { ["&"] = "&amp;", ["<"] = "&lt;", [">"] = "&gt;" }

local classes = annotations.classes()
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

for _, page in ipairs(PAGES) do
  write_page(page, arg[1])
end
