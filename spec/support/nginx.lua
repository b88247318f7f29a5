--- Starts a real nginx with the Lua module that tools/openresty.sh has unpacked, and talks to it:
--   local server = nginx.start { http = "init_by_lua_block { … }", locations = "location /x { … }" }
--   local reply = server.get "/x"
--   server.stop()
-- Whatever it writes stands in a folder of its own in the system's folder for such things. Whoever starts one stops it.

local http = require "socket.http"
local ltn12 = require "ltn12"
local socket = require "socket"

local TIMEOUT = 30 -- s, for an answer, for a start, for an end
local FOLDER = "build/openresty"

local nginx = {}

local function exists(path)
  local file = io.open(path)
  return file ~= nil and file:close()
end

local function output_of(command)
  local pipe = assert(io.popen(command))
  local text = pipe:read "*a"
  pipe:close()
  return (text:gsub("%s+$", ""))
end

--- Why there is no nginx here; nil: there is one.
---@return string?
function nginx.missing()
  if output_of "command -v nginx || PATH=$PATH:/usr/sbin command -v nginx" == "" then
    return "there is no nginx"
  elseif not exists(FOLDER .. "/modules/ngx_http_lua_module.so") then
    return "nginx's Lua module is not there: sh tools/openresty.sh"
  end
end

local TEMPLATE = [[
load_module $root/$folder/modules/ndk_http_module.so;
load_module $root/$folder/modules/ngx_http_lua_module.so;
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
  lua_package_path "$root/?.lua;$root/lua/?.lua;$root/lua/?/init.lua;$root/$folder/lua/?.lua;;";
  lua_package_cpath "$root/build/5.1/?.so;$triplet/lua/5.1/?.so;;";
  $http
  server {
    listen 127.0.0.1:$port;
    location = /pid { content_by_lua_block { ngx.print(ngx.worker.pid()) } }
    $locations
  }
}
]]

local function free_port()
  local listener = assert(socket.bind("127.0.0.1", 0))
  local _, port = listener:getsockname()
  listener:close()
  return port
end

local function write_config(folder, port, options)
  local root = output_of "pwd"
  local values = {
    root = root,
    folder = FOLDER,
    port = tostring(port),
    -- Where /usr/lib has a folder per system, Debian's modules in C are there.
    triplet = output_of("cd " .. FOLDER .. "/lib && pwd -P"):gsub("^.*/root", ""),
    user = output_of "id -u" == "0" and "user root;" or "",
    workers = tostring(options.workers or 1),
    main = options.main or "",
    http = options.http or "",
    locations = options.locations or "",
  }
  local file = assert(io.open(folder .. "/nginx.conf", "w"))
  file:write((TEMPLATE:gsub("%$(%a+)", values)))
  file:close()
end

--- Looks again and again until `holds` does; says so if it never did.
local function wait_until(holds, what)
  local deadline = socket.gettime() + TIMEOUT
  while not holds() do
    if socket.gettime() > deadline then
      error("waited in vain: " .. what, 2)
    end
    socket.sleep(0.005)
  end
end

local function get(url)
  local parts = {}
  http.TIMEOUT = TIMEOUT
  local ok, status, headers = http.request { url = url, sink = ltn12.sink.table(parts) }
  if not ok then
    return nil, status
  end
  return { status = status, headers = headers, body = table.concat(parts) }
end

--- Asks without waiting for the answer.
---@return { answer: (fun(): string?), close: fun() }
local function ask(port, path)
  local connection = assert(socket.connect("127.0.0.1", port))
  connection:settimeout(TIMEOUT)
  assert(connection:send(("GET %s HTTP/1.0\r\n\r\n"):format(path)))
  return {
    answer = function()
      local text = connection:receive "*a"
      connection:close()
      return text and text:match "\r\n\r\n(.*)$"
    end,
    close = function()
      connection:close()
    end,
  }
end

-- The shell says its pid and then becomes nginx.
local COMMAND =
  "cd %s && echo $$ && PATH=$PATH:/usr/sbin exec env LD_LIBRARY_PATH=%s nginx -p %s -c nginx.conf 2>stderr"

--- Starts one and waits until it serves.
---@param options { workers: integer?, main: string?, http: string?, locations: string? }  parts of its configuration
function nginx.start(options)
  local folder = os.tmpname()
  os.remove(folder)
  assert(os.execute("mkdir " .. folder))
  local port = free_port()
  write_config(folder, port, options)
  local libraries = output_of("cd " .. FOLDER .. "/lib && pwd")
  local pipe = assert(io.popen(COMMAND:format(folder, libraries, folder .. "/")))
  local pid = assert(tonumber(pipe:read "*l"))
  local server = { folder = folder, pid = pid, url = "http://127.0.0.1:" .. port }

  function server.get(path)
    return get(server.url .. path)
  end

  function server.ask(path)
    return ask(port, path)
  end

  function server.read(name)
    local file = io.open(folder .. "/" .. name, "rb")
    local text = file and file:read "*a"
    if file then
      file:close()
    end
    return text
  end

  function server.signal(name)
    os.execute(("kill -%s %d"):format(name, pid))
  end

  --- Has the signal HUP replaced all workers, so that new ones answer?
  function server.reload()
    local before = assert(server.get "/pid").body
    server.signal "HUP"
    wait_until(function()
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

  wait_until(function()
    return server.get "/pid" or server.read("stderr"):find("[emerg]", 1, true)
  end, "nginx")
  if not server.get "/pid" then
    local said = server.read "stderr"
    server.wait()
    server.stop()
    error("nginx did not start: " .. said, 2)
  end
  return server
end

nginx.wait_until = wait_until

return nginx
