--- The operations of the AI API, as the C module has them; nothing in Lua lists them again.

---@class aicore.Operation
---@field name string        "status", "list", …
---@field verb string        "GET", …
---@field path string?       below the base URL and /v2, with {resource} and {id}; nil: the token URL (login)
---@field about_one boolean  its first argument is the id of a record
---@field changes boolean    if the answer is lost, something may have happened all the same
---@field idempotent boolean twice is the same as once; a create is not, nor is a batch, each of whose items is refused
---                          the second time
---@field once boolean       sent on a fresh connection: libcurl must not repeat it, either
---@field resource boolean   its path names a resource: deployments, executions
---@field shape string?      of a good reply, a row of model/shape.lua

---@type table<string, aicore.Operation>
return require("aicore.core").operations
