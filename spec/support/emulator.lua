--- Starts `aicorectl emulator` as a child process and talks to it, from specs under any Lua:
---   local server = emulator.start { deployments = 3 }
---   server.fault { operation = "list", status = 503 }
---   server.stop()
-- Rule: whoever starts one stops it. stop() waits for the process, so nothing is left behind. What hangs on the table
-- that start() answers are functions, not methods: server.stop(), not server:stop().

local cjson = require "cjson"
local http = require "socket.http"
local ltn12 = require "ltn12"

local TIMEOUT = 30 -- seconds for one request
local ROOT = debug.getinfo(1, "S").source:match "^@(.*)spec/support/emulator%.lua$"

local function quote(text)
  return "'" .. text:gsub("'", "'\\''") .. "'"
end

local function escape(text)
  return (text:gsub("[^%w]", function(character)
    return ("%%%02X"):format(character:byte())
  end))
end

-- { "--deployments", 3 } and { deployments = 3, no_bulk = true } mean the same.
local function words_of(arguments)
  local words = {}
  for _, word in ipairs(arguments) do
    words[#words + 1] = tostring(word)
  end
  for name, value in pairs(arguments) do
    if type(name) == "string" and name ~= "stderr" and value then
      words[#words + 1] = "--" .. name:gsub("_", "-")
      words[#words + 1] = value ~= true and tostring(value) or nil
    end
  end
  return words
end

local function value_of(option, words)
  for i, word in ipairs(words) do
    if word == option then
      return words[i + 1]
    end
  end
end

-- Paths meant for another Lua would lead LuaJIT to libraries that it cannot load.
local CLEAN = package.loaded.jit and "" or "env -u LUA_PATH -u LUA_CPATH "

local function by_luasocket(request)
  local parts = {}
  local ok, status, headers = http.request {
    url = request.url,
    method = request.method,
    headers = request.headers,
    source = request.body ~= "" and ltn12.source.string(request.body) or nil,
    sink = ltn12.sink.table(parts),
    redirect = false,
  }
  if not ok then
    return nil, status
  end
  return { status = status, headers = headers, body = table.concat(parts) }
end

local function parse_reply(text)
  local head, body = text:match "^(HTTP.-\r\n)\r\n(.*)$"
  if not head then
    return nil, "no answer"
  end
  local headers = {}
  for name, value in head:gmatch "\n([^:\r\n]+):[ \t]*([^\r\n]*)" do
    headers[name:lower()] = value
  end
  return { status = tonumber(head:match "^HTTP/%S+ (%d+)"), headers = headers, body = body }
end

-- luasocket alone knows no TLS. `curl` may hold further options of curl's.
local function by_curl(request)
  local method = request.method == "HEAD" and "--head" or "--request " .. request.method
  local words = { "curl --silent --include --insecure --max-time", TIMEOUT, method }
  for name, value in pairs(request.headers) do
    words[#words + 1] = "--header " .. quote(name .. ": " .. value)
  end
  if request.body ~= "" then
    words[#words + 1] = "--data-binary " .. quote(request.body)
  end
  words[#words + 1] = request.curl or ""
  words[#words + 1] = quote(request.url)
  local pipe = assert(io.popen(table.concat(words, " ")))
  local text = pipe:read "*a"
  pipe:close()
  return parse_reply(text)
end

---@class spec.Emulator
---@field url string
---@field port integer
---@field pid integer

-- What start() binds to the process that it has started.
local functions = {}

---@class spec.Reply
---@field status integer
---@field headers table<string, string>
---@field body string
---@field json table|nil

--- Sends any request.
---@param method string
---@param path string
---@param options { body: string|table|nil, headers: table|nil, curl: string|nil }|nil
---@return spec.Reply|nil
---@return string|nil problem
function functions.request(self, method, path, options)
  options = options or {}
  local body, headers = options.body or "", {}
  if type(body) == "table" then
    body, headers["content-type"] = cjson.encode(body), "application/json"
  end
  for name, value in pairs(options.headers or {}) do
    headers[name:lower()] = value
  end
  headers["content-length"] = body ~= "" and tostring(#body) or nil
  local send = (options.curl or self.url:find "^https") and by_curl or by_luasocket
  local request = { url = self.url .. path, method = method, headers = headers, body = body, curl = options.curl }
  local reply, problem = send(request)
  if not reply then
    return nil, problem
  end
  local ok, json = pcall(cjson.decode, reply.body)
  reply.json = ok and type(json) == "table" and json or nil
  return reply
end

--- Logs in; the token is kept for call().
---@return string
function functions.token(self)
  local form = { ["content-type"] = "application/x-www-form-urlencoded" }
  local credentials = "grant_type=client_credentials&client_id=%s&client_secret=%s"
  local body = credentials:format(escape(self.client_id), escape(self.client_secret))
  local reply = assert(functions.request(self, "POST", "/oauth/token", { body = body, headers = form }))
  self.bearer = reply.json.access_token
  return self.bearer
end

--- Sends a request of the AI API: below /v2/lm, with a token and the resource group "default".
---@param method string
---@param path string
---@param options table|nil  as for request()
---@return spec.Reply|nil
---@return string|nil problem
function functions.call(self, method, path, options)
  options = options or {}
  local bearer = self.bearer or functions.token(self)
  local headers = { ["ai-resource-group"] = "default", authorization = "Bearer " .. bearer }
  for name, value in pairs(options.headers or {}) do
    headers[name:lower()] = value
  end
  local passed_on = { body = options.body, headers = headers, curl = options.curl }
  return functions.request(self, method, "/v2/lm" .. path, passed_on)
end

local function admin(self, method, path, body)
  local reply = assert(functions.request(self, method, "/_emulator" .. path, { body = body }))
  if reply.status >= 300 then
    error(("%s %s: %d %s"):format(method, path, reply.status, reply.body), 3)
  end
  return reply.json
end

--- The effects so far, or those after a sequence number.
---@param since integer|nil
---@return aicore.emulator.Entry[]
function functions.journal(self, since)
  return admin(self, "GET", "/journal?since=" .. (since or 0)).entries
end

--- How many requests there were: per operation, and `total`.
---@return table<string, integer>
function functions.requests(self)
  return admin(self, "GET", "/journal").requests
end

--- Forgets the journal and the counts.
function functions.clear_journal(self)
  admin(self, "DELETE", "/journal")
end

--- Orders a fault; see lua/aicore/emulator/faults.lua.
---@param fault aicore.emulator.Fault
function functions.fault(self, fault)
  return admin(self, "POST", "/faults", fault)
end

--- The faults still to come.
---@return aicore.emulator.Fault[]
function functions.faults(self)
  return admin(self, "GET", "/faults").faults
end

--- Forgets all faults.
function functions.clear_faults(self)
  admin(self, "DELETE", "/faults")
end

--- Puts deployments into the emulator: { id = … } or { count = …, status = … }.
---@param seed table
---@return string[] ids
function functions.seed(self, seed)
  return admin(self, "POST", "/deployments", seed).ids
end

--- Forgets all deployments.
function functions.clear_deployments(self)
  admin(self, "DELETE", "/deployments")
end

--- Changes settings; answers all of them.
---@param changes table
---@return aicore.emulator.Settings
function functions.settings(self, changes)
  return admin(self, changes and "PUT" or "GET", "/settings", changes)
end

--- Lets every token expire at once.
function functions.expire_tokens(self)
  admin(self, "POST", "/tokens/expire")
end

--- Ends the process and waits until it has ended. May be called again.
function functions.stop(self)
  local pipe = self.pipe
  if pipe then
    self.pipe = nil
    os.execute("kill -TERM " .. self.pid)
    pipe:read "*a"
    pipe:close()
  end
end

local emulator = {}

--- Starts an emulator on a free port and waits until it listens.
---@param arguments table|nil  command line options: { "--deployments", 3 } or { deployments = 3, no_bulk = true };
---   and `stderr`, a file for what it complains about
---@return spec.Emulator
function emulator.start(arguments)
  local words, quoted = words_of(arguments or {}), {}
  for i, word in ipairs(words) do
    quoted[i] = quote(word)
  end
  -- The shell says its pid and then becomes the emulator, so the pid is the emulator's.
  local program = quote(ROOT .. "bin/aicorectl")
  local complaints = arguments and arguments.stderr and " 2> " .. quote(arguments.stderr) or ""
  local command = ("echo $$; exec %sluajit %s emulator %s"):format(CLEAN, program, table.concat(quoted, " "))
  local pipe = assert(io.popen(command .. complaints))
  local pid, line = tonumber(pipe:read "*l"), pipe:read "*l" or ""
  local url = line:match "^listening on (%S+)$"
  if not url then
    pipe:close()
    error("the emulator did not start: " .. line, 2)
  end
  http.TIMEOUT = TIMEOUT
  local process = { pipe = pipe, pid = pid, url = url }
  process.client_id = value_of("--client-id", words) or "sb-spec"
  process.client_secret = value_of("--client-secret", words) or "spec"
  local started = { pid = pid, url = url, port = tonumber(url:match "%d+$") }
  for name, act in pairs(functions) do
    started[name] = function(...)
      return act(process, ...)
    end
  end
  return started
end

return emulator
