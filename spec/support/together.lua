--- Runs fn(i) in so many coroutines of a runtime with a clock of its own (virtual.lua), at the same time; what each has
--- returned.
---@param runtime aicore.VirtualRuntime
---@param count integer
---@param fn fun(i: integer): any
---@return any[]
return function(runtime, count, fn)
  return runtime.run(function()
    local functions = {}
    for i = 1, count do
      functions[i] = function()
        return fn(i)
      end
    end
    return (runtime.gather(functions, count))
  end)
end
