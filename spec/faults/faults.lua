--- Everything that may go wrong with an answer, as data. The server plays the steps; the spec reads the rest.
--
-- A fault is { name, steps(answer) or accept = what happens to a new connection, and
--   each      = true: once for every number of bytes, 0 to the answer's length; last, step: 0 to another number;
--               step_once: the same for a fault that strikes once
--   except    = the operations that it makes no sense for
--   may_pass  = the answer is good all the same, or may be taken for good
--   refuses   = it says that nothing was done: it never takes effect (others: with and without effect)
--   repeats   = a create may be sent again (429); denies = so does a login bring it about (401)
--   slow      = ends by the deadline only
--   kinds     = the error's (transport, protocol, timeout, http)
--   permanent = no repetition heals it; says = what the error's message has to name
--   limits    = settings of the client
--   h2        = the steps are HTTP/2 frames }
-- Steps: text to send; { "close" }, { "reset" }, { "stall" }, { "endless", endless = text }, { "drip", drip, seconds }.
-- An answer is { status, body, headers, head, text, request, ports, at }: the right one, and what it is about.

local h2 = require "spec.faults.frames"

local faults = {}

-- The right answer ---------------------------------------------------------------------------------

local function gzip(text)
  local path = os.tmpname()
  local file = assert(io.open(path, "wb"))
  file:write(text)
  file:close()
  local pipe = assert(io.popen("gzip -nc " .. path))
  local packed = pipe:read "*a"
  pipe:close()
  os.remove(path)
  return packed
end

