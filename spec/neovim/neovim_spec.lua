-- aicore in a real Neovim, as a plugin there.

local editor = require "spec.neovim.editor"
local emulator = require "spec.support.emulator"

-- Which Lua this file runs in says nothing of Neovim, which brings its own: once is enough.
if not package.loaded.jit then
  return
end

describe("Neovim", function()
  local missing = editor.missing()
  assert(not missing, missing)

  local server

  setup(function()
    server = emulator.start { latency = 0.02, start_time = 0.05, stop_time = 0.05, delete_time = 0.05 }
  end)

  teardown(function()
    server.stop()
  end)

  before_each(function()
    server.clear_faults()
    server.clear_deployments()
    server.seed { count = 20, status = "RUNNING" }
    server.clear_journal()
  end)

  -- What all of the code below begins with.
  local BEGIN = [[
    local aicore = require "aicore"
    local uv = vim.uv or vim.loop
    local ID = "d000000000000001"
  ]]

  --- The lines that the code says. It must quit by itself, with exit code 0 and no error message.
  local function run(code)
    local result = editor.run(BEGIN .. code, {
      environment = {
        AICORE_BASE_URL = server.url,
        AICORE_AUTH_URL = server.url,
        AICORE_CLIENT_ID = "me",
        AICORE_CLIENT_SECRET = "any",
      },
    })
    assert.equal(0, result.status, result.stderr)
    assert.is_nil(result.stderr:match "E%d+:.*", result.stderr)
    return result.lines
  end

  local function slow(seconds)
    server.fault { operation = "status", latency = seconds, times = 0 }
  end

  it("finds the module in the runtimepath", function()
    local lines = run [[
      say(require("aicore.core").version.aicore)
      say(debug.getinfo(aicore.spawn, "S").source)
      vim.cmd "qa!"
    ]]
    assert.matches("^%d+%.%d+%.%d+$", lines[1])
    assert.matches("/lua/aicore/init%.lua$", lines[2])
  end)

  it("waits in a coroutine of aicore.spawn", function()
    local lines = run [[
      aicore.spawn(function()
        say(assert(aicore.status(ID)).status)
        assert(aicore.stop(ID))
        say(assert(aicore.wait(ID, "STOPPED")).status)
        vim.cmd "qa!"
      end)
      say "spawn has returned"
    ]]
    assert.same({ "spawn has returned", "RUNNING", "STOPPED" }, lines)
  end)

  describe("callbacks and what follows a wait", function()
    -- Most of these raise E5560 in a callback of libuv; vim.wait ends the editor there.
    local USE = [[
      local seen = {}
      local function use(where)
        assert(not vim.in_fast_event(), where)
        vim.api.nvim_buf_set_lines(0, -1, -1, false, { where })
        vim.fn.expand "%"
        vim.cmd "let g:used = 1"
        vim.notify(where)
        vim.wait(1)
        if not seen[where] then
          seen[where] = true
          say(where)
        end
      end
    ]]

    local cases = {
      ["one exchange"] = [[ assert(aicore.status(ID)) use "status" ]],
      ["a list, page by page"] = [[
        for deployment in aicore.each() do assert(deployment) use "each" end ]],
      ["a wait"] = [[
        assert(aicore.stop(ID)) use "stop"
        assert(aicore.wait(ID, "STOPPED", { on_progress = function() use "on_progress" end })) use "wait" ]],
      ["a teardown"] = [[
        assert(aicore.teardown({ all = true }, { on_progress = function() use "on_progress" end })) use "teardown" ]],
      ["on_attempt"] = [[
        local function on_attempt(attempt) use("on_attempt " .. attempt.operation) end
        local client = assert(aicore.client { on_attempt = on_attempt })
        assert(client:status(ID)) ]],
      ["a deadline"] = [[
        local _, err = aicore.status("dslow00000000000", { timeout = 0.005 })
        use(err.kind) ]],
      ["gather and sleep"] = [[
        local runtime = require("aicore.client").new().runtime
        runtime.gather({
          function() runtime.sleep(0.01) use "sleep" end,
          function() assert(aicore.status(ID)) use "status" end,
        }, 2)
        use "gather" ]],
      ["a client that is closed"] = [[
        local client = assert(aicore.client())
        vim.defer_fn(function() client:close() end, 5)
        local _, err = client:wait(ID, "GONE")
        use(err.kind) ]],
    }

    local expected = {
      ["one exchange"] = { "status" },
      ["a list, page by page"] = { "each" },
      ["a wait"] = { "on_progress", "stop", "wait" },
      ["a teardown"] = { "on_progress", "teardown" },
      ["on_attempt"] = { "on_attempt login", "on_attempt status" },
      ["a deadline"] = { "timeout" },
      ["gather and sleep"] = { "gather", "sleep", "status" },
      ["a client that is closed"] = { "cancelled" },
    }

    for name, code in pairs(cases) do
      it("may use the editor: " .. name, function()
        local lines = run(USE .. "aicore.spawn(function() " .. code .. [[ vim.cmd "qa!" end)]])
        table.sort(lines)
        assert.same(expected[name], lines)
      end)
    end
  end)

  it("reports what a spawned function raises, and lives on", function()
    local lines = run [[
      local notified = 0
      vim.notify = function(message, level)
        assert(not vim.in_fast_event())
        say(level == vim.log.levels.ERROR and message:match "^aicore: .-code%.lua:%d+: (%w+)")
        notified = notified + 1
        if notified == 2 then
          aicore.spawn(function()
            say(assert(aicore.status(ID)).status)
            vim.cmd "qa!"
          end)
        end
      end
      aicore.spawn(function() error "early" end)
      aicore.spawn(function()
        aicore.status(ID)
        error "late"
      end)
    ]]
    assert.same({ "early", "late", "RUNNING" }, lines)
  end)

  it("says what to do where a call cannot wait, and sends nothing", function()
    local lines = run [[
      local function try(where)
        local _, message = pcall(function()
          aicore.status(ID)
        end)
        say(where .. " " .. message:match "code%.lua:%d+: .*")
      end
      try "chunk:"
      vim.keymap.set("n", "x", function()
        try "mapping:"
        vim.cmd "qa!"
      end)
      vim.api.nvim_feedkeys("x", "t", false)
    ]]
    assert.equal(2, #lines)
    assert.matches("^chunk: code%.lua:%d+: .*aicore%.spawn%(function%(%) … end%)", lines[1])
    assert.matches("^mapping: code%.lua:%d+: .*aicore%.spawn%(function%(%) … end%)", lines[2])
    assert.equal(0, server.requests().total)
  end)

  it("goes on while something is in flight", function()
    slow(60)
    local lines = run [[
      local client = assert(aicore.client { timeout = 10 })
      local ticks, timer = 0, uv.new_timer()
      timer:start(1, 1, function()
        ticks = ticks + 1
        if ticks == 100 then
          timer:close()
          client:close()
        end
      end)
      aicore.spawn(function()
        local _, err = client:status(ID)
        say(err.kind)
        say(ticks)
        vim.cmd "qa!"
      end)
    ]]
    assert.same({ "cancelled", "100" }, lines) -- blocked, it would be a timeout after less
  end)

  it("works with libuv's names of both old and new versions", function()
    for _, rename in ipairs {
      "vim.loop = vim.loop or vim.uv vim.uv = nil",
      "vim.uv = vim.uv or vim.loop vim.loop = nil",
    } do
      local result = editor.run(rename .. "\n" .. BEGIN .. [[
        aicore.spawn(function()
          say(assert(aicore.client { runtime = "neovim" }):status(ID).status)
          vim.cmd "qa!"
        end)
      ]], {
        environment = {
          AICORE_BASE_URL = server.url,
          AICORE_AUTH_URL = server.url,
          AICORE_CLIENT_ID = "me",
          AICORE_CLIENT_SECRET = "any",
        },
      })
      assert.same({ "RUNNING" }, result.lines, result.stderr)
    end
  end)

  describe("can be quit while something is in flight", function()
    local cases = {
      ["from a command"] = [[
        vim.defer_fn(function() vim.cmd "qa!" end, 30)
      ]],
      ["from a coroutine that has waited"] = [[
        aicore.spawn(function()
          assert(aicore.count())
          vim.cmd "qa!"
        end)
      ]],
      ["as a client is closed on the way out"] = [[
        vim.cmd "autocmd VimLeavePre * lua CLIENT:close()"
        vim.defer_fn(function() vim.cmd "qa!" end, 30)
      ]],
    }
    for name, code in pairs(cases) do
      it(name, function()
        slow(60)
        assert.same(
          { "begun" },
          run([[
            CLIENT = assert(aicore.client())
            for _ = 1, 50 do
              aicore.spawn(function() CLIENT:status(ID) end)
            end
            aicore.spawn(function() CLIENT.runtime.sleep(60) end)
            aicore.spawn(function() CLIENT:wait(ID, "GONE") end)
            say "begun"
          ]] .. code)
        )
      end)
    end
  end)
end)
