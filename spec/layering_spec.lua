-- Who may know whom, by layers. The rules are the tables below; the code under them reads `require`, `#include` and
-- names, with comments left out (and for names strings, too).

-- From the top. A file knows its own folder and every layer below; the folders of one layer do not know one another.
-- What stands beside the folders ("init", "client") is a folder here, too.
local LAYERS = {
  "cli | neovim | health",
  "init client",
  "fleet | emulator",
  "call | settings",
  "runtime",
  "core",
  "text",
  "model",
  "meta",
}

-- What only these may know: a module of ours, and libraries of others. "x.*" means x and everything below it.
local ONLY = {
  { "core", by = "call.* settings.* runtime.*" },
  { "cjson cjson.*", by = "emulator.* health" },
  { "argparse", by = "cli.*" },
  { "http.* openssl.* basexx", by = "emulator.*" },
  { "cqueues cqueues.*", by = "emulator.* runtime.cqueues" },
  { "luv", by = "runtime.luv" },
  { "copas copas.*", by = "runtime.copas" },
  { "ngx.*", by = "runtime.ngx" },
  { "ffi", by = "runtime.ngx runtime.ngx_poll" },
  { "health", by = "health" }, -- Neovim's own,
}

-- These require what a table of names says: every string "aicore.…" in them counts as required.
local COMPUTED = "cli cli.emulator runtime"

-- A name may stand only in these modules, or in all but these.
local PURE = "model.* text.* call.retry call.pages call.page_size call.refusal fleet.evidence fleet.goals"
local NAMES = {
  { "vim", only = "runtime.neovim text.vim_json health neovim.*" },
  { "uv", only = "runtime.uv runtime.luv runtime.neovim health neovim.*" },
  { "ngx", only = "runtime.ngx" },
  { "io", never = PURE },
  { "os", never = PURE },
  { "math.random", never = PURE },
}

-- The C files from the top, by their names without .c and .h: each may include only its own header and what is below.
local C_LAYERS = {
  "core",
  "session",
  "transfer",
  "reply | pool",
  "exchange",
  "config | operation | folder",
  "headers",
  "credentials | parameter | interrupt | json | table | buffer | pollset*",
  "secret | text | token | sigpipe | system | compat",
  "spelling",
  "array",
}

-- What a C file must not include, itself or through another header of ours.
local INCLUDES = {
  {
    "credentials.* buffer.* pollset* secret.* spelling.* token.* sigpipe.h system.* array.*",
    never = "lua.h lauxlib.h lualib.h luajit.h compat.h curl/*",
  },
}

local C_NAMES = {
  { "luaopen_", only = "core.c core.h" },
  { "LUA_VERSION", only = "compat.h" },
  { "LUAJIT", only = "compat.h" },
}

-- What the linker sees of us begins so; what begins with such a word it does not see.
local EXTERNAL = "^aic_"
local UNSEEN = { static = true, typedef = true, extern = true, enum = true }

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

-- The layer of a module or a C file (1 is the top) and its folder there; nil: it has none.
local function layer_of(module, layers)
  local top = module:match "^[^.]+"
  for number, layer in ipairs(layers or LAYERS) do
    for folder in layer:gmatch "[^|]+" do
      if fits(top, folder) then
        return number, folder
      end
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

-- Is the one not below the other? A folder knows itself.
local function is_not_below(layer, folder, other, other_folder)
  return other < layer or other == layer and folder ~= other_folder
end

-- Why the module may not require the other; nil: it may.
local function breach_of(module, required)
  local ours = required == "aicore" and "init" or required:match "^aicore%.(.*)$"
  local listed = ours ~= nil
  for _, rule in ipairs(ONLY) do
    if fits(ours or required, rule[1], "module") then
      listed = true
      if not fits(module, rule.by, "module") then
        return ("may not require %s: only %s may"):format(required, rule.by)
      end
    end
  end
  if not listed then
    return ("may not require %s: it stands nowhere in ONLY"):format(required)
  end
  if ours then
    local mine, folder = layer_of(module)
    local theirs, their_folder = layer_of(ours)
    if not theirs then
      return ("may not require %s: it has no layer"):format(required)
    elseif is_not_below(mine, folder, theirs, their_folder) then
      return ("may not require %s: it is not below"):format(required)
    end
  end
end

-- Calls found(module) for all that is required.
local function each_required(report, path, module, code, names, found)
  local seen = 0
  for _, required in code:gmatch "%f[%w_]require%s*[(,]?%s*([\"'])([^\"']+)%1" do
    seen = seen + 1
    found(required)
  end
  local _, all = names:gsub("%f[%w_]require%f[^%w_]", "")
  local computed = fits(module, COMPUTED, "module")
  if all > seen and not computed then
    report(path, "requires something that cannot be read here; name it")
  elseif all > seen then
    for _, required in code:gmatch "([\"'])(aicore%.[%w_.]+)%1" do
      found(required)
    end
  end
end

local function module_of(path)
  return (path:gsub("^lua/aicore/", ""):gsub("%.lua$", ""):gsub("/init$", ""):gsub("/", "."))
