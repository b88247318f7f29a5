--- The process whose memory the spec looks through:   lua spec/secrets/subject.lua PORT URL CA SECRET
-- SECRET comes turned round, so that its right form is made here and may vanish again. It does what it is told, a word
-- a line, on the connection that it opens to PORT.

local client = require "aicore.client"
local socket = require "socket"

local port, url, ca, turned = arg[1], arg[2], arg[3], arg[4]
print "begun" -- child.start waits for a line
io.stdout:flush()
local spec = assert(socket.connect("127.0.0.1", tonumber(port)))

local tested = assert(client.new {
  base_url = url,
  auth_url = url,
  client_id = "sb-subject",
  client_secret = turned:reverse(),
  ca_file = ca,
  on_attempt = function() end,
})

local ACTIONS = {
  call = function()
    tested:status("d748fdae9f88a9b0", { retry = false, timeout = 10 })
  end,
  login = function()
    tested.caller.login:expire()
    tested:status("d748fdae9f88a9b0", { retry = false, timeout = 10 })
  end,
  close = function()
    tested:close()
    tested = nil
    collectgarbage()
    collectgarbage()
  end,
}

for word in
  function()
    return (spec:receive "*l")
  end
do
  ACTIONS[word]()
  spec:send "done\n"
end
