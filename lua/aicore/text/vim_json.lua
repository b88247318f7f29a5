--- JSON -> Lua where there is no lua-cjson: by the one that Neovim has inside (vim.json), with the limits that its
-- authors give it no settings for. The C module asks for it, and finishes what comes back as it does lua-cjson's. Pure.

-- What letters may stand outside of strings. lua-cjson takes NaN, +1 and hexadecimal numbers unless it is told not to.
local WORDS = { ["true"] = true, ["false"] = true, null = true }

local DEPTH = { ["{"] = 1, ["["] = 1, ["}"] = -1, ["]"] = -1 }

-- The caller takes what begins so for a fault of the text, see is_complaint in json.c.
local function complain(...)
  error(string.format(...), 0)
end

-- The end of the string that begins at `at`.
local function string_end(text, at)
  repeat
    at = text:find('["\\]', at + 1)
    local escapes = at and text:byte(at) == 92
    at = escapes and at + 1 or at
  until not escapes
  return at or #text
end

local function word_end(text, at)
  local _, last, word = text:find("^(%a+)", at)
  return WORDS[word] and last or complain("Expected value but found invalid token at character %d", at)
end

local function number_end(text, at)
  local _, last = text:find("^[%d.]+[eE]?[+-]?%d*", at)
  return text:find("^0%d", at) and complain("Expected value but found invalid number at character %d", at) or last
end

--- Raises a complaint where the text is deeper, or has numbers that JSON does not have. All else the decoder finds.
local function check(text, max_depth)
  local depth, at = 0, text:find '[%[%]{}"%w+]'
  while at do
    local first = text:sub(at, at)
    if first == '"' then
      at = string_end(text, at)
    elseif DEPTH[first] then
      depth = depth + DEPTH[first]
    elseif first:find "%d" then
      at = number_end(text, at)
    else
      at = word_end(text, at)
    end
    if depth > max_depth then
      complain("Found too many nested data structures (%d)", depth)
    end
    at = text:find('[%[%]{}"%w+]', at + 1)
  end
end

local NULL_IS_ABSENT = { luanil = { object = true, array = true } }

--- A decoder; raises the complaint where there is no vim.json, either.
---@param complaint string    why there is no lua-cjson
---@param max_depth integer
---@return fun(text: string): any
return function(complaint, max_depth)
  local json = vim and vim.json
  if not json then
    error(complaint, 0)
  end
  return function(text)
    check(text, max_depth)
    return json.decode(text, NULL_IS_ABSENT)
  end
end
