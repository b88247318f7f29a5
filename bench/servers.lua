--- The servers of a run, each started on a free port of loopback and ended by its pid.

local socket = require "socket"

local servers = {}

local running = {}

--- A port that was free a moment ago; for those who cannot look for one themselves.
local function free_port()
  local probe = assert(socket.bind("127.0.0.1", 0))
  local _, port = probe:getsockname()
  probe:close()
  return tonumber(port)
end

--- Starts a program. The shell tells its pid and then becomes the program.
local function start(command)
  local pipe = assert(io.popen("echo $$; exec " .. command, "r"))
  local server = { pipe = pipe, pid = tonumber(pipe:read "*l") }
  running[server] = true
  return server
end

local function await_port(port)
  for _ = 1, 200 do
    local connection = socket.connect("127.0.0.1", port)
    if connection then
      connection:close()
      return
    end
    socket.sleep(0.02)
  end
  error("nothing listens on port " .. port)
end

function servers.stop(server)
  if running[server] then
    running[server] = nil
    os.execute("kill " .. server.pid)
    server.pipe:close() -- waits for its end
  end
end

function servers.stop_all()
  for server in pairs(running) do
    servers.stop(server)
  end
end

local function write(path, text)
  local file = assert(io.open(path, "w"))
  file:write(text)
  file:close()
end

-- Small answers come from memory; lists from files, page by page: /n/20000/… has two, and then an empty one.
local NGINX = [[
daemon off; $user worker_processes 1; pid $dir/nginx.pid; error_log stderr error;
events { worker_connections 4096; }
http {
  access_log off; keepalive_requests 1000000000; keepalive_timeout 600s; default_type application/json;
  client_body_temp_path $dir/t1; proxy_temp_path $dir/t2; fastcgi_temp_path $dir/t3; uwsgi_temp_path $dir/t4;
  scgi_temp_path $dir/t5; ssl_certificate $dir/server.pem; ssl_certificate_key $dir/server.key;
  map $uri$args $page {
    ~/n/(?<most>\d+)/.*skip=(?<begun>\d+)0000$ $most-$begun.json; ~/n/(?<most>\d+)/ $most-0.json;
  }
  server {
    listen 127.0.0.1:$plain backlog=4096; listen 127.0.0.1:$tls ssl; listen 127.0.0.1:$h2 ssl http2;
    location /v2/lm/deployments/ { return 200 '$status'; }
    location /n/ { root $dir; sendfile on; open_file_cache max=10; try_files /$page =404; }
  }
}
]]

-- Unpacked by tools/openresty.sh; it is not installed.
local PROGRAM = "build/openresty/nginx -p %s -e stderr -c %s/nginx.conf"

local function is_root()
  local pipe = assert(io.popen "id -u")
  local id = pipe:read "*l"
  pipe:close()
  return id == "0"
end

--- nginx with a small status answer.
---@param dir string     for its files; has server.pem and server.key
---@param status string  the answer
---@return { plain: string, tls: string, h2: string } urls
function servers.nginx(dir, status)
  local ports = { plain = free_port(), tls = free_port(), h2 = free_port() }
  local values = { dir = dir, status = status:gsub("[$'\n]", ""), plain = ports.plain, tls = ports.tls, h2 = ports.h2 }
  values.user = is_root() and "user root;" or "" -- its worker reads what lies in the folder
  write(dir .. "/nginx.conf", (NGINX:gsub("%$(%l[%l%d]*)", values))) -- nginx's own names stay as they are
  local server = start(PROGRAM:format(dir, dir))
  await_port(ports.plain)
  server.plain = "http://127.0.0.1:" .. ports.plain
  server.tls = "https://127.0.0.1:" .. ports.tls
  server.h2 = "https://127.0.0.1:" .. ports.h2
  return server
end

--- The small server that answers late.
function servers.delay(file, ms)
  local server = start(("%s/delay %s %g"):format(os.getenv "BENCH_BIN", file, ms))
  server.url = "http://127.0.0.1:" .. server.pipe:read "*l"
  return server
end

--- The emulator.
---@param options string  command line
function servers.emulator(options)
  local server = start("bin/aicorectl emulator " .. options)
  local line = server.pipe:read "*l" or ""
  server.url = assert(line:match "^listening on (%S+)$", "the emulator did not start: " .. line)
  return server
end

return servers
