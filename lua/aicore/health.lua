--- :checkhealth aicore, in Neovim: is the C module there, which libraries does it use, which settings
-- are set, and what does the service say to a login.

local advice = require "aicore.text.advice"
local duration = require "aicore.text.duration"
local errors = require "aicore.model.errors"
local printable = require "aicore.model.printable"

local health = {}

--- How long one exchange may take, in seconds; the editor waits meanwhile.
local PATIENCE = 10

local LEAST_LIBCURL = { 7, 85, 0 }

local BUILD = {
  "in the plugin's folder: make",
  'with lazy.nvim: build = "make" in the plugin\'s spec, then :Lazy build aicore',
}

local REBUILD = "it was built for another Lua, or without what is missing: run make again"

--- Neovim's functions: their names are shorter since 0.10, and their module has moved in 0.8.
local function find_report()
  local theirs = vim.health or require "health"
  local report = {}
  for _, name in ipairs { "start", "ok", "warn", "error", "info" } do
    local tell = theirs[name] or theirs["report_" .. name]
    report[name] = function(text, ...)
      tell(printable(text, true), ...)
    end
  end
  return report
end

-- The module ---------------------------------------------------------------------------------------

--- Where `require` has found it: it looks in runtimepath first.
local function module_file()
  local beside = vim.api.nvim_get_runtime_file("lua/aicore/core.so", false)[1]
  return beside or package.searchpath and package.searchpath("aicore.core", package.cpath) or "by package.cpath"
end

--- The versions of the module and its libraries, or nil: that it cannot be loaded is reported.
local function load_versions(report)
  local loaded, versions = pcall(require("aicore.runtime").versions)
  if loaded then
    return versions
  elseif versions:find("'aicore.core' not found", 1, true) then
    report.error("the C module aicore.core is not there", BUILD)
  else
    report.error("the C module aicore.core cannot be loaded: " .. versions, { REBUILD, unpack(BUILD) })
  end
end

local function is_at_least(version, least)
  local numbers = { version:match "^(%d+)%.(%d+)%.(%d+)" }
  for i, number in ipairs(least) do
    local difference = (tonumber(numbers[i]) or 0) - number
    if difference ~= 0 then
      return difference > 0
    end
  end
  return true
end

local function check_libcurl(report, versions)
  local least = table.concat(LEAST_LIBCURL, ".")
  local text = ("libcurl %s, %s"):format(versions.libcurl, versions.tls or "without TLS")
  if not is_at_least(versions.libcurl, LEAST_LIBCURL) then
    report.error(("%s: %s is the least"):format(text, least))
  elseif not versions.tls then
    report.error(text .. ": the service is reached by https only")
  else
    report.ok(("%s (%s is the least)"):format(text, least))
  end
end

--- Can the rest be looked at?
local function check_module(report)
  report.start "aicore: module"
  local versions = load_versions(report)
  if not versions then
    return false
  end
  report.ok(("aicore %s: %s"):format(versions.aicore, module_file()))
  local jit = package.loaded.jit
  report.ok(("built for %s, which this is: %s"):format(_VERSION, jit and jit.version or "PUC Lua"))
  check_libcurl(report, versions)
  local uv = vim.uv or vim.loop
  report.ok(("event loop: %s, libuv %s"):format(vim.uv and "vim.uv" or "vim.loop", uv.version_string()))
  report.ok("JSON is read by " .. (pcall(require, "cjson") and "lua-cjson" or "vim.json"))
  return true
end

-- Settings -----------------------------------------------------------------------------------------

local function tell(report, err, what)
  report.error(("%s: %s"):format(what, tostring(err)), advice.on(err, "editor"))
end

--- A client, and what its settings are where that may be shown.
local function check_settings(report)
  report.start "aicore: settings"
  local origins, err = require("aicore.settings.resolve").origins({}, require "aicore.settings.host")
  local values = {}
  for _, origin in ipairs(origins) do
    values[origin.setting] = origin.value
    local value = origin.unusable and "cannot be used" or origin.value or "set, not shown"
    report.info(("%s: %s (from %s)"):format(origin.setting, value, origin.source))
  end
  local client
  if not err then
    client, err = require("aicore").client { runtime = "neovim" }
  end
  if client then
    report.ok "they suffice for a client"
    for _, warning in ipairs(client.warnings) do
      report.warn(warning)
    end
  else
    tell(report, err, "no client can be made")
  end
  return client, values
end

-- The service --------------------------------------------------------------------------------------

--- Runs it as a coroutine while the editor's loop runs; nil, err if it did not come to an end.
local function wait_for(fn, seconds)
  local results
  require("aicore").spawn(function()
    results = { pcall(fn) }
  end)
  vim.wait(seconds * 1000, function()
    return results ~= nil
  end, 10)
  if not results then
    return nil, errors.new { kind = "timeout", message = "interrupted, or no answer in time" }
  elseif not results[1] then
    error(results[2], 0)
  end
  return results[2], results[3]
end

local function check_service(report, client, values, seconds)
  report.start "aicore: service"
  -- One attempt: why it fails is wanted here, not that it works in the end.
  local function try(method)
    return wait_for(function()
      return client[method](client, { timeout = seconds, retry = false })
    end, seconds + 1)
  end
  local login, err = try "log_in"
  if not login then
    return tell(report, err, "the login fails")
  end
  local life = login.expires_in and "for " .. duration.format(login.expires_in) or "nobody says how long"
  report.ok(("logged in as %s, %s"):format(values.client_id, life))
  local group = values.resource_group or "default"
  local count
  count, err = try "count"
  if not count then
    return tell(report, err, ("the deployments in resource group %s cannot be counted"):format(group))
  end
  report.ok(("the AI API answers: %d deployments in resource group %s"):format(count, group))
end

--- What :checkhealth calls.
---@param seconds number?  how long each exchange with the service may take (10)
function health.check(seconds)
  local report = find_report()
  if not check_module(report) then
    return
  end
  local client, values = check_settings(report)
  if client then
    local done, message = pcall(check_service, report, client, values, seconds or PATIENCE)
    client:close()
    if not done then
      error(message, 0)
    end
  end
end

return health
