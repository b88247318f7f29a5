-- Writes the tables of settings, between two marks of each document, from lua/aicore/settings/schema.lua:
--   lua5.4 tools/settings.lua        (spec/settings/schema_spec.lua requires it, to see whether that was done)

local schema = dofile "lua/aicore/settings/schema.lua"

local UNITS = { { 1024 * 1024, "MiB" }, { 1024, "KiB" }, { 1, "bytes" } }

-- "120 s", "64 MiB"; nil where there is no default.
local function default_of(row)
  if type(row.default) == "string" then
    return ("%q"):format(row.default)
  elseif row.unit ~= "bytes" then
    return row.default and row.default .. (row.unit and " " .. row.unit or "")
  end
  for _, unit in ipairs(UNITS) do
    if row.default % unit[1] == 0 then
      return ("%d %s"):format(row.default / unit[1], unit[2])
    end
  end
end

local function with_default(row)
  local default = default_of(row)
  return row.help .. (default and (" (%s)"):format(default) or "")
end

-- Documents ----------------------------------------------------------------------------------------

local function code(text)
  return text and (text:gsub("%S+", "`%0`"):gsub(" ", ", ")) or ""
end

local function markdown(row)
  local columns = { code(row.name), code(row.variable), code(row.in_key), default_of(row) or "", row.help }
  return (("| %s |"):format(table.concat(columns, " | ")):gsub(" +|", " |"))
end

-- The command takes its settings from variables: by these it calls them, too.
local function roff(row)
  if not row.variable then
    return nil
  end
  local text = with_default(row):gsub("`([%w_]+)`", function(name)
    return schema.by_name[name] and schema.by_name[name].variable
  end)
  text = text:gsub("`", ""):gsub("^%l", string.upper):gsub("[\\-]", "\\%0")
  return (".TP\n.B %s\n%s."):format(row.variable, text)
end

local function annotation(row)
  local kind = (row.type or "string"):gsub(" or ", "|"):gsub("^(.*|.*)$", "(%1)") .. "?"
  return ("---@field %s %s  %s"):format(row.name, kind, with_default(row))
end

local MADE = "made by make format from lua/aicore/settings/schema.lua"

local documents = {
  {
    path = "README.md",
    first = ("<!-- %s -->\n"):format(MADE),
    last = "<!-- end of what is made -->\n",
    head = "| argument | variable | in a service key | default | |\n|---|---|---|---|---|\n",
    line = markdown,
  },
  {
    path = "man/aicorectl.1",
    first = ('.\\" %s\n'):format(MADE),
    last = '.\\" end of what is made\n',
    head = "",
    line = roff,
  },
  {
    path = "lua/aicore/meta/settings.lua",
    first = ("-- %s\n"):format(MADE),
    last = "-- end of what is made\n",
    head = "--- What `aicore.client` takes. All else is looked for where README.md, Settings, says.\n"
      .. "---@class aicore.Config\n",
    line = annotation,
  },
}

documents.with_default = with_default

-- The document as it should be.
function documents.renew(document)
  local file = assert(io.open(document.path))
  local text = file:read "*a"
  file:close()
  local lines = {}
  for _, row in ipairs(schema.rows) do
    lines[#lines + 1] = document.line(row)
  end
  local _, from = text:find(document.first, 1, true)
  local to = text:find(document.last, from or 1, true)
  assert(from and to, document.path .. " has no marks for the table of settings")
  return text:sub(1, from) .. document.head .. table.concat(lines, "\n") .. "\n" .. text:sub(to)
end

if ... ~= "tools.settings" then
  for _, document in ipairs(documents) do
    local text = documents.renew(document)
    local file = assert(io.open(document.path, "w"))
    file:write(text)
    file:close()
  end
end

return documents
