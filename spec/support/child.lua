--- Child processes of the specs: started by a command, ended by pid.

local child = {}

--- Starts `command` (one program, no shell constructs) and reads the first line that it prints.
---@return { pid: integer, line: string?, stop: fun(self), read_rest: fun(self): string }
function child.start(command)
  -- The shell says its pid and then becomes the program, so the pid is the program's.
  local output = assert(io.popen("echo $$; exec " .. command, "r"))
  local started = { pid = tonumber(output:read "*l"), line = output:read "*l" }
  function started:stop()
    if output then
      os.execute(("kill %d 2>/dev/null"):format(self.pid))
      output:close() -- waits for its end
      output = nil
    end
  end
  --- Everything else that it prints, until its end.
  function started:read_rest() -- luacheck: ignore 212
    local rest = output:read "*a"
    output:close()
    output = nil
    return rest
  end
  return started
end

return child
