--- A console that remembers what it was told, and a client that answers from tables: so the commands' own decisions are
--- tested without a process and without a service.

local errors = require "aicore.model.errors"

local fakes = {}

---@class spec.cli.Console: aicore.cli.Console
---@field out string[]    lines of the result
---@field notes string[]  lines for people
---@field asked string[]  questions

--- A console of pipes, unless it is said otherwise.
---@param given { words: string[]?, person: boolean?, answer: boolean?, live: boolean?, width: integer? }?  or `format`;
---       words: on standard input; person: one who can be asked, with standard input a terminal; answer: theirs
---@return spec.cli.Console
function fakes.console(given)
  given = given or {}
  local console = { out = {}, notes = {}, asked = {}, format = given.format }
  function console:print(line)
    self.out[#self.out + 1] = line
  end
  function console:note(line)
    self.notes[#self.notes + 1] = line
  end
  function console:ask(question)
    self.asked[#self.asked + 1] = question
    return given.answer == true
  end
  function console.can_ask()
    return given.person == true
  end
  function console.is_piped()
    return given.person ~= true
  end
  function console.read_words()
    return given.words or {}
  end
  function console.is_live()
    return given.live == true
  end
  function console.width()
    return given.width or 80
  end
  function console.room()
    return given.width
  end
  function console.refresh(self)
    self.drawn = self.live()
  end
  function console.settle(self)
    self.live = nil
  end
  function console.flush() end
  function console.paint(_, colour, text)
    return colour and ("<%s>%s"):format(colour, text) or text
  end
  return console
end

--- A client whose methods are the functions given; each call is kept in `calls` as { name, argument, … }.
---@param methods table<string, function>  without the client as an argument
---@return table client
function fakes.client(methods)
  local client = { calls = {} }
  for name, method in pairs(methods) do
    client[name] = function(_, ...)
      client.calls[#client.calls + 1] = { name, ... }
      return method(...)
    end
  end
  return client
end

--- AI Core's own "not found".
---@param id string?
---@return aicore.Error
function fakes.not_found(id)
  local code = "01010016"
  return errors.new { kind = "http", status = 404, code = code, absent = true, id = id, message = "there is none" }
end

--- An error of a kind.
---@param fields table|string  its kind alone will do
---@return aicore.Error
function fakes.err(fields)
  fields = type(fields) == "string" and { kind = fields } or fields
  fields.message = fields.message or "went wrong"
  return errors.new(fields)
end

return fakes
