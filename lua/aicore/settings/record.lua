--- A JSON object as people save and paste it. What an editor, a shell or a second encoder has put around it is taken
-- off; of what is no object even so, its looks say what happened to it. Nothing of a text is quoted: there may be
-- secrets in it, and a decoder would quote it. Pure.

local core = require "aicore.core"

local record = {}

local MAX_DEPTH = 64 -- of JSON

local BYTE_ORDER_MARK = "^\239\187\191"

--- What a JSON string says; nil: it is none.
local function said_by(text)
  local list = text:find '^"' and core.decode(('{"said":%s}'):format(text), MAX_DEPTH)
  return list and type(list.said) == "string" and list.said or nil
end

--- Without what is too much around it: a byte-order mark, blanks, and quotes that were for a shell; and where each
--- quote inside has a backslash, for another shell or another JSON, without these.
local function bare(text)
  text = text:gsub(BYTE_ORDER_MARK, ""):match "^%s*(.-)%s*$"
  text = (said_by(text:match "^'(.*)'$" or text) or text):match "^%s*(.-)%s*$"
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
  { "^$", "it is empty" },
  { "^\255\254", "it is UTF-16, as PowerShell writes files: save it as UTF-8" },
  { "^\254\255", "it is UTF-16: save it as UTF-8" },
  { "^%$", "it looks like what a shell should have replaced, but does not in single quotes" },
  { "^%a+://", "it looks like a URL: a service key has it as serviceurls.AI_API_URL" },
  { "^<", "it looks like a web page" },
  { "^%[", "it is a list: give the one object in it" },
  { "^{%s*'", "its quotes are single ones: JSON has double ones" },
  { "^{?%s*\226\128[\152-\159]", "its quotes are typographic ones, as mail and word processors write them" },
  { "^{%s*[%a_]", "its quotes are gone, as where a shell took them" },
  { "\194\160", "it has no-break spaces, as web pages write them: copy it anew" },
  { ",%s*[}%]]", "there is a comma too many, before a bracket" },
  { "^{.*}%s*\n[^}]*$", "there is a text behind it: leave that out" },
  { "^{.*}%s*{", "there is more than one" },
  { "^{.*[^}]$", "its end is missing, as where only a line of it was taken" },
  { "^{$", "its end is missing, as where only a line of it was taken" },
  { "^eyJ[%w+/=%s]+$", "it looks like base64: decode it first" },
  { "^ew[%w+/=%s]+$", "it looks like base64: decode it first" },
  { "^[^{]+{.*}", "there is a text before it: leave that out" },
  { "^[%w_]+:%s", "it looks like YAML: a service key is JSON" },
  { "^[%w_]+=", "it looks like lines of NAME=VALUE: such belong into the environment" },
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

--- A PEM text as files have it. Its newlines may be two characters each, as JSON writes them, or blanks, where
--- something has put all on one line; and there may be quotes around it, for a shell.
---@param text string
---@return string
function record.pem(text)
  text = text:gsub("\\r", ""):gsub("\\n", "\n")
  text = text:match '^%s*"(.*)"%s*$' or text:match "^%s*'(.*)'%s*$" or text
  return (
    text:gsub(
      "(%-%-%-%-%-BEGIN [%u%d ]+%-%-%-%-%-)([^\n]-)(%-%-%-%-%-END [%u%d ]+%-%-%-%-%-)%s*",
      function(first, body, last)
        return ("%s\n%s\n%s\n"):format(first, body:match("^%s*(.-)%s*$"):gsub("%s+", "\n"), last)
      end
    )
  )
end

--- What a PEM text is that nobody can use: a clause, or nil.
---@param text string  its head will do
---@return string? look
---@return true? is_path
function record.pem_look(text)
  if text:find("BEGIN ENCRYPTED", 1, true) or text:find("\nProc-Type", 1, true) then
    return "it is encrypted, and nobody can be asked for its pass phrase: decrypt it (openssl pkey -in OLD -out NEW)"
  elseif not text:find("-----BEGIN", 1, true) and text:find "^[^\n]*[/\\.][^\n]*$" then
    return "PEM text expected: it looks like a path", true
  end
end

--- A path as the system takes it.
---@param path string
---@param home string?  for "~/", which no shell has replaced
---@return string
function record.file(path, home)
  return (path:gsub("^file://", ""):gsub("^~/", (home or "~"):gsub("%%", "%%%%") .. "/"))
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
  return record.file(path, home)
end

local DEPTH = 8 -- of what may be around a service key

--- The service key in a record that was copied with what is around it: the only object that has a service's URLs; where
--- there is none, or several, the record itself.
---@param whole table
---@return table
function record.service_key(whole)
  local found, count = nil, 0
  local function look(value, depth)
    if type(value) == "table" and type(value.serviceurls) == "table" then
      found, count = value, count + 1
    elseif type(value) == "table" and depth < DEPTH then
      for _, one in pairs(value) do
        look(one, depth + 1)
      end
    end
  end
  look(whole, 0)
  return count == 1 and found or type(whole.credentials) == "table" and whole.credentials or whole
end

return record
