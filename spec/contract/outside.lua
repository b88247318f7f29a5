--- What a runner of the contract lends to the suite where processes may be begun: the emulator's admin and the
--- victim's end, both by commands that block for a moment. Where things are is told by the environment:
--- CONTRACT_URL, CONTRACT_VICTIM, CONTRACT_VICTIM_PID.

local cjson = require "cjson"

local outside = {}

local function quote(text)
  return "'" .. text:gsub("'", "'\\''") .. "'"
end

-- What `make asan` preloads into us would hang in curl.
local CURL =
  "env -u LD_PRELOAD curl --silent --show-error --fail-with-body --max-time 30 --noproxy '*' --request %s %s %s"

local function admin(url, method, path, body)
  local data = body and "--header 'content-type: application/json' --data-binary " .. quote(cjson.encode(body)) or ""
  local command = CURL:format(method, data, quote(url .. "/_emulator" .. path))
  local pipe = assert(io.popen(command))
  local text = pipe:read "*a"
  pipe:close()
  if text == "" then
    return {} -- done, without a word
  end
  return cjson.decode(text)
end

--- The `t` of suite.lua, but for `every`.
---@param runtime string
---@return table
function outside.new(runtime)
  local url = assert(os.getenv "CONTRACT_URL", "CONTRACT_URL is not set")
  return {
    runtime = runtime,
    url = url,
    victim = assert(os.getenv "CONTRACT_VICTIM"),
    kill_victim = function()
      os.execute("kill -KILL " .. tonumber(os.getenv "CONTRACT_VICTIM_PID"))
    end,
    admin = function(method, path, body)
      return admin(url, method, path, body)
    end,
  }
end

--- Says a line at once.
---@param line string
function outside.say(line)
  io.stdout:write(line, "\n")
  io.stdout:flush()
end

return outside
