-- The load in plain Lua; see load.lua.
print(require("bench.hosts.load").run { runtime = "blocking" })
