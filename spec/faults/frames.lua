--- HTTP/2's frames as bytes, as far as faults need them. Headers are literals: neither indexed nor compressed.

local frames = {}

local END_STREAM, END_HEADERS = 1, 4

--- The types of frames.
frames.DATA, frames.HEADERS, frames.RST_STREAM, frames.SETTINGS = 0, 1, 3, 4
frames.PING, frames.GOAWAY, frames.CONTINUATION = 6, 7, 9

local function number(value, bytes)
  local text = ""
  for _ = 1, bytes do
    text = string.char(value % 256) .. text
    value = math.floor(value / 256)
  end
  return text
end

--- A frame as bytes.
function frames.frame(type, flags, stream, payload)
  return number(#payload, 3) .. string.char(type, flags) .. number(stream, 4) .. payload
end

local function literal(text)
  assert(#text < 127)
  return string.char(#text) .. text
end

--- A header, neither indexed nor compressed.
function frames.header(name, text)
  return "\0" .. literal(name) .. literal(text)
end

function frames.headers(stream, status, body_length, flags)
  local block = frames.header(":status", status:match "%d+") .. frames.header("content-type", "application/json")
  if body_length then
    block = block .. frames.header("content-length", tostring(body_length))
  end
  return frames.frame(frames.HEADERS, flags or END_HEADERS, stream, block)
end

function frames.data(stream, text, last)
  return frames.frame(frames.DATA, last and END_STREAM or 0, stream, text)
end

function frames.rst_stream(stream, code)
  return frames.frame(frames.RST_STREAM, 0, stream, number(code, 4))
end

function frames.goaway(last_stream, code)
  return frames.frame(frames.GOAWAY, 0, 0, number(last_stream, 4) .. number(code, 4))
end

function frames.continuation(stream, block)
  return frames.frame(frames.CONTINUATION, 0, stream, block)
end

return frames
