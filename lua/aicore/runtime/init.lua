--- Finds a runtime: by its name, or by the default of the host.
-- The defaults: "neovim" in Neovim, "ngx" in nginx, what aicore.spawn runs on in a coroutine of
-- aicore.spawn, and else "blocking". A loop that has only been loaded says nothing: luv and cqueues
-- are asked for by name.

local errors = require "aicore.model.errors"

local runtimes = {}

local NAMES = { "blocking", "cqueues", "luv", "neovim", "ngx" }

-- Who knows its host at sight; and who has to be in use to be found.
local HOSTS = { "neovim", "ngx" }
local LIBRARIES = { "cqueues", "luv" }

local function load(name)
  return require("aicore.runtime." .. name)
end

local function is_known(name)
  for _, known in ipairs(NAMES) do
    if known == name then
      return true
    end
  end
  return false
end

--- The default of the host.
local function default()
  for _, name in ipairs(LIBRARIES) do
    local runtime = package.loaded["aicore.runtime." .. name]
    if runtime and runtime.here() then
      return runtime
    end
  end
  for _, name in ipairs(HOSTS) do
    local runtime = load(name)
    if runtime.here() then
      return runtime
    end
  end
  return load "blocking"
end

--- A runtime.
---@param name string?  nil: the default of the host
---@return aicore.Runtime|nil runtime
---@return string? complaint  there is none of that name, or its library is missing
function runtimes.find(name)
  if name == nil then
    return default()
  elseif not is_known(name) then
    return nil, ("no runtime '%s': there are %s"):format(name, table.concat(NAMES, ", "))
  end
  local loaded, runtime = pcall(load, name)
  if not loaded then
    return nil, ("the runtime '%s' cannot be loaded: %s"):format(name, tostring(runtime):match "^[^\n]*")
  end
  for _, host in ipairs(HOSTS) do
    if name == host and not runtime.here() then
      return nil, ("the runtime '%s' works in that host only"):format(name)
    end
  end
  return runtime
end

--- The loop that a new coroutine belongs to: the host's, or that of a library that the program has
--- loaded; cqueues only where a controller runs, as one that is begun elsewhere is nobody's.
local function find_loop()
  local runtime = default()
  if runtime.spawn then
    return runtime
  end
  local cqueues = package.loaded.cqueues
  if cqueues and cqueues.running() then
    return load "cqueues"
  end
  return package.loaded.luv and load "luv" or nil
end

local NO_LOOP = "spawn: there is no event loop here that it could use (Neovim's, luv's, or cqueues' where a controller "
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
