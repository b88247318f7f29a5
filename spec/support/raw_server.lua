--- A server that answers with given bytes, whatever was asked: one connection, one answer, closed.
-- As a module, `start(answers)` runs this file as a program of its own.

local child = require "spec.support.child"

local raw_server = {}

--- Serves the answers one after the other, the last one again and again.
---@param answers string[]
---@return { url: string, requests: (fun(): string), stop: fun() }
function raw_server.start(answers)
  local folder = os.tmpname()
  os.remove(folder)
  assert(os.execute("mkdir " .. folder))
  for i, answer in ipairs(answers) do
    local file = assert(io.open(("%s/%d"):format(folder, i), "wb"))
    file:write(answer)
    file:close()
  end
  local process = child.start("luajit spec/support/raw_server.lua " .. folder)
  return {
    url = "http://127.0.0.1:" .. assert(process.line, "the raw server did not start"),
    requests = function()
      local file = io.open(folder .. "/requests", "rb")
      local text = file and file:read "*a" or ""
      if file then
        file:close()
      end
      return text
    end,
    stop = function()
      process:stop()
      os.execute("rm -rf " .. folder)
    end,
  }
end

local function read_request(connection, log)
  local length = 0
  for line in
    function()
      return connection:receive "*l"
    end
  do
    log:write(line, "\n")
    length = tonumber(line:lower():match "^content%-length:%s*(%d+)") or length
    if line == "" then
      break
    end
  end
  log:write(length > 0 and connection:receive(length) or "", "\n")
  log:flush()
end

local function main(folder)
  local socket = require "socket"
  local server = assert(socket.bind("127.0.0.1", 0))
  local _, port = server:getsockname()
  print(port)
  io.stdout:flush()
  local log = assert(io.open(folder .. "/requests", "wb"))
  local answer
  for i = 1, math.huge do
    local file = io.open(("%s/%d"):format(folder, i), "rb")
    if file then
      answer = file:read "*a"
      file:close()
    end
    local connection = assert(server:accept())
    read_request(connection, log)
    connection:send(answer)
    connection:close()
  end
end

if arg and arg[0]:match "raw_server%.lua$" then
  main(arg[1])
end

return raw_server
