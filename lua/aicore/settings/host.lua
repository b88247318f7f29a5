--- What sources.lua asks of the world: the environment, and files.

local core = require "aicore.core"

local host = { getenv = os.getenv }

local NO_SUCH_FILE = 2 -- ENOENT, the same everywhere

--- A file's text, or nil: there is none that can be read.
---@param path string
---@return string?
---@return string? why  "Permission denied"; nil: there is no such file
function host.read(path)
  local file, problem, number = io.open(path, "rb")
  if not file then
    return nil, number ~= NO_SUCH_FILE and problem:sub(#path + #": " + 1) or nil
  end
  local text
  text, problem = file:read "*a" -- of a folder there is none
  file:close()
  return text, problem
end

--- How a PEM file begins, and nothing of a key: its first line, and as much of the second as tells a header. Nil: there
--- is no such file, or it can be read only once.
---@param path string
---@return string?
function host.head(path)
  local file = io.open(path, "rb")
  if not file then
    return nil
  end
  file:setvbuf "no"
  local head = file:seek "cur" and (file:read "*l" or "") .. "\n" .. (file:read(9) or "")
  file:close()
  return head
end

--- Who may read a file, as chmod counts: permission bits; nil: there is no such file.
host.mode = core.file_mode

--- The names in a folder, hidden ones too; nil: there is none.
host.folder = core.folder

--- What is wrong with a value, as C sees it: a text, or nothing.
host.complaint = core.check_setting

return host
