--- A JSON object as people save and paste it: what is taken for one, and what is said of the rest.

local record = require "aicore.settings.record"

local KEY = '{"clientid":"i","url":"https://a"}'
local SAME = { clientid = "i", url = "https://a" }

describe("a record", function()
  it("is read whatever an editor or a shell has put around it", function()
    local escaped = KEY:gsub('"', '\\"')
    local cases = {
      KEY,
      "\239\187\191" .. KEY,
      (KEY:gsub(",", ",\r\n  ")) .. "\r\n",
      "\n\t " .. KEY .. " \n",
      "'" .. KEY .. "'",
      '"' .. KEY .. '"\n',
      '"' .. escaped .. '"',
      escaped,
      "\239\187\191'" .. KEY .. "'\r\n",
      require("cjson").encode((KEY:gsub(",", ",\n  ")) .. "\n"), -- "{\"clientid\":\"i\",\n  …"
      "'" .. require("cjson").encode("{\n" .. KEY:sub(2)) .. "'",
    }
    for _, text in ipairs(cases) do
      assert.same(SAME, record.read(text), text)
    end
  end)

  it("keeps what its values have", function()
    assert.same({ a = [[it's "b" \n]] }, record.read [['{"a":"it's \"b\" \\n"}']])
    assert.same({ key = "a\nb\\c" }, record.read [["{\"key\":\"a\\nb\\\\c\"}"]])
  end)

  it("is an object", function()
    for _, text in ipairs { "", " ", "hidden", "[1]", '"hidden"', "7", '{"a":NaN}', "{", ("["):rep(70), "''", '"' } do
      assert.is_nil(record.read(text), text)
    end
  end)

  it("is told by its looks where it is none, and not quoted", function()
    local cases = {
      { "{'clientid': 'hidden'}", "single ones" },
      { "{\226\128\156clientid\226\128\157:1}", "typographic" },
      { "\226\128\152" .. KEY .. "\226\128\153", "typographic" },
      { "{clientid:hidden,url:https://a}", "its quotes are gone" },
      { '{"clientid":"hidden",', "its end is missing" },
      { "{", "its end is missing" },
      { "$(cat key.json)", "a shell should have replaced" },
      { "$KEY", "a shell should have replaced" },
      { "https://hidden", "a URL" },
      { "eyJjbGllbnRpZCI6ImkifQ==", "base64" },
      { "ewogICJjbGllbnRpZCI6ICJpIgp9Cg==\n", "base64" },
      { "\255\254{\0", "UTF-16" },
      { "Getting key k\n\n" .. KEY, "there is a text before it" },
      { "/home/me/hidden.json", "a path" },
      { "hidden.json\n", "a path" },
      { "C:\\keys\\hidden", "a path" },
      { "Getting key k\n\n" .. KEY .. "\n\nOK\n", "there is a text before it" },
      { "```json\n" .. KEY .. "\n```", "there is a text before it" },
      { KEY .. "\n\nOK", "there is a text behind it" },
      { KEY .. "\n" .. KEY, "more than one" },
      { '{"clientid":"hidden",}', "a comma too many" },
      { KEY:gsub(":", ":\194\160", 1) .. "", "no-break spaces" },
      { "[" .. KEY .. "]", "a list" },
      { "<html>hidden</html>", "a web page" },
      { "clientid: hidden\nurl: https://a/", "YAML" },
      { "AICORE_CLIENT_ID=hidden\nAICORE_BASE_URL=https://a", "NAME=VALUE" },
      { " \n", "it is empty" },
      { "file:///hidden", "a URL" },
      { "hidden", nil },
    }
    for _, case in ipairs(cases) do
      local look = record.look(case[1])
      assert.equal(case[2] ~= nil, look ~= nil and look:find(case[2], 1, true) ~= nil, case[1])
      assert.is_nil(look and look:find("hidden", 1, true))
    end
  end)

  it("has a PEM text with its newlines, whatever has been made of them", function()
    local pem = "-----BEGIN PRIVATE KEY-----\nMIIE+a/b\nc=\n-----END PRIVATE KEY-----\n"
    for _, text in ipairs {
      pem,
      pem:gsub("\n", "\\n") .. "",
      pem:gsub("\n", "\\r\\n") .. "",
      pem:gsub("\n", " ") .. "",
      '"' .. pem:gsub("\n", "\\n") .. '"',
      "'" .. pem .. "'\n",
    } do
      assert.equal(pem, record.pem(text))
    end
    local two = pem .. pem:gsub("PRIVATE KEY", "CERTIFICATE")
    assert.equal(two, record.pem((two:gsub("\n", " "))))
    assert.is_nil(record.pem_look(pem))
    assert.is_nil(record.pem_look "hidden")
    assert.matches("it looks like a path$", (record.pem_look "/hidden.pem"))
    assert.matches("pass phrase", (record.pem_look(pem:gsub("PRIVATE", "ENCRYPTED PRIVATE") .. "")))
    assert.matches("pass phrase", record.pem_look "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n")
  end)

  it("may be given by a path", function()
    assert.equal("/k.json", record.path("/k.json", "/h"))
    assert.equal("/h/k.json", record.path(" ~/k.json\n", "/h"))
    assert.equal("/a b/k", record.path('"/a b/k"', nil))
    assert.equal("/k.json", record.path("file:///k.json", "/h"))
    for _, text in ipairs { KEY, "", "a\nb", ("x"):rep(5000) } do
      assert.is_nil(record.path(text, "/h"))
    end
  end)

  it("is a service key, or has one in it", function()
    local key = { clientid = "i", serviceurls = { AI_API_URL = "a" } }
    local part = { clientid = "i" }
    for _, whole in ipairs {
      key,
      { credentials = key, name = "x" },
      { key = key },
      { aicore = { { credentials = key } }, xsuaa = { { credentials = { clientid = "x", url = "y" } } } },
      { VCAP_SERVICES = { aicore = { { credentials = key } } } },
    } do
      assert.equal(key, record.service_key(whole))
    end
    assert.equal(part, record.service_key { credentials = part })
    local several = { a = key, b = { serviceurls = {} } }
    assert.equal(several, record.service_key(several))
    part.itself = part
    assert.equal(part, record.service_key(part))
  end)
end)
