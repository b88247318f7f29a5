--- What setup{} takes: the defaults, and what each option may be.

local errors = require "aicore.model.errors"
local highlights = require "aicore.neovim.highlights"

local options = {}

---@class aicore.neovim.Options
---@field client aicore.Config?               settings as for aicore.client; else from where they are looked for
---@field refresh number?                     s from one look to the next; 0: by the key, and while something goes on
---@field window string?                      the command that opens the window of the list
---@field page_window string?                 the one for logs and records
---@field keys table<string, string|false>?   action -> key; false: none
---@field highlights table<string, string>?   AICore… -> the group that it is linked to

--- In the order of the help. modes: "x" as well, where several can be chosen.
options.actions = {
  { name = "stop", key = "s", modes = { "n", "x" }, about = "stop it (asks)" },
  { name = "delete", key = "d", modes = { "n", "x" }, about = "delete it (asks); it must not run" },
  { name = "teardown", key = "t", modes = { "n", "x" }, about = "tear it down (asks): stop, wait, delete" },
  { name = "record", key = "<CR>", modes = { "n" }, about = "show the whole record" },
  { name = "logs", key = "L", modes = { "n" }, about = "show the logs" },
  { name = "follow", key = "F", modes = { "n" }, about = "in the logs: follow them, or no longer", page = true },
  { name = "filter", key = "f", modes = { "n" }, about = "filter the list" },
  { name = "refresh", key = "r", modes = { "n" }, about = "refresh now, and forget errors" },
  { name = "help", key = "g?", modes = { "n" }, about = "this help" },
  { name = "close", key = "q", modes = { "n" }, about = "close; what was asked for goes on" },
}

local function default_keys()
  local keys = {}
  for _, action in ipairs(options.actions) do
    keys[action.name] = action.key
  end
  return keys
end

local function defaults()
  return {
    client = {},
    refresh = 5,
    window = "tab split",
    page_window = "belowright split",
    keys = default_keys(),
    highlights = highlights.links(),
  }
end

-- What is inside these has names of its own.
local NESTED = { keys = "key", highlights = "highlight" }

local function merge(into, given, what)
  for name, value in pairs(given) do
    local default = into[name]
    if default == nil then
      errors.misuse(("setup: there is no %s '%s'"):format(what, tostring(name)))
    elseif type(value) ~= type(default) and not (what == "key" and value == false) then
      errors.misuse(("setup: %s '%s': a %s expected, got %s"):format(what, name, type(default), type(value)))
    elseif NESTED[name] then
      merge(default, value, NESTED[name])
    else
      into[name] = value
    end
  end
end

--- The options with defaults for what was not given. Misuse raises at the caller's line.
---@param given aicore.neovim.Options?
---@return aicore.neovim.Options
function options.complete(given)
  if given ~= nil and type(given) ~= "table" then
    errors.misuse("setup: a table of options expected, got " .. type(given))
  end
  local complete = defaults()
  merge(complete, given or {}, "option")
  return complete
end

return options
