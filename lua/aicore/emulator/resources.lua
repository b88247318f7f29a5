-- The resources of the AI API that have the same operations, and in what they differ.

---@class aicore.emulator.Resource
---@field word string      in messages
---@field letter string    what ids begin with
---@field serves boolean   it answers at a URL until it is told to stop: it can be updated, and may have a ttl

---@type table<string, aicore.emulator.Resource>
return {
  deployments = { word = "Deployment", letter = "d", serves = true },
  executions = { word = "Execution", letter = "e", serves = false },
}