end

local function check_lua(report, path, source, graph)
  local module = module_of(path)
  if not layer_of(module) then
    return report(path, "has no layer in LAYERS of spec/layering_spec.lua")
  end
  local code, names = strip_lua(source)
  graph[module] = {}
  each_required(report, path, module, code, names, function(required)
    table.insert(graph[module], required == "aicore" and "init" or required:match "^aicore%.(.*)$")
    local breach = breach_of(module, required)
    if breach then
      report(path, breach)
    end
  end)
  for _, rule in ipairs(NAMES) do
    local forbidden = rule.only and not fits(module, rule.only, "module")
      or rule.never and fits(module, rule.never, "module")
    if forbidden and uses(names, rule[1]) then
      report(path, "may not name " .. rule[1])
    end
  end
end

-- Calls report(text) for a circle of modules that require one another: "a > b > a".
local function find_circles(graph, report)
  local state = {}
  local function visit(module, way)
    if state[module] == "open" then
      return report(way)
    elseif state[module] or not graph[module] then
      return
    end
    state[module] = "open"
    for _, required in ipairs(graph[module]) do
      visit(required, way .. " > " .. required)
    end
    state[module] = "done"
  end
  for module in pairs(graph) do
    visit(module, module)
  end
end

local function strip_c(source)
  return (source:gsub("/%*.-%*/", ""):gsub("//[^\n]*", ""))
end

local function each_include(code)
  return code:gmatch '\n%s*#%s*include%s*[<"]([^>"]+)'
end

-- Everything a C file includes, with the way to it: { ["lua.h"] = "pollset.h > compat.h" }.
local function includes(files, path, found, way)
  for header in each_include(strip_c(files[path])) do
    if not found[header] then
      found[header] = way
      if files["src/" .. header] then
        includes(files, "src/" .. header, found, way .. " > " .. header)
      end
    end
  end
  return found
end

-- The order of the C files.
local function check_c_layer(report, path, unit, code, graph)
  local mine, folder = layer_of(unit, C_LAYERS)
  if not mine then
    return report(path, "has no layer in C_LAYERS of spec/layering_spec.lua")
  end
  graph[unit] = graph[unit] or {}
  for header in each_include(code) do
    local theirs, their_folder = layer_of(header, C_LAYERS)
    local other = header:match "^[^.]+"
    if theirs and other ~= unit then
      table.insert(graph[unit], other)
      if is_not_below(mine, folder, theirs, their_folder) then
        report(path, ("may not include %s: it is not below"):format(header))
      end
    end
  end
end

-- Calls found(name) for every function and every datum that is defined at the left margin and not static.
local function each_external(code, found)
  for line in code:gmatch "\n(%a[^\n]*)" do
    if not UNSEEN[line:match "^%a+"] then
      local name = line:match "([%w_]+)%("
      if name then
        found(name)
      else
        for datum in line:gmatch "([%w_]+)[%[%]%d]* =" do
          found(datum)
        end
      end
    end
  end
end

local function check_c(report, files, path, graph)
  local name = path:gsub("^src/", "")
  local found = includes(files, path, {}, name)
  for _, rule in ipairs(INCLUDES) do
    for header, way in pairs(fits(name, rule[1]) and found or {}) do
      if fits(header, rule.never) then
        report(path, "may not include " .. header .. " (" .. way .. ")")
      end
    end
  end
  local code = strip_c(files[path])
  check_c_layer(report, path, name:match "^[^.]+", code, graph)
  for _, rule in ipairs(C_NAMES) do
    if not fits(name, rule.only) and code:find("%f[%w_]" .. rule[1]) then
      report(path, "may not name " .. rule[1])
    end
  end
  each_external(name:find "%.c$" and code or "", function(external)
    if not external:find(EXTERNAL) then
      report(path, "shows the linker " .. external .. ", which does not begin with aic_")
    end
  end)
end

