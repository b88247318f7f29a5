--- A JSON object as people save and paste it. What an editor, a shell or a second encoder has put around it is taken
-- off; of what is no object even so, its looks say what happened to it. Nothing of a text is quoted: there may be
-- secrets in it, and a decoder would quote it. Pure.

local core = require "aicore.core"

local record = {}

local MAX_DEPTH = 64 -- of JSON

local BYTE_ORDER_MARK = "^\239\187\191"

--- Without what is too much around it: a byte-order mark, blanks, and quotes that were for a shell; and where each
--- quote inside has a backslash, for another shell or another JSON, without these.
local function bare(text)
  text = text:gsub(BYTE_ORDER_MARK, ""):match "^%s*(.-)%s*$"
  text = text:match '^"%s*({.*})%s*"$' or text:match "^'%s*({.*})%s*'$" or text
  return text:find '^{%s*\\"' and text:gsub('\\(["\\])', "%1") or text
end

--- The object, or nil.
---@param text string
---@return table?
function record.read(text)
  text = bare(text)
  if not text:find "^{" then
    return nil
  end
  return (core.decode(text, MAX_DEPTH))
end

-- What it looks like, and how to give it: the first row whose pattern is in the bare text.
local LOOKS = {
  { "^\255\254", "it is UTF-16, as PowerShell writes files: save it as UTF-8" },
  { "^\254\255", "it is UTF-16: save it as UTF-8" },
  { "^%$", "it looks like what a shell should have replaced, but does not in single quotes" },
  { "^%a+://", "it looks like a URL: a service key has it as serviceurls.AI_API_URL" },
  { "^{%s*'", "its quotes are single ones: JSON has double ones" },
  { "^{?%s*\226\128[\152-\159]", "its quotes are typographic ones, as mail and word processors write them" },
  { "^{%s*[%a_]", "its quotes are gone, as where a shell took them" },
  { "^{.*[^}]$", "its end is missing, as where only a line of it was taken" },
  { "^{$", "its end is missing, as where only a line of it was taken" },
  { "^eyJ[%w+/=%s]+$", "it looks like base64: decode it first" },
  { "^ew[%w+/=%s]+$", "it looks like base64: decode it first" },
  { "^[^\n{]+\n.*{.*}$", "there is a text before it: leave that out" },
  { "^[^\n{]*[/\\][^\n{]*$", "it looks like a path, and no such file can be read" },
  { "^[^\n{]*%.json$", "it looks like a path, and no such file can be read" },
}

--- What a text that is no object looks like: a clause, or nil.
---@param text string
---@return string?
function record.look(text)
  text = bare(text)
  for _, row in ipairs(LOOKS) do
    if text:find(row[1]) then
      return row[2]
    end
  end
end

--- The path that somebody may have given instead of what is in the file; nil: it is no path.
---@param text string
---@param home string?  for "~/"
---@return string?
function record.path(text, home)
  text = bare(text)
  local path = text:match '^"(.*)"$' or text:match "^'(.*)'$" or text
  if path == "" or #path > 4096 or path:find "[{%c]" then
    return nil
  end
  return (path:gsub("^~/", (home or "~"):gsub("%%", "%%%%") .. "/"))
end

return record
