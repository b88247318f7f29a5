-- aicorectl logs: the lines of a deployment's log; with -f also those to come, until it has ended.

local blocking = require "aicore.runtime.blocking"
local clock = require "aicore.runtime.clock"
local ids = require "aicore.cli.ids"
local json = require "aicore.text.json"
local lifecycle = require "aicore.model.lifecycle"
local log_reader = require "aicore.cli.log_reader"
local options = require "aicore.cli.options"
local printable = require "aicore.model.printable"
local problems = require "aicore.cli.problems"

local command = { summary = "Print the log of a deployment." }

local INTERVAL = 1 -- seconds between two looks for new lines

local function lines_number(text)
  local value = tonumber(text)
  if not value or value % 1 ~= 0 or value < 1 or value > log_reader.MOST then
    return nil, ("'%s' is not a number of lines from 1 to %d"):format(text, log_reader.MOST)
  end
  return value
end

---@param parser table  argparse's
function command.configure(parser)
  ids.configure_one(parser)
  parser:flag("-f --follow", "Go on with new lines until it has ended.")
  options.time(parser, "--since", "Lines no older than this: 90, 30m, 7d; if not given, an hour.")
  parser:option("--tail", "Only so many lines, the last ones."):argname("<lines>"):convert(lines_number)
end

local function text(line)
  return printable(("%s %s"):format(tostring(line.timestamp or "-"), (tostring(line.msg or ""):gsub("%s+$", ""))))
end

--- With -f there may always be more, so JSON is one object per line then.
local function print_each(console, given, lines)
  for _, line in ipairs(lines) do
    console:print(given.output == "json" and json.line(line) or text(line))
  end
  console:flush()
end

--- Has it ended, so that no more lines will come?
local function has_ended(client, id)
  local deployment, err = client:status(id)
  if not deployment then
    return problems.is_not_found(err)
  end
  return lifecycle.ended(deployment.status)
end

--- Everything there is now, piece by piece.
local function drain(client, given, reader, take)
  local count = 0
  repeat
    local lines, err, more = reader:next(client, given.timeout)
    if not lines then
      return nil, err
    end
    take(lines)
    count = count + #lines
  until not more
  return count
end

-- What it had to say before it ended is still to be read when that is noticed.
local function follow(console, client, given, reader, id)
  local ended = false
  repeat
    local count, err = drain(client, given, reader, function(lines)
      print_each(console, given, lines)
    end)
    if not count then
      return problems.tell(console, err)
    elseif console:flush() then
      return problems.FAILED
    elseif ended then
      return problems.DONE
    end
    ended = count == 0 and has_ended(client, id)
  until not ended and not blocking.sleep(INTERVAL)
  return problems.INTERRUPTED
end

--- All lines, or the last ones.
local function collect(client, given, reader)
  if given.tail then
    return reader:last(client, given.tail, given.timeout)
  end
  local all = json.array {}
  local count, err = drain(client, given, reader, function(lines)
    for _, line in ipairs(lines) do
      all[#all + 1] = line
    end
  end)
  return count and all, err
end

local function show(console, client, given, reader)
  local lines, err = collect(client, given, reader)
  if not lines then
    return problems.tell(console, err)
  elseif given.output == "json" then
    console:print(json.encode(json.array(lines)))
  else
    print_each(console, given, lines)
  end
  return problems.DONE
end

---@param given table
---@param console aicore.cli.Console
---@param client aicore.Client
---@return integer exit
function command.run(given, console, client)
  local id, problem = ids.read_one(given, console)
  if not id then
    return problems.usage(console, given.command, problem)
  end
  console.streaming = given.follow
  local reader = log_reader.new(id, given.since and clock.wall() - given.since)
  if not given.follow then
    return show(console, client, given, reader)
  elseif given.tail then
    local lines, err = reader:last(client, given.tail, given.timeout)
    if not lines then
      return problems.tell(console, err)
    end
    print_each(console, given, lines)
  end
  return follow(console, client, given, reader, id)
end

return command
