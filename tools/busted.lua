-- busted inside the Lua that runs this file, with nothing in between (valgrind and exit codes see that Lua itself).
require "busted.runner"({ standalone = false })
