-- The panel in a real Neovim: keys are pressed, and the screen is read (spec/neovim/screen.lua).

local editor = require "spec.neovim.editor"
local emulator = require "spec.support.emulator"

-- Which Lua this file runs in says nothing of Neovim, which brings its own: once is enough.
if not package.loaded.jit then
  return
end

describe("the panel", function()
  local missing = editor.missing()
  assert(not missing, missing)

  local server

  setup(function()
    server = emulator.start()
  end)

  teardown(function()
    server.stop()
  end)

  before_each(function()
    server.clear_faults()
    server.clear_deployments()
    server.settings { stop_time = 0.3, delete_time = 0.3, start_time = 0.1 }
    local function seed(id, status, hours, scenario)
      server.seed { id = id, status = status, target_status = status, age = hours * 3600, scenario_id = scenario }
    end
    seed("drun1", "RUNNING", 1)
    seed("drun2", "RUNNING", 2)
    seed("dstopped", "STOPPED", 3)
    seed("ddead", "DEAD", 4)
    seed("dnightly", "STOPPED", 168, "nightly")
    server.clear_journal()
  end)

  local BEGIN = [[
    local screen = dofile "spec/neovim/screen.lua"
    local press, wait_for, wait_without, ask = screen.press, screen.wait_for, screen.wait_without, screen.ask
    local folder = vim.env.FOLDER
    local function start(code)
      screen.start(folder, code or 'require("aicore.neovim").setup { refresh = 0.1 }')
    end
    local function open(code)
      start(code)
      press ":AICore<CR>"
      wait_for "at %%d%%d:"
    end
    -- Puts the cursor on a deployment.
    local function go_to(id)
      press("/" .. id .. "<CR>0")
      screen.wait("the cursor on " .. id, function()
        return ask "return vim.api.nvim_get_current_line()":find(id, 1, true)
      end)
    end
    -- A look that begins and ends after this line: the key draws once by itself.
    local function refreshed()
      local before = ask "return DRAWN"
      press "r"
      screen.wait("a refresh", function() return ask "return DRAWN" >= before + 2 end)
    end
    -- As often as it takes to be sure that one has begun and ended after this line, without a key.
    local function redrawn()
      for _ = 1, 2 do
        local before = ask "return DRAWN or 0"
        screen.wait("a refresh", function() return ask "return DRAWN or 0" > before end)
      end
    end
    -- Tells the emulator something.
    local function post(path, json)
      vim.fn.system { "curl", "-sd", json, vim.env.AICORE_BASE_URL .. "/_emulator/" .. path }
    end
    -- Counts how often the list is drawn.
    local COUNT = %q
  ]]

  local COUNT_DRAWS = [[
    require("aicore.neovim").setup { refresh = 0.05 }
    local view = require "aicore.neovim.view"
    local new = view.new
    view.new = function(...)
      local made = new(...)
      function made:draw(lines)
        DRAWN = (DRAWN or 0) + 1
        HEADS = (HEADS or "") .. lines[1].text .. "\n"
        getmetatable(made).__index.draw(self, lines)
      end
      return made
    end
  ]]

  --- Runs it; what it has said.
  local function run(code, environment)
    local result
    editor.with_folder(function(folder)
      local settings = {
        AICORE_BASE_URL = server.url,
        AICORE_AUTH_URL = server.url,
        AICORE_CLIENT_ID = "me",
        AICORE_CLIENT_SECRET = "any",
        TERM = "xterm-256color",
        FOLDER = folder,
      }
      for name, value in pairs(environment or {}) do
        settings[name] = value
      end
      result = editor.run(BEGIN:format(COUNT_DRAWS) .. code .. ' vim.cmd "qa!"', { environment = settings })
    end)
    assert.equal(0, result.status, result.stderr)
    return result.lines
  end

  --- What has happened to deployments, in order: { "stop drun1", "stopped drun1" }.
  local function effects()
    local seen = {}
    for _, entry in ipairs(server.journal()) do
      if entry.what ~= "login" then
        seen[#seen + 1] = entry.what .. " " .. entry.id
      end
    end
    return seen
  end

  it("is there without a setup, loads nothing before it is used, and completes", function()
    local result = editor.run(
      [[
        say(vim.fn.exists ":AICore")
        say(package.loaded["aicore.neovim.panel"] == nil and package.loaded.aicore == nil)
        say(vim.fn.getcompletion("AICore status=D", "cmdline")[1])
        vim.cmd "AICore status=dead"
        vim.wait(20000, function()
          return table.concat(vim.api.nvim_buf_get_lines(0, 0, -1, false), "\n"):find "1 deployment: 1 DEAD"
        end)
        say(vim.api.nvim_buf_get_lines(0, 0, 1, false)[1]:match "%d deployment.*DEAD")
        vim.cmd "qa!"
      ]],
      {
        plugins = true,
        environment = {
          AICORE_BASE_URL = server.url,
          AICORE_AUTH_URL = server.url,
          AICORE_CLIENT_ID = "me",
          AICORE_CLIENT_SECRET = "any",
        },
      }
    )
    assert.equal("", result.stderr)
    assert.same({ "2", "true", "status=DEAD", "1 deployment: 1 DEAD" }, result.lines)
  end)

  it("asks by vim.ui, so that it looks like the editor of who answers", function()
    local lines = run [[
      open [=[
        SEEN = {}
        function vim.ui.select(items, options, choose)
          SEEN[#SEEN + 1] = table.concat(items, "/") .. " " .. options.prompt:match "^[^\n]*"
          CHOOSE = choose
        end
        function vim.ui.input(options, choose)
          SEEN[#SEEN + 1] = options.prompt .. options.default
          choose ""
        end
        require("aicore.neovim").setup { refresh = 0.1 }
      ]=]
      go_to "drun1"
      press "s"
      screen.wait("a question", function() return ask "return CHOOSE ~= nil" end)
      ask 'CHOOSE "No" CHOOSE(nil)'
      press ":AICore status=RUNNING<CR>"
      wait_for "2 deployments"
      ask 'CHOOSE "Yes" CHOOSE "Yes"'
      wait_for "1 stopped"
      press "f"
      if vim.fn.has "nvim-0.8" == 0 then press "<C-u><CR>" end
      wait_for "5 deployments"
      for _, seen in ipairs(ask "return SEEN") do say(seen) end
    ]]
    assert.equal("No/Yes Stop this deployment?", lines[1])
    assert.equal(lines[2] and "filter: status=RUNNING", lines[2])
    assert.same({ "stop drun1", "stopped drun1" }, effects())
  end)

  it("lists the deployments, newest first", function()
    local lines = run [[
      open()
      say(wait_for "AI Core  ([^\n]-)  at")
      local text = screen.text()
      for id in text:gmatch "\n  (d%w+)" do say(id) end
      say(text:match "ID +STATUS +TARGET +AGE +SCENARIO +CONFIGURATION" ~= nil)
      say(text:match "dnightly +STOPPED +STOPPED +7d +nightly +emulated%-%w+" ~= nil)
    ]]
    assert.same({
      "5 deployments: 2 RUNNING, 1 DEAD, 2 STOPPED",
      "drun1",
      "drun2",
      "dstopped",
      "ddead",
      "dnightly",
      "true",
      "true",
    }, lines)
  end)

  it("has colours, which are the editor's unless somebody chooses others", function()
    local lines = run [[
      open [=[
        vim.cmd "highlight link AICoreQuiet Error"
        require("aicore.neovim").setup { highlights = { AICoreStopped = "Todo" } }
      ]=]
      say(screen.group_of("drun1", "RUNNING"))
      say(screen.group_of("dstopped", "STOPPED"))
      say(screen.group_of("ddead", "DEAD"))
      say(screen.group_of("SAP AI", "SAP AI Core"))
      say(screen.group_of("TARGET", "STATUS"))
      local function show()
        for _, group in ipairs { "AICoreDead", "AICoreStopped", "AICoreQuiet" } do
          say(ask(('return vim.fn.synIDattr(vim.fn.synIDtrans(vim.fn.hlID "%s"), "name")'):format(group)))
        end
      end
      show()
      ask 'vim.cmd "hi clear" vim.cmd "colorscheme desert"'
      say(ask 'return vim.fn.synIDattr(vim.fn.synIDtrans(vim.fn.hlID "AICoreStopped"), "name")')
    ]]
    assert.same({
      "AICoreRunning",
      "AICoreStopped",
      "AICoreDead",
      "AICoreTitle",
      "AICoreHead",
      "DiagnosticError",
      "Todo",
      "Error",
      "Todo",
    }, lines)
  end)

  describe("asks, and", function()
    local acts = {
      stop = { "s", "drun1", "Stop this deployment%?", "stopped drun1", { "stop drun1", "stopped drun1" } },
      delete = { "d", "dstopped", "Delete this deployment%?", "gone dstopped", { "delete dstopped", "gone dstopped" } },
      ["tear down"] = {
        "t",
        "drun2",
        "Tear down this deployment:",
        "gone drun2",
        { "stop drun2", "stopped drun2", "delete drun2", "gone drun2" },
      },
    }
    for name, act in pairs(acts) do
      local key, id, question, _, expected = unpack(act)
      it("after a yes it does: " .. name, function()
        run(([[
          open()
          go_to "%s"
          press "%s"
          wait_for "%s"
          wait_for "  %s  "
          press "2<CR>"
          wait_for "accepted, waiting"
          wait_for "1 %s"
        ]]):format(id, key, question, id, name == "stop" and "stopped" or "deleted"))
        assert.same(expected, effects())
      end)

      it("after a no it does not: " .. name, function()
        run(([[
          open(COUNT)
          go_to "%s"
          for _, no in ipairs { "1<CR>", "<CR>", "<Esc>" } do
            press "%s"
            wait_for "%s"
            press(no)
            wait_without "%s"
          end
          refreshed()
        ]]):format(id, key, question, question))
        assert.same({}, effects())
      end)
    end
  end)

  it("shows how far it is: accepted, waiting, gone", function()
    server.settings { stop_time = 0.6, delete_time = 0.6 }
    local lines = run [[
      open()
      go_to "drun1"
      press "t"
      wait_for "Tear down"
      press "2<CR>"
      wait_for "%* drun1 +STOPPING +STOPPED +stop accepted, waiting"
      say(screen.group_of("drun1", "accepted"))
      wait_for "%* drun1 +STOPPED +DELETED +delete accepted, waiting"
      wait_for "%* drun1 +STOPPED +DELETED +gone"
      wait_for "4 deployments"
      press "r"
      wait_without "drun1"
    ]]
    assert.same({ "AICoreProgress" }, lines)
  end)

  it("looks more often while something goes on", function()
    server.settings { stop_time = 60 }
    server.fault { operation = "stop", latency = 0.3, times = 0 }
    server.fault { operation = "batch", latency = 0.3, times = 0 }
    run [[
      open 'require("aicore.neovim").setup { refresh = 60 }'
      go_to "drun1"
      press "s"
      wait_for "Stop this"
      press "2<CR>"
      wait_for "stop asked"
      wait_for "stop accepted, waiting"
    ]]
  end)

  it("works on all that are chosen in Visual mode", function()
    run [[
      open()
      go_to "drun1"
      press "Vjjt"
      wait_for "Tear down these 3 deployments:"
      for _, id in ipairs { "drun1", "drun2", "dstopped" } do
        wait_for("\n  " .. id .. "  ")
      end
      press "2<CR>"
      wait_for "2 stopped, 3 deleted"
    ]]
    local gone = {}
    for _, effect in ipairs(effects()) do
      gone[#gone + 1] = effect:match "^gone (%w+)"
    end
    table.sort(gone)
    assert.same({ "drun1", "drun2", "dstopped" }, gone)
  end)

  it("does not do twice what is being done, but lets something else take over", function()
    server.fault { operation = "stop", latency = 0.5, times = 0 }
    server.fault { operation = "batch", latency = 0.5, times = 0 }
    run [[
      open(COUNT)
      go_to "drun1"
      press "s"
      wait_for "Stop this"
      press "2<CR>"
      wait_for "stop asked"
      wait_without "Stop this"
      press "s"
      refreshed()
      wait_without "Stop this"
      press "t"
      wait_for "Tear down this"
      press "2<CR>"
      wait_for "1 deleted"
    ]]
    assert.equal("gone drun1", table.remove(effects()))
  end)

  it("moves nothing while somebody chooses", function()
    run [[
      open(COUNT)
      go_to "drun2"
      press "V"
      post("deployments", '{ "id": "dnew", "status": "RUNNING", "scenario_id": "fresh" }')
      screen.wait("a look", function()
        return ask 'return vim.fn.getcompletion("AICore scenario=fr", "cmdline")[1]'
      end)
      redrawn()
      press "t"
      wait_for "Tear down this deployment.*\n  drun2"
      press "1<CR>"
      wait_for "dnew"
    ]]
  end)

  it("does not ask for what cannot be done, and says why", function()
    run [[
      open()
      go_to "drun1"
      press "d"
      wait_for "drun1 is RUNNING: it has to be stopped before"
      go_to "dstopped"
      press "s"
      wait_for "dstopped is STOPPED: only what is RUNNING or PENDING can be stopped"
    ]]
    assert.same({}, effects())
  end)

  it("says what the service refuses, and keeps it in the list until the next refresh by hand", function()
    server.fault {
      operation = "delete",
      status = 403,
      times = 0,
      body = { error = { code = "F1", message = "hands off" } },
    }
    server.fault {
      operation = "batch",
      status = 403,
      times = 0,
      body = { error = { code = "F1", message = "hands off" } },
    }
    local lines = run [[
      open()
      go_to "dstopped"
      press "d"
      wait_for "Delete this"
      press "2<CR>"
      wait_for "aicore: delete dstopped: HTTP 403, auth: hands off"
      press "<Esc>"
      wait_for "%* dstopped +STOPPED +STOPPED +failed .*hands off"
      go_to "dstopped"
      say(screen.group_of("dstopped", "failed"))
      press "r"
      wait_without "failed"
    ]]
    assert.same({ "AICoreError" }, lines)
    assert.same({}, effects())
  end)

  describe("filters", function()
    it("by the words behind the command, and shows them", function()
      local lines = run [[
        start()
        press ":AICore status=stopped scenario=nightly<CR>"
        wait_for "1 deployment: 1 STOPPED"
        wait_for "filter: status=stopped scenario=nightly"
        wait_for "dnightly"
        wait_without "dstopped"
        say(screen.group_of("filter:", "scenario=nightly"))
      ]]
      assert.same({ "AICoreFilter" }, lines)
    end)

    it("by a key, with what was written as a beginning; nothing is everything", function()
      run [[
        open()
        press "fstatus=RUNNING<CR>"
        wait_for "2 deployments: 2 RUNNING"
        press "f older=90m<CR>"
        wait_for "1 deployment: 1 RUNNING"
        wait_for "filter: status=RUNNING older=90m"
        press "f<C-u>status=PENDING<CR>"
        wait_for "no deployments that the filter finds"
        press "f<C-u><CR>"
        wait_for "5 deployments"
        wait_for "filter: none"
      ]]
    end)

    it("by the newest words, although a list is on its way", function()
      server.fault { operation = "list", latency = 0.3, times = 0 }
      run [[
        start((COUNT:gsub("refresh = 0.05", "refresh = 0")))
        press ":AICore<CR>"
        wait_for "asking for the list"
        press ":AICore status=DEAD<CR>"
        wait_for "filter: status=DEAD"
        wait_for "1 deployment: 1 DEAD"
        assert(not ask "return HEADS":find "5 deployments", "the old list was shown")
      ]]
    end)

    it("not by what it does not know, and says what it knows", function()
      run [[
        open()
        press "fstate=RUNNING<CR>"
        wait_for "'state=RUNNING' is none of status=…, scenario=…"
        press "<CR>"
        wait_for "5 deployments"
      ]]
    end)

    it("and completes the words", function()
      run [[
        open()
        press ":AICore st<Tab>R<Tab><CR>"
        wait_for "filter: status=RUNNING"
        wait_for "2 deployments"
        press "f<C-u>scen<Tab>foun<Tab><CR>"
        wait_for "filter: scenario=foundation%-models"
      ]]
    end)
  end)

  it("keeps the cursor on its deployment", function()
    run([[
      open(COUNT)
      go_to "dstopped"
      press "lll"
      local before = ask "return vim.fn.line '.'"
      post("deployments", '{ "id": "dnew", "status": "RUNNING" }')
      wait_for "dnew"
      refreshed()
      assert(ask "return vim.fn.line '.'" == before + 1)
      assert(ask "return vim.api.nvim_get_current_line()":find "dstopped")
      assert(ask "return vim.fn.col '.'" == 4)
    ]])
  end)

  -- By a client of its own.
  local OTHERS = [[
    local function other(call)
      ask(('require("aicore").spawn(function() assert(require("aicore").%s) end)'):format(call))
    end
  ]]

  it("shows what others do: what is new, every change, and for a while what is gone", function()
    run(OTHERS .. [[
      open()
      post("deployments", '{ "id": "dnew", "status": "RUNNING" }')
      wait_for "6 deployments"
      other 'teardown "dnew"'
      wait_for "%* dnew +STOPPED +DELETED +gone"
      wait_for "5 deployments"
    ]])
  end)

  it("drops what no longer fits, and takes it on when it does again", function()
    run(OTHERS .. [[
      start()
      press ":AICore status=RUNNING<CR>"
      wait_for "2 deployments: 2 RUNNING"
      other 'stop "drun2"'
      wait_for "1 deployment: 1 RUNNING"
      wait_without "drun2"
      press "f<C-u>status=STOPPED<CR>"
      wait_for "3 deployments: 3 STOPPED"
    ]])
  end)

  it("refreshes by itself, and lets the editor go on meanwhile", function()
    run [[
      open 'require("aicore.neovim").setup { refresh = 0.05 }'
      post("faults", '{ "operation": "list", "latency": 60, "times": 0 }')
      ask [=[
        TICKS = 0
        vim.loop.new_timer():start(1, 1, function() TICKS = TICKS + 1 end)
      ]=]
      press ":vnew<CR>ihello<Esc>"
      wait_for "hello"
      screen.wait("ticks", function() return ask "return TICKS" > 50 end)
    ]]
    assert.is_true(server.requests().list >= 2)
  end)

  it("never refreshes twice at once", function()
    server.fault { operation = "list", latency = 0.2, times = 0 }
    local lines = run [[
      start 'require("aicore.neovim").setup { refresh = 0.01 }'
      ask [=[
        local roster = require "aicore.neovim.roster"
        local new = roster.new
        ACTIVE, MOST, LOOKS = 0, 0, 0
        function roster.new(...)
          local made = new(...)
          local follow = made.follow
          function made.follow(...)
            ACTIVE = ACTIVE + 1
            MOST = math.max(MOST, ACTIVE)
            local err = follow(...)
            ACTIVE, LOOKS = ACTIVE - 1, LOOKS + 1
            return err
          end
          return made
        end
      ]=]
      press ":AICore<CR>rrrr:AICore<CR>r"
      screen.wait("looks", function() return ask "return LOOKS" >= 2 end)
      press "r"
      screen.wait("looks", function() return ask "return LOOKS" >= 3 end)
      say(ask "return MOST")
    ]]
    assert.same({ "1" }, lines)
  end)

  -- How many timers run that were made by new_timer().
  local TIMERS = [[
    local function timers()
      return ask [=[
        local count = 0
        for _, timer in ipairs(TIMERS) do
          local open, active = pcall(timer.is_active, timer)
          count = count + (open and active and 1 or 0)
        end
        return count
      ]=]
    end
    local TRACK = [=[
      TIMERS = {}
      local new = vim.loop.new_timer
      vim.loop.new_timer = function()
        TIMERS[#TIMERS + 1] = new()
        return TIMERS[#TIMERS]
      end
    ]=]
  ]]

  it("rests when it is closed, and goes on when it is opened again", function()
    run(TIMERS .. [[
      start(TRACK .. 'require("aicore.neovim").setup { refresh = 30 }')
      press ":AICore<CR>"
      wait_for "5 deployments"
      screen.wait("a timer", function() return timers() == 1 end)
      press "q"
      wait_without "5 deployments"
      screen.wait("no timer", function() return timers() == 0 end)
      press ":AICore<CR>"
      wait_for "5 deployments"
      screen.wait("a timer", function() return timers() == 1 end)
      press ":bwipeout<CR>"
      wait_without "5 deployments"
      screen.wait("no timer", function() return timers() == 0 end)
      press ":AICore<CR>"
      wait_for "5 deployments"
    ]])
  end)

  it("asks for nothing while another tab page hides it", function()
    local lines = run [[
      open()
      press ":tabnew<CR>"
      wait_without "5 deployments"
      ask [=[
        LOOKS, PAUSES = 0, 0
        local roster, uv = require "aicore.neovim.roster", vim.loop
        local class = getmetatable(roster.new({ watch = function() end }, {}))
        local follow, new = class.follow, uv.new_timer
        function class.follow(...) LOOKS = LOOKS + 1 return follow(...) end
        function uv.new_timer() PAUSES = PAUSES + 1 return new() end
      ]=]
      screen.wait("pauses", function() return ask "return PAUSES" >= 5 end)
      say(ask "return LOOKS" <= 1)
      press ":tabprevious<CR>"
      wait_for "5 deployments"
      screen.wait("looks", function() return ask "return LOOKS" >= 2 end)
    ]]
    assert.same({ "true" }, lines)
  end)

  it("shows the record, and the logs", function()
    run [[
      open()
      go_to "drun1"
      press "<CR>"
      wait_for '\n{\n  "id": "drun1",\n  "status": "RUNNING",\n'
      wait_for "aicore://record/drun1"
      press "q"
      wait_without '"id": "drun1"'
      press "L"
      wait_for "%d%d%d%d%-%d%d%-%d%dT[%d:.]+%S*  GET /v1/health 200"
      wait_for "aicore://logs/drun1"
      press "q"
      wait_without "health"
    ]]
    assert.same({}, effects())
  end)

  it("follows logs, with the cursor at the end", function()
    run [[
      open()
      go_to "drun1"
      press "L"
      wait_for "health"
      ask [=[ require("aicore").spawn(function() assert(require("aicore").stop "drun1") end) ]=]
      press "F"
      wait_for "Server ended"
      assert(ask "return vim.fn.line '.' == vim.fn.line '$'")
      press "F"
      wait_for "not following any more"
    ]]
  end)

  it("helps", function()
    run [[
      open 'require("aicore.neovim").setup { keys = { teardown = "X", logs = false } }'
      press "g?"
      wait_for " X +tear it down"
      wait_for " s +stop it"
      wait_without "show the logs"
      press "q"
      wait_without "tear it down"
      wait_for "5 deployments"
      go_to "drun1"
      press "X"
      wait_for "Tear down this deployment"
      press "1<CR>"
    ]]
  end)

  describe("tells", function()
    it("that the service cannot be reached", function()
      local gone = emulator.start()
      gone.stop()
      local lines = run(
        [[
        start()
        press ":AICore<CR>"
        wait_for "aicore: list: transport: "
        press "<CR>"
        wait_for "nothing is known yet"
        wait_for "\nlist: transport: "
        say(screen.group_of("list:", "list: transport:"))
      ]],
        { AICORE_BASE_URL = gone.url }
      )
      assert.same({ "AICoreError" }, lines)
    end)

    it("which settings are missing, once, and comes back when they are there", function()
      run(
        [[
        start([=[
          NOTIFIED = 0
          local notify = vim.notify
          function vim.notify(...) NOTIFIED = NOTIFIED + 1 notify(...) end
        ]=] .. COUNT)
        press ":AICore<CR>"
        wait_for "aicore: config: no base URL: looked in"
        press "<C-l>" -- clears the last line
        redrawn()
        assert(ask "return NOTIFIED" == 1)
        ask(('vim.env.AICORE_BASE_URL = %q'):format(vim.env.AICORE_AUTH_URL))
        wait_for "5 deployments"
        wait_without "config:"
      ]],
        { AICORE_BASE_URL = "" }
      )
    end)

    it("of a setting that there is not", function()
      run [[
        start 'require("aicore.neovim").setup { client = { base_uri = "x" } }'
        press ":AICore<CR>"
        wait_for "config: .*unknown setting 'base_uri'"
      ]]
    end)

    it("all of what takes more than a line, and asks for no key", function()
      run(
        [[
        start()
        press ":AICore<CR>"
        wait_for "aicore: config: AICORE_SERVICE_KEY is not a JSON object: .-…"
        wait_for '%$%(cat key.json%)"'
        assert(not screen.text():find "Press ENTER", screen.text())
      ]],
        { AICORE_SERVICE_KEY = "none.json" }
      )
    end)

    it("which settings are missing", function()
      run(
        [[
        start()
        press ":AICore<CR>"
        wait_for "\nconfig: no base URL:"
        wait_for "\ntry: start Neovim with AICORE_SERVICE_KEY set"
      ]],
        { AICORE_BASE_URL = "" }
      )
    end)
  end)

  it("refuses options that it does not know, at the caller's line", function()
    local lines = run [[
      start()
      local function try(code)
        code = ([=[require("aicore.neovim").setup(%s)]=]):format(code)
        say(ask(('return select(2, pcall(loadstring(%q, "=init")))'):format(code)))
      end
      try "{ refrsh = 3 }"
      try "{ refresh = '3' }"
      try "{ keys = { stopp = 's' } }"
      try "{ keys = { stop = 3 } }"
      try "{ highlights = { AICoreNothing = 'Error' } }"
      try "3"
    ]]
    assert.same({
      "init:1: setup: there is no option 'refrsh'",
      "init:1: setup: option 'refresh': a number expected, got string",
      "init:1: setup: there is no key 'stopp'",
      "init:1: setup: key 'stop': a string expected, got number",
      "init:1: setup: there is no highlight 'AICoreNothing'",
      "init:1: setup: a table of options expected, got number",
    }, lines)
  end)
end)
