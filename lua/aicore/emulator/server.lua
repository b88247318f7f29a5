-- The emulator on a port: lua-http, cqueues and TLS.
-- Rule: the only file that knows them, and the clock. Whatever a client does, the server goes on: what goes wrong with
-- a connection ends that connection, what goes wrong with us becomes a 500 and one line on stderr.

local cqueues = require "cqueues"
local cqueues_socket = require "cqueues.socket"
local emulator = require "aicore.emulator"
local http_headers = require "http.headers"
local http_server = require "http.server"
local http_tls = require "http.tls"
local pkey = require "openssl.pkey"
local signal = require "cqueues.signal"
local ssl_context = require "openssl.ssl.context"
local x509 = require "openssl.x509"

local server = {}

local HOST = "127.0.0.1"
local LARGEST_BODY = 16 * 1024 * 1024
local LONGEST_LINE = 128 * 1024 -- a query may name 1,000 executables; cqueues allows 4 KiB if not told otherwise
local READ_TIMEOUT, WRITE_TIMEOUT = 30, 60 -- seconds
-- Longer than any client's pause between two looks, so that a kept connection is not closed under a request.
local IDLE_TIMEOUT = 300
local INTERNAL_ERROR = 0x2 -- HTTP/2's code of a reset that does not invite the client to try again by itself

local function log(message)
  io.stderr:write("aicore emulator: ", (tostring(message):gsub("%c+", " ")), "\n")
end

-- Wall-clock time that never goes back, with fractions of a second.
local function new_clock()
  local offset = os.time() - cqueues.monotime()
  return function()
    return cqueues.monotime() + offset
  end
end

local function read_headers(stream, request)
  local headers = stream:get_headers(READ_TIMEOUT)
  if not headers then
    return nil
  end
  for name, value in headers:each() do
    local earlier = request.headers[name]
    request.headers[name] = earlier and earlier .. ", " .. value or value
  end
  local target = request.headers[":path"] or ""
  request.method = request.headers[":method"]
  request.path, request.query = target:match "^([^?]*)%??(.*)$"
  return true
end

-- nil: the request did not arrive as a whole.
local function read_request(stream)
  local tls = stream:checktls()
  local request = { headers = {}, certificate = tls ~= nil and tls:getPeerCertificate() ~= nil }
  if not read_headers(stream, request) then
    return nil
  end
  if (request.headers.expect or ""):lower() == "100-continue" then
    stream:write_continue(WRITE_TIMEOUT)
  end
  request.body = stream:get_body_chars(LARGEST_BODY, READ_TIMEOUT) or ""
  -- lua-http takes a body that was cut off for a complete one; only the stream's state tells them apart.
  return stream.state == "half closed (remote)" and request or nil
end

local function no_more()
  return nil, "the request is broken"
end

-- Before lua-http closes a stream, it reads the rest of the request, with step(). From a request that is malformed or
-- cut off it would do so for ever, without a pause.
local function give_up(stream)
  if stream.step then
    stream.step = no_more
  end
end

-- nil: the answer is to be lost.
local function answer(model, clock, request)
  local call = model:accept(request, clock())
  if call.delay > 0 then
    cqueues.sleep(call.delay)
  end
  local ok, result = pcall(model.perform, model, call, clock())
  if not ok then
    log(result)
    return emulator.failure(call)
  end
  return result
end

-- Ends the connection, or with HTTP/2 the stream, with no more words.
local function lose(stream)
  if stream.write_rst_stream_frame then
    stream:write_rst_stream_frame(INTERNAL_ERROR, WRITE_TIMEOUT, "f")
  elseif stream.connection.socket then
    stream.connection.socket:shutdown()
  end
end

local BODILESS = { [204] = true, [304] = true }

-- With HTTP/2, what one answer says may be told by its number in the next. lua-http writes the numbers 63 and 127 in a
-- way that ends the connection (hpack.lua, encode_integer); where it is told to remember nothing, it never meets them.
local FORGET = true

