--- What to do about an error, in an editor: in the words of settings, as the command's are of no use there. Pure.

local advice = {}

local LOOK_AT_URLS = "look at base_url and auth_url; is a proxy needed (https_proxy)?"

-- The first row counts that fits in all that it names: fields of the error, a pattern in its message, the least status.
local ADVICE = {
  {
    kind = "config",
    says = "^no .* looked in",
    "start Neovim with AICORE_SERVICE_KEY set (a service key as it was downloaded, or its path), or save the key as "
      .. "~/.aicore/config.json; :help aicore-settings says the rest",
  },
  { kind = "config", ":help aicore-settings says what is looked for, and where" },
  { status = 429, "the service asks for fewer requests: wait a while" },
  { least = 500, "the service is in trouble: try again later; its support asks for the request id" },
  { operation = "login", status = 404, "no token endpoint answers there: look at auth_url" },
  {
    operation = "login",
    kind = "auth",
    "look at client_id and client_secret (or the certificate and its key), or take a new service key",
  },
  { kind = "auth", status = 403, "logged in, but not allowed to: look at the client's roles, and at resource_group" },
  { kind = "auth", "the token was refused: do base_url and auth_url belong to the same service key?" },
  { status = 404, "no AI API answers there: look at base_url" },
  { kind = "http", "look at base_url, auth_url and resource_group" },
  { kind = "protocol", "look at base_url and auth_url: another service seems to answer" },
  { kind = "timeout", LOOK_AT_URLS },
  { kind = "transport", LOOK_AT_URLS },
}

local FIELDS = { "kind", "status", "operation" }

local function fits(row, err)
  for _, field in ipairs(FIELDS) do
    if row[field] and row[field] ~= err[field] then
      return false
    end
  end
  return not (row.says and not tostring(err.message):find(row.says)) and (err.status or 0) >= (row.least or 0)
end

--- What to do about it; nil: nobody knows.
---@param err aicore.Error
---@return string?
function advice.on(err)
  for _, row in ipairs(ADVICE) do
    if fits(row, err) then
      return row[1]
    end
  end
end

return advice
