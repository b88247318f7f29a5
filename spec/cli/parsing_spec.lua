--- What is made of argparse's parser.

local argparse = require "argparse"
local parsing = require "aicore.cli.parsing"

local function adapted()
  local parser = argparse "aicorectl"
  parser:option("-o --output", "How."):argname("<format>"):choices { "json", "ids", "JSON" }
  parser:option("--limit", "Only so many."):convert(function(text)
    return tonumber(text), "no number"
  end)
  parser:option "--name"
  parser:flag("-v --verbose", "A sentence that is longer than a narrow terminal is wide.")
  parser.error = function(_, message)
    error({ message = message }, 0)
  end
  parsing.adapt(parser)
  return parser
end

local function complaint(...)
  local ok, failure = pcall(adapted().parse, adapted(), { ... })
  assert.is_false(ok)
  return parsing.complaint(failure.message)
end

describe("a parser that is adapted", function()
  it("reads words of a list in any case, and gives the first that is so written", function()
    for _, text in ipairs { "json", "JSON", "Json" } do
      assert.equal("json", adapted():parse({ "-o", text }).output)
    end
  end)

  it("tells what is wrong with the option, and each word that may be given once", function()
    assert.equal("--output: 'yaml' is none of json, ids", complaint("-o", "yaml"))
    assert.equal("--limit: no number", complaint("--limit", "x"))
  end)

  it("leaves other options as they are", function()
    assert.same(
      { limit = 3, name = "Json", verbose = true },
      adapted():parse { "--limit", "3", "--name", "Json", "-v" }
    )
  end)

  it("complains on one line, and does not guess letters", function()
    assert.equal("unknown option '--outptu'; did you mean '--output'?", complaint "--outptu=json")
    assert.equal("unknown option '-1'", complaint("--limit", "-1"))
  end)
end)

describe("help", function()
  it("has an option with all its names on a line", function()
    assert.matches("\n   %-o, %-%-output <format> How%.\n", parsing.help(adapted()))
  end)

  it("is as wide as the terminal", function()
    assert.matches("A sentence that is longer than a narrow terminal is wide%.", parsing.help(adapted()))
    for line in parsing.help(adapted(), 50):gmatch "[^\n]+" do
      assert(#line <= 50, line)
    end
  end)

  it("knows whose it is", function()
    local parser = argparse "aicorectl"
    assert.is_nil(parsing.command_of(parser))
    assert.equal("list", parsing.command_of(parser:command "list"))
  end)
end)

describe("a word of a list", function()
  it("is the one that is meant", function()
    assert.equal("GONE", parsing.pick({ "GONE", "gone" }, "Gone"))
    assert.is_nil(parsing.pick({ "GONE" }, "GON"))
  end)
end)
