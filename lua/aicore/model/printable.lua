-- Foreign text, fit for a terminal: what the service writes may name itself, but not speak to the terminal. Pure.

--- Of bytes 128 to 191 in a row, with the lead of a character before them or none: those that end the character stay,
--- but for U+0080 to U+009F, which a terminal obeys; alone, such a byte is one of these on a terminal of eight bits.
local function character(lead, rest)
  local expected = lead == "" and 0 or lead < "\224" and 1 or lead < "\240" and 2 or 3
  if #rest < expected or lead == "\194" and rest:find "^[\128-\159]" then
    expected = 0
    lead = ""
  elseif #rest == expected then
    return nil -- it stays
  end
  return lead .. rest:sub(1, expected) .. ("?"):rep(math.max(#rest - expected, 1))
end

--- A "?" stands for each control character: those of ASCII, and those of Unicode, in whatever bytes.
---@param value any
---@param lines boolean?  true: newlines stay; else it becomes one line
---@return string
return function(value, lines)
  local text = tostring(value)
  if not text:find "[%c\128-\255]" then -- as nearly all of ten thousand rows
    return text
  end
  text = text:gsub(lines and "[^\n%C]" or "%c", "?")
  return (text:gsub("([\194-\244]?)([\128-\191]+)", character))
end
