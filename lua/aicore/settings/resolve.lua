--- Where settings come from, in which order, and what they must look like.
-- Per setting, the first source that has it wins: arguments; AICORE_SERVICE_KEY; the AICORE_*
-- variables; the config file; VCAP_SERVICES. A service key counts as a whole: behind it, nobody
-- is asked for credentials any more. The names are those that SAP's own clients read.
-- No I/O here: `host` brings `getenv(name)` and `read(path)`.

local cjson = require "cjson"
local errors = require "aicore.model.errors"

local config = {}

--- What `aicore.client` takes, with the types; the rest of the program knows no other names.
---@class aicore.Config
---@field base_url string?            the AI API, with or without /v2
---@field auth_url string?            the token endpoint, with or without /oauth/token
---@field client_id string?
---@field client_secret string?
---@field cert_url string?            the token endpoint for X.509
---@field certificate string?         PEM text
---@field key string?                 PEM text
---@field certificate_file string?
---@field key_file string?
---@field service_key string|table?   the service key: JSON, or the table
---@field token string|fun():string?  a ready token, or a function that returns one (and its seconds)
---@field resource_group string?      "default"
---@field profile string?             config_<profile>.json
---@field config_file string?
---@field timeout number?             s, a whole call with its retries (120)
---@field connect_timeout number?     s (10)
---@field exchange_timeout number?    s, one HTTP exchange (60)
---@field max_response integer?       bytes, decompressed (64 MiB)
---@field max_headers integer?        bytes (256 KiB)
---@field max_depth integer?          of JSON (64)
---@field max_connections integer?    (256)
---@field ca_file string?             PEM file of the certificate authorities
---@field ca string?                  the same as text
---@field proxy string?               instead of the standard variables; "" for none
---@field runtime string|table?       how to wait: "blocking", …
---@field on_attempt function?        called after every HTTP exchange, for logs and metrics, with { operation, id,
---                                   attempt, status, seconds, request_id, error (a kind) }
local TYPES = {
  base_url = "string",
  auth_url = "string",
  client_id = "string",
  client_secret = "string",
  cert_url = "string",
  certificate = "string",
  key = "string",
  certificate_file = "string",
  key_file = "string",
  service_key = "string or table",
  token = "string or function",
  resource_group = "string",
  profile = "string",
  config_file = "string",
  timeout = "number",
  connect_timeout = "number",
  exchange_timeout = "number",
  max_response = "number",
  max_headers = "number",
  max_depth = "number",
  max_connections = "number",
  ca_file = "string",
  ca = "string",
  proxy = "string",
  runtime = "string or table",
  on_attempt = "function",
}

-- setting -> its variable; in the config file the same names are keys.
local VARIABLES = {
  base_url = "AICORE_BASE_URL",
  auth_url = "AICORE_AUTH_URL",
  client_id = "AICORE_CLIENT_ID",
  client_secret = "AICORE_CLIENT_SECRET",
  cert_url = "AICORE_CERT_URL",
  certificate = "AICORE_CERT_STR",
  key = "AICORE_KEY_STR",
  certificate_file = "AICORE_CERT_FILE_PATH",
  key_file = "AICORE_KEY_FILE_PATH",
  resource_group = "AICORE_RESOURCE_GROUP",
}

-- What a service key speaks for: whoever has the key takes none of these from a later source.
local CREDENTIALS = {
  auth_url = true,
  client_id = true,
  client_secret = true,
  cert_url = true,
  certificate = true,
  key = true,
  certificate_file = true,
  key_file = true,
}

local LIMITS = {
  "connect_timeout",
  "max_response",
  "max_headers",
  "max_depth",
  "max_connections",
  "ca_file",
  "ca",
  "proxy",
}

-- What a failed look says: how a person calls the setting.
local TITLES = {
  base_url = "base URL",
  auth_url = "auth URL",
  client_id = "client id",
  client_secret = "client secret",
  cert_url = "certificate URL",
  certificate = "certificate",
  key = "private key",
}

