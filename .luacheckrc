std = "min" -- what 5.1, LuaJIT and 5.4 have in common
read_globals = { "unpack", "setfenv", table = { fields = { "unpack" } } } -- for `table.unpack or unpack`
max_line_length = 120
cache = false

files["spec"] = { std = "min+busted" }
files["bench/hosts/neovim.lua"] = { globals = { "vim" } }
files["spec/contract/neovim.lua"] = { globals = { "vim" } }
files["spec/neovim/screen.lua"] = { globals = { "vim" } }
files["lua/aicore/health.lua"] = { globals = { "vim" }, read_globals = { package = { fields = { "searchpath" } } } }
files["lua/aicore/neovim"] = { globals = { "vim" } }
files["plugin"] = { globals = { "vim" } }
files["lua/aicore/runtime/neovim.lua"] = { globals = { "vim" } }
files["lua/aicore/text/vim_json.lua"] = { read_globals = { "vim" } }
files["lua/aicore/runtime/ngx.lua"] = { read_globals = { "ngx" } }
files[".busted"] = { std = "min" }
files[".luacheckrc"] = { std = "luacheckrc" }
