--- The rules of settings.
-- Credentials come from one source as a whole, so that the secret of one is never sent to the host of another: from the
-- arguments if they suffice, else from the first other source that has any. What that one lacks the arguments may add;
-- if they give a part that it has itself, they stand alone. Every other setting comes from the first place that has it.
-- No I/O here: `host` brings what host.lua has.

local errors = require "aicore.model.errors"
local merged = require "aicore.model.merged"
local record = require "aicore.settings.record"
local schema = require "aicore.settings.schema"
local sources = require "aicore.settings.sources"

local resolve = {}

local function problem(...)
  return errors.new { kind = "config", message = string.format(...) }
end

-- Arguments ---------------------------------------------------------------------------------------

--- What is wrong with the arguments of `aicore.client`, or nil: their types, and of numbers how large they are.
---@param arguments table
---@param host table  as host.lua
---@return string?
function resolve.check(arguments, host)
  for name, value in pairs(arguments) do
    local row = schema.by_name[name]
    local complaint = row and schema.complaint(row, value)
    if row and row.field and not complaint and type(value) == "number" then
      complaint = host.complaint(row.field, value)
    end
    if complaint then
      return ("%s: %s"):format(name, complaint)
    elseif not row then
      return ("unknown setting '%s'"):format(tostring(name))
    end
  end
end

--- The sources, unless an argument cannot be used: nothing else takes its place.
local function open(arguments, host)
  for _, row in ipairs(schema.rows) do
    local value = arguments[row.name]
    if type(value) == "string" and not row.blank and not value:find "%S" then
      return nil, problem("the argument %s is blank", row.name)
    elseif arguments.token ~= nil and value ~= nil and (row.part or row.name == "service_key") then
      return nil, problem "both token and credentials are given (arguments): one of them is too much"
    end
  end
  if arguments.profile and arguments.config_file then
    return nil, problem "both profile and config file are given (arguments): one of them is too much"
  end
  local list = sources.list(arguments, host)
  if arguments.profile or arguments.config_file then
    local values, err = sources.read(list.file)
    if not values then
      return nil, err
    end
  end
  return list
end

-- Looking -----------------------------------------------------------------------------------------
-- What was found is { [setting] = { value, place } }; its parts are { [part] = place }.

local function place_name(place, row)
  return place.name or row.variable
end

--- What the first place has that has a setting at all.
---@return table|nil found, aicore.Error? err
local function find(list, row)
  for _, source in ipairs(list) do
    for _, place in ipairs(source) do
      local values, err = {}, nil
      if row[place.column] then -- a service key that is broken is no matter to what stands in none
        values, err = sources.read(place)
      end
      if err then
        return nil, err
      elseif values[row.name] then
        return { value = values[row.name], place = place }
      end
    end
  end
end

--- The credentials of a source. Of two of its places the second adds the parts that the first lacks.
---@return table|nil found, table|aicore.Error parts
local function credentials_of(source)
  local found, parts = {}, {}
  for _, place in ipairs(source) do
    local values, err = sources.read(place)
    if not values then
      return nil, err
    end
    for _, row in ipairs(schema.rows) do
      local part = row.part or row.name
      if row.credential and values[row.name] and (parts[part] or place) == place then
        found[row.name], parts[part] = { value = values[row.name], place = place }, place
      end
    end
  end
  return found, parts
end

--- What a login takes, by a secret or by a certificate. SAP's Python pages give the URL for certificates as AUTH_URL.
local function login_names(found)
  local certificate = found.certificate and "certificate" or found.certificate_file and "certificate_file"
  if certificate then
    local url = not found.cert_url and found.auth_url and "auth_url" or "cert_url"
    local is_file = found.key_file or certificate == "certificate_file" and not found.key
    return { "base_url", "client_id", url, certificate, is_file and "key_file" or "key" }
  end
  return { "base_url", "client_id", "client_secret", "auth_url" }
end

--- The first of the settings that was not found, or nil.
local function missing_of(found, names)
  for _, name in ipairs(names) do
    if not found[name] then
      return schema.by_name[name]
    end
  end
end

--- Adds the credentials of the arguments to those of another source; or nil: they give a part that it has, too.
local function join(given, given_parts, found, parts)
  for part in pairs(given_parts) do
    if parts[part] then
      return nil
    end
  end
  return merged(found, given)
end

--- The credentials, and the sources in which they were looked for.
---@return table|nil found, aicore.settings.Source[]|aicore.Error asked
local function choose(list)
  local given, given_parts = credentials_of(list[1])
  if not given then
    return nil, given_parts
  elseif not missing_of(given, login_names(given)) then
    return given, { list[1] }
  end
  for i = 2, #list do
    local found, parts = credentials_of(list[i])
    if not found then
      return nil, parts
    elseif next(found) then
      local both = join(given, given_parts, found, parts)
      return both or given, { list[1], both and list[i] }
    end
  end
  return given, list
