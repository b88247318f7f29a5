-- What a served emulator is told when it starts: the options of `aicorectl emulator`, and of start() (start.lua).
-- Rule: pure, and without the C module, which there may be for another Lua only.

local SERVING = require("aicore.model.lifecycle").SERVING

---@class aicore.emulator.Option
---@field name string
---@field kind "whole"|"seconds"|"status"|"flag"|"text"|"file"  the first two are numbers from 0
---@field most number?  of a number (1e6)
---@field default any   nil: it is not set
---@field help string

-- In the order of the help.
---@type aicore.emulator.Option[]
local rows = {
  { name = "port", kind = "whole", most = 65535, default = 0, help = "Port to listen on; 0: any free one." },
  { name = "deployments", kind = "whole", default = 0, help = "How many deployments there are at first." },
  { name = "status", kind = "status", default = SERVING, help = "Their status." },
  { name = "start_time", kind = "seconds", default = 2, help = "How long until a new deployment runs: 2, 5m." },
  { name = "stop_time", kind = "seconds", default = 2, help = "How long until a stopped one has stopped." },
  { name = "delete_time", kind = "seconds", default = 2, help = "How long until a deleted one is gone." },
  { name = "update_time", kind = "seconds", default = 0, help = "How long until an update shows." },
  {
    name = "run_time",
    kind = "seconds",
    default = 0,
    help = "How long an execution runs until it is COMPLETED; 0: until it is stopped.",
  },
  { name = "latency", kind = "seconds", default = 0, help = "How long every answer takes." },
  { name = "read_lag", kind = "seconds", default = 0, help = "How long a GET by id is behind." },
  { name = "list_lag", kind = "seconds", default = 0, help = "How long lists and counts are behind." },
  { name = "page_cap", kind = "whole", most = 1e5, default = 0, help = "Records in a page at most; 0: any number." },
  { name = "quota", kind = "whole", help = "Deployments at most; default: any number." },
  { name = "no_bulk", kind = "flag", help = "Do without the batch operation." },
  { name = "client_id", kind = "text", help = "The client that may log in; default: any." },
  { name = "client_secret", kind = "text", help = "Its secret; default: any." },
  { name = "tls_cert", kind = "file", help = "Certificate (PEM) to serve https with." },
  { name = "tls_key", kind = "file", help = "Its key (PEM)." },
  { name = "client_ca", kind = "file", help = "Who signs client certificates (PEM)." },
  { name = "seed", kind = "whole", most = 2 ^ 53, default = 1, help = "Seed of ids, tokens and chance." },
}

for _, row in ipairs(rows) do
  row.most = row.most or 1e6
end

return rows
