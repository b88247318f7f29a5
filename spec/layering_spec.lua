-- Who may know whom. The rules are the tables below; the code under them reads `require`, `#include` and names, with
-- comments left out (and for names strings, too). A new file needs a row before it may be required or require.

-- The first row that fits a module counts. "x.*" means x and everything below it; "aicore." is left out.
-- computed: may require what a table of names says; then every string "aicore.…" in it counts as required.
local MODULES = {
  { "init", knows = "client runtime.*" },
  { "client", knows = "auth call config errors host lists over_time retry runtime.* core" },
  { "over_time", knows = "call errors fleet lists wait watch core" },
  { "call", knows = "attempts errors filter lists outcome retry core" },
  { "auth", knows = "attempts errand errors retry core" },
  { "fleet", knows = "dispatch errors lifecycle outcome wait" },
  { "dispatch", knows = "errors" },
  { "watch", knows = "errand errors outcome" },
  { "errand", knows = "" },
  { "attempts", knows = "errors" },
  { "outcome", knows = "lifecycle" },
  { "lists", knows = "" },
  { "retry", knows = "errors lifecycle" },
  { "wait", knows = "errors lifecycle" },
  { "config", knows = "errors", outside = "cjson cjson.*" },
  { "filter", knows = "errors lifecycle" },
  { "errors", knows = "" },
  { "meta.*", knows = "" },
  { "lifecycle", knows = "" },
  { "runtime.uv", knows = "runtime.tasks core" },
  { "runtime.init", knows = "errors runtime.*", computed = true },
  { "runtime.luv", knows = "errors runtime.* core", outside = "luv" },
  { "runtime.cqueues", knows = "errors runtime.* core", outside = "cqueues.*" },
  { "runtime.ngx_poll", knows = "", outside = "ffi" },
  { "runtime.ngx", knows = "errors runtime.* core", outside = "ngx.* ffi" },
  { "runtime.*", knows = "errors runtime.* core" },
  { "emulator.*", knows = "emulator.* errors lifecycle", outside = "http.* cqueues.* openssl.* cjson.* basexx" },
  {
    "cli.*",
    knows = "cli.* emulator.* init client config errors lifecycle core attempts filter host",
    outside = "argparse cjson.*",
    computed = true,
  },
  { "host", knows = "" },
  { "neovim.*", knows = "neovim.* init client errors filter lifecycle runtime.neovim" },
  { "health", knows = "init config errors host core", outside = "health cjson" },
}

-- A name may stand only in these modules, or in all but these.
local NAMES = {
  { "vim", only = "runtime.neovim health neovim.*" },
  { "uv", only = "runtime.uv runtime.luv runtime.neovim health neovim.*" },
  { "ngx", only = "runtime.ngx" },
  { "io", never = "retry wait lifecycle errors" },
  { "os", never = "retry wait lifecycle errors" },
  { "math.random", never = "retry wait lifecycle errors" },
}

-- What a file must not include, itself or through another header of ours.
local LUA = "lua.h lauxlib.h lualib.h luajit.h compat.h"
local INCLUDES = {
  { "buffer.h secret.h clock.h process.h", never = LUA .. " curl/*" },
  { "buffer.* secret.* clock.* process.*", never = "pollset* session* transfer* operation* reply* core*" },
  { "pollset*", never = LUA .. " curl/* session* transfer* operation* reply* core*" },
  { "operation.* parameter.*", never = "session* transfer* pollset* reply* core*" },
}

local C_NAMES = {
  { "luaopen_", only = "core.c core.h" },
  { "LUA_VERSION", only = "compat.h" },
  { "LUAJIT", only = "compat.h" },
}

-- fits("a.b", "x a.*", "."): does the name fit one of the globs? In a module's glob ".*" may also be nothing.
local function fits(name, globs, kind)
  for glob in globs:gmatch("%S+") do
    local pattern = glob:gsub("[%-.]", "%%%0"):gsub("%*", ".*")
    if name:match("^" .. pattern .. "$") or (kind == "module" and glob == name .. ".*") then
      return true
    end
  end
  return false
end

local function row_for(rows, name, kind)
  for _, row in ipairs(rows) do
    if fits(name, row[1], kind) then
      return row
    end
  end
end

