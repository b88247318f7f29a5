-- :checkhealth aicore, as a user sees it.

local editor = require "spec.neovim.editor"
local emulator = require "spec.support.emulator"

-- Which Lua this file runs in says nothing of Neovim, which brings its own: once is enough.
if not package.loaded.jit then
  return
end

local SECRET = "s3cr3t-of-the-spec"

-- So that a module that is installed elsewhere is not found; lua-cjson is.
local NOT_INSTALLED = [[
  local cjson = package.searchpath("cjson", package.cpath)
  package.preload.cjson = package.loadlib(cjson, "luaopen_cjson")
  package.cpath = ""
]]

describe(":checkhealth aicore", function()
  local missing = editor.missing()
  assert(not missing, missing)

  local server

  setup(function()
    server = emulator.start { deployments = 3, client_id = "sb-spec", client_secret = SECRET }
  end)

  teardown(function()
    server.stop()
  end)

  before_each(function()
    server.clear_faults()
  end)

  local function settings(changes)
    local environment = {
      AICORE_BASE_URL = server.url,
      AICORE_AUTH_URL = server.url,
      AICORE_CLIENT_ID = "sb-spec",
      AICORE_CLIENT_SECRET = SECRET,
    }
    for name, value in pairs(changes or {}) do
      environment[name] = value ~= "" and value or nil
    end
    return environment
  end

  --- What Neovim 0.10 writes, as those before wrote it.
  local function as_before(line)
    local name = line:match "^(aicore: %w+) ~$"
    local is_told, text = line:match "^%- (%u+) (.*)$", line:match "^%- (.*)$"
    local said = is_told and text:gsub("^%u+", "%0:") or text and not text:find "^%u+:" and "INFO: " .. text
    return name and "## " .. name or said or line
  end

  --- What the buffer says. No secret stands there, nor in a message.
  local function check(environment, options)
    options = options or {}
    local result = editor.run((options.before or "") .. [[
      vim.cmd "checkhealth ]] .. (options.name or "aicore") .. [["
      say(table.concat(vim.api.nvim_buf_get_lines(0, 0, -1, false), "\n"))
      vim.cmd "qa!"
    ]], { environment = environment, plugin = options.plugin })
    for i, line in ipairs(result.lines) do
      result.lines[i] = as_before(line)
    end
    local text = table.concat(result.lines, "\n")
    assert.equal(0, result.status, result.stderr)
    assert.matches("## aicore: module", text)
    assert.is_nil((text .. result.stderr):find(environment.AICORE_CLIENT_SECRET or SECRET, 1, true), text)
    assert.is_nil(text:find("stack traceback", 1, true), text)
    assert.is_nil(text:find("Failed to run", 1, true), text)
    return text
  end

  local function has(text, expected)
    assert(text:find(expected, 1, true), ("'%s' is not in:\n%s"):format(expected, text))
  end

  local function has_not(text, unexpected)
    assert(not text:find(unexpected, 1, true), ("'%s' is in:\n%s"):format(unexpected, text))
  end

  it("shows a source that cannot be read, and what stands beside it", function()
    local text = check(settings { AICORE_SERVICE_KEY = "{'clientid': 'x'}" })
    has(text, "INFO: service_key: cannot be used (from AICORE_SERVICE_KEY)")
    has(text, "INFO: client_id: sb-spec (from AICORE_CLIENT_ID)")
    has(
      text,
      "ERROR: no client can be made: config: AICORE_SERVICE_KEY is not a JSON object: its quotes are single ones"
    )
    has_not(text, "aicore: service")
  end)

  it("is content with good settings, and logs in", function()
    local text = check(settings())
    has_not(text, "ERROR")
    assert.matches("OK: aicore %d+%.%d+%.%d+: /%S+/lua/aicore/core%.so", text)
    assert.matches("OK: built for Lua 5%.1, which this is: Lua", text)
    assert.matches("OK: libcurl %d+%.%d+%.%d+, %S+ %(7%.85%.0 is the least%)", text)
    assert.matches("OK: event loop: vim%.%a+, libuv %d", text)
    has(text, ("INFO: auth_url: %s (from AICORE_AUTH_URL)"):format(server.url))
    has(text, "INFO: client_id: sb-spec (from AICORE_CLIENT_ID)")
    has(text, "INFO: client_secret: set, not shown (from AICORE_CLIENT_SECRET)")
    has(text, "OK: logged in as sb-spec, for 12h")
    has(text, "OK: the AI API answers: 3 deployments in resource group default")
  end)

  it("says where to look for settings when there are none", function()
    local text = check {}
    has(text, "ERROR: no client can be made: config: no base URL: looked in arguments, AICORE_SERVICE_KEY (not set)")
    has(text, "aicore-settings")
    has_not(text, "aicore: service")
  end)

  it("names the config file that a setting is from", function()
    editor.with_folder(function(folder)
      local file = assert(io.open(folder .. "/mine.json", "w"))
      file:write(
        ([[{"AICORE_CLIENT_ID":"sb-spec","AICORE_CLIENT_SECRET":"%s","AICORE_BASE_URL":"%s","AICORE_AUTH_URL":"%s",
        "AICORE_RESOURCE_GROUP":"team"}]]):format(SECRET, server.url, server.url)
      )
      file:close()
      local text = check { AICORE_CONFIG = folder .. "/mine.json" }
      has(text, ("INFO: resource_group: team (from %s/mine.json)"):format(folder))
      has(text, ("INFO: client_secret: set, not shown (from %s/mine.json)"):format(folder))
      has(text, "OK: logged in as sb-spec")
      has(text, ("WARNING: %s/mine.json holds a secret and can be read by everybody"):format(folder))
      os.execute(("chmod 600 %s/mine.json"):format(folder))
      has_not(check { AICORE_CONFIG = folder .. "/mine.json" }, "WARNING")
      text = check(settings { AICORE_CLIENT_SECRET = "", AICORE_CONFIG = folder .. "/mine.json" })
      has(text, "credentials are taken from one source as a whole, here the environment (AICORE_BASE_URL)")
    end)
  end)

  it("tells of a config file that cannot be read", function()
    has(
      check(settings { AICORE_CONFIG = "/not/there.json" }),
      "the config file /not/there.json cannot be read: no such file"
    )
  end)

  it("tells what the service says of a wrong secret, and what to look at", function()
    local text = check(settings { AICORE_CLIENT_SECRET = "wr0ng-secret" })
    has(text, "ERROR: the login fails: login: HTTP 401, auth: Bad credentials")
    has(text, "look at client_id and client_secret")
  end)

  it("advises what fits the trouble", function()
    local examples = {
      ["the service is in trouble"] = { operation = "count", status = 503 },
      ["the service asks for fewer requests"] = { operation = "count", status = 429 },
      ["logged in, but not allowed to"] = { operation = "count", status = 403 },
      ["do base_url and auth_url belong to the same service key?"] = { operation = "count", expire_tokens = true },
      ["no AI API answers there: look at base_url"] = { operation = "count", status = 404 },
      ["no token endpoint answers there: look at auth_url"] = { operation = "login", status = 404 },
      ["or take a new service key"] = { operation = "login", status = 403 },
    }
    for advice, fault in pairs(examples) do
      fault.times = 0
      server.clear_faults()
      server.fault(fault)
      has(check(settings()), advice)
    end
  end)

  it("tells of a URL where nobody answers", function()
    local gone = emulator.start()
    gone.stop()
    local text = check(settings { AICORE_AUTH_URL = gone.url })
    has(text, "ERROR: the login fails: login: transport: ")
    has(text, "is a proxy needed")
    text = check(settings { AICORE_BASE_URL = gone.url })
    has(text, "OK: logged in")
    has(text, "ERROR: the deployments in resource group default cannot be counted: count: transport: ")
  end)

  it("tells of a URL with a password in it, but not the password", function()
    local text = check(settings { AICORE_BASE_URL = "https://me:" .. SECRET .. "@host" })
    has(text, "INFO: base_url: https://…@host")
    has(text, "a URL must not contain a user")
  end)

  it("speaks to the reports of Neovim 0.10, too", function()
    local text = check(settings(), {
      before = [[
        local theirs, short = vim.health or require "health", {}
        if not theirs.start then
          for _, name in ipairs { "start", "ok", "warn", "error", "info" } do
            short[name] = theirs["report_" .. name]
          end
          vim.health = short
        end
      ]],
    })
    has(text, "OK: logged in")
  end)

  -- A health check of its own, that is less patient.
  local IMPATIENT = [[
    package.preload["impatient.health"] = function()
      return { check = function() require("aicore.health").check(0.2) end }
    end
  ]]

  it("does not wait for long", function()
    server.fault { operation = "login", latency = 60, times = 0 }
    editor.with_folder(function(folder)
      os.execute(("mkdir -p %s/lua/impatient && touch %s/lua/impatient/health.lua"):format(folder, folder))
      local before = IMPATIENT .. ("vim.cmd 'set runtimepath+=%s'"):format(folder)
      has(check(settings(), { before = before, name = "impatient" }), "ERROR: the login fails: login: timeout: ")
    end)
  end)

  describe("without a module that fits", function()
    --- A plugin as git brings it: not built.
    local function with_plugin(fn)
      editor.with_folder(function(folder)
        assert(os.execute(("cp -R lua %s/lua && rm -f %s/lua/aicore/core.so"):format(folder, folder)))
        fn(folder)
      end)
    end

    it("says how to build it", function()
      with_plugin(function(folder)
        local text = check(settings(), { plugin = folder, before = NOT_INSTALLED })
        has(text, "ERROR: the C module aicore.core is not there")
        has(text, "in the plugin's folder: make")
        has(text, 'build = "make"')
        has_not(text, "aicore: settings")
      end)
    end)

    it("says that it was built for another Lua", function()
      with_plugin(function(folder)
        -- Nor is a module for Lua 5.4 one that can be loaded here; but that is not always built.
        local file = assert(io.open(folder .. "/lua/aicore/core.so", "w"))
        file:write "not a library"
        file:close()
        local text = check(settings(), { plugin = folder, before = NOT_INSTALLED })
        has(text, "ERROR: the C module aicore.core cannot be loaded: ")
        has(text, "it was built for another Lua")
      end)
    end)

    it("needs no lua-cjson", function()
      local text = check(settings(), { before = "package.cpath = ''" })
      has(text, "OK: JSON is read by vim.json")
      has(text, "OK: the AI API answers: 3 deployments in resource group default")
    end)
  end)
end)
