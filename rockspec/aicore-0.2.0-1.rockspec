rockspec_format = "3.0"
package = "aicore"
version = "0.2.0-1"

source = {
  url = "git+https://example.org/aicore/aicore.git",
  tag = "v0.2.0",
}

description = {
  summary = "Stop, delete and watch deployments on SAP AI Core",
  detailed = [[
    Deployment management for SAP AI Core from Lua 5.4 and LuaJIT: one HTTP exchange per call in C
    (libcurl), with retrying, waiting and teardown in Lua, for plain Lua, luv, Neovim, cqueues and ngx_lua.
    The command aicorectl needs the rock "argparse" besides, the emulator "http" (which brings cqueues),
    and the runtimes need their own hosts' libraries: whoever misses one of them is told its name.
  ]],
  license = "MIT",
}

dependencies = {
  "lua >= 5.1, ~= 5.2, ~= 5.3, < 5.5",
  "lua-cjson >= 2.1",
}

external_dependencies = {
  CURL = { library = "curl" }, -- not its header: Debian keeps that where LuaRocks does not look, but compilers do
}

-- By our Makefile, and not LuaRocks' own builder: that would leave objects beside the sources, and want every file named.
build = {
  type = "make",
  build_target = "rock",
  build_variables = {
    CC = "$(CC)",
    CFLAGS = "$(CFLAGS)",
    SHARED = "$(LIBFLAG)",
    LUA_INCDIR = "$(LUA_INCDIR)",
    CURL_INCDIR = "$(CURL_INCDIR)",
    CURL_LIBDIR = "$(CURL_LIBDIR)",
  },
  install_target = "install-rock",
  install_variables = {
    LUADIR = "$(LUADIR)",
    LIBDIR = "$(LIBDIR)",
  },
  install = {
    bin = { "bin/aicorectl" },
  },
  copy_directories = { "doc", "man", "plugin" }, -- plugin managers that take rocks look for doc and plugin
}
