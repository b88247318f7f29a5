--- HTTP/2 by hand, as far as faults need it: frames over TLS, one request after the other.

local frames = require "spec.faults.frames"
local hpack = require "http.hpack"
local openssl_pkey = require "openssl.pkey"
local openssl_context = require "openssl.ssl.context"
local openssl_x509 = require "openssl.x509"

local h2 = {}

local DATA, HEADERS, SETTINGS, PING = frames.DATA, frames.HEADERS, frames.SETTINGS, frames.PING
local END_STREAM, ACK, END_HEADERS, PRIORITY = 1, 1, 4, 0x20
local PREFACE = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"

local function read_all(path)
  local file = assert(io.open(path, "rb"))
  local text = file:read "*a"
  file:close()
  return text
end

local function select_h2(_, offered)
  for _, name in ipairs(offered) do
    if name == "h2" then
      return name
    end
  end
end

--- The server's side of TLS; with `offered` it speaks h2 where the client does.
function h2.context(certificate, key, offered)
  local context = openssl_context.new("TLS", true)
  context:setCertificate(openssl_x509.new(read_all(certificate)))
  context:setPrivateKey(openssl_pkey.new(read_all(key)))
  if offered then
    context:setAlpnSelect(select_h2)
  end
  return context
end

local function value(text)
  local sum = 0
  for i = 1, #text do
    sum = sum * 256 + text:byte(i)
  end
  return sum
end

--- The next frame: type, flags, stream, payload.
local function read_frame(connection)
  local head = connection:read(9)
  if not head or #head < 9 then
    return nil
  end
  local length = value(head:sub(1, 3))
  local payload = length > 0 and connection:read(length) or ""
  return head:byte(4), head:byte(5), value(head:sub(6, 9)), payload
end

local function has(flags, bit)
  return math.floor(flags / bit) % 2 == 1
end

--- Reads requests and answers them.
---@param answer fun(request: table): table, table?  { status, body, at }, and the fault
---@param play fun(connection, steps: table): boolean  does it go on?
function h2.serve(connection, answer, play)
  if connection:read(#PREFACE) ~= PREFACE then
    return
  end
  connection:write(frames.frame(SETTINGS, 0, 0, ""))
  local decoder, requests = hpack.new(4096), {}
  while true do
    local type, flags, stream, payload = read_frame(connection)
    local request = requests[stream]
    if not type then
      return
    elseif type == SETTINGS and not has(flags, ACK) then
      connection:write(frames.frame(SETTINGS, ACK, 0, ""))
    elseif type == PING and not has(flags, ACK) then
      connection:write(frames.frame(PING, ACK, 0, payload))
    elseif type == HEADERS then
      assert(has(flags, END_HEADERS), "a request in several frames")
      local from = has(flags, PRIORITY) and 6 or 1 -- a priority stands before
      local headers = decoder:decode_headers(payload:sub(from))
      request = { body = "", method = headers:get ":method", target = headers:get ":path" }
      requests[stream] = request
    elseif type == DATA then
      request.body = request.body .. payload
    end
    if (type == HEADERS or type == DATA) and has(flags, END_STREAM) then
      local right, fault = answer(request)
      right.stream = stream
      local steps = {
        frames.headers(stream, right.status, #right.body),
        frames.data(stream, right.body, true),
      }
      if not play(connection, fault and fault.steps(right) or steps) then
        return
      end
    end
  end
end

return h2
