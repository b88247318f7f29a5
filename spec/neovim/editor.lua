--- Runs Lua code in a headless Neovim that has this checkout in its runtimepath and knows nothing else of it, as a
--- plugin manager would have it: no LUA_PATH, no settings, a home of its own.
---   local result = editor.run([[ say(1 + 1) vim.cmd "qa!" ]])
---   assert.same({ "2" }, result.lines)
--- The code is a file that Neovim runs at its start; then the editor waits for keys, of which there are none, and does
--- what its event loop brings. The code has `say(value)`, whose lines are told, and has to quit, however it does.

local editor = {}

local SECONDS = 60 -- then it hangs, and is killed: in a blocking call it does not listen to less

local function output_of(command)
  local pipe = assert(io.popen(command))
  local text = pipe:read "*a"
  pipe:close()
  return text
end

local ROOT = output_of("pwd"):gsub("\n$", "")

local PRELUDE = [[
function say(value)
  io.stdout:write(tostring(value), "\n")
  io.stdout:flush()
end
]]

local function quote(text)
  return "'" .. text:gsub("'", "'\\''") .. "'"
end

local function write(path, text)
  local file = assert(io.open(path, "w"))
  file:write(text)
  file:close()
end

local function read(path)
  local file = assert(io.open(path))
  local text = file:read "*a"
  file:close()
  return text
end

--- Why there is no Neovim here; nil: there is one.
---@return string?
function editor.missing()
  if output_of "command -v nvim" == "" then
    return "there is no nvim"
  end
end

local COMMAND = "env -i PATH=%s HOME=%s %s timeout -s KILL %d nvim --headless -u %s -i NONE -n --cmd %s -c %s"
  .. " </dev/null 2>%s/stderr; echo $?"

--- A folder that ends with what the function does there.
---@param fn fun(folder: string)
function editor.with_folder(fn)
  local folder = output_of("mktemp -d"):gsub("\n$", "")
  local ok, failure = pcall(fn, folder)
  os.execute("rm -rf " .. quote(folder))
  if not ok then
    error(failure, 0)
  end
end

--- Runs the code until Neovim ends.
---@param code string
---@param options { environment: table?, plugin: string?, plugins: boolean? }?  plugin: its folder, if it is not this
---  checkout; plugins: it runs what plugins have for its start
---@return { lines: string[], status: integer, stderr: string }
function editor.run(code, options)
  options = options or {}
  local words = {}
  for name, value in pairs(options.environment or {}) do
    words[#words + 1] = name .. "=" .. quote(value)
  end
  local result = { lines = {} }
  editor.with_folder(function(folder)
    write(folder .. "/code.lua", PRELUDE .. code)
    local command = COMMAND:format(
      quote(os.getenv "PATH"),
      folder,
      table.concat(words, " "),
      SECONDS,
      options.plugins and "NORC" or "NONE",
      quote("set runtimepath^=" .. (options.plugin or ROOT)),
      quote("luafile " .. folder .. "/code.lua"),
      folder
    )
    for line in output_of(command):gmatch "[^\n]+" do
      result.lines[#result.lines + 1] = line
    end
    result.status = tonumber(table.remove(result.lines))
    result.stderr = read(folder .. "/stderr")
  end)
  return result
end

return editor