end

--- What is taken, of all that is looked for. Beside a token only a base_url is, wherever it is.
---@return table|nil looked  { list = sources, found, asked, names = those that are needed }
---@return aicore.Error? err
local function look(arguments, host)
  local list, err = open(arguments, host)
  if not list then
    return nil, err
  end
  local has_token = arguments.token ~= nil
  local found, asked = {}, list
  if not has_token then
    found, asked = choose(list)
  end
  if not found then
    return nil, asked
  end
  for _, row in ipairs(schema.rows) do
    if row.alone or has_token and row.name == "base_url" then
      found[row.name], err = find(list, row)
    end
    if err then
      return nil, err
    end
  end
  return { list = list, found = found, asked = asked, names = has_token and { "base_url" } or login_names(found) }
end

-- What is wrong -----------------------------------------------------------------------------------

local function words(row)
  return (row.name:gsub("_", " "):gsub("url", "URL"))
end

--- Two settings of one part contradict each other.
local function contradiction(found)
  local seen = {}
  for _, row in ipairs(schema.rows) do
    local mine = row.part and found[row.name]
    local other = mine and seen[row.part]
    if other then
      local names = { place_name(found[other.name].place, other), place_name(mine.place, row) }
      local pair = ("both %s and %s are set (%s)"):format(words(other), words(row), table.concat(names, ", "))
      return problem("%s: one of them is too much", pair)
    elseif mine then
      seen[row.part] = row
    end
  end
end

--- What makes a source the one that counts.
local function source_name(source, found)
  for _, row in ipairs(source.name and schema.rows or {}) do
    for _, place in ipairs(source) do
      if found[row.name] and found[row.name].place == place then
        return ("%s (%s)"):format(source.name, place_name(place, row))
      end
    end
  end
  return source[1].name
end