local function response_headers(response)
  local headers = http_headers.new()
  headers:append(":status", tostring(response.status), FORGET)
  if response.date then
    headers:append("date", os.date("!%a, %d %b %Y %H:%M:%S GMT", response.date), FORGET)
  end
  for name, value in pairs(response.headers) do
    headers:append(name, value, FORGET)
  end
  if not BODILESS[response.status] then
    headers:upsert("content-length", tostring(#response.body), FORGET)
  end
  return headers
end

local function send(stream, method, response)
  local headers = response_headers(response)
  local without_body = method == "HEAD" or response.body == "" or BODILESS[response.status] == true
  if not stream:write_headers(headers, without_body, WRITE_TIMEOUT) or without_body then
    return
  end
  if response.cut then
    stream:write_chunk(response.body:sub(1, math.floor(#response.body / 2)), false, WRITE_TIMEOUT)
    lose(stream)
  else
    stream:write_chunk(response.body, true, WRITE_TIMEOUT)
  end
end

-- lua-http raises where a stream ends while we read or write; a client may go away whenever it likes.
local function guarded(stream, act, ...)
  local ok, result = pcall(act, ...)
  if ok then
    return result
  end
  if stream.state ~= "closed" and stream.connection.socket then
    log(result)
  end
end

local function handler(model, clock)
  return function(_, stream)
    local request = guarded(stream, read_request, stream)
    if not request then
      give_up(stream)
      return
    end
    local response = answer(model, clock, request)
    if response then
      guarded(stream, send, stream, request.method, response)
    else
      guarded(stream, lose, stream)
    end
  end
end

local function read_file(path)
  local file, problem = io.open(path, "rb")
  if not file then
    error(problem, 0)
  end
  local text = file:read "*a"
  file:close()
  return text
end

local function certificates_in(path)
  local found = {}
  for pem in read_file(path):gmatch "%-%-%-%-%-BEGIN CERTIFICATE%-%-%-%-%-.-%-%-%-%-%-END CERTIFICATE%-%-%-%-%-" do
    found[#found + 1] = x509.new(pem)
  end
  if not found[1] then
    error(path .. ": there is no certificate in it", 0)
  end
  return found
end

local function set_certificate(context, cert_path, key_path)
  local certificates = certificates_in(cert_path)
  context:setCertificate(table.remove(certificates, 1))
  if certificates[1] then
    local chain = require("openssl.x509.chain").new()
    for _, certificate in ipairs(certificates) do
      chain:add(certificate)
    end
    context:setCertificateChain(chain)
  end
  context:setPrivateKey(pkey.new(read_file(key_path)))
end

-- A client may show a certificate; one that does not verify ends the handshake.
local function verify_clients(context, ca_path)
  local store = context:getStore()
  for _, certificate in ipairs(certificates_in(ca_path)) do
    store:add(certificate)
  end
  context:setVerify(ssl_context.VERIFY_PEER)
  -- OpenSSL refuses to resume a session of a verified client unless the server has named its session context, for which
  -- luaossl has no function. Without tickets nothing is resumed.
  context:setOptions(ssl_context.OP_NO_TICKET)
end

local function choose_protocol(_, offered)
  for _, protocol in ipairs(offered) do
    if protocol == "h2" or protocol == "http/1.1" then
      return protocol
    end
  end
  return nil
end

local function tls_context(options)
  local context = http_tls.new_server_context()
  context:setOptions(ssl_context.OP_NO_TLSv1 + ssl_context.OP_NO_TLSv1_1)
  context:setAlpnSelect(choose_protocol)
  set_certificate(context, options.tls_cert, options.tls_key)
  if options.client_ca then
    verify_clients(context, options.client_ca)
  end
  return context
end

local function on_connection_error(_, _, operation, problem)
  if operation == "wrap" then -- a failed handshake; the client may not say why
    log("a connection was refused: " .. tostring(problem))
  end
end

local function listen(model, options, loop, clock)
  local context = options.tls_cert and tls_context(options) or nil
  local listener = assert(http_server.listen {
    cq = loop,
    host = HOST,
    port = options.port,
    reuseaddr = true,
    tls = context ~= nil,
    ctx = context,
    intra_stream_timeout = IDLE_TIMEOUT,
    onstream = handler(model, clock),
    onerror = on_connection_error,
  })
  local ok, problem = listener:listen()
  if not ok then
    error(("cannot listen on %s:%d: %s"):format(HOST, options.port, problem), 0)
  end
  local _, _, port = listener:localname()
  return ("%s://%s:%d"):format(context and "https" or "http", HOST, port)
end

local function wait_for_signal(loop)
  local received = {}
  signal.block(signal.SIGTERM, signal.SIGINT)
  loop:wrap(function()
    received.number = signal.listen(signal.SIGTERM, signal.SIGINT):wait()
  end)
  return received
end

---@class aicore.emulator.ServerOptions
---@field port integer  0: any free one
---@field tls_cert string|nil   a PEM file: the certificate, then its chain
---@field tls_key string|nil    a PEM file
---@field client_ca string|nil  a PEM file: who may sign clients' certificates

--- Serves until SIGTERM or SIGINT.
---@param make fun(now: number): aicore.emulator.Emulator
---@param options aicore.emulator.ServerOptions
---@param on_ready fun(url: string)
---@return boolean interrupted  it was SIGINT
function server.run(make, options, on_ready)
  signal.ignore(signal.SIGPIPE)
  cqueues_socket.setmaxline(LONGEST_LINE)
  local loop, clock = cqueues.new(), new_clock()
  local received = wait_for_signal(loop)
  local model = make(clock())
  model.world.url = listen(model, options, loop, clock)
  on_ready(model.world.url)
  repeat
    local ok, problem = loop:step()
    if not ok then
      log(problem)
    end
  until received.number
  return received.number == signal.SIGINT
end

return server
