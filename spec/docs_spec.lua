-- The reference: every public function stands in it, with its parameters and results. What is public is asked of the
-- modules themselves, so that nothing new can be forgotten.

local function run(command)
  local pipe = assert(io.popen(("{ %s\n} 2>&1; echo status $?"):format(command)))
  local output, status = pipe:read("*a"):match "^(.*)status (%d+)\n$"
  pipe:close()
  return output, tonumber(status)
end

local function functions_of(module)
  local names = {}
  for name, value in pairs(module) do
    if type(value) == "function" and type(name) == "string" and not name:find "^_" then
      names[#names + 1] = name
    end
  end
  table.sort(names)
  return names
end

describe("the reference", function()
  local folder

  setup(function()
    folder = run("mktemp -d"):gsub("\n", "")
    local output, status = run("sh tools/docs.sh " .. folder .. "/docs") -- a warning of LDoc's is an error
    assert.equal(0, status, output .. "\nLDoc is needed: make deps-docs")
    assert.equal("", output)
  end)

  teardown(function()
    run("rm -r " .. folder)
  end)

  local function page(name)
    local file = assert(io.open(("%s/docs/modules/%s.html"):format(folder, name)))
    local text = file:read "*a"
    file:close()
    return text
  end

  -- What a page says of a function: its arguments, and the texts of parameters and results.
  local function entry(text, name)
    local anchor = ('<a name = "%s"></a>'):format(name)
    local _, at = text:find(anchor, 1, true)
    assert(at, name .. " is not in the reference")
    local rest = text:sub(at + 1)
    local whole = rest:match '^(.-)<a name = "' or rest
    local arguments = whole:match "<strong>[^<]*%(?([^<]-)%)</strong>" or ""
    return whole, arguments
  end

  local function check(text, name)
    local whole, arguments = entry(text, name)
    local returns = whole:match "<h3>Returns:</h3>(.*)"
    assert(returns and returns:find "<code>", name .. " does not say what it returns")
    local parameters = whole:match "<h3>Parameters:</h3>(.-)</ul>" or ""
    for argument in arguments:gsub("^.*%(", ""):gmatch "[%w_.]+" do
      local described =
        parameters:find(('<span class="parameter">%s</span>%%s*<code>'):format(argument:gsub("%.", "%%.")))
      assert(described, ("%s does not say what its argument %s is"):format(name, argument))
    end
  end

  local function check_all(text, names, prefix)
    assert.is_true(#names > 0)
    for _, name in ipairs(names) do
      check(text, prefix .. name)
    end
  end

  it("has every function of aicore", function()
    check_all(page "aicore", functions_of(require "aicore"), "")
  end)

  it("names the source of every operation: where SAP describes it", function()
    local text = page "aicore"
    for _, name in ipairs(functions_of(require "aicore")) do
      if name ~= "client" and name ~= "spawn" and name ~= "each" then
        assert.matches("/%l+/", (entry(text, name)), name)
      end
    end
  end)

  it("has every method of a client", function()
    local client = assert(require("aicore").client {
      base_url = "http://127.0.0.1:1",
      auth_url = "http://127.0.0.1:1",
      client_id = "me",
      client_secret = "any",
    })
    check_all(page "aicore.client", functions_of(getmetatable(client).__index), "Client:")
    client:close()
  end)

  it("has every function of the C module, its sessions and transfers", function()
    local core = require "aicore.core"
    local session = core.session { base_url = "http://127.0.0.1:1", token = "t" }
    local transfer = assert(core.start(session, "capabilities"))
    local text = page "aicore.core"
    check_all(text, functions_of(core), "")
    check_all(text, functions_of(debug.getmetatable(session).__index), "Session:")
    check_all(text, functions_of(debug.getmetatable(transfer).__index), "Transfer:")
    session:close()
  end)

  it("has the emulator, and everything that can be done with it", function()
    local server = assert(require("aicore.emulator").start())
    server.stop()
    local text = page "aicore.emulator"
    check(text, "start")
    text = entry(text, "aicore.emulator.Server")
    for name in pairs(server) do
      assert(
        text:find(('<span class="parameter">%s</span>%%s*<code>'):format(name)),
        name .. " is not in the reference"
      )
    end
  end)

  it("has every setting of a client", function()
    local text = entry(page "aicore", "Config")
    for _, row in ipairs(require("aicore.settings.schema").rows) do
      assert(text:find(('<span class="parameter">%s</span>'):format(row.name), 1, true), row.name)
    end
  end)

  it("is called as the project is, and no reference in it is dead", function()
    local pages = { ["../index"] = page "../index" }
    for name in run("cd " .. folder .. "/docs/modules && ls"):gmatch "(%S+)%.html" do
      pages[name] = page(name)
    end
    local links = 0
    for name, text in pairs(pages) do
      assert.matches("<title>aicore: SAP AI Core from Lua</title>", text, 1, true)
      assert.matches("<h1>aicore</h1>", text, 1, true)
      for target in text:gmatch 'href="([^"]*)"' do
        local path, anchor = target:match "^([^#]*)#?(.*)$"
        local wanted = path == "" and name or path:match "^%.?%.?/?m?o?d?u?l?e?s?/?(.*)%.html$" or path
        local other = pages[wanted == "index" and "../index" or wanted]
        if anchor ~= "" then
          local there = other and other:gsub('a name="', 'a name = "'):find(('a name = "%s"'):format(anchor), 1, true)
          assert(there, name .. " links to " .. target)
          links = links + 1
        else
          assert(other or path:find "%.css$" or path:find "^https?://", name .. " links to " .. target)
        end
      end
    end
    assert.is_true(links > 100)
    assert.matches('<code><a href="aicore.html#Options">aicore.Options</a>?</code>', pages["aicore.client"], 1, true)
  end)
end)
