--- A server of HTTP/2 over TLS that treats its connections badly, each at the request that asks for it by the id:
--   "…silent"  this connection answers nothing any more, and stays open
--   "…refuse"  its first stream is refused (REFUSED_STREAM), for each id once
--   "…goaway"  the connection says GOAWAY and has not looked at this stream, for each id once
--   "…seen"    the connection says GOAWAY, has looked at this stream, and is closed
--   "…drop"    the connection is closed
--   "…broken"  the stream is ended by an error of the server's own
-- A good answer says in `message` on which connection it came. As a module, `start(certificate, key)` runs this file.

local child = require "spec.support.child"

local h2_server = {}

---@param certificate string  PEM file
---@param key string
---@return { url: string, stop: fun() }
function h2_server.start(certificate, key)
  local clean = package.loaded.jit and "" or "env -u LUA_PATH -u LUA_CPATH "
  local process = child.start(("%sluajit spec/support/h2_server.lua %s %s"):format(clean, certificate, key))
  return {
    url = "https://localhost:" .. assert(process.line, "the server did not start"),
    stop = function()
      process:stop()
    end,
  }
end

local function main(certificate, key)
  local cqueues = require "cqueues"
  local headers_of = require "http.headers"
  local http_server = require "http.server"
  local http_tls = require "http.tls"
  local pkey = require "openssl.pkey"
  local x509 = require "openssl.x509"

  local function read(path)
    local file = assert(io.open(path, "rb"))
    local text = file:read "*a"
    file:close()
    return text
  end

  local context = http_tls.new_server_context()
  context:setCertificate(x509.new(read(certificate)))
  context:setPrivateKey(pkey.new(read(key)))
  context:setAlpnSelect(function()
    return "h2"
  end)

  local numbers, count, silent, seen = {}, 0, {}, {}
  local INTERNAL_ERROR, REFUSED_STREAM = 2, 7

  local function answer(stream, id, number)
    local headers = headers_of.new()
    headers:append(":status", "200")
    headers:append("content-type", "application/json")
    stream:write_headers(headers, false)
    stream:write_chunk(('{"id":"%s","status":"RUNNING","message":"%d"}'):format(id, number), true)
  end

  local function serve(_, stream)
    local connection, headers = stream.connection, assert(stream:get_headers())
    stream:get_body_as_string()
    if not numbers[connection] then
      count = count + 1
      numbers[connection] = count
    end
    local id = headers:get(":path"):match "[^/]+$"
    local word = id:match "%a+$"
    silent[connection] = silent[connection] or word == "silent"
    if silent[connection] then
      cqueues.sleep(60)
    elseif (word == "refuse" or word == "goaway") and not seen[id] then
      seen[id] = true
      if word == "refuse" then
        stream:write_rst_stream_frame(REFUSED_STREAM)
      else
        connection:write_goaway_frame(math.max(stream.id - 2, 0), 0)
        connection:flush()
        cqueues.sleep(60)
      end
    elseif word == "drop" or word == "seen" then
      if word == "seen" then
        connection:write_goaway_frame(stream.id, 0)
        connection:flush()
      end
      connection.socket:shutdown "rw"
    elseif word == "broken" then
      stream:write_rst_stream_frame(INTERNAL_ERROR)
    else
      answer(stream, id, numbers[connection])
    end
  end

  local server = assert(http_server.listen {
    host = "127.0.0.1",
    port = 0,
    tls = true,
    ctx = context,
    onstream = serve,
    onerror = function() end,
  })
  assert(server:listen())
  print((select(3, server:localname())))
  io.stdout:flush()
  assert(server:loop())
end

if arg and arg[0]:match "h2_server%.lua$" then
  main(arg[1], arg[2])
end

return h2_server
