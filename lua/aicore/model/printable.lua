-- Foreign text, fit for one line of a terminal: what the service writes may name itself, but not speak to the terminal.
-- Pure.

--- A "?" stands for each control character: those of ASCII, and U+0080 to U+009F, which a terminal obeys, too.
---@param value any
---@return string
return function(value)
  local text = tostring(value)
  if not text:find "[%c\194]" then -- as nearly all of ten thousand rows
    return text
  end
  return (text:gsub("%c", "?"):gsub("\194[\128-\159]", "?"))
end
