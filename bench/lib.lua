--- What the measured Lua programs share, and those that measure.

local lib = {}

--- The token that every contestant sends; bench/run.sh has it.
lib.token = assert(os.getenv "BENCH_TOKEN", "BENCH_TOKEN is not set")

--- Calls `one` so many times after some to warm up, and prints what that took.
---@param calls integer
---@param clock fun(): number  wall clock, s
---@param one fun()
function lib.measure(calls, clock, one)
  for _ = 1, math.floor(calls / 10) + 1 do
    one()
  end
  local wall, cpu = clock(), os.clock()
  for _ = 1, calls do
    one()
  end
  print(("calls=%d wall=%.9f cpu=%.9f"):format(calls, clock() - wall, os.clock() - cpu))
end

--- A field of /proc/self/status in bytes: "VmHWM" is the peak of memory, "VmRSS" what is in use now.
---@param field string
---@return number
function lib.memory(field)
  for line in io.lines "/proc/self/status" do
    local kb = line:match("^" .. field .. ":%s*(%d+)")
    if kb then
      return tonumber(kb) * 1024
    end
  end
end

---@return string
function lib.read(path)
  local file = assert(io.open(path, "rb"))
  local text = file:read "*a"
  file:close()
  return text
end

function lib.write(path, text)
  local file = assert(io.open(path, "wb"))
  file:write(text)
  file:close()
end

--- A client of the server at `url`: with the token, unless it is to log in, at the emulator.
---@param url string
---@param settings table?
---@param is_emulator boolean?
function lib.client(url, settings, is_emulator)
  settings = settings or {}
  settings.base_url, settings.auth_url = url, url
  if is_emulator then
    settings.client_id, settings.client_secret = "bench", "bench"
  else
    settings.token = lib.token
  end
  return assert(require("aicore").client(settings))
end

return lib