local function fail(...)
  return nil, errors.new { kind = "config", message = string.format(...) }
end

--- What is wrong with the arguments of `aicore.client`, or nil.
---@param arguments table
---@return string?
function config.check(arguments)
  for name, value in pairs(arguments) do
    local expected = TYPES[name]
    if not expected then
      return ("unknown setting '%s'"):format(tostring(name))
    end
    if not expected:find(type(value), 1, true) then
      return ("%s: %s expected, got %s"):format(name, expected, type(value))
    end
  end
end

-- Sources ----------------------------------------------------------------------------------------
-- A source is { name = where, values = { setting = value }, key = is it a service key?, is_file = is the name a
-- file's?, note = why there is nothing in it }.

local function decode(text)
  local ok, value = pcall(cjson.decode, text)
  if ok and type(value) == "table" then
    return value
  end
end

local function present(value)
  if type(value) == "string" and value:find "%S" then
    return value
  end
end

--- A service key's fields as settings.
local function key_values(key)
  key = type(key.credentials) == "table" and key.credentials or key
  local urls = type(key.serviceurls) == "table" and key.serviceurls or {}
  return {
    base_url = present(urls.AI_API_URL),
    auth_url = present(key.url),
    client_id = present(key.clientid),
    client_secret = present(key.clientsecret),
    cert_url = present(key.certurl) or present(key.certUrl),
    certificate = present(key.certificate),
    key = present(key.key),
  }
end

local function key_source(name, text)
  if text == nil then
    return { name = name, values = {}, note = "not set" }
  end
  local key = type(text) == "table" and text or decode(text)
  if not key then
    return fail("%s is not a JSON object", name)
  end
  return { name = name, values = key_values(key), key = true }
end

local function variables_source(lookup, note)
  local values = {}
  for setting, variable in pairs(VARIABLES) do
    values[setting] = present(lookup(variable))
  end
  return { values = values, variables = true, note = note or "not set" }
end

--- The config file: the one that was named must exist, the usual one may.
local function file_source(arguments, host)
  local named = arguments.config_file or present(host.getenv "AICORE_CONFIG")
  local path = named
  if not path then
    local home = present(host.getenv "AICORE_HOME") or (present(host.getenv "HOME") or "") .. "/.aicore"
    local profile = arguments.profile or present(host.getenv "AICORE_PROFILE")
    path = ("%s/config%s.json"):format(home, profile and "_" .. profile or "")
    named = profile and path
  end
  local text = host.read(path)
  if not text then
    if named then
      return fail("the config file %s cannot be read", path)
    end
    return { name = path, values = {}, note = "no such file" }
  end
  local values = decode(text)
  if not values then
    return fail("the config file %s is not a JSON object", path)
  end
  local source = variables_source(function(name)
    return values[name]
  end)
  source.name, source.variables, source.note, source.is_file = path, nil, "not in it", true
  return source
end

--- VCAP_SERVICES -> aicore[1].credentials, which has a service key's shape.
local function vcap_source(host)
  local text = present(host.getenv "VCAP_SERVICES")
  if not text then
    return { name = "VCAP_SERVICES", values = {}, note = "not set" }
  end
  local services = decode(text)
  if not services then
    return fail "VCAP_SERVICES is not a JSON object"
  end
  local instances = type(services.aicore) == "table" and services.aicore or {}
  local first = type(instances[1]) == "table" and instances[1] or {}
  if type(first.credentials) ~= "table" then
    return { name = "VCAP_SERVICES", values = {}, note = "without aicore" }
  end
  return { name = "VCAP_SERVICES", values = key_values(first.credentials), key = true }
end

local function gather_sources(arguments, host)
  local direct = { name = "arguments", values = {}, note = "not given" }
  for setting in pairs(VARIABLES) do
    direct.values[setting] = present(arguments[setting])
  end
  local makers = {
    function()
      return direct
    end,
    function()
      return arguments.service_key and key_source("service_key", arguments.service_key)
    end,
    function()
      return key_source("AICORE_SERVICE_KEY", present(host.getenv "AICORE_SERVICE_KEY"))
    end,
    function()
      return variables_source(host.getenv)
    end,
    function()
      return file_source(arguments, host)
    end,
    function()
      return vcap_source(host)
    end,
  }
  local sources = {}
  for _, make in ipairs(makers) do
    local source, err = make()
    if err then
      return nil, err
    end
    sources[#sources + 1] = source or nil
  end
  return sources
end

-- Looking ----------------------------------------------------------------------------------------

--- The first value of a setting, and the rank of its source.
local function find(sources, setting)
  for rank, source in ipairs(sources) do
    local value = source.values[setting]
    if value ~= nil then
      return value, rank
    end
    if source.key and CREDENTIALS[setting] then
      return nil
    end
  end
end

local function source_name(source, setting)
  return source.variables and VARIABLES[setting] or source.name
end

--- "no client secret: looked in arguments, AICORE_SERVICE_KEY (not set), …"
local function missing(sources, setting)
  local places = {}
  for _, source in ipairs(sources) do
    local note = source.key and "without one" or source.note
    local name = source_name(source, setting)
    places[#places + 1] = source.name == "arguments" and name or ("%s (%s)"):format(name, note)
    if source.key and CREDENTIALS[setting] then
      break
    end
  end
  return fail("no %s: looked in %s", TITLES[setting], table.concat(places, ", "))
end

local function contradiction(sources, one, other, rank)
  local source = sources[rank]
  return fail(
    "both %s and %s are set (%s, %s): one of them is too much",
    one:gsub("_", " "),
    other:gsub("_", " "),
    source_name(source, one),
    source_name(source, other)
  )
end

--- One of two settings that exclude each other: the one from the earlier source.
---@return string? name, any value, integer? rank  or nil, err (when both come from one source)
local function either(sources, one, other)
  local first, first_rank = find(sources, one)
  local second, second_rank = find(sources, other)
  if first and second and first_rank == second_rank then
    local _, err = contradiction(sources, one, other, first_rank)
    return nil, err
  end
  if first and (not second or first_rank < second_rank) then
    return one, first, first_rank
  elseif second then
    return other, second, second_rank
  end
end

local SECRETS = { client_secret = true, certificate = true, key = true }

--- A value as anybody may see it, or nil. People paste keys where names are expected, and passwords into URLs.
local function public(setting, value)
  if SECRETS[setting] or value:find("-----BEGIN", 1, true) then
    return nil
  end
  return (value:gsub("//.*@", "//…@"))
end

---@class aicore.Origin
---@field setting string
---@field source string  "arguments", a variable, or a file's name
---@field value string?  nil: not to be shown

--- Which settings are set, and where each comes from; none of the values is a secret.
---@param arguments aicore.Config  checked
---@param host { getenv: (fun(name: string): string?), read: (fun(path: string): string?) }
---@return aicore.Origin[]|nil origins  by name
---@return aicore.Error? err            of kind "config": a source is unusable
function config.origins(arguments, host)
  local sources, err = gather_sources(arguments, host)
  if not sources then
    return nil, err
  end
  local origins = {}
  for setting in pairs(VARIABLES) do
    local value, rank = find(sources, setting)
    if value then
      origins[#origins + 1] = {
        setting = setting,
        source = source_name(sources[rank], setting),
        value = public(setting, value),
      }
    end
  end
  table.sort(origins, function(a, b)
    return a.setting < b.setting
  end)
  return origins
end

-- Shapes -----------------------------------------------------------------------------------------

local function trim(url)
  return (url:gsub("^%s+", ""):gsub("[%s/]+$", ""))
end

--- People paste URLs with and without their last part, and with a slash too much.
local function with_suffix(url, suffix)
  url = trim(url)
  if url:sub(-#suffix) == suffix then
    return url
  end
  return url .. suffix
end

--- A PEM text from a variable often has its newlines as two characters.
local function pem(text)
  return (text:gsub("\\r", ""):gsub("\\n", "\n"))
end

local function certificate_login(sources, name, value)
  local settings = { client_id = (find(sources, "client_id")) }
  if not settings.client_id then
    return missing(sources, "client_id")
  end
  local url = find(sources, "cert_url")
  if not url then
    return missing(sources, "cert_url")
  end
  settings.token_url = with_suffix(url, "/oauth/token")
  local key_name, key = either(sources, "key", "key_file")
  if not key_name then
    if key then
      return nil, key
    end
    return missing(sources, "key")
  end
  settings[name] = name == "certificate" and pem(value) or value
  settings[key_name] = key_name == "key" and pem(key) or key
  return settings
end

local function secret_login(sources)
  local settings = {}
  for _, name in ipairs { "client_id", "client_secret" } do
    settings[name] = find(sources, name)
    if not settings[name] then
      return missing(sources, name)
    end
  end
  local url = find(sources, "auth_url")
  if not url then
    return missing(sources, "auth_url")
  end
  settings.token_url = with_suffix(url, "/oauth/token")
  return settings
end

--- How to log in: by secret or by certificate, whichever an earlier source knows.
local function login_settings(sources)
  local name, value, rank = either(sources, "certificate", "certificate_file")
  if not name and value then
    return nil, value
  end
  local secret, secret_rank = find(sources, "client_secret")
  if name and secret and rank == secret_rank then
    return contradiction(sources, "client_secret", name, rank)
  end
  if name and (not secret or rank < secret_rank) then
    return certificate_login(sources, name, value)
  end
  return secret_login(sources)
end

--- The files that hold secrets: nobody else should be able to read them.
local function secret_files(sources, session)
  local files = { session.key_file }
  for _, source in ipairs(sources) do
    if source.is_file and (source.values.client_secret or source.values.key) then
      files[#files + 1] = source.name
    end
  end
  return files
end

--- Resolves the settings of a client.
---@param arguments aicore.Config  checked
---@param host { getenv: (fun(name: string): string?), read: (fun(path: string): string?) }
---@return table|nil settings  `session` (for core.session), `token`, `timeout`, `runtime`, `secret_files`
---@return aicore.Error? err   of kind "config": what is missing or contradictory, and where it was
---                            looked for
function config.resolve(arguments, host)
  local sources, err = gather_sources(arguments, host)
  if not sources then
    return nil, err
  end
  local base_url = find(sources, "base_url")
  if not base_url then
    return missing(sources, "base_url")
  end
  local session = {}
  if arguments.token == nil then
    session, err = login_settings(sources)
    if not session then
      return nil, err
    end
  elseif arguments.client_secret or arguments.service_key then
    return fail "both token and credentials are given (arguments): one of them is too much"
  end
  session.base_url = with_suffix(base_url, "/v2")
  session.resource_group = find(sources, "resource_group")
  for _, name in ipairs(LIMITS) do
    session[name] = arguments[name]
  end
  session.timeout = arguments.exchange_timeout
  return {
    session = session,
    token = arguments.token,
    timeout = arguments.timeout or 120,
    runtime = arguments.runtime,
    on_attempt = arguments.on_attempt,
    secret_files = secret_files(sources, session),
  }
end

--- What a person should hear of the settings: files with secrets that everybody may read.
---@param found table  what resolve() has found
---@param host { mode: fun(path: string): integer? }
---@return string[]
function config.warnings(found, host)
  local warnings = {}
  for _, path in ipairs(found.secret_files) do
    local mode = host.mode(path)
    if mode and mode % 8 >= 4 then
      warnings[#warnings + 1] = ("%s holds a secret and can be read by everybody: chmod 600 %s"):format(path, path)
    end
  end
  return warnings
end

return config
