-- tools/ansi2svg.lua: a terminal's text becomes a picture.

local LUA = _VERSION == "Lua 5.4" and "lua5.4" or "luajit"

local function picture(text, arguments)
  local path = os.tmpname()
  local file = assert(io.open(path, "w"))
  file:write(text)
  file:close()
  local pipe = assert(io.popen(("%s tools/ansi2svg.lua %s <%s 2>&1"):format(LUA, arguments or "", path)))
  local svg = pipe:read "*a"
  pipe:close()
  os.remove(path)
  return svg
end

--- The <text> elements of the screen, without the window's title: "x attributes: text".
local function texts(svg)
  local found = {}
  for x, attributes, text in svg:gmatch '<text x="([%d.]+)" y="[%d.]+" textLength="[%d.]+"(.-)>(.-)</text>' do
    found[#found + 1] = ("%s%s: %s"):format(x, attributes, text)
  end
  return found
end

describe("ansi2svg", function()
  it("draws words in their colours, in columns", function()
    assert.same(
      {
        "14: plain",
        '64.4 fill="#8fce7e": green',
        '114.8 fill="#ff0000" font-weight="bold": &lt;red&gt;',
        '173.6 fill="#5fd7ff" font-style="italic" text-decoration="underline" opacity="0.6": ünï',
        "207.2: end",
      },
      texts(
        picture(
          "plain \27[32mgreen\27[0m \27[1;38;2;255;0;0m<red>\27[0m  "
            .. "\27[2;3;4;38;5;81münï\27[22;23;24;39m \27[Kend\n"
        )
      )
    )
  end)

  it("keeps a colour from line to line", function()
    assert.same({ '14 fill="#f2777a": a', '14 fill="#f2777a": b' }, texts(picture "\27[31ma\nb\n"))
  end)

  it("draws the ground, and reverses", function()
    local svg = picture "\27[44mblue\27[49m\27[7mback\27[27m\n"
    assert.matches('<rect x="14" y="%d+" width="33.6" height="18" fill="#7aa6f0"/>', svg)
    assert.matches('<rect x="47.6" y="%d+" width="33.6" height="18" fill="#d4d7dd"/>', svg)
    assert.same({ "14: blue", '47.6 fill="#16181d": back' }, texts(svg))
  end)

  it("is as wide as the widest line, or wider, and has a title", function()
    assert.matches('width="700" ', picture("x\n", '--title "a < b"'))
    assert.matches('width="868" ', picture("x\n", "--columns 100"))
    assert.matches('width="952" ', picture(("x"):rep(110) .. "\n"))
    assert.matches(">a &lt; b</text>", picture("x\n", '--title "a < b"'))
    assert.matches("^usage: ", picture("x\n", "--colour 3"))
  end)
end)
