-- The pictures in docs/, as a browser shows them: every character stands in its column.

-- Which Lua this file runs in says nothing of a browser: once is enough.
if not package.loaded.jit then
  return
end

local cjson = require "cjson"

local function read(path)
  local file = assert(io.open(path))
  local text = file:read "*a"
  file:close()
  return text
end

-- What the browser is asked: the lines of the picture, and of each character where it begins, in characters' widths.
local PAGE = [[<!DOCTYPE html><meta charset="utf-8"><body>%s<script id="asked">
const lines = [{ text: "", at: [] }], range = document.createRange()
const walk = document.createTreeWalker(document.querySelector("pre"), NodeFilter.SHOW_TEXT)
for (let node = walk.nextNode(); node; node = walk.nextNode())
  for (let i = 0; i < node.data.length; i++)
    if (node.data[i] == "\n") lines.push({ text: "", at: [] })
    else {
      range.setStart(node, i)
      range.setEnd(node, i + 1)
      lines[lines.length - 1].text += node.data[i]
      lines[lines.length - 1].at.push(range.getBoundingClientRect().left)
    }
document.body.textContent = "MEASURED" + JSON.stringify(lines) + "MEASURED"
</script>]]

local COMMAND = "timeout 100 chromium --headless --no-sandbox --disable-gpu --user-data-dir=%s/profile --dump-dom "
  .. "file://%s/page.html 2>%s/stderr"

local ENTITIES = { ["&lt;"] = "<", ["&gt;"] = ">", ["&amp;"] = "&" }

local function measure(svg)
  local pipe = assert(io.popen "mktemp -d")
  local folder = pipe:read "*l"
  pipe:close()
  finally(function()
    os.execute("rm -rf " .. folder)
  end)
  local file = assert(io.open(folder .. "/page.html", "w"))
  file:write((PAGE:format(svg:gsub("%%", "%%%%"))))
  file:close()
  pipe = assert(io.popen(COMMAND:format(folder, folder, folder)))
  local dom = pipe:read "*a"
  pipe:close()
  local measured = dom:match "MEASURED(.-)MEASURED<"
  assert(measured, "chromium did not show it: " .. read(folder .. "/stderr"))
  return cjson.decode((measured:gsub("&%a+;", ENTITIES)))
end

--- What the demo says, in its order: "%s" and the like are anything. (The picture folds long lines.)
local function said_by_demo()
  local sayings = {}
  for line in read("examples/demo/demo.lua"):gmatch "[^\n]+" do
    local text = line:match '^say%(?%s*"%s*([^"]+)"' or line:match '^%s*%("(done: [^"]+)"%)'
    sayings[#sayings + 1] = text and text:gsub("%%%.?%d*%a", "\1"):gsub("%p", "%%%0"):gsub("\1", ".-"):gsub(" ", "%%s+")
  end
  return sayings
end

for path, known in pairs {
  ["docs/demo.svg"] = said_by_demo(),
  ["docs/panel.svg"] = { "d748fdae9f88a9b0  RUNNING" },
} do
  describe(path, function()
    it("keeps its columns", function()
      local lines = measure(read(path))
      local all, left, width = {}, nil, nil
      for i, line in ipairs(lines) do
        all[i] = line.text
        left = left or line.at[1]
        width = width or line.at[2] and line.at[2] - line.at[1]
      end
      assert.is_true(width > 5, width)
      for _, line in ipairs(lines) do
        for column, x in ipairs(line.at) do
          local off = math.abs(x - left - (column - 1) * width)
          assert(off < 1, ("%.1f px off in column %d of: %s"):format(off, column, line.text))
        end
      end
      local text, at = table.concat(all, "\n"), 1
      assert.is_true(#known > 0)
      for _, pattern in ipairs(known) do
        local _, last = text:find(pattern, at)
        at = assert(last, ("%s does not show '%s': take it again (make screenshots)"):format(path, pattern))
      end
    end)
  end)
end
