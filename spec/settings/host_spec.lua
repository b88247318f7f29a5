--- What the settings ask of the world.

local host = require "aicore.settings.host"

describe("a file's text", function()
  it("is nil where there is no such file, and why where it cannot be read", function()
    assert.same({ nil, nil }, { host.read "/none" })
    local text, why = host.read "/"
    assert.is_nil(text)
    assert.matches("directory", why)
    text, why = host.read "/dev/null/x"
    assert.is_nil(text)
    assert.matches("^Not a directory", why)
  end)
end)

describe("the head of a PEM file", function()
  local path

  before_each(function()
    path = os.tmpname()
  end)

  after_each(function()
    os.remove(path)
  end)

  local function head_of(text)
    local file = assert(io.open(path, "wb"))
    file:write(text)
    file:close()
    return host.head(path)
  end

  it("tells whether it is encrypted, and nothing of the key", function()
    assert.equal(
      "-----BEGIN EC PRIVATE KEY-----\nMHcCAQEEI",
      head_of "-----BEGIN EC PRIVATE KEY-----\nMHcCAQEEIsecret\n"
    )
    local old = "-----BEGIN RSA PRIVATE KEY-----\nProc-Type"
    assert.equal(old, head_of(old .. ": 4,ENCRYPTED\nDEK-Info: AES"))
    assert.equal("\n", head_of "")
  end)

  it("is nil where there is no such file, or one that can be read only once", function()
    assert.is_nil(host.head "/none")
    os.remove(path)
    assert(os.execute("mkfifo " .. path))
    local pipe = io.popen("printf key >" .. path)
    assert.is_nil(host.head(path))
    pipe:close()
  end)
end)
