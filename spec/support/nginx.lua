--- Starts the nginx that tools/openresty.sh has unpacked, and talks to it:
--   local server = nginx.start { http = "init_by_lua_block { … }", locations = "location /x { … }" }
--   local reply = server.get "/x"
--   server.stop()
-- Whatever it writes stands in a folder of its own in the system's folder for such things. Whoever starts one stops it.

local http = require "socket.http"
local ltn12 = require "ltn12"
local socket = require "socket"

local TIMEOUT = 30 -- s, for an answer, for a start, for an end

local nginx = {}

local function output_of(command)
  local pipe = assert(io.popen(command))
  local text = pipe:read "*a"
  pipe:close()
  return (text:gsub("%s+$", ""))
end

local function read_file(path)
  local file = io.open(path, "rb")
  local text = file and file:read "*a"
  if file then
    file:close()
  end
  return text
end

-- Its configuration --------------------------------------------------------------------------------

local TEMPLATE = [[
load_module $openresty/modules/ndk_http_module.so;
load_module $openresty/modules/ngx_http_lua_module.so;
$user
daemon off;
pid nginx.pid;
error_log error.log info;
worker_processes $workers;
$main
events { worker_connections 2048; }
http {
  access_log off;
  client_body_temp_path body; proxy_temp_path proxy;
  fastcgi_temp_path fastcgi; uwsgi_temp_path uwsgi; scgi_temp_path scgi;
  lua_package_path "$root/?.lua;$root/lua/?.lua;$root/lua/?/init.lua;$openresty/lua/?.lua;;";
  lua_package_cpath "$root/build/5.1/?.so;$openresty/lua-c/?.so;;";
  $http
  server {
    listen 127.0.0.1:$port $listen;
    location = /pid { content_by_lua_block { ngx.print(ngx.worker.pid()) } }
    $locations
  }
}
]]

---@return integer
function nginx.free_port()
  local listener = assert(socket.bind("127.0.0.1", 0))
  local _, port = listener:getsockname()
  listener:close()
  return port
end

local function write_config(folder, root, port, options)
  local values = {
    root = root,
    openresty = root .. "/build/openresty",
    port = tostring(port),
    user = output_of "id -u" == "0" and "user root;" or "", -- its workers write into the folder
    workers = tostring(options.workers or 1),
    listen = options.listen or "",
    main = options.main or "",
    http = options.http or "",
    locations = options.locations or "",
  }
  local file = assert(io.open(folder .. "/nginx.conf", "w"))
  file:write((TEMPLATE:gsub("%$(%a+)", values)))
  file:close()
end

-- Talking to it ------------------------------------------------------------------------------------

--- Looks again and again until `holds` does; says so if it never did.
---@generic T
---@param holds fun(): T
---@param what string
---@return T
function nginx.wait_until(holds, what)
  local deadline = socket.gettime() + TIMEOUT
  repeat
    local result = holds()
    if result then
      return result
    end
    socket.sleep(0.005)
  until socket.gettime() > deadline
  error("waited in vain: " .. what, 2)
end

---@param url string
---@param method string?
---@return { status: integer, headers: table, body: string }|nil
---@return string? problem
function nginx.request(url, method)
  local parts = {}
  http.TIMEOUT = TIMEOUT
  local ok, status, headers = http.request { url = url, method = method, sink = ltn12.sink.table(parts) }
  if not ok then
    return nil, status
  end
  return { status = status, headers = headers, body = table.concat(parts) }
end

--- Asks without waiting for the answer.
---@return { answer: (fun(): string), lines: (fun(): fun(): string?), close: fun() }
local function ask(port, path)
  local connection = assert(socket.connect("127.0.0.1", port))
  connection:settimeout(TIMEOUT)
  assert(connection:send(("GET %s HTTP/1.0\r\n\r\n"):format(path)))
  local asked = {}
  --- The lines of its body, as they come.
  function asked.lines()
    repeat
      local line = assert(connection:receive "*l")
    until line == ""
    return function()
      return (connection:receive "*l")
    end
  end
  --- All of its body.
  function asked.answer()
    local text = assert(connection:receive "*a")
    connection:close()
    return (assert(text:match "\r\n\r\n(.*)$", text))
  end
  function asked.close()
    connection:close()
  end
  return asked
end

-- Starting it --------------------------------------------------------------------------------------

-- The shell says its pid and then becomes nginx.
local COMMAND = "cd %s && echo $$ && exec %s/build/openresty/nginx -p %s -e stderr -c nginx.conf 2>stderr"

--- Starts one and waits until it serves.
---@param options { workers: integer?, listen: string?, main: string?, http: string?, locations: string? }
---       parts of its configuration
function nginx.start(options)
  local root = output_of "pwd"
  if not read_file(root .. "/build/openresty/nginx") then
    error("there is no nginx in build/openresty: run make deps, or sh tools/openresty.sh", 2)
  end
  local folder = output_of "mktemp -d"
  local port = nginx.free_port()
  write_config(folder, root, port, options)
  local pipe = assert(io.popen(COMMAND:format(folder, root, folder .. "/")))
  local pid = assert(tonumber(pipe:read "*l"))
  local server = { folder = folder, pid = pid, port = port, url = "http://127.0.0.1:" .. port }

  function server.get(path)
    return nginx.request(server.url .. path)
  end

  function server.ask(path)
    return ask(port, path)
  end

  --- What stands in one of the files that it has written.
  function server.read(name)
    return read_file(folder .. "/" .. name)
  end

  function server.signal(name)
    os.execute(("kill -%s %d"):format(name, pid))
  end

  --- Replaces all workers, and returns as soon as new ones answer.
  function server.reload()
    local before = assert(server.get "/pid").body
    server.signal "HUP"
    nginx.wait_until(function()
      local reply = server.get "/pid"
      return reply and reply.body ~= before
    end, "new workers")
  end

  --- Waits until it has ended by itself.
  function server.wait()
    if pipe then
      pipe:read "*a"
      pipe:close()
      pipe = nil
    end
  end

  function server.stop()
    if pipe then
      server.signal "TERM"
      server.wait()
    end
    os.execute("rm -rf " .. folder)
  end

  local began = pcall(nginx.wait_until, function()
    return server.get "/pid" or (server.read "stderr" or ""):find("[emerg]", 1, true)
  end, "nginx")
  if not began or not server.get "/pid" then
    local said = server.read "stderr"
    server.stop()
    error("nginx did not start: " .. said, 2)
  end
  return server
end

return nginx
