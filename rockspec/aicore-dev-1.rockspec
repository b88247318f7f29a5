rockspec_format = "3.0"
package = "aicore"
version = "dev-1"

source = {
  url = "git+https://example.org/aicore/aicore.git",
}

description = {
  summary = "Stop, delete and watch deployments on SAP AI Core",
  detailed = [[
    Deployment management for SAP AI Core from Lua 5.4 and LuaJIT: one HTTP exchange per call in C
    (libcurl), with retrying, waiting and teardown in Lua, for plain Lua, luv, Neovim, cqueues and ngx_lua.
    The emulator needs the rock "http" besides, and the runtimes need their own hosts' libraries.
  ]],
  license = "MIT",
}

dependencies = {
  "lua >= 5.1, < 5.5",
  "lua-cjson >= 2.1",
  "argparse >= 0.7",
}

external_dependencies = {
  CURL = { library = "curl" }, -- not its header: Debian keeps that where LuaRocks does not look, but compilers do
}

build = {
  type = "builtin",
  modules = {
    ["aicore.core"] = {
      sources = {
        "src/buffer.c",
        "src/clock.c",
        "src/core.c",
        "src/interrupt.c",
        "src/operation.c",
        "src/parameter.c",
        "src/pollset.c",
        "src/pollset_epoll.c",
        "src/pollset_kqueue.c",
        "src/process.c",
        "src/reply.c",
        "src/secret.c",
        "src/session.c",
        "src/session_config.c",
        "src/sigpipe.c",
        "src/token.c",
        "src/transfer.c",
      },
      defines = { "_GNU_SOURCE" },
      libraries = { "curl", "m" },
      incdirs = { "$(CURL_INCDIR)" },
      libdirs = { "$(CURL_LIBDIR)" },
    },
    ["aicore.attempts"] = "lua/aicore/attempts.lua",
    ["aicore.auth"] = "lua/aicore/auth.lua",
    ["aicore.call"] = "lua/aicore/call.lua",
    ["aicore.cli.emulator"] = "lua/aicore/cli/emulator.lua",
    ["aicore.cli"] = "lua/aicore/cli/init.lua",
    ["aicore.client"] = "lua/aicore/client.lua",
    ["aicore.config"] = "lua/aicore/config.lua",
    ["aicore.dispatch"] = "lua/aicore/dispatch.lua",
    ["aicore.emulator.admin"] = "lua/aicore/emulator/admin.lua",
    ["aicore.emulator.agenda"] = "lua/aicore/emulator/agenda.lua",
    ["aicore.emulator.answers"] = "lua/aicore/emulator/answers.lua",
    ["aicore.emulator.bodies"] = "lua/aicore/emulator/bodies.lua",
    ["aicore.emulator.changes"] = "lua/aicore/emulator/changes.lua",
    ["aicore.emulator.faults"] = "lua/aicore/emulator/faults.lua",
    ["aicore.emulator"] = "lua/aicore/emulator/init.lua",
    ["aicore.emulator.journal"] = "lua/aicore/emulator/journal.lua",
    ["aicore.emulator.json"] = "lua/aicore/emulator/json.lua",
    ["aicore.emulator.login"] = "lua/aicore/emulator/login.lua",
    ["aicore.emulator.logs"] = "lua/aicore/emulator/logs.lua",
    ["aicore.emulator.operations"] = "lua/aicore/emulator/operations.lua",
    ["aicore.emulator.parameters"] = "lua/aicore/emulator/parameters.lua",
    ["aicore.emulator.random"] = "lua/aicore/emulator/random.lua",
    ["aicore.emulator.reads"] = "lua/aicore/emulator/reads.lua",
    ["aicore.emulator.record"] = "lua/aicore/emulator/record.lua",
    ["aicore.emulator.routes"] = "lua/aicore/emulator/routes.lua",
    ["aicore.emulator.server"] = "lua/aicore/emulator/server.lua",
    ["aicore.emulator.settings"] = "lua/aicore/emulator/settings.lua",
    ["aicore.emulator.timestamp"] = "lua/aicore/emulator/timestamp.lua",
    ["aicore.emulator.tokens"] = "lua/aicore/emulator/tokens.lua",
    ["aicore.emulator.world"] = "lua/aicore/emulator/world.lua",
    ["aicore.errand"] = "lua/aicore/errand.lua",
    ["aicore.errors"] = "lua/aicore/errors.lua",
    ["aicore.filter"] = "lua/aicore/filter.lua",
    ["aicore.fleet"] = "lua/aicore/fleet.lua",
    ["aicore.health"] = "lua/aicore/health.lua",
    ["aicore.host"] = "lua/aicore/host.lua",
    aicore = "lua/aicore/init.lua",
    ["aicore.lifecycle"] = "lua/aicore/lifecycle.lua",
    ["aicore.lists"] = "lua/aicore/lists.lua",
    ["aicore.outcome"] = "lua/aicore/outcome.lua",
    ["aicore.over_time"] = "lua/aicore/over_time.lua",
    ["aicore.retry"] = "lua/aicore/retry.lua",
    ["aicore.runtime.blocking"] = "lua/aicore/runtime/blocking.lua",
    ["aicore.runtime.cqueues"] = "lua/aicore/runtime/cqueues.lua",
    ["aicore.runtime"] = "lua/aicore/runtime/init.lua",
    ["aicore.runtime.luv"] = "lua/aicore/runtime/luv.lua",
    ["aicore.runtime.neovim"] = "lua/aicore/runtime/neovim.lua",
    ["aicore.runtime.ngx"] = "lua/aicore/runtime/ngx.lua",
    ["aicore.runtime.ngx_poll"] = "lua/aicore/runtime/ngx_poll.lua",
    ["aicore.runtime.tasks"] = "lua/aicore/runtime/tasks.lua",
    ["aicore.runtime.uv"] = "lua/aicore/runtime/uv.lua",
    ["aicore.wait"] = "lua/aicore/wait.lua",
    ["aicore.watch"] = "lua/aicore/watch.lua",
  },
  install = {
    bin = { "bin/aicorectl" },
  },
}
