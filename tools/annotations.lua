--- The annotations (LuaCATS) of a file: blocks of lines that begin with "---", and the line of code after each.
-- For the reference (docs.lua) and Neovim's help (help.lua).

local annotations = {}

function annotations.read(path)
  local file = assert(io.open(path))
  local text = file:read "*a"
  file:close()
  return text
end

function annotations.blocks_of(path)
  local blocks, block = {}, nil
  for line in (annotations.read(path) .. "\n"):gmatch "([^\n]*)\n" do
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
function annotations.parse(block)
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

--- Every class of the project, by its name.
function annotations.classes()
  local classes = {}
  local listing = assert(io.popen "find -L lua -name '*.lua' | LC_ALL=C sort")
  for path in listing:lines() do
    for _, block in ipairs(annotations.blocks_of(path)) do
      local parsed = annotations.parse(block)
      if parsed.class and not classes[parsed.class.name] then
        classes[parsed.class.name] = parsed
      end
    end
  end
  listing:close()
  return classes
end

return annotations