-- The end of what starts at `at` if that is a comment or a string, and which of them.
local function comment_or_string(source, at)
  local dashes, equals = source:match("^(%-?%-?)%[(=*)%[", at)
  if equals and (dashes == "" or dashes == "--") then
    local _, last = source:find("]" .. equals .. "]", at, true)
    return last or #source, dashes == "" and "string" or "comment"
  end
  if source:find("^%-%-", at) then
    return (source:find("\n", at, true) or #source + 1) - 1, "comment"
  end
  local quote = source:match("^[\"']", at)
  if quote then
    local last = at + 1
    while last < #source and source:sub(last, last) ~= quote do
      last = last + (source:sub(last, last) == "\\" and 2 or 1)
    end
    return last, "string"
  end
end

-- Lua code without its comments, and once more without its strings.
local function strip_lua(source)
  local code, names, at = {}, {}, 1
  while at <= #source do
    local last, what = comment_or_string(source, at)
    if what == "string" then
      code[#code + 1] = source:sub(at, last)
      names[#names + 1] = '""'
    elseif what == "comment" then
      code[#code + 1], names[#names + 1] = " ", " "
    else
      last = (source:find("[%-%[\"']", at + 1) or #source + 1) - 1
      code[#code + 1], names[#names + 1] = source:sub(at, last), source:sub(at, last)
    end
    at = last + 1
  end
  return table.concat(code), table.concat(names)
end

-- Is the name used as a variable (not as a field, nor as a key)?
local function uses(code, name)
  for before, after in code:gmatch("([%w_.:]*)%f[%w_]" .. name:gsub("%.", "%%.") .. "%f[^%w_]%s*(=?=?)") do
    if not before:find("[.:]$") or before:find("%.%.$") then
      if after ~= "=" then
        return true
      end
    end
  end
  return false
end

local function check_requires(report, path, code, names, row)
  local function check(module)
    local ours = module == "aicore" and "init" or module:match("^aicore%.(.*)$")
    if ours and not fits(ours, row.knows, "module") or not ours and not fits(module, row.outside or "", "module") then
      report(path, "may not require " .. module)
    end
  end
  local seen = 0
  for _, module in code:gmatch("%f[%w_]require%s*[(,]?%s*([\"'])([^\"']+)%1") do
    seen = seen + 1
    check(module)
  end
  local _, all = names:gsub("%f[%w_]require%f[^%w_]", "")
  if all > seen and not row.computed then
    report(path, "requires something that cannot be read here; name it")
  elseif all > seen then
    for _, module in code:gmatch("([\"'])(aicore%.[%w_.]+)%1") do
      check(module)
    end
  end
end

local function check_lua(report, path, source)
  local module = path:gsub("^lua/aicore/", ""):gsub("%.lua$", ""):gsub("/init$", ""):gsub("/", ".")
  local row = row_for(MODULES, module, "module")
  if not row then
    return report(path, "has no row in MODULES of spec/layering_spec.lua")
  end
  local code, names = strip_lua(source)
  check_requires(report, path, code, names, row)
  for _, rule in ipairs(NAMES) do
    local forbidden = rule.only and not fits(module, rule.only, "module")
      or rule.never and fits(module, rule.never, "module")
    if forbidden and uses(names, rule[1]) then
      report(path, "may not name " .. rule[1])
    end
  end
end

-- Everything a C file includes, with the way to it: { ["lua.h"] = "pollset.h > compat.h" }.
local function includes(files, path, found, way)
  for header in files[path]:gsub("/%*.-%*/", ""):gmatch('\n%s*#%s*include%s*[<"]([^>"]+)') do
    if not found[header] then
      found[header] = way
      if files["src/" .. header] then
        includes(files, "src/" .. header, found, way .. " > " .. header)
      end
    end
  end
  return found
end

local function check_c(report, files, path)
  local name = path:gsub("^src/", "")
  local found = includes(files, path, {}, name)
  for _, rule in ipairs(INCLUDES) do
    for header, way in pairs(fits(name, rule[1]) and found or {}) do
      if fits(header, rule.never) then
        report(path, "may not include " .. header .. " (" .. way .. ")")
      end
    end
  end
  local code = files[path]:gsub("/%*.-%*/", ""):gsub("//[^\n]*", "")
  for _, rule in ipairs(C_NAMES) do
    if not fits(name, rule.only) and code:find("%f[%w_]" .. rule[1]) then
      report(path, "may not name " .. rule[1])
    end
  end
end

-- Reads { [path] = source } and returns a sorted list of breaches, one sentence each.
local function breaches(files)
  local list = {}
  local function report(path, what)
    list[#list + 1] = path .. " " .. what
  end
  for path, source in pairs(files) do
    if path:find("^lua/") then
      check_lua(report, path, source)
    elseif path:find("^src/") then
      check_c(report, files, path)
    end
  end
  table.sort(list)
  return list
end

local function read_tree()
  local files = {}
  local listing = assert(io.popen("find lua src -name '*.lua' -o -name '*.[ch]'"))
  for path in listing:lines() do
    local file = assert(io.open(path))
    files[path] = "\n" .. file:read("*a")
    file:close()
  end
  listing:close()
  return files
end

describe("who may know whom", function()
  it("holds in this tree", function()
    local files = read_tree()
    assert.is_not_nil(next(files), "found no files: run this from the checkout's folder")
    assert.same({}, breaches(files))
  end)

  -- Each row: a file, its text, and the breach it is (false: none).
  local examples = {
    { "lua/aicore/wait.lua", 'local e = require "aicore.errors"', false },
    { "lua/aicore/wait.lua", 'local core = require "aicore.core"', "may not require aicore.core" },
    { "lua/aicore/wait.lua", "local now = os.time()", "may not name os" },
    { "lua/aicore/wait.lua", "local delay = 2 ..math.random()", "may not name math.random" },
    { "lua/aicore/wait.lua", '-- os.time()\nlocal s = "os.time"; s = t.os; t = { io = 1 }', false },
    { "lua/aicore/retry.lua", 'local ok, s = pcall(require, "socket")', "may not require socket" },
    { "lua/aicore/fleet.lua", "local m = require(name)", "requires something that cannot be read here; name it" },
    { "lua/aicore/cli/init.lua", 't = { "aicore.cli.stop" } require(t[1])', false },
    { "lua/aicore/cli/init.lua", 't = { "aicore.retry" } require(t[1])', "may not require aicore.retry" },
    { "lua/aicore/errors.lua", 'return require("aicore")', "may not require aicore" },
    { "lua/aicore/client.lua", 'return require("aicore.runtime." .. name)', false },
    { "lua/aicore/client.lua", "if vim then return vim.uv end", "may not name vim" },
    { "lua/aicore/client.lua", "--[[ vim ]] local s = [==[ ngx ]] ]==]", false },
    { "lua/aicore/client.lua", 'local s = "\\"" .. ngx.var.x', "may not name ngx" },
    { "lua/aicore/runtime/ngx.lua", 'return ngx.now, require "ffi", require "aicore.core"', false },
    { "lua/aicore/runtime/luv.lua", 'local uv = require "luv"', false },
    { "lua/aicore/emulator/init.lua", 'local c = require "aicore.client"', "may not require aicore.client" },
    { "lua/aicore/emulator/server.lua", 'return require "aicore.lifecycle", require "http.server"', false },
    { "lua/aicore/surprise.lua", "", "has no row in MODULES of spec/layering_spec.lua" },
    { "src/session.c", "#include <lua.h>", false },
    { "src/pollset.c", "#include <lua.h>", "may not include lua.h (pollset.c)" },
    { "src/secret.h", '#include "helper.h"', "may not include lauxlib.h (secret.h > helper.h)" },
    { "src/operation.c", '/*\n#include "session.h"\n*/', false },
    { "src/operation.c", '# include "session.h"', "may not include session.h (operation.c)" },
    { "src/reply.c", "int luaopen_aicore_reply(lua_State *L);", "may not name luaopen_" },
    { "src/reply.c", "#if LUA_VERSION_NUM < 502", "may not name LUA_VERSION" },
    { "src/compat.h", "#if LUA_VERSION_NUM < 502", false },
  }
  for _, example in ipairs(examples) do
    local path, text, breach = example[1], example[2], example[3]
    it(("%s in %s: %s"):format(breach and "sees" or "allows", path, text:gsub("\n", " ")), function()
      local files = { ["src/helper.h"] = "\n#include <lauxlib.h>\n", [path] = "\n" .. text .. "\n" }
      assert.same(breach and { path .. " " .. breach } or {}, breaches(files))
    end)
  end
end)
