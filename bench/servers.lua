--- The servers of a run, each on a free port of loopback and ended by its pid:
--   "nginx plain|tls|h2"   one nginx for all: a record of 900 bytes, and below /n/10000 (20000, 50000) lists of so many
--   "delay MS [counted]"   such a record MS milliseconds later; or one of 700 bytes
--   "emulator OPTIONS"

local lib = require "bench.lib"
local socket = require "socket"

local servers = {}

local DIR = assert(os.getenv "BENCH_DIR")

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

-- nginx ------------------------------------------------------------------------------------------------------------

-- Small answers come from memory; lists from files, page by page: /n/20000/… has two, and then an empty one. The worker
-- of one that root starts would not be allowed to read them as somebody else; all others are who they are.
local NGINX = [[
user root; daemon off; worker_processes 1; pid $dir/nginx.pid; error_log stderr error;
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
    location /v2/lm/deployments/ { return 200 '$record'; }
    location /n/ { root $dir; sendfile on; open_file_cache max=10; try_files /$page =404; }
  }
}
]]

local PAGE = 10000

--- N-0.json has the first page of N records, N-1.json the next one, and the last one none.
local function write_lists()
  local record = lib.read("bench/records/listed.json"):gsub("%s+$", "")
  local pages = {}
  for _, count in ipairs { 10000, 20000, 50000 } do
    for number = 0, count / PAGE do
      local records = {}
      for i = 1, pages[number] and 0 or PAGE do
        records[i] = record:gsub("d000000000000001", ("d%015x"):format(number * PAGE + i))
      end
      pages[number] = pages[number] or table.concat(records, ",")
      local page = ('{"count":%d,"resources":[%s]}'):format(count, number * PAGE < count and pages[number] or "")
      lib.write(("%s/%d-%d.json"):format(DIR, count, number), page)
    end
  end
end

local nginx -- the running one

local function start_nginx()
  write_lists()
  local ports = { plain = free_port(), tls = free_port(), h2 = free_port() }
  local values = { dir = DIR, record = lib.read("bench/records/detailed.json"):gsub("[$'\n]", "") }
  setmetatable(values, { __index = ports })
  lib.write(DIR .. "/nginx.conf", (NGINX:gsub("%$(%l[%l%d]*)", values))) -- nginx's own names stay as they are
  -- Unpacked by tools/openresty.sh; it is not installed.
  nginx = start(("build/openresty/nginx -p %s -e stderr -c %s/nginx.conf"):format(DIR, DIR))
  nginx.ports = ports
  await_port(ports.plain)
end

-- All of them ------------------------------------------------------------------------------------------------------

local STARTS = {}

function STARTS.nginx(port)
  if not nginx then
    start_nginx()
  end
  local scheme = port == "plain" and "http" or "https"
  return { url = ("%s://127.0.0.1:%d"):format(scheme, nginx.ports[port]), ca = scheme == "https" and DIR .. "/ca.pem" }
end

function STARTS.delay(words)
  local ms, record = words:match "^(%d+) ?(%l*)$"
  local file = ("bench/records/%s.json"):format(record ~= "" and record or "detailed")
  local server = start(("%s/delay %s %s"):format(os.getenv "BENCH_BIN", file, ms))
  server.url = "http://127.0.0.1:" .. server.pipe:read "*l"
  return server
end

function STARTS.emulator(options)
  local server = start("bin/aicorectl emulator " .. options)
  local line = server.pipe:read "*l" or ""
  server.url = assert(line:match "^listening on (%S+)$", "the emulator did not start: " .. line)
  return server
end

---@param words string  see above
---@return { url: string, ca: string? }
function servers.start(words)
  local kind, rest = words:match "^(%l+) ?(.*)$"
  return STARTS[kind](rest)
end

--- Ends it; nginx goes on, as starting it takes long.
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

return servers
