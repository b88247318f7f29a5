--- Finds a runtime: by its name, or by the default of the host.
-- The defaults: "neovim" in Neovim, "ngx" in nginx, what aicore.spawn runs on in a coroutine of
-- aicore.spawn, and else "blocking". A loop that has only been loaded says nothing: luv, cqueues and
-- Copas are asked for by name.

local errors = require "aicore.model.errors"

local runtimes = {}

---@class aicore.runtime.Row
---@field name string
---@field host boolean?  it works in that host only, and knows it at sight
---@field takes (fun(library: table): boolean)?  of the library of that name, which the program has loaded: does a
---                      coroutine that is begun now belong to its loop?

-- In the order of asking.
---@type aicore.runtime.Row[]
local ROWS = {
  { name = "blocking" },
  {
    name = "copas",
    takes = function(copas)
      return copas.running == true
    end,
  },
  {
    name = "cqueues",
    takes = function(cqueues)
      return cqueues.running() ~= nil -- one that is begun where no controller runs is nobody's
    end,
  },
  {
    name = "luv",
    takes = function()
      return true
    end,
  },
  { name = "neovim", host = true },
  { name = "ngx", host = true },
}

local BY_NAME, NAMES = {}, {}
for i, row in ipairs(ROWS) do
  BY_NAME[row.name], NAMES[i] = row, row.name
end

local function load(name)
  return require("aicore.runtime." .. name)
end

--- The default of the host: a library's runtime only where it is in use.
local function default()
  for _, row in ipairs(ROWS) do
    local runtime = row.takes and package.loaded["aicore.runtime." .. row.name] or row.host and load(row.name)
    if runtime and runtime.here() then
      return runtime
    end
  end
  return load "blocking"
end

--- A runtime.
---@param name string|aicore.Runtime|nil  nil: the default of the host; a table is one itself
---@return aicore.Runtime|nil runtime
---@return string? complaint  there is none of that name, or its library is missing
function runtimes.find(name)
  if name == nil then
    return default()
  elseif type(name) == "table" then
    return name
  elseif not BY_NAME[name] then
    return nil, ("no runtime '%s': there are %s"):format(name, table.concat(NAMES, ", "))
  end
  local loaded, runtime = pcall(load, name)
  if not loaded then
    return nil, ("the runtime '%s' cannot be loaded: %s"):format(name, tostring(runtime):match "^[^\n]*")
  end
  if BY_NAME[name].host and not runtime.here() then
    return nil, ("the runtime '%s' works in that host only"):format(name)
  end
  return runtime
end

--- The loop that a new coroutine belongs to: the host's, or that of a library that the program has loaded.
local function find_loop()
  local runtime = default()
  if runtime.spawn then
    return runtime
  end
  for _, row in ipairs(ROWS) do
    local library = row.takes and package.loaded[row.name]
    if library and row.takes(library) then
      return load(row.name)
    end
  end
end

local NO_LOOP = "spawn: there is no event loop here that it could use (Neovim's, luv's, or cqueues' or Copas' where it "
  .. "runs): call the functions directly, in nginx in ngx.thread.spawn"

--- Runs a function as a coroutine of the host's event loop; it begins at once, and goes on whenever
--- the loop runs. What it raises is reported: by vim.notify in Neovim, elsewhere on stderr.
---@param fn fun()
function runtimes.spawn(fn)
  if type(fn) ~= "function" then
    errors.misuse("spawn: a function expected, got " .. type(fn))
  end
  local runtime = find_loop()
  if not runtime then
    errors.misuse(NO_LOOP)
  end
  runtime.spawn(fn)
end

--- The versions of this module and of the libraries under it. Raises if the C module cannot be loaded.
---@return { aicore: string, libcurl: string, tls: string? }
function runtimes.versions()
  return require("aicore.core").version
end

return runtimes
