--- Every setting of a client, a row each. Checks, lookups and origins go through these rows, and `make format` makes of
-- them the tables in README.md and the manual, and the annotations in meta/settings.lua. Pure.

---@class aicore.settings.Row
---@field name string       the argument of aicore.client
---@field help string       a line about it
---@field type string?      "string" if not given; or other types of Lua, "string or table"; or "number" (positive and
---                         finite), "integer" (positive)
---@field variable string?  its variable in the environment; in a config file the same word is the key
---@field in_key string?    where it stands in a service key; of two words the first that is there
---@field field string?     its field in core.session: C gets it
---@field alone boolean?    it is looked for by itself, and no credential
---@field part string?      credentials of the same part exclude each other; without it each is a part of its own
---@field secret boolean?   its value is shown nowhere
---@field default any       what is taken where it is not set
---@field most number?      the largest number that it may be; C knows its own
---@field unit string?      of a number: "s" or "bytes"
---@field blank boolean?    a blank text says something
---@field title string?     how a person calls it, where that is not its name
---@field suffix string?    what ends such a URL, and may be left out
---@field file boolean?     a path, which may begin with "~/"
---@field pem boolean?      a PEM text, whose newlines may be written as \n
---@field looked_for boolean  follows: beside the arguments, too (the other variables say where to look)
---@field credential boolean  follows: it is taken from one source together with its like (resolve.lua)

local schema = { by_name = {} }

---@type aicore.settings.Row[]
-- stylua: ignore
schema.rows = {
  { name = "base_url", variable = "AICORE_BASE_URL", in_key = "serviceurls.AI_API_URL", field = "base_url",
    suffix = "/v2", help = "the AI API, with or without `/v2`" },
  { name = "auth_url", variable = "AICORE_AUTH_URL", in_key = "url", field = "token_url", suffix = "/oauth/token",
    help = "where to log in by a secret, with or without `/oauth/token`" },
  { name = "client_id", variable = "AICORE_CLIENT_ID", in_key = "clientid", field = "client_id", help = "who logs in" },
  { name = "client_secret", variable = "AICORE_CLIENT_SECRET", in_key = "clientsecret", field = "client_secret",
    part = "proof", secret = true, help = "the proof of it; or a certificate and its key" },
  { name = "cert_url", variable = "AICORE_CERT_URL", in_key = "certurl certUrl", field = "token_url",
    suffix = "/oauth/token", title = "certificate URL",
    help = "where to log in by a certificate (X.509), instead of `auth_url`" },
  { name = "certificate", variable = "AICORE_CERT_STR", in_key = "certificate", field = "certificate",
    part = "proof", pem = true, help = "the client's certificate, PEM text" },
  { name = "key", variable = "AICORE_KEY_STR", in_key = "key", field = "key", part = "key", pem = true, secret = true,
    title = "private key", help = "its private key, PEM text" },
  { name = "certificate_file", variable = "AICORE_CERT_FILE_PATH", field = "certificate_file", part = "proof",
    file = true, help = "the certificate as a file" },
  { name = "key_file", variable = "AICORE_KEY_FILE_PATH", field = "key_file", part = "key", file = true,
    help = "the key as a file" },
  { name = "resource_group", variable = "AICORE_RESOURCE_GROUP", field = "resource_group", alone = true,
    default = "default", help = "the resource group of calls that name none" },

  { name = "service_key", type = "string or table", variable = "AICORE_SERVICE_KEY", secret = true,
    help = "a service key as JSON; in Lua a table will do, too" },
  { name = "profile", variable = "AICORE_PROFILE", help = "the config file is `config_<profile>.json`" },
  { name = "config_file", variable = "AICORE_CONFIG", help = "the path of the config file" },
  { name = "instance", variable = "AICORE_INSTANCE",
    help = "which binding counts where several are bound: its name" },
  { name = "token", type = "string or function", secret = true,
    help = "a ready token, or a function that returns one and its seconds; needs `base_url` only" },

  { name = "timeout", type = "number", unit = "s", most = 1e6, default = 120, help = "a whole call with its retries" },
  { name = "exchange_timeout", type = "number", unit = "s", default = 60, field = "timeout",
    help = "one HTTP exchange" },
  { name = "connect_timeout", type = "number", unit = "s", default = 10, field = "connect_timeout",
    help = "connecting" },
  { name = "max_response", type = "integer", unit = "bytes", default = 64 * 1024 * 1024, field = "max_response",
    help = "the longest answer, decompressed" },
  { name = "max_headers", type = "integer", unit = "bytes", default = 256 * 1024, field = "max_headers",
    help = "the longest headers of an answer" },
  { name = "max_depth", type = "integer", default = 64, field = "max_depth", help = "how deep JSON may be" },
  { name = "max_connections", type = "integer", default = 256, field = "max_connections",
    help = "connections at the same time" },

  { name = "ca_file", field = "ca_file", file = true,
    help = "authorities instead of the system's, a PEM file; verification cannot be turned off" },
  { name = "ca", field = "ca", help = "the same as PEM text" },
  { name = "proxy", field = "proxy", blank = true, help = 'instead of `https_proxy`, `no_proxy`, …; `""`: none' },
  { name = "headers", type = "table", field = "headers",
    help = "headers of your own for requests to the AI API: `{ name = text }`" },
  { name = "runtime", type = "string or table", help = 'how to wait; see "In your host"' },
  { name = "on_attempt", type = "function",
    help = "told of exchanges: `{ operation, id, attempt, status, seconds, request_id, error, … }`" },
}

for _, row in ipairs(schema.rows) do
  schema.by_name[row.name] = row
  row.looked_for = row.variable ~= nil and row.field ~= nil
  row.credential = row.looked_for and not row.alone
end

-- What numbers must be.
local NUMBERS = { number = "a positive and finite number", integer = "a positive whole number" }

--- What is wrong with a value of a setting, or nil. No text is quoted: it may be a secret.
---@param row aicore.settings.Row
---@param value any
---@return string?
function schema.complaint(row, value)
  local number = NUMBERS[row.type]
  local expected = number and "number" or row.type or "string"
  if not expected:find(type(value), 1, true) then
    return ("%s expected, got %s"):format(expected, type(value))
  end
  local fits = not number or value > 0 and value < math.huge and (row.type == "number" or value % 1 == 0)
  if not fits then
    return ("%s expected, got %s"):format(number, tostring(value))
  elseif row.most and value > row.most then
    return ("at most %.0f expected, got %s"):format(row.most, tostring(value))
  end
end

return schema