-- Reads { [path] = source } and returns a sorted list of breaches, one sentence each.
local function breaches(files)
  local list = {}
  local function report(path, what)
    list[#list + 1] = path .. " " .. what
  end
  local graph, c_graph = {}, {}
  for path, source in pairs(files) do
    if path:find("^lua/") then
      check_lua(report, path, source, graph)
    elseif path:find("^src/") then
      check_c(report, files, path, c_graph)
    end
  end
  local function report_circle(way)
    report("a circle:", way)
  end
  find_circles(graph, report_circle)
  find_circles(c_graph, report_circle)
  table.sort(list)
  return list
end

local function read_tree()
  local files = {}
  local listing = assert(io.popen("find -L lua src -name '*.lua' -o -name '*.[ch]'"))
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
    { "lua/aicore/fleet/goals.lua", 'local e = require "aicore.model.errors"', false },
    { "lua/aicore/fleet/goals.lua", 'local e = require "aicore.fleet.evidence"', false },
    {
      "lua/aicore/fleet/goals.lua",
      'local core = require "aicore.core"',
      "may not require aicore.core: only call.* settings.* runtime.* may",
    },
    { "lua/aicore/fleet/goals.lua", "local now = os.time()", "may not name os" },
    { "lua/aicore/fleet/goals.lua", "local delay = 2 ..math.random()", "may not name math.random" },
    { "lua/aicore/fleet/goals.lua", '-- os.time()\nlocal s = "os.time"; s = t.os; t = { io = 1 }', false },
    {
      "lua/aicore/call/retry.lua",
      'local ok, s = pcall(require, "socket")',
      "may not require socket: it stands nowhere in ONLY",
    },
    {
      "lua/aicore/call/retry.lua",
      'return require "aicore.settings.resolve"',
      "may not require aicore.settings.resolve: it is not below",
    },
    { "lua/aicore/fleet/goals.lua", "local m = require(name)", "requires something that cannot be read here; name it" },
    { "lua/aicore/cli/init.lua", 't = { "aicore.cli.stop", "aicore.emulator" } require(t[1])', false },
    {
      "lua/aicore/cli/init.lua",
      't = { "aicore.neovim" } require(t[1])',
      "may not require aicore.neovim: it is not below",
    },
    { "lua/aicore/model/errors.lua", 'return require("aicore")', "may not require aicore: it is not below" },
    { "lua/aicore/client.lua", 'return require("aicore.runtime." .. name)', false },
    { "lua/aicore/client.lua", "if vim then return vim.uv end", "may not name vim" },
    { "lua/aicore/client.lua", "--[[ vim ]] local s = [==[ ngx ]] ]==]", false },
    { "lua/aicore/client.lua", 'local s = "\\"" .. ngx.var.x', "may not name ngx" },
    { "lua/aicore/runtime/ngx.lua", 'return ngx.now, require "ffi", require "aicore.core"', false },
    { "lua/aicore/runtime/luv.lua", 'local uv = require "luv"', false },
    {
      "lua/aicore/emulator/init.lua",
      'local c = require "aicore.client"',
      "may not require aicore.client: it is not below",
    },
    { "lua/aicore/emulator/server.lua", 'return require "aicore.model.lifecycle", require "http.server"', false },
    { "lua/aicore/surprise.lua", "", "has no layer in LAYERS of spec/layering_spec.lua" },
    { "src/session.c", "#include <lua.h>", false },
    { "src/pollset.c", "#include <lua.h>", "may not include lua.h (pollset.c)" },
    { "src/pollset.c", '#include "buffer.h"', "may not include buffer.h: it is not below" },
    { "src/pollset_epoll.c", '#include "pollset.h"', false },
    { "src/reply.c", '#include "reply.h"\n#include "compat.h"', false },
    { "src/reply.c", '#include "pool.h"', "may not include pool.h: it is not below" },
    { "src/operation.c", '/*\n#include "session.h"\n*/', false },
    { "src/operation.c", '# include "session.h"', "may not include session.h: it is not below" },
    { "src/surprise.c", "", "has no layer in C_LAYERS of spec/layering_spec.lua" },
    { "src/pool.c", "static int end(int x) {\n  return x;\n}\nint aic_end(int x) {", false },
    { "src/pool.c", "void *end(int x) {", "shows the linker end, which does not begin with aic_" },
    { "src/pool.c", "const int ends[2] = {0};", "shows the linker ends, which does not begin with aic_" },
    { "src/reply.c", "static int luaopen_aicore_reply(lua_State *L);", "may not name luaopen_" },
    { "src/reply.c", "#if LUA_VERSION_NUM < 502", "may not name LUA_VERSION" },
    { "src/compat.h", "#if LUA_VERSION_NUM < 502", false },
  }
  for _, example in ipairs(examples) do
    local path, text, breach = example[1], example[2], example[3]
    it(("%s in %s: %s"):format(breach and "sees" or "allows", path, text:gsub("\n", " ")), function()
      local files = { [path] = "\n" .. text .. "\n" }
      assert.same(breach and { path .. " " .. breach } or {}, breaches(files))
    end)
  end

  it("sees what a C file includes through another one", function()
    local found = breaches {
      ["src/token.h"] = '\n#include "compat.h"\n',
      ["src/compat.h"] = "\n#include <lauxlib.h>\n",
    }
    assert.same({
      "src/token.h may not include compat.h (token.h)",
      "src/token.h may not include compat.h: it is not below",
      "src/token.h may not include lauxlib.h (token.h > compat.h)",
    }, found)
  end)

  it("sees a circle of C files", function()
    local found = breaches {
      ["src/pool.c"] = '\n#include "exchange.h"\n',
      ["src/exchange.h"] = "\n",
      ["src/exchange.c"] = '\n#include "pool.h"\n',
    }
    assert.equal("src/exchange.c may not include pool.h: it is not below", found[2])
    assert.matches("^a circle: %a+ > %a+ > %a+$", found[1])
  end)

  it("sees a circle", function()
    local found = breaches {
      ["lua/aicore/model/a.lua"] = 'require "aicore.model.b"',
      ["lua/aicore/model/b.lua"] = 'require "aicore.model.a"',
    }
    assert.equal(1, #found)
    assert.matches("^a circle: model%.. > model%.. > model%..$", found[1])
  end)
end)