local function chunked(text)
  local chunks = {}
  for at = 1, #text, 50 do
    local part = text:sub(at, at + 49)
    chunks[#chunks + 1] = ("%x\r\n%s\r\n"):format(#part, part)
  end
  return table.concat(chunks) .. "0\r\n\r\n"
end

local function message(status, headers, body)
  return ("HTTP/1.1 %s\r\n%s\r\n%s"):format(status, headers, body)
end

local JSON = "Content-Type: application/json\r\n"

local DRESSES = {
  plain = function(body)
    return JSON .. ("Content-Length: %d\r\n"):format(#body), body
  end,
  chunked = function(body)
    return JSON .. "Transfer-Encoding: chunked\r\n", chunked(body)
  end,
  gzip = function(body)
    local packed = gzip(body)
    return JSON .. ("Content-Encoding: gzip\r\nContent-Length: %d\r\n"):format(#packed), packed
  end,
}

--- An answer as it goes over the wire: plain, chunked or gzip.
function faults.dress(status, body, dress)
  local headers, coded = DRESSES[dress or "plain"](body)
  local text = message(status, headers, coded)
  return { status = status, body = body, headers = headers, text = text, head = text:sub(1, #text - #coded) }
end

-- Shorthands ---------------------------------------------------------------------------------------

local list = {}

--- Adds a fault.
local function add(name, fields, steps)
  fields.name, fields.steps = name, steps
  list[#list + 1] = fields
end

--- The right answer with other headers (instead of its length) and perhaps another body; then the end.
local function with(headers, change)
  return function(answer)
    local body = change and change(answer.body) or answer.body
    return { message(answer.status, JSON .. headers, body), { "close" } }
  end
end

--- A whole other answer, of the right length.
local function instead(status, body, headers)
  return function()
    return { message(status, ("%sContent-Length: %d\r\n"):format(headers or JSON, #body), body), { "close" } }
  end
end

--- A 200 with a body that is made of the right one.
local function body(make)
  return function(answer)
    return { faults.dress(answer.status, make(answer.body)).text, { "close" } }
  end
end

local BROKEN = { "transport", "protocol" }
local NONSENSE = { "protocol" }
local REFUSED = { "http", "auth", "state" }

-- The connection -----------------------------------------------------------------------------------

add("closed at once", { accept = "close", kinds = { "transport" } })
add("reset at once", { accept = "reset", kinds = { "transport" } })

for _, ending in ipairs { "close", "reset" } do
  local fields = { each = true, kinds = BROKEN, step_once = ending == "reset" and 4 or nil }
  add(ending == "close" and "cut" or "reset", fields, function(answer)
    -- One that is compressed may be shorter than the one that was measured: something is missing all the same.
    return { answer.text:sub(1, math.min(answer.at, #answer.text - 1)), { ending } }
  end)
end

-- Time ---------------------------------------------------------------------------------------------

local STALLS = {
  ["before an answer"] = function()
    return ""
  end,
  ["in the status line"] = function(answer)
    return answer.text:sub(1, 10)
  end,
  ["in the headers"] = function(answer)
    return answer.text:sub(1, #answer.head - 10)
  end,
  ["after the headers"] = function(answer)
    return answer.head
  end,
  ["in the body"] = function(answer)
    return answer.text:sub(1, -2)
  end,
}

for where, part in pairs(STALLS) do
  add("stall " .. where, { slow = true, kinds = { "timeout" } }, function(answer)
    return { part(answer), { "stall" } }
  end)
end

add("slow drip", { slow = true, kinds = { "timeout" } }, function(answer)
  return { { "drip", drip = answer.text:sub(1, -2), seconds = 0.02 }, { "close" } }
end)

-- Lengths ------------------------------------------------------------------------------------------

add("length too long, closed", { kinds = BROKEN }, with("Content-Length: 1000\r\n"))
add("length too long, kept open", { slow = true, kinds = { "timeout" } }, function(answer)
  return { message(answer.status, JSON .. "Content-Length: 1000\r\n", answer.body), { "stall" } }
end)
add("length too short", { kinds = BROKEN, except = { count = true } }, with "Content-Length: 5\r\n")
add("length zero", { kinds = NONSENSE }, with "Content-Length: 0\r\n")
add("length negative", { kinds = BROKEN }, with "Content-Length: -7\r\n")
add("length garbage", { kinds = BROKEN }, with "Content-Length: abc\r\n")
add("length beyond all numbers", { may_pass = true }, with "Content-Length: 99999999999999999999999\r\n")
add("two lengths", { kinds = BROKEN, except = { count = true } }, with "Content-Length: 5\r\nContent-Length: 7\r\n")
add("no length, closed", { may_pass = true }, with "")
add("no length, kept open", { slow = true, kinds = { "timeout" } }, function(answer)
  return { message(answer.status, JSON, answer.body), { "stall" } }
end)

-- Chunks -------------------------------------------------------------------------------------------

local CHUNKED = "Transfer-Encoding: chunked\r\n"

local CHUNKS = {
  ["of no size"] = function(text)
    return "zz\r\n" .. text .. "\r\n0\r\n\r\n"
  end,
  ["of negative size"] = function(text)
    return ("-%x\r\n%s\r\n0\r\n\r\n"):format(#text, text)
  end,
  ["beyond all numbers"] = function(text)
    return ("fffffffffffffffffff\r\n%s\r\n0\r\n\r\n"):format(text)
  end,
  ["longer than said"] = function(text)
    return ("2\r\n%s\r\n0\r\n\r\n"):format(text)
  end,
  ["without the last"] = function(text)
    return ("%x\r\n%s\r\n"):format(#text, text)
  end,
  ["shorter than said"] = function(text)
    return ("%x\r\n%s\r\n0\r\n\r\n"):format(#text + 20, text)
  end,
}

for what, make in pairs(CHUNKS) do
  add("chunks " .. what, { kinds = BROKEN }, with(CHUNKED, make))
end

-- Compression --------------------------------------------------------------------------------------

local function gzipped(make)
  return function(answer)
    local packed = make(gzip(answer.body))
    local headers = JSON .. ("Content-Encoding: gzip\r\nContent-Length: %d\r\n"):format(#packed)
    return { message(answer.status, headers, packed), { "close" } }
  end
end

add(
  "gzip that is none",
  { kinds = NONSENSE },
  gzipped(function()
    return "this was never compressed"
  end)
)
add(
  "gzip cut in the middle",
  { kinds = BROKEN },
  gzipped(function(packed)
    return packed:sub(1, math.floor(#packed / 2))
  end)
)
add(
  "gzip with a wrong checksum",
  { kinds = BROKEN },
  gzipped(function(packed)
    return packed:sub(1, -9) .. "\1\2\3\4" .. packed:sub(-4)
  end)
)
add(
  "gzip with rubbish inside",
  { kinds = BROKEN },
  gzipped(function(packed)
    return packed:sub(1, 12) .. ("\255"):rep(#packed - 20) .. packed:sub(-8)
  end)
)
-- A count is asked for uncompressed, and read as it is.
local bomb
add(
  "gzip bomb",
  { kinds = NONSENSE, permanent = true, says = "max_response", except = { count = true } },
  function(answer)
    bomb = bomb or gzip((" "):rep(20000000))
    local headers = JSON .. ("Content-Encoding: gzip\r\nContent-Length: %d\r\n"):format(#bomb)
    return { message(answer.status, headers, bomb), { "close" } }
  end
)
add(
  "an encoding that nobody knows",
  { kinds = NONSENSE, except = { count = true } },
  with "Content-Encoding: nonsense\r\n"
)

-- Headers ------------------------------------------------------------------------------------------

local HUGE = ("x"):rep(120 * 1024)

local function headed(before, after)
  return function(answer)
    return { before .. answer.text:match "\r\n(.*)$", after or { "close" } }
  end
end

add("a huge header", { kinds = BROKEN, permanent = true }, with("X-Huge: " .. HUGE .. "\r\n"))
add("endless headers", { kinds = NONSENSE, permanent = true, says = "max_headers" }, function(answer)
  return { "HTTP/1.1 " .. answer.status .. "\r\n", { "endless", endless = ("X-More: %s\r\n"):format(("y"):rep(500)) } }
end)
-- libcurl has a limit of its own for one line, and calls it "out of memory".
add("an endless header", { kinds = BROKEN, permanent = true }, function(answer)
  return { "HTTP/1.1 " .. answer.status .. "\r\nX-More: ", { "endless", endless = ("y"):rep(1000) } }
end)
add("an endless status line", { kinds = BROKEN, permanent = true }, function()
  return { "HTTP/1.1 200 ", { "endless", endless = ("y"):rep(1000) } }
end)
add("endless 100s", { kinds = NONSENSE, permanent = true }, function()
  return { { "endless", endless = "HTTP/1.1 100 Continue\r\n\r\n" } }
end)
add("endless 103s", { kinds = NONSENSE, permanent = true }, function()
  return { { "endless", endless = "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" } }
end)
add("some 103s before", { may_pass = true }, function(answer)
  return { ("HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n"):rep(5) .. answer.text, { "close" } }
end)
add("a 101", { kinds = BROKEN }, instead("101 Switching Protocols", "", "Upgrade: h2c\r\nConnection: Upgrade\r\n"))
add("a NUL in a header", { kinds = BROKEN, may_pass = true }, with "X-Odd: a\0b\r\n")
add("a status line without a number", { kinds = BROKEN }, headed "HTTP/1.1 fine\r\n")
add("a status line of nonsense", { kinds = BROKEN }, headed "OHNO 200 OK\r\n")
add("a version that nobody knows", { kinds = BROKEN }, headed "HTTP/9.9 200 OK\r\n")
add("a status of one digit", { kinds = BROKEN }, headed "HTTP/1.1 2 OK\r\n")
add("no headers at all", { kinds = BROKEN }, function(answer)
  return { answer.body, { "close" } }
end)
add("status 000", { kinds = { "transport", "protocol", "http" } }, headed "HTTP/1.1 000 Hm\r\n")
add("status 999", { kinds = { "transport", "protocol", "http" }, refuses = true }, headed "HTTP/1.1 999 Hm\r\n")
add("a 204", { kinds = NONSENSE }, function()
  return { "HTTP/1.1 204 No Content\r\n\r\n", { "close" } }
end)
add("a 304", { kinds = REFUSED, refuses = true }, function()
  return { "HTTP/1.1 304 Not Modified\r\n\r\n", { "close" } }
end)

-- Redirections -------------------------------------------------------------------------------------

local function location(answer, host)
  return ("http://%s:%d%s"):format(host, answer.ports.elsewhere, "/v2/lm/deployments/d748fdae9f88a9b0")
end

for status, host in pairs {
  ["301 Moved"] = "127.0.0.1",
  ["302 Found"] = "localhost",
  ["303 See Other"] = "127.0.0.1",
  ["307 Temporary Redirect"] = "127.0.0.1",
  ["308 Permanent Redirect"] = "user:password@127.0.0.1",
} do
  add("redirection " .. status:match "%d+", { kinds = REFUSED, refuses = true }, function(answer)
    local headers = answer.headers .. "Location: " .. location(answer, host) .. "\r\n"
    return { message(status, headers, answer.body), { "close" } }
  end)
end

add("a Location without a redirection", { may_pass = true }, function(answer)
  local headers = answer.headers .. "Location: " .. location(answer, "127.0.0.1") .. "\r\nRefresh: 0;url=/\r\n"
  return { message(answer.status, headers, answer.body), { "close" } }
end)

-- Pages --------------------------------------------------------------------------------------------

local HTML = "Content-Type: text/html\r\n"
local PAGE = "<html><head><title>Oh no</title></head><body>" .. ("It is not here. "):rep(30) .. "</body></html>"

add("a page, 200", { kinds = NONSENSE, refuses = true }, instead("200 OK", PAGE, HTML))
for _, status in ipairs { "400 Bad Request", "403 Forbidden", "404 Not Found", "405 No", "410 Gone", "412 No" } do
  add("a page, " .. status:match "%d+", { kinds = REFUSED, refuses = true }, instead(status, PAGE, HTML))
end
for _, status in ipairs { "500 Oops", "501 No", "502 Bad Gateway", "503 Unavailable", "504 Timeout", "599 Hm" } do
  add("a page, " .. status:match "%d+", { kinds = { "http" } }, instead(status, PAGE, HTML))
end
add("a 401", { kinds = { "auth" }, refuses = true, denies = true }, instead("401 Unauthorized", PAGE, HTML))
add(
  "a 429",
  { kinds = { "http" }, refuses = true, repeats = true },
  instead("429 Slow", PAGE, HTML .. "Retry-After: 1\r\n")
)
add(
  "a 503 with Retry-After nonsense",
  { kinds = { "http" }, refuses = true },
  instead("503 Slow", PAGE, HTML .. "Retry-After: -99999999999999999999 soon\r\n")
)
for name, text in pairs {
  ["of a framework"] = '{"timestamp":"2026-01-01T00:00:00Z","status":404,"error":"Not Found","path":"/v2/lm"}',
  ["of a gateway"] = '{"message":"no Route matched with those values"}',
  ["of OAuth's form"] = '{"error":"not_found","error_description":"no such page"}',
  ["with an error of nothing"] = '{"error":{}}',
  ["with an error of wrong types"] = '{"error":{"code":{"a":1},"message":[2],"requestId":3,"target":true}}',
  ["with an error of null"] = '{"error":null}',
  ["with a code that is a number"] = '{"error":{"code":404,"message":"Not Found"}}',
  ["as a text"] = '"not found"',
  ["as a list"] = "[404]",
  ["of nothing"] = "",
} do
  add("a JSON 404 " .. name, { kinds = { "http" }, refuses = true }, instead("404 Not Found", text))
end

--- Everything that was sent comes back, over and over, so that it also stands where a preview ends.
for status, kind in pairs { ["200 OK"] = "protocol", ["400 Bad Request"] = "http", ["502 Bad Gateway"] = "http" } do
  add(
    "an echo, " .. status:match "%d+",
    { kinds = { kind }, last = 60, step = 6, refuses = kind == "http" and status:find "^4" ~= nil },
    function(answer)
      local echo = ("#"):rep(answer.at or 0)
        .. (answer.request.text:match "uthorization: [^\n]*" or answer.request.body)
      return { message(status, HTML .. ("Content-Length: %d\r\n"):format(#echo * 3), echo:rep(3)), { "close" } }
    end
  )
end
add("an echo that is cut", { last = 90, step = 3, kinds = { "transport", "protocol" } }, function(answer)
  local echo = answer.request.text:match "uthorization: [^\n]*" or answer.request.body
  return { message("200 OK", HTML .. "Content-Length: 1000\r\n", echo:sub(1, answer.at)), { "close" } }
end)
add("an echo, long", { kinds = { "http" } }, function(answer) -- longer than what is kept for later
  local echo = answer.request.text:match "uthorization: [^\n]*" or answer.request.body
  return {
    message("502 Bad Gateway", HTML .. ("Content-Length: %d\r\n"):format(#echo * 600), echo:rep(600)),
    { "close" },
  }
end)
add("an echo in a chain of JSON", { kinds = { "http", "auth", "state" }, refuses = true }, function(answer)
  local echo = answer.request.text:match "uthorization: [^\n]*" or answer.request.body
  local form = '{"error":{"code":"%s","message":"%s","requestId":"%s","target":"%s","details":[{"a":["%s"]}]}}'
  local text = form:gsub("%%s", function()
    return echo
  end)
  local headers = ("%sContent-Length: %d\r\nx-request-id: %s\r\n"):format(JSON, #text, echo:sub(1, 150))
  return { message("400 Bad Request", headers, text), { "close" } }
end)

for form, escape in pairs {
  ["every character"] = function(character)
    return ("\\u%04x"):format(character:byte())
  end,
  ["some characters"] = function(character)
    return character:find "[/+%-]" and (character == "/" and "\\/" or ("\\u%04X"):format(character:byte()))
  end,
} do
  add("an echo in JSON, escaped: " .. form, { kinds = { "http", "auth", "state" }, refuses = true }, function(answer)
    local echo = answer.request.text:match "uthorization: [^\n]*" or answer.request.body
    local raw = echo:gsub("%%(%x%x)", function(digits)
      return string.char(tonumber(digits, 16))
    end)
    local text = ('{"error":{"code":"x","message":"%s","details":["\\\\%s"]}}'):gsub("%%s", function()
      return (raw:gsub(".", escape))
    end)
    return { faults.dress("400 Bad Request", text).text, { "close" } }
  end)
end

-- JSON ---------------------------------------------------------------------------------------------

local TEXTS = {
  ["of nothing"] = "",
  ["null"] = "null",
  ["true"] = "true",
  ["a text"] = '"accepted"',
  ["a list"] = "[]",
  ["an empty object"] = "{}",
  ["cut"] = '{"id":"d748fdae9f88a9b0","message":"acc',
  ["with single quotes"] = "{'id':'d748fdae9f88a9b0'}",
  ["deep"] = ('{"id":%s1%s}'):format(("["):rep(10000), ("]"):rep(10000)),
  ["deep and cut"] = ("[{"):rep(50000),
  ["with numbers for everything"] = '{"id":1,"status":2,"resources":3,"deployments":4,"access_token":5}',
  ["with objects for everything"] = '{"id":{},"status":{},"resources":{"a":1},"deployments":{"b":2},"access_token":{}}',
  ["with objects for lists"] = '{"id":7,"status":7,"resources":{"a":{}},"deployments":{"b":{}},"access_token":[{}]}',
  ["with nulls for everything"] = '{"id":null,"status":null,"resources":null,"deployments":null,"access_token":null}',
  ["with lists of odd things"] = '{"id":[],"status":[],"resources":[1,null],"deployments":["x"],"access_token":[]}',
  ["with an empty id"] = '{"id":"","status":3,"resources":[3],"deployments":[[1],2],"access_token":""}',
  ["with a NUL byte"] = '{"id":"d748fdae9f88a9b0\0","status":"RUNNING\0"}\0',
  ["with a NUL that is escaped"] = '{"id":"d748fdae9f88a9b0\\u0000x","resources":[7],"access_token":"a\\u0000b"}',
  ["with half an escape"] = '{"id":"d748\\u00',
  ["with half a pair"] = '{"id":"\\ud800","status":"\\udc00","resources":1,"access_token":"\\ud800"}',
  ["with a number that is none"] = '{"id":"d748fdae9f88a9b0","status":"A","x":nan,"resources":[],"deployments":[]}',
  ["with an infinity"] = '{"id":"d748fdae9f88a9b0","status":"A","x":1e999,"resources":[],"deployments":[]}',
  ["about another"] = '{"id":"another1","status":"RUNNING","resources":4,"deployments":4}',
}

for what, text in pairs(TEXTS) do
  add(
    "JSON " .. what,
    { kinds = NONSENSE, except = what == "about another" and { create = true } },
    instead("200 OK", text)
  )
end

add("JSON that is huge", { kinds = NONSENSE, permanent = true, says = "max_response" }, function(answer)
  local text = answer.body:gsub("^{", '{"x":"' .. ("z"):rep(200000) .. '",')
  if text == answer.body then
    text = (" "):rep(200000) .. text
  end
  return { faults.dress(answer.status, text).text, { "close" } }
end)
add(
  "JSON and something behind",
  { kinds = NONSENSE },
  body(function(text)
    return text .. " x"
  end)
)
add(
  "JSON twice",
  { kinds = NONSENSE },
  body(function(text)
    return text .. "\n" .. text
  end)
)
add(
  "JSON with a byte order mark",
  { kinds = NONSENSE },
  body(function(text)
    return "\239\187\191" .. text
  end)
)
add(
  "JSON in UTF-16",
  { kinds = NONSENSE },
  body(function(text)
    return (text:gsub(".", "%0\0"))
  end)
)
add(
  "JSON with bad UTF-8",
  { kinds = NONSENSE, may_pass = true },
  body(function(text)
    return (text:gsub("}$", ',"x":"\255\254\192\128"}'))
  end)
)
add(
  "JSON with fields twice",
  { kinds = NONSENSE, may_pass = true },
  body(function(text)
    return (text:gsub("^{", '{"id":"another1","status":7,"resources":3,"deployments":null,'))
  end)
)

-- HTTP/2 -------------------------------------------------------------------------------------------

local NO_ERROR, INTERNAL, REFUSED_STREAM, CANCEL, ENHANCE_YOUR_CALM = 0, 2, 7, 8, 11

--- Frames before the answer, in it, or behind its half.
local function framed(make)
  return function(answer)
    local head = h2.headers(answer.stream, answer.status, #answer.body)
    return make(answer, head, h2.data(answer.stream, answer.body:sub(1, 3)))
  end
end

local function add_h2(name, fields, make)
  fields.h2 = true
  add("h2 " .. name, fields, framed(make))
end

for name, code in pairs { ["no error"] = NO_ERROR, internal = INTERNAL, calm = ENHANCE_YOUR_CALM } do
  add_h2("GOAWAY before the answer, " .. name, { kinds = BROKEN }, function(answer)
    return { h2.goaway(answer.stream, code), { "close" } }
  end)
  add_h2("GOAWAY that leaves the request out, " .. name, { kinds = BROKEN, refuses = true, repeats = true }, function()
    return { h2.goaway(0, code), { "close" } }
  end)
  add_h2("GOAWAY in the body, " .. name, { kinds = BROKEN }, function(answer, head, data)
    return { head .. data .. h2.goaway(answer.stream, code), { "close" } }
  end)
end
for name, code in pairs { cancel = CANCEL, refused = REFUSED_STREAM, internal = INTERNAL, ["no error"] = NO_ERROR } do
  --- That a stream was refused means that nothing was done (RFC 9113, 8.7), whatever came before it.
  local function fields()
    local unseen = code == REFUSED_STREAM or nil
    return { kinds = BROKEN, refuses = unseen, repeats = unseen }
  end
  add_h2("RST_STREAM before the answer, " .. name, fields(), function(answer)
    return { h2.rst_stream(answer.stream, code) }
  end)
  add_h2("RST_STREAM after the headers, " .. name, fields(), function(answer, head)
    return { head .. h2.rst_stream(answer.stream, code) }
  end)
  add_h2("RST_STREAM in the body, " .. name, fields(), function(answer, head, data)
    return { head .. data .. h2.rst_stream(answer.stream, code) }
  end)
end
add_h2("closed in the body", { kinds = BROKEN }, function(_, head, data)
  return { head .. data, { "close" } }
end)
add_h2("reset in the body", { kinds = BROKEN }, function(_, head, data)
  return { head .. data, { "reset" } }
end)
add_h2("an end that comes too early", { kinds = BROKEN }, function(answer, head)
  return { head .. h2.data(answer.stream, answer.body:sub(1, 3), true) }
end)
add_h2("more than was said", { kinds = BROKEN }, function(answer, head)
  return { head .. h2.data(answer.stream, answer.body .. " x", true) }
end)
add_h2("rubbish instead of frames", { kinds = BROKEN }, function()
  return { ("rubbish"):rep(50), { "close" } }
end)
add_h2("rubbish for headers", { kinds = BROKEN }, function(answer)
  return { h2.frame(1, 4, answer.stream, ("\255"):rep(50)), { "close" } }
end)
-- What stops them depends on libcurl: a limit of its own (7.88), or ours (8.14), and then nothing is repeated.
add_h2("endless headers", { kinds = BROKEN, permanent = true }, function(answer)
  local block = h2.header("x-more", ("y"):rep(100)):rep(100)
  local first = h2.headers(answer.stream, answer.status, nil, 0)
  return { first, { "endless", endless = h2.continuation(answer.stream, block) } }
end)
add_h2("a stall in the body", { slow = true, kinds = { "timeout" } }, function(_, head, data)
  return { head .. data } -- other streams of the connection go on
end)
for _, status in ipairs { "404", "500" } do
  add_h2("a page, " .. status, { kinds = { "http" }, refuses = true }, function(answer)
    return { h2.headers(answer.stream, status, #PAGE) .. h2.data(answer.stream, PAGE, true) }
  end)
end

-- --------------------------------------------------------------------------------------------------

table.sort(list, function(a, b)
  return a.name < b.name
end)

--- The fault of a name.
function faults.find(name)
  for _, fault in ipairs(list) do
    if fault.name == name then
      return fault
    end
  end
end

faults.list = list

return faults
