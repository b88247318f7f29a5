--- Certificates for tests, made by the openssl tool in a folder of their own; nothing of them is kept.

local certificates = {}

local function run(command, ...)
  local line = command:format(...) .. " >/dev/null 2>&1"
  local ok = os.execute(line)
  assert(ok == true or ok == 0, line)
end

local function write(path, text)
  local file = assert(io.open(path, "wb"))
  file:write(text)
  file:close()
end

---@class spec.Certificates
---@field folder string
---@field authority fun(name: string): string               makes NAME.crt and NAME.key, returns the certificate's path
---@field issue fun(name: string, options: table): string, string  certificate and key
---@field remove fun()

-- What a certificate is for.
local EXTENSIONS = {
  server = "extendedKeyUsage=serverAuth\nsubjectAltName=%s\n",
  client = "extendedKeyUsage=clientAuth\n",
}

--- A folder for certificates.
---@return spec.Certificates
function certificates.new()
  local folder = os.tmpname()
  os.remove(folder)
  run("mkdir -m 700 %s", folder)
  local made = { folder = folder }

  local function path(name, suffix)
    return ("%s/%s.%s"):format(folder, name, suffix)
  end

  local function request(name)
    local key = path(name, "key")
    run("openssl ecparam -name prime256v1 -genkey -noout -out %s", key)
    run("openssl req -new -key %s -subj /CN=%s -out %s", key, name, path(name, "csr"))
    return key
  end

  function made.authority(name)
    local key = path(name, "key")
    run("openssl ecparam -name prime256v1 -genkey -noout -out %s", key)
    run(
      "openssl req -x509 -new -key %s -subj /CN=%s -days 30 -addext basicConstraints=critical,CA:TRUE -out %s",
      key,
      name,
      path(name, "crt")
    )
    return path(name, "crt")
  end

  --- options: by (the authority's name; nil: signed by itself), purpose, names ("DNS:localhost,…"), expired
  function made.issue(name, options)
    local key, csr, crt = request(name), path(name, "csr"), path(name, "crt")
    local purpose = options.purpose or "server"
    write(path(name, "ext"), EXTENSIONS[purpose]:format(options.names or "DNS:localhost,IP:127.0.0.1"))
    local days = options.expired and -1 or 10
    local signer = "-signkey " .. key
    if options.by then
      signer = ("-CA %s -CAkey %s -CAcreateserial"):format(path(options.by, "crt"), path(options.by, "key"))
    end
    run("openssl x509 -req -in %s %s -days %d -extfile %s -out %s", csr, signer, days, path(name, "ext"), crt)
    return crt, key
  end

  function made.remove()
    run("rm -rf %s", folder)
  end

  return made
end

return certificates
