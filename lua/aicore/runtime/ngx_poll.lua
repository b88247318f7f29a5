--- Waits for a descriptor, in a thread of nginx's pool. It runs in a Lua state of its own, where nothing of nginx and
-- nothing of the caller is known; ngx.run_worker_thread finds it by its name.

local ffi = require "ffi"

ffi.cdef [[
struct aicore_pollfd { int fd; short events; short revents; };
int poll(struct aicore_pollfd *fds, unsigned long count, int timeout);
]]

local POLLIN = 1 -- on every system

local ngx_poll = {}

--- Until it is readable, or so long at most. A signal may end it earlier.
---@param fd integer
---@param timeout integer  ms
---@return integer         as poll(2) has it
function ngx_poll.poll(fd, timeout)
  local watched = ffi.new("struct aicore_pollfd", fd, POLLIN)
  return ffi.C.poll(watched, 1, timeout)
end

return ngx_poll