--- "no client secret: looked in arguments, AICORE_SERVICE_KEY (not set), …", and which source has one in vain; or nil.
local function missing(looked)
  local row = missing_of(looked.found, looked.names)
  if not row then
    return nil
  end
  local places, other = {}, nil
  for _, source in ipairs(looked.asked) do
    for _, place in ipairs(source) do
      local note = place.absent or place.lacks
      places[#places + 1] = place_name(place, row) .. (note and (" (%s)"):format(note) or "")
    end
  end
  for _, source in ipairs(looked.list) do
    other = other or find({ source }, row)
  end
  local text = ("no %s: looked in %s"):format(row.title or words(row), table.concat(places, ", "))
  if not other then
    return problem("%s", text)
  end
  local chosen = source_name(looked.asked[#looked.asked], looked.found)
  local rule = "credentials are taken from one source as a whole, here " .. chosen
  return problem("%s; %s has one, but %s", text, place_name(other.place, row), rule)
end

-- Shapes ------------------------------------------------------------------------------------------

--- A value as C takes it. People paste URLs with and without their last part, and with a slash too much; a PEM text
--- from a variable often has its newlines as two characters.
local function shape(row, value, host)
  if row.file then
    value = record.file(value, host.getenv "HOME")
  elseif row.pem then
    value = record.pem(value)
  elseif row.suffix then
    value = value:gsub("^%s+", ""):gsub("[%s/]+$", "")
    value = value:sub(-#row.suffix) == row.suffix and value or value .. row.suffix
  end
  return value
end

--- A value as anybody may see it, or nil. People paste keys where names are expected, and passwords into URLs.
local function public(row, value)
  if row.secret or row.pem or value:find("-----BEGIN", 1, true) or value:find("{", 1, true) then
    return nil
  end
  return (value:gsub("//.*@", "//…@"):gsub("[?#].*", "…"))
end

-- The proxy ---------------------------------------------------------------------------------------

--- Adds a variable's value to the session, under a field; as curl does, by the first that is not empty.
local function take_variable(session, places, field, names, host)
  for name in names:gmatch "%S+" do
    local value = host.getenv(name)
    if value and value:find "%S" then
      session[field], places[field] = value, name
      return
    end
  end
end

--- Adds the standard variables to the session where no argument says what the proxy is.
local function add_proxy(session, places, host)
  if not session.proxy then
    session.no_proxy = "" -- then C spares this machine, too
    take_variable(session, places, "no_proxy", "no_proxy NO_PROXY", host)
    take_variable(session, places, "proxy", "https_proxy HTTPS_PROXY all_proxy ALL_PROXY", host)
  end
end

-- The module --------------------------------------------------------------------------------------

--- The files that hold secrets, of all that were read.
local function secret_files(list, session)
  local paths = { session.key_file }
  for _, source in ipairs(list) do
    for _, place in ipairs(source) do
      local values = place.values or {}
      paths[#paths + 1] = (values.client_secret or values.key) and place.path or nil
    end
  end
  return paths
end

--- What a person should hear: files that hold secrets, and that everybody may read.
local function warnings(list, session, host)
  local texts, seen = {}, {}
  for _, path in ipairs(secret_files(list, session)) do
    local mode = not seen[path] and host.mode(path)
    seen[path] = true
    if mode and mode % 8 >= 4 then
      texts[#texts + 1] = ("%s holds a secret and can be read by everybody: chmod 600 %s"):format(path, path)
    end
  end
  return texts
end

--- What C gets, and where each of its fields comes from.
local function session_of(looked, arguments, host)
  local session, places = {}, {}
  local function put(row, value, place)
    session[row.field], places[row.field] = value, ("%s (%s)"):format(row.name, place)
  end
  for _, row in ipairs(schema.rows) do
    local found = looked.found[row.name]
    if row.field and not row.credential then
      local place = found and place_name(found.place, row) or "arguments"
      local value = found and found.value or arguments[row.name] or row.default
      put(row, row.file and value and shape(row, value, host) or value, place)
    end
  end
  for _, name in ipairs(looked.names) do
    local row, found = schema.by_name[name], looked.found[name]
    put(row, shape(row, found.value, host), place_name(found.place, row))
  end
  add_proxy(session, places, host)
  return session, places
end

--- What of it C cannot use, or nil. No value is quoted: there may be a password in it.
local function unusable(session, places, host)
  for field, value in pairs(session) do
    local complaint = host.complaint(field, value)
    if complaint then
      return problem("%s: %s", places[field], complaint)
    end
  end
end

--- What a certificate or its key is that nobody can use, or nil. OpenSSL would ask for a pass phrase, and all wait.
local function undecipherable(looked, session, places, host)
  for _, name in ipairs(looked.names) do
    local row = schema.by_name[name]
    local value = session[row.field]
    local text = row.pem and value or row.file and row.part == "key" and host.head(value)
    local clause, is_path = record.pem_look(text or "")
    if clause then
      local other = is_path and schema.by_name[name .. "_file"]
      local hint = other and ("; %s (%s) takes that"):format(other.name, other.variable) or ""
      return problem("%s: %s%s", places[row.field], clause, hint)
    end
  end
end

--- Resolves the settings of a client.
---@param arguments aicore.Config  checked
---@param host table       as host.lua
---@return table|nil settings  `session` (for core.session), `token`, `timeout`, `runtime`, `on_attempt`, `warnings`
---@return aicore.Error? err   of kind "config": what is missing, contradictory or unusable, and where it was looked for
function resolve.resolve(arguments, host)
  local looked, err = look(arguments, host)
  if not looked then
    return nil, err
  end
  err = contradiction(looked.found) or missing(looked)
  if err then
    return nil, err
  end
  local session, places = session_of(looked, arguments, host)
  err = unusable(session, places, host) or undecipherable(looked, session, places, host)
  if err then
    return nil, err
  end
  return {
    session = session,
    token = arguments.token,
    timeout = arguments.timeout or schema.by_name.timeout.default,
    runtime = arguments.runtime,
    on_attempt = arguments.on_attempt,
    warnings = warnings(looked.list, session, host),
  }
end

--- What the sources have, up to the first that cannot be read, and the place in that.
local function told(list)
  local found = {}
  for _, source in ipairs(list) do
    local broken
    for _, place in ipairs(source) do
      local values = sources.read(place)
      broken = broken or not values and place
      for name, value in pairs(values or {}) do
        found[name] = found[name] or { value = value, place = place }
      end
    end
    if broken then
      return found, broken
    end
  end
  return found
end

---@class aicore.Origin
---@field setting string
---@field source string  "arguments", a variable, or a file's name
---@field value string?  nil: not to be shown
---@field unusable true?  it cannot be read

--- Which settings are taken, and where each comes from; none of the values is a secret. Where a setting is missing, or
--- C cannot use it, or a source cannot be read, these are told all the same.
---@param arguments aicore.Config  checked
---@param host table            as host.lua
---@return aicore.Origin[] origins  by name
---@return aicore.Error? err         of kind "config": an argument or a source is unusable
function resolve.origins(arguments, host)
  local looked, err = look(arguments, host)
  local found, broken = looked and looked.found, nil
  if not found then
    found, broken = told(sources.list(arguments, host))
  end
  local origins = {}
  for name, one in pairs(found) do
    local row = schema.by_name[name]
    origins[#origins + 1] = { setting = name, source = place_name(one.place, row), value = public(row, one.value) }
  end
  if broken then
    origins[#origins + 1] = { setting = broken.setting or "arguments", source = broken.name, unusable = true }
  end
  if not found.resource_group then
    local default = schema.by_name.resource_group.default
    origins[#origins + 1] = { setting = "resource_group", source = "the default", value = default }
  end
  table.sort(origins, function(a, b)
    return a.setting < b.setting
  end)
  return origins, err
end

return resolve
