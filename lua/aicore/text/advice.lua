--- What to do about an error, as the command and the editor say it. Pure.

local errors = require "aicore.model.errors"
local lifecycle = require "aicore.model.lifecycle"

local advice = {}

--- Was it a deletion of one that has to be stopped first?
local function needs_stop(err)
  return err.operation == "delete" and lifecycle.may(err.last_status, "stop")
end

--- Is it the client's secret that was refused, in a login or where others ask for it?
local function is_of_secret(err)
  return err.operation == "login" or err.code == "invalid_client"
end

--- A gateway's, or that of a model which AI Core passes on: no code of AI Core's is an HTTP status.
local function is_anothers_404(err)
  return err.status == 404 and (err.code == nil or err.code == "404")
end

--- May it have been refused because the quota is used up? That of requests (429) is another one, and who may not read
--- the quota has not used it up.
local function is_beyond_quota(err)
  local status = err.status or 0
  return status >= 400 and status < 500 and status ~= 429 and err.operation ~= "quota"
end

local function is_service_trouble(err)
  return (err.status or 0) >= 500
end

local NEW_KEY =
  "the client's certificate may have expired (that of a service key lives 7 days by default): take a new key"
local BUSY = "something else is being done to it: wait a while, then run the same command again"
local STOP_FIRST = "aicorectl teardown {id} stops it first"

-- The first row counts that fits in all that it names (fields of the error, a pattern in its message, a function) and
-- has words for the audience: its own, or those for both. A setting in braces is called as the audience calls it; {id}
-- is the deployment's, and filled by the command.
local ROWS = {
  {
    kind = "config",
    says = "^no .* looked in",
    command = 'export AICORE_SERVICE_KEY="$(cat key.json)" with a service key as it was downloaded, or set '
      .. "{base_url}, {auth_url}, AICORE_CLIENT_ID and AICORE_CLIENT_SECRET; "
      .. "to try without an account: aicorectl emulator",
    editor = "start Neovim with AICORE_SERVICE_KEY set (a service key as it was downloaded, or its path), or save the "
      .. "key as ~/.aicore/config.json; :help aicore-settings says the rest",
  },
  {
    kind = "config",
    says = "set private key file", -- libcurl's words, who does not say which of all this it is
    "is that file there? Is it PEM, and does it belong to the certificate?",
  },
  { kind = "config", says = "load PEM client certificate", "is that file there, and is it a certificate in PEM?" },
  { kind = "config", says = "setting certificate file", "is that file there? {ca_file} takes authorities in PEM" },
  {
    kind = "config",
    command = "correct that setting: aicorectl login shows them all; man aicorectl, SETTINGS, says where each is "
      .. "looked for",
    editor = ":help aicore-settings says what is looked for, and where",
  },
  {
    kind = "cancelled",
    command = "what the service has accepted goes on there; it is safe to run the same command again",
  },
  {
    says = "[Qq]uota",
    when = is_beyond_quota,
    command = "stop and delete what is no longer needed, it frees quota: aicorectl teardown --older-than 7d",
  },
  { status = 429, "the service asks for fewer requests: wait a while, then do the same again" },
  { when = errors.needs_no_stop, command = "delete it without stopping: aicorectl delete {id}" },
  { when = needs_stop, command = STOP_FIRST },
  {
    kind = "timeout",
    command = "--timeout 30m gives it more time; it is safe to run the same command again",
    editor = "look at base_url and auth_url; is a proxy needed (https_proxy)?",
  },
  { kind = "transport", says = "alert certificate expired", NEW_KEY }, -- so says the other side, where it says anything
  { says = "client certificate", NEW_KEY },
  {
    kind = "transport",
    says = "certificate has expired",
    "the server's certificate has to be renewed, or this machine's clock is wrong (date)",
  },
  {
    kind = "transport",
    says = "[Cc]ertificate",
    "if a company's own authority signs here, name its file by {ca_file}",
  },
  {
    kind = "transport",
    says = "resolve",
    command = "look at the host's name in {base_url} and {auth_url}, and at the network",
  },
  { kind = "transport", "look at the network, {base_url} and {auth_url}; is a proxy needed (https_proxy)?" },
  {
    operation = "login",
    status = 404,
    'no token endpoint answers there: look at {auth_url} ("url" in a service key)',
  },
  {
    kind = "auth",
    when = is_of_secret,
    command = "look at AICORE_CLIENT_ID and AICORE_CLIENT_SECRET, or take a new service key; "
      .. "aicorectl login tries them",
    editor = "look at client_id and client_secret (or the certificate and its key), or take a new service key",
  },
  { kind = "auth", status = 403, "logged in, but not allowed to: look at the client's roles, and at {resource_group}" },
  { kind = "auth", "the token was refused: do {base_url} and {auth_url} belong to the same service key?" },
  { absent = true, command = "look for it by: aicorectl list; another resource group: {resource_group} NAME" },
  { when = is_anothers_404, 'no AI API answers there: look at {base_url} ("AI_API_URL" in a service key)' },
  { when = is_service_trouble, "the service is in trouble: try again later; its support asks for the request id" },
  { kind = "protocol", says = "is not complete", "lists change while they are read: run the same again" },
  { kind = "protocol", "another service seems to answer: look at {base_url} and {auth_url}" },
  { kind = "state", operation = "find", command = "see which there are: aicorectl list" },
  { kind = "state", operation = "delete", command = STOP_FIRST },
  { kind = "state", says = "torn down again", command = "--keep leaves it there, for aicorectl status and logs" },
  { kind = "state", command = "see what it is doing: aicorectl status {id}" },
  { status = 409, command = BUSY },
  { status = 423, command = BUSY },
  {
    kind = "http",
    command = "aicorectl -v shows each exchange; man aicorectl says what the arguments mean",
    editor = "look at base_url, auth_url and resource_group",
  },
  { command = "aicorectl -v shows each exchange" },
}

-- What each calls a setting, as gsub takes it.
local NAMES = {
  command = {
    base_url = "AICORE_BASE_URL",
    auth_url = "AICORE_AUTH_URL",
    ca_file = "--ca-file",
    resource_group = "--resource-group",
  },
  editor = "%1",
}

local FIELDS = { "kind", "status", "operation", "absent" }

local function fits(row, err)
  for _, field in ipairs(FIELDS) do
    if row[field] ~= nil and row[field] ~= err[field] then
      return false
    end
  end
  return not (row.says and not tostring(err.message):find(row.says)) and not (row.when and not row.when(err))
end

--- What to do about it, in one line; nil: nobody knows, which is so in the editor only.
---@param err aicore.Error
---@param audience "command"|"editor"
---@return string?
function advice.on(err, audience)
  for _, row in ipairs(ROWS) do
    local words = row[audience] or row[1]
    if words and fits(row, err) then
      return (words:gsub("{([%l_]+)}", NAMES[audience]))
    end
  end
end

return advice
