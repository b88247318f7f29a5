--- The C module by itself: arguments, replies of every kind, limits, and what happens over time.
-- Good answers and rules of the service are the emulator's part (client_spec.lua).

local core = require "aicore.core"
local raw_server = require "spec.support.raw_server"
local shape = require "aicore.model.shape"

local ID = "d748fdae9f88a9b0"
local unpack = table.unpack or unpack

local function answer(status, body, headers)
  return ("HTTP/1.1 %s\r\nContent-Length: %d\r\nConnection: close\r\n%s\r\n%s"):format(
    status,
    #body,
    headers or "Content-Type: application/json\r\n",
    body
  )
end

local function session_for(server, settings)
  settings = settings or {}
  settings.base_url = server.url .. "/v2"
  return core.session(settings)
end

--- What an operation makes of one answer.
local function outcome(bytes, settings, name, ...)
  local server = raw_server.start { bytes }
  local session = session_for(server, settings)
  local reply, err, plain = core[name or "status"](session, ... or ID, select(2, ...))
  session:close()
  server.stop()
  return reply, err, plain
end

describe("core", function()
  describe("operations", function()
    -- The rows of the issue: verb, path, shape, and what is true.
    local rows = {
      status = { "GET", "/lm/{resource}/{id}", "record", "about_one idempotent resource" },
      list = { "GET", "/lm/{resource}", "records", "idempotent resource" },
      count = { "GET", "/lm/{resource}/$count", nil, "idempotent resource" },
      create = { "POST", "/lm/{resource}", "accepted", "changes once resource" },
      update = { "PATCH", "/lm/{resource}/{id}", "accepted", "about_one changes idempotent resource" },
      stop = { "PATCH", "/lm/{resource}/{id}", "accepted", "about_one changes idempotent resource" },
      delete = { "DELETE", "/lm/{resource}/{id}", "accepted", "about_one changes idempotent resource" },
      batch = { "PATCH", "/lm/{resource}", "items", "changes resource" },
      logs = { "GET", "/lm/{resource}/{id}/logs", "lines", "about_one idempotent resource" },
      configurations = { "GET", "/lm/configurations", "configurations", "idempotent" },
      configure = { "POST", "/lm/configurations", "accepted", "changes once" },
      models = { "GET", "/lm/scenarios/foundation-models/models", "models", "idempotent" },
      resource_groups = { "GET", "/admin/resourceGroups", "groups", "idempotent" },
      quota = { "GET", "/admin/resourceQuota/deployments", "quota", "idempotent" },
      capabilities = { "GET", "/lm/meta", "capabilities", "idempotent" },
      login = { "POST", nil, nil, "idempotent" },
    }

    it("stand in a table, with a function for each", function()
      local expected = {}
      for name, row in pairs(rows) do
        local operation = { name = name, verb = row[1], path = row[2], shape = row[3] }
        for flag in ("about_one changes idempotent once resource"):gmatch "%S+" do
          operation[flag] = (" " .. row[4] .. " "):find(" " .. flag .. " ", 1, true) ~= nil
        end
        expected[name] = operation
        assert.is_function(core[name])
      end
      assert.same(expected, core.operations)
    end)
  end)

  describe("arguments", function()
    it("knows its operations", function()
      local session = core.session { base_url = "https://example.org" }
      assert.is_false(pcall(core.start, session, "destroy", "d000"))
      assert.is_false(pcall(core.check, "destroy", "d000"))
    end)

    local session = core.session { base_url = "http://127.0.0.1:1/v2" }

    it("are checked before anything is sent", function()
      local cases = {
        { "status", "abc" },
        { "status", ".." },
        { "status", "a/b/c" },
        { "status", "abcd\n" },
        { "status", ("x"):rep(65) },
        { "status", 12345 },
        { "status" },
        { "stop", ID, { foo = 1 } },
        { "stop", ID, { [1] = 1 } },
        { "stop", ID, "x" },
        { "stop", ID, {}, 1 },
        { "delete", ID, { resource_group = "a\r\nb" } },
        { "delete", ID, { resource_group = "" } },
        { "delete", ID, { timeout = 0 } },
        { "delete", ID, { timeout = "1" } },
        { "delete", ID, { timeout = 0 / 0 } },
        { "status", ID, { select = "id" } },
        { "list", { status = "A B" } },
        { "list", { scenario_id = "x y z w" } },
        { "list", { executable_ids = {} } },
        { "list", { executable_ids = { "a" } } },
        { "list", { executable_ids = "abcd" } },
        { "list", { top = 0 } },
        { "list", { top = 100001 } },
        { "list", { top = 1.5 } },
        { "list", { skip = -1 } },
        { "count", { top = 1 } },
        { "create", ID, { ttl = "3" } },
        { "create", ID, { ttl = "d" } },
        { "create", ID, { ttl = "3w" } },
        { "update", ID },
        { "logs", ID, { start = "yesterday" } },
        { "logs", ID, { start = "20210519T00:00:14.347Z" } },
        { "logs", ID, { start = "2021-05-19:00:00:14.34Z" } },
        { "logs", ID, { top = 5001 } },
        { "logs", ID, { order = "up" } },
        { "batch", {} },
        { "batch", { { id = ID } } },
        { "batch", { { id = ID, targetStatus = "RUNNING" } } },
        { "batch", { { id = ID, targetStatus = "STOPPED" }, { id = ID, targetStatus = "DELETED" } } },
        { "batch", "x" },
        { "status", ID, { resource = "models" } },
        { "status", ID, { correlation_id = "a\nb" } },
        { "status", ID, { correlation_id = 1 } },
        { "status", ID, { resource = 1 } },
        { "capabilities", { resource = "deployments" } },
        { "login", { resource = "deployments" } },
        { "update", ID, "conf-1", { resource = "executions" } },
        { "create", ID, { resource = "executions", ttl = "2h" } },
        { "list", { execution_schedule_id = ID } },
        { "count", { resource = "deployments", execution_schedule_id = ID } },
        { "list", { resource = "executions", execution_schedule_id = "x" } },
      }
      for _, number in ipairs { 0, -1, math.huge, 0 / 0, 1e7 } do
        assert.matches(
          "^status: timeout: seconds expected, more than 0 and at most 1e6, got %-?[%dinfa.e+]+$",
          core.check("status", ID, { timeout = number })
        )
      end
      for i, case in ipairs(cases) do
        local name = table.remove(case, 1)
        local called, message = pcall(core[name], session, (table.unpack or unpack)(case))
        assert.is_false(called, "case " .. i)
        assert.matches(name .. ": ", message, 1, true)
        assert.equal(message:match(name .. ": .*"), core.check(name, (table.unpack or unpack)(case)))
      end
    end)

    it("are good in every documented form", function()
      local many = {}
      for i = 1, 100 do
        many[i] = { id = ("d%05d"):format(i), targetStatus = i % 2 == 0 and "STOPPED" or "DELETED" }
      end
      local cases = {
        { "status", ID, nil },
        { "status", "a.-_", { select = "status", timeout = 0.5, resource_group = "x y" } },
        { "list", { status = "NEW_WORD", executable_ids = { "abcd", "efgh" }, top = 100000, skip = 0 } },
        { "create", ID, { ttl = "24H" } },
        { "logs", ID, { start = "2021-05-19T00:00:14.347+00:00", ["end"] = "2021-05-19T00:00:14Z", top = 5000 } },
        { "batch", many },
        { "batch", many, { resource = "executions" } },
        { "update", ID, "conf-1", { resource = "deployments" } },
        { "count", { resource = "executions", execution_schedule_id = ID } },
        { "login" },
        { "capabilities", {} },
      }
      for _, case in ipairs(cases) do
        assert.is_nil(core.check((table.unpack or unpack)(case, 1, 4)), case[1])
      end
    end)

    it("that only one resource has are refused for the other, whichever is read first", function()
      assert.equal(
        'update: only deployments have it, got resource = "executions"',
        core.check("update", ID, "conf-1", { resource = "executions" })
      )
      assert.equal(
        'create: ttl: only deployments have it, got resource = "executions"',
        core.check("create", ID, { ttl = "2h", resource = "executions" })
      )
      assert.equal(
        'list: execution_schedule_id: only executions have it, got resource = "deployments"',
        core.check("list", { execution_schedule_id = ID })
      )
      assert.equal("capabilities: unknown option 'resource'", core.check("capabilities", { resource = "executions" }))
    end)

    it("of a session are checked, too", function()
      local cases = {
        {},
        { base_url = 1 },
        { base_url = "nonsense" },
        { base_url = "ftp://localhost" },
        { base_url = "http://example.org" },
        { base_url = "http://127.0.0.1.example.org" },
        { base_url = "http://0x7f000001.example.org" },
        { base_url = "https://user@example.org" },
        { base_url = "https://user:password@example.org" },
        { base_url = "https://example.org\0" },
        { base_url = "https://example.org/\194\155" },
        { base_url = "https://example.org/v2?" },
        { base_url = "https://example.org/v2?x=y" },
        { base_url = "https://example.org/v2#" },
        { base_url = "https://example.org/v2#x" },
        { base_url = "https://example.org:0/v2" },
        { base_url = "https://example.org:00" },
        { base_url = "https://example.org/v2/inference/deployments/" .. ID },
        { base_url = "https://example.org/v2/lm" },
        { base_url = "https://example.org", token_url = "http://example.org" },
        { base_url = "https://example.org", unknown = 1 },
        { base_url = "https://example.org", timeout = 0 },
        { base_url = "https://example.org", max_response = -1 },
        { base_url = "https://example.org", resource_group = "a\nb" },
        { base_url = "https://example.org", resource_group = " " },
        { base_url = "https://example.org", resource_group = "a " },
        { base_url = "https://example.org", resource_group = ("a"):rep(254) },
        { base_url = "https://example.org", token = "a\nb" },
        { base_url = "https://example.org", token = " " },
        { base_url = "https://example.org", proxy = "ftp://example.org" },
        { base_url = "https://example.org", proxy = "http://me:password@" },
        { base_url = "https://example.org", key_file = "-----BEGIN PRIVATE KEY-----" },
        { base_url = "https://example.org", client_secret = {} },
        { base_url = "https://example.org", headers = "X-Tenant: a" },
        { base_url = "https://example.org", headers = { "a" } },
        { base_url = "https://example.org", headers = { ["X-A"] = 1 } },
        { base_url = "https://example.org", headers = { ["X-A"] = "" } },
        { base_url = "https://example.org", headers = { ["X-A"] = "a\r\nHost: b" } },
        { base_url = "https://example.org", headers = { ["X A"] = "a" } },
        { base_url = "https://example.org", headers = { ["X-A:"] = "a" } },
        { base_url = "https://example.org", headers = { [""] = "a" } },
        { base_url = "https://example.org", headers = { ["authorization"] = "a" } },
        { base_url = "https://example.org", headers = { ["AI-Resource-Group"] = "a" } },
        { base_url = "https://example.org", headers = { ["x-correlation-id"] = "a" } },
      }
      for i, case in ipairs(cases) do
        assert.is_false(pcall(core.session, case), "case " .. i)
      end
      for _, url in ipairs { "http://localhost:1", "http://127.9.9.9", "http://[::1]:80", "https://x.org" } do
        assert.is_userdata(core.session { base_url = url })
      end
    end)

    it("name no secret in what tostring says", function()
      local secretive = core.session {
        base_url = "https://example.org",
        token = "token-0123456789",
        client_id = "id",
        client_secret = "secret-0123456789",
      }
      assert.is_nil(tostring(secretive):match "0123456789")
    end)
  end)

  describe("replies", function()
    it("read null as absent and numbers without a fraction as integers", function()
      local body = '{"id":"'
        .. ID
        .. '","status":"NEW","targetStatus":null,"n":3,"half":0.5,'
        .. '"details":{"a":null,"list":[1,{"b":null}]},"resources":[]}'
      local reply = assert(outcome(answer("200 OK", body)))
      assert.is_nil(reply.targetStatus)
      assert.equal("3", tostring(reply.n))
      assert.equal(0.5, reply.half)
      assert.same({ list = { 1, {} } }, reply.details)
      assert.equal("1", tostring(reply.details.list[1]))
    end)

    it("read so at any depth, and whatever the strings beside look like", function()
      local function reply_of(fields)
        return assert(outcome(answer("200 OK", ('{"id":"%s","status":"NEW",%s}'):format(ID, fields))))
      end
      -- One odd value each, at its depth; what stands before it looks like the end of a string, or like a value.
      for _, before in ipairs { [["\""]], [["\\"]], [["null"]], [["[{:1,"]], [["\\\""]], "true", "[[],{}]", '"é:7"' } do
        local flat = reply_of(('"x":%s,"odd":null,"n":7'):format(before))
        assert.is_nil(flat.odd)
        assert.equal("7", tostring(flat.n))
        local deep = reply_of(('"x":%s,"a":{"b":[{"c":{"odd":null,"n":7e2}}]}'):format(before))
        assert.is_nil(deep.a.b[1].c.odd)
        assert.equal("700", tostring(deep.a.b[1].c.n))
        local list = reply_of(('"a":[[%s,-1.5],[0]]'):format(before))
        assert.same({ -1.5, "0" }, { list.a[1][2], tostring(list.a[2][1]) })
      end
      -- The name that leads there is written in another way; and of values with the same name the last one counts.
      local named = reply_of [["\u0061\"\\":{"\/":[{"b\u00e9\ud83d\ude00":null,"n":7},null,3]}]]
      assert.same({ ["/"] = { { n = 7 }, {}, 3 } }, named['a"\\'])
      assert.equal("7 3", named['a"\\']["/"][1].n .. " " .. named['a"\\']["/"][3])
      local twice = reply_of [["a":{"b":null},"a":"x","c":{"n":1},"c":[2],"d":[0],"d":{"n":3},"e":null,"e":4]]
      assert.same({ "x", "2", "3", "4" }, { twice.a, tostring(twice.c[1]), tostring(twice.d.n), tostring(twice.e) })
      for _, number in ipairs { "1e400", "-1E999", ("9"):rep(400), ("9"):rep(400) .. ".5" } do
        local _, err = outcome(answer("200 OK", ('{"status":"NEW","a":{"b":[%s]}}'):format(number)))
        assert.matches("a number is out of range", err.message)
      end
    end)

    it("are decompressed", function()
      local path = os.tmpname()
      local file = assert(io.open(path, "wb"))
      file:write(('{"id":"%s","status":"RUNNING"}'):format(ID))
      file:close()
      local pipe = assert(io.popen("gzip -c " .. path))
      local packed = pipe:read "*a"
      pipe:close()
      os.remove(path)
      local reply = assert(outcome(answer("200 OK", packed, "Content-Encoding: gzip\r\n")))
      assert.equal("RUNNING", reply.status)
    end)

    it("that are not what they should be are protocol errors, with what was said", function()
      local deep = ('{"id":"%s","status":"X","d":%s1%s}'):format(ID, ("["):rep(64), ("]"):rep(64))
      local cases = {
        "",
        "<html>hello",
        "[]",
        "{}",
        "null",
        "3",
        '"text"',
        '{"status":3}',
        '{"id":"another1","status":"RUNNING"}',
        '{"status":"RUNNING","n":0x10}',
        '{"status":"RUNNING","n":nan}',
        '{"status":"RUNNING","n":1e999}',
        '{"status":"RUNNING"',
        '{"status":"RUNNING"} x',
        deep,
      }
      for _, body in ipairs(cases) do
        local reply, err = outcome(answer("200 OK", body))
        assert.is_nil(reply, body)
        assert.equal("protocol", err.kind, body)
        assert.equal(200, err.status)
        assert.equal("status", err.operation)
        assert.equal(ID, err.id)
        if body ~= "" then
          assert.equal(body:sub(1, 200), err.details)
        end
      end
    end)

    it("of a list and a count have their shapes, too", function()
      for _, body in ipairs { '{"count":1}', '{"resources":{"a":1}, "resources":3}', '{"resources":[3]}' } do
        local reply, err = outcome(answer("200 OK", body), nil, "list", {})
        assert.is_nil(reply, body)
        assert.equal("protocol", err.kind)
      end
      for _, body in ipairs { "", "x", "-1", "1.5", "1 2", "99999999999999999999", " 1" } do
        local reply, err = outcome(answer("200 OK", body), nil, "count", {})
        assert.is_nil(reply, body)
        assert.equal("protocol", err.kind)
      end
      assert.equal(17, outcome(answer("200 OK", "17\n"), nil, "count", {}))
    end)

    it("of lists keep the place of a record that is null: a record like others that are odd", function()
      local record = ('{"id":"%s","status":"DEAD"}'):format(ID)
      local body = ('{"count":3,"resources":[null,%s,null]}'):format(record)
      local reply, _, plain = outcome(answer("200 OK", body), nil, "list", {})
      assert.same({ {}, { id = ID, status = "DEAD" }, {} }, reply.resources)
      assert.is_nil(plain)
    end)

    it("of records say where nothing is odd for sure: then model/shape.lua finds nothing, either", function()
      local records = {}
      local function add(fields)
        records[#records + 1] = "{" .. fields:gsub("ID", ID) .. "}"
      end
      local values = { '"x"', '""', "7", "{}", "null", "true", '["x"]', '"' .. ("x"):rep(65) .. '"', [["a b\u0000c"]] }
      for _, field in ipairs { "targetStatus", "createdAt", "modifiedAt", "configurationId", "configurationName" } do
        for _, value in ipairs(values) do
          add(('"id":"ID","status":"RUNNING","%s":%s'):format(field, value))
        end
      end
      for _, value in ipairs(values) do
        add('"id":"ID","status":' .. value)
        add('"status":"RUNNING","id":' .. value)
      end
      add ""
      local plain_ones, odd_ones = 0, 0
      for _, record in ipairs(records) do
        local text = ('{"count":1,"resources":[%s]}'):format(record)
        local _, _, plain = outcome(answer("200 OK", text), nil, "list", {})
        local list, untouched = core.decode(text, 64), core.decode(text, 64)
        local complaint, odd = shape.check("records", list, nil, "deployments")
        local is_fine = complaint == nil and odd == nil and pcall(assert.same, untouched, list)
        assert.equal(is_fine or nil, plain, record)
        plain_ones, odd_ones = plain_ones + (is_fine and 1 or 0), odd_ones + (is_fine and 0 or 1)
        _, _, plain = outcome(answer("200 OK", record))
        assert.is_true(is_fine or not plain, record)
      end
      assert.is_true(plain_ones > 10 and odd_ones > 10)
      local two = '{"count":%s,"resources":[{"id":"%s","status":"NEW"},{"id":"%s","status":%s}]}'
      assert.is_true(select(3, outcome(answer("200 OK", two:format("2", ID, ID, '"DEAD"')), nil, "list", {})))
      assert.is_nil(select(3, outcome(answer("200 OK", two:format("2", ID, ID, "4")), nil, "list", {})))
      assert.is_nil(select(3, outcome(answer("200 OK", two:format('"2"', ID, ID, '"DEAD"')), nil, "list", {})))
    end)

    it("of a batch name the collection that was asked", function()
      local items = { { id = ID, targetStatus = "STOPPED" } }
      local executions = answer("202 Accepted", '{"executions":[{"id":"' .. ID .. '"}]}')
      local reply = outcome(executions, nil, "batch", items, { resource = "executions" })
      assert.same({ executions = { { id = ID } } }, reply)
      local refused, err = outcome(executions, nil, "batch", items)
      assert.is_nil(refused)
      assert.equal("HTTP 202 with an unexpected body: no deployments", err.message)
    end)

    it("stop at the limits", function()
      local large = ('{"id":"%s","status":"%s"}'):format(ID, ("x"):rep(5000))
      local reply, err = outcome(answer("200 OK", large), { max_response = 4000 })
      assert.is_nil(reply)
      assert.equal("protocol", err.kind)
      assert.equal("the reply is longer than max_response allows", err.message)
      assert.is_false(err.retryable)

      local long_header = "X-Long: " .. ("x"):rep(3000) .. "\r\n"
      reply, err = outcome(answer("200 OK", "{}", long_header), { max_headers = 2000 })
      assert.is_nil(reply)
      assert.equal("the headers are longer than max_headers allows", err.message)

      local deep = ('{"status":"X","d":%s1%s}'):format(("["):rep(10), ("]"):rep(10))
      assert.is_table(outcome(answer("200 OK", deep), { max_depth = 11 }))
      assert.is_nil((outcome(answer("200 OK", deep), { max_depth = 10 })))
    end)

    it("compressed beyond the limit are refused", function()
      local pipe = assert(io.popen "head -c 10000000 /dev/zero | gzip -c")
      local bomb = pipe:read "*a"
      pipe:close()
      local bytes = answer("200 OK", bomb, "Content-Encoding: gzip\r\n")
      local reply, err = outcome(bytes, { max_response = 1000000 })
      assert.is_nil(reply)
      assert.equal("protocol", err.kind)
      assert.equal("the reply is longer than max_response allows", err.message)
    end)

    it("that end by closing only are whole if their form says so: half of a count is a count", function()
      local function closing(body, headers)
        return ("HTTP/1.1 200 OK\r\nConnection: close\r\n%s\r\n%s"):format(headers or "", body)
      end
      local halves = { closing "12", closing("12", "Transfer-Encoding: identity\r\n"), "HTTP/1.0 200 OK\r\n\r\n12" }
      for _, bytes in ipairs(halves) do
        local count, err = outcome(bytes, nil, "count", {})
        assert.is_nil(count)
        assert.equal("transport", err.kind)
        assert.is_true(err.retryable)
        assert.equal("the answer does not say where it ends: it may be half of one", err.message)
      end
      assert.equal(12, outcome(closing("2\r\n12\r\n0\r\n\r\n", "Transfer-Encoding: Chunked\r\n"), nil, "count", {}))
      assert.equal("DEAD", outcome(closing '{"id":"d748fdae9f88a9b0","status":"DEAD"}').status)
      local _, err = outcome(closing '{"id":"d748fdae9f88a9b0","status":"DEAD"')
      assert.equal("protocol", err.kind)
    end)

    it("with broken compression are protocol errors", function()
      local reply, err = outcome(answer("200 OK", "no gzip", "Content-Encoding: gzip\r\n"))
      assert.is_nil(reply)
      assert.equal("protocol", err.kind)
      assert.equal(200, err.status)
    end)

    it("that are cut off are transport errors with the status", function()
      local reply, err = outcome 'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"status"'
      assert.is_nil(reply)
      assert.equal("transport", err.kind)
      assert.equal(200, err.status)
      assert.equal('{"status"', err.details)
      assert.is_true(err.retryable)
    end)

    it("that say no are told with AI Core's own words", function()
      local body = [[{"error":{"code":"01010076","message":"Current status UNKNOWN","requestID":"r-1",
        "target":"/v2/x","details":{"a":null,"b":2}}}]]
      local reply, err = outcome(answer("412 Precondition Failed", body), nil, "stop")
      assert.is_nil(reply)
      assert.equal("state", err.kind)
      assert.equal(412, err.status)
      assert.equal("01010076", err.code)
      assert.equal("Current status UNKNOWN", err.message)
      assert.equal("r-1", err.request_id)
      assert.equal("/v2/x", err.target)
      assert.same({ b = 2 }, err.details)
      assert.is_false(err.retryable)
      assert.is_false(err.ambiguous)
    end)

    it("of a gateway are told by status, header and the first 200 characters", function()
      local page = "<html>\n" .. ("ä"):rep(200)
      local headers = "Content-Type: text/html\r\nx-request-id: r-2\r\nRetry-After: 7\r\n"
      local reply, err = outcome(answer("503 Unavailable", page, headers), nil, "delete")
      assert.is_nil(reply)
      assert.equal("http", err.kind)
      assert.equal(503, err.status)
      assert.is_nil(err.code)
      assert.equal("r-2", err.request_id)
      assert.equal(7, err.retry_after)
      assert.equal("<html> " .. ("ä"):rep(96), err.details) -- no half character at the end
      assert.is_true(err.retryable)
      assert.is_true(err.ambiguous)
    end)

    it("read Retry-After as a date", function()
      local date = os.date("!%a, %d %b %Y %H:%M:%S GMT", os.time() + 100)
      local _, err = outcome(answer("429 Slow", "", "Retry-After: " .. date .. "\r\n"))
      assert.is_true(err.retry_after > 90 and err.retry_after <= 100)
    end)

    it("that redirect are not followed", function()
      local server = raw_server.start { answer("302 Found", "", "Location: /elsewhere\r\n") }
      local reply, err = core.status(session_for(server), ID)
      assert.is_nil(reply)
      assert.equal("HTTP 302: redirects are not followed", err.message)
      assert.is_nil(server.requests():match "elsewhere")
      server.stop()
    end)

    it("never show the secrets that they repeat, in no spelling", function()
      local token, secret = "token-0123456789", 'secret+/"&0123456789'
      local spelled = {
        ("Bearer %s and %s"):format(token, secret),
        "secret%2B%2F%22%260123456789",
        "secret%2b%2f%22%260123456789",
        "secret%252b%252F%2522%25260123456789",
        "secret+/&quot;&amp;0123456789",
        "secret&#43;&#x2F;&#034;&#X26;0123456789",
        "secret&plus;&sol;&quot;&amp;0123456789",
        'secret+\\/\\"&0123456789',
        "secret\\u002b\\u002F\\u0022\\u00260123456789",
        "secret\\u0025\\u0032B%2F\\&quot;&amp;amp;0123456789",
        "%73ecret+/\\x22&012345678&#57;",
      }
      local bodies = {}
      for _, text in ipairs(spelled) do
        bodies[#bodies + 1] = text
        bodies[#bodies + 1] = "<p>it was " .. text .. "</p>"
        local quoted = text:gsub('[\\"]', "\\%0")
        bodies[#bodies + 1] = ('{"error":{"code":"%s","message":"x %s"}}'):format(quoted, quoted)
        bodies[#bodies + 1] = ('{"error":"%s","error_description":"x %s"}'):format(quoted, quoted)
      end
      bodies[#bodies + 1] = "it was secret%2B%2F%22%26012345678" -- cut off
      bodies[#bodies + 1] = "it was secret%2B%2F%22%26012345678&#x3"
      local answers = {}
      for _, status in ipairs { "200 OK", "401 Unauthorized", "500 Oops" } do
        for _, body in ipairs(bodies) do
          answers[#answers + 1] = answer(status, body)
        end
      end
      local server = raw_server.start(answers)
      local session = session_for(server, { token = token, client_id = "id", client_secret = secret })
      local told = {}
      for i in ipairs(answers) do
        local _, err = core.status(session, ID)
        for field, value in pairs(err) do
          if tostring(value):match "12345678" then
            told[#told + 1] = ("%s: %s, of %s"):format(field, value, answers[i])
          end
        end
      end
      server.stop()
      assert.same({}, told)
    end)

    it("of a gateway are read in time, whatever they are made of", function()
      for _, piece in ipairs { "%25", "&#37;", "\\\\", "%", "&", "\\u0025" } do
        local body = piece:rep(600000 / #piece)
        local _, err = outcome(answer("500 Oops", body), { token = "%%%%&&&&\\\\\\" .. ("%"):rep(2000) })
        assert.equal("http", err.kind)
      end
    end)
  end)

  describe("requests", function()
    local function request_of(settings, name, ...)
      local server = raw_server.start { answer("202 Accepted", "{}") }
      core[name](session_for(server, settings), ...)
      local text = server.requests()
      server.stop()
      return text
    end

    it("carry token, resource group, type and nothing superfluous", function()
      local text = request_of({ token = "t-1", resource_group = "team" }, "delete", ID)
      assert.matches("DELETE /v2/lm/deployments/" .. ID .. " HTTP/1.1\n", text, 1, true)
      assert.matches("Authorization: Bearer t-1\n", text, 1, true)
      assert.matches("AI-Resource-Group: team\n", text, 1, true)
      assert.matches("AI-Client-Type: aicore-lua\n", text, 1, true)
      assert.matches("Content-Type: application/json\n", text, 1, true)
      assert.matches('{"targetStatus":"DELETED"}', text, 1, true)
      assert.is_nil(text:match "Expect")
    end)

    it("ask for compression where the answer may be long, and read what is compressed all the same", function()
      for name, long in pairs { list = true, status = false, delete = false } do
        local text = request_of({}, name, name ~= "list" and ID or nil)
        assert.equal(long, text:find("Accept-Encoding: gzip\n", 1, true) ~= nil, name)
        assert.equal(long, text:find "Accept%-Encoding" ~= nil, name)
        assert.equal(1, select(2, text:gsub("User%-Agent: aicore%-lua\n", "")), name)
      end
    end)

    it("take nothing over from the one before", function()
      local server = raw_server.start { answer("200 OK", '{"access_token":"t"}') }
      local credentials = { client_id = "c", client_secret = "hidden", token_url = server.url .. "/oauth/token" }
      local session = session_for(server, credentials)
      core.list(session, { status = "RUNNING" })
      core.status(session, ID)
      core.stop(session, ID)
      core.status(session, ID)
      core.batch(session, { { id = "abcd", targetStatus = "STOPPED" } })
      core.batch(session, { { id = "efgh", targetStatus = "STOPPED" } })
      core.status(session, "another-id", { select = "status" })
      core.status(session, ID)
      core.login(session)
      core.status(session, ID)
      local lines = {}
      for line in server.requests():gmatch "[^\n]+" do
        if line:find " HTTP/1.1$" or line:sub(1, 1) == "{" or line:find "^grant_type" then
          lines[#lines + 1] = line
        end
      end
      server.stop()
      local one = "/v2/lm/deployments/" .. ID
      assert.same({
        "GET /v2/lm/deployments?status=RUNNING HTTP/1.1",
        ("GET %s HTTP/1.1"):format(one),
        ("PATCH %s HTTP/1.1"):format(one),
        '{"targetStatus":"STOPPED"}',
        ("GET %s HTTP/1.1"):format(one),
        "PATCH /v2/lm/deployments HTTP/1.1",
        '{"deployments":[{"id":"abcd","targetStatus":"STOPPED"}]}',
        "PATCH /v2/lm/deployments HTTP/1.1",
        '{"deployments":[{"id":"efgh","targetStatus":"STOPPED"}]}',
        "GET /v2/lm/deployments/another-id?$select=status HTTP/1.1",
        ("GET %s HTTP/1.1"):format(one),
        "POST /oauth/token HTTP/1.1",
        "grant_type=client_credentials&client_id=c&client_secret=hidden",
        ("GET %s HTTP/1.1"):format(one),
      }, lines)
    end)

    it("go to the host that they are for, whichever the one before has gone to", function()
      local api = raw_server.start { answer("200 OK", ('{"id":"%s","status":"RUNNING","resources":[]}'):format(ID)) }
      local tokens = raw_server.start { answer("200 OK", '{"access_token":"t"}') }
      local credentials = { client_id = "c", client_secret = "hidden", token_url = tokens.url .. "/oauth/token" }
      local session = session_for(api, credentials)
      local asked, logins, failures = {}, 0, {}
      --- Begins these operations, and awaits them: what is over leaves its handle to one of those that follow.
      local function perform(...)
        local transfers = {}
        for i, name in ipairs { ... } do
          transfers[i] = assert(core.start(session, name, name == "status" and ID or {}))
          if name == "login" then
            logins = logins + 1
          else
            asked[#asked + 1] = name == "status" and "/" .. ID or ""
          end
        end
        for _, transfer in ipairs(transfers) do
          while not transfer:finished() do
            session:wait(10)
            session:step()
          end
          failures[#failures + 1] = select(2, transfer:result())
        end
      end
      for name in ("login login status status login status list list login list login status status"):gmatch "%l+" do
        perform(name)
      end
      perform("status", "login")
      perform("login", "status")
      perform("status", "status", "login")
      session:close()
      credentials.base_url = "https://a-host-whose-name-is-longer.example.org/v2"
      session = core.session(credentials)
      perform "login"
      perform "login"
      session:close()
      local api_log, tokens_log = api.requests(), tokens.requests()
      api.stop()
      tokens.stop()
      assert.same({}, failures)
      local seen = {}
      for path in api_log:gmatch "GET /v2/lm/deployments(%S*) HTTP/1.1\n" do
        seen[#seen + 1] = path
      end
      assert.same(asked, seen)
      assert.equal(#asked, select(2, api_log:gsub("HTTP/1.1\n", "")))
      assert.equal(logins, select(2, tokens_log:gsub("POST /oauth/token HTTP/1.1\n", "")))
      assert.equal(logins, select(2, tokens_log:gsub("HTTP/1.1\n", "")))
    end)

    it("take a resource group of their own", function()
      local text = request_of({ resource_group = "team" }, "stop", ID, { resource_group = "other" })
      assert.matches("AI-Resource-Group: other\n", text, 1, true)
      assert.is_nil(text:match "team")
      assert.is_nil(request_of({ token = "t" }, "capabilities"):match "AI%-Resource%-Group")
    end)

    it("carry headers of the user's and a correlation id, a login none of the headers", function()
      local settings = { headers = { ["X-Tenant"] = "a: b", ["x-other"] = "c" }, client_id = "i", client_secret = "s" }
      local text = request_of(settings, "stop", ID, { resource_group = "other", correlation_id = "call 7" })
      for _, line in ipairs { "X-Tenant: a: b", "x-other: c", "X-Correlation-ID: call 7" } do
        assert.matches("\n" .. line .. "\n", text, 1, true)
      end
      assert.is_nil(request_of(settings, "status", ID):find "Correlation")

      local server = raw_server.start { answer("200 OK", "{}") }
      settings.base_url, settings.token_url = server.url, server.url .. "/oauth/token"
      core.login(core.session(settings), { correlation_id = "call 8" })
      text = server.requests()
      server.stop()
      assert.matches("X-Correlation-ID: call 8\n", text, 1, true)
      assert.is_nil(text:lower():find "x%-tenant")
    end)

    it("forget the correlation id of the one before, whose handle they take", function()
      local body = '{"id":"d748fdae9f88a9b0","status":"RUNNING"}'
      local bytes = ("HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s"):format(#body, body)
      local server = raw_server.start { bytes, bytes }
      local session = session_for(server)
      assert(core.status(session, ID, { correlation_id = "one" }))
      assert(core.status(session, ID))
      session:close()
      local text = server.requests()
      server.stop()
      assert.equal(1, select(2, text:gsub("X%-Correlation%-ID: one\n", "")))
      assert.equal(1, select(2, text:gsub("Correlation", "")))
    end)

    it("write queries and bodies as the service reads them", function()
      local query = { executable_ids = { "abcd", "efgh" }, status = "RUNNING", top = 5, skip = 10 }
      assert.matches(
        "GET /v2/lm/deployments?status=RUNNING&executableIds=abcd,efgh&$top=5&$skip=10 HTTP",
        request_of({}, "list", query),
        1,
        true
      )
      assert.matches(
        "/logs?start=2021-05-19T00:00:14%2B02:00&$order=desc HTTP",
        request_of({}, "logs", ID, { start = "2021-05-19T00:00:14+02:00", order = "desc" }),
        1,
        true
      )
      local batch = { { id = "abcd", targetStatus = "STOPPED" }, { id = "efgh", targetStatus = "DELETED" } }
      local text = request_of({}, "batch", batch)
      assert.matches("Content-Type: application/merge-patch+json\n", text, 1, true)
      assert.matches(
        '{"deployments":[{"id":"abcd","targetStatus":"STOPPED"},{"id":"efgh","targetStatus":"DELETED"}]}',
        text,
        1,
        true
      )
      text = request_of({}, "create", "conf-1", { ttl = "2h" })
      assert.matches('{"configurationId":"conf-1","ttl":"2h"}', text, 1, true)
      assert.matches(
        "/lm/configurations?scenarioId=scen&$search=a%20%26%25%2B%C3%BC HTTP",
        request_of({}, "configurations", { scenario_id = "scen", search = "a &%+ü" }),
        1,
        true
      )
      assert.matches('\n\n{"name":"a"}', (request_of({}, "configure", '{"name":"a"}'):gsub("\r", "")), 1, true)
    end)

    it("go to executions where that is asked for", function()
      local executions = { resource = "executions" }
      local cases = {
        { "GET /v2/lm/executions/" .. ID .. " HTTP", "status", ID, executions },
        { "GET /v2/lm/executions/" .. ID .. "/logs HTTP", "logs", ID, executions },
        { "GET /v2/lm/executions/$count HTTP", "count", executions },
        { "PATCH /v2/lm/executions/" .. ID .. " HTTP", "stop", ID, executions },
        { "DELETE /v2/lm/executions/" .. ID .. " HTTP", "delete", ID, executions },
        { '{"configurationId":"conf-1"}', "create", "conf-1", executions },
        { "POST /v2/lm/executions HTTP", "create", "conf-1", executions },
        {
          '{"executions":[{"id":"abcd","targetStatus":"STOPPED"}]}',
          "batch",
          { { id = "abcd", targetStatus = "STOPPED" } },
          executions,
        },
        {
          "/lm/executions?status=DEAD&executionScheduleId=" .. ID .. "&$top=5 HTTP",
          "list",
          { resource = "executions", execution_schedule_id = ID, status = "DEAD", top = 5 },
        },
        { "GET /v2/lm/deployments/" .. ID .. " HTTP", "status", ID, { resource = "deployments" } },
      }
      for _, case in ipairs(cases) do
        assert.matches(case[1], request_of({}, (table.unpack or unpack)(case, 2)), 1, true)
      end
    end)

    it("that are begun go there, too", function()
      local server = raw_server.start { answer("200 OK", '{"status":"RUNNING"}') }
      local session = session_for(server)
      local transfer = assert(core.start(session, "status", ID, { resource = "executions" }))
      repeat
        session:wait(10)
        session:step()
      until transfer:finished()
      assert.matches("GET /v2/lm/executions/" .. ID, server.requests(), 1, true)
      session:close()
      server.stop()
    end)

    it("of a reused handle carry nothing of the one before", function()
      local server = raw_server.start { answer("202 Accepted", "{}") }
      local session = session_for(server, {})
      core.batch(session, { { id = "abcd", targetStatus = "STOPPED" } })
      local before = #server.requests()
      core.status(session, ID)
      local text = server.requests():sub(before + 1)
      assert.matches("^GET /v2/lm/deployments/" .. ID, text)
      assert.is_nil(text:match "Content%-")
      assert.is_nil(text:match "{")
      server.stop()
    end)
  end)

  describe("login", function()
    local function login(body, status)
      local server = raw_server.start { answer(status or "200 OK", body), answer("200 OK", "{}") }
      local session = core.session {
        base_url = server.url,
        token_url = server.url .. "/oauth/token",
        client_id = "me & you",
        client_secret = "a+b/c=",
      }
      local reply, err = core.login(session)
      if reply then
        core.status(session, ID)
      end
      local text = server.requests()
      server.stop()
      return reply, err, text
    end

    it("sends the form, keeps the token to itself and tells how long it lives", function()
      local reply, err, text = login '{"access_token":"t-42","token_type":"bearer","expires_in":43199}'
      assert.is_nil(err)
      assert.same({ expires_in = 43199 }, reply)
      assert.matches("POST /oauth/token HTTP/1.1\n", text, 1, true)
      assert.matches(
        "grant_type=client_credentials&client_id=me%20%26%20you&client_secret=a%2Bb%2Fc%3D\n",
        text,
        1,
        true
      )
      assert.matches("Authorization: Bearer t-42\n", text, 1, true)
    end)

    it("does not tell how long it lives where that is no time", function()
      for _, seconds in ipairs { "0", "-1", "1e300", "1e12", '"soon"', "{}" } do
        local reply, err = login(('{"access_token":"t-42","expires_in":%s}'):format(seconds))
        assert.is_nil(err)
        assert.same({}, reply)
      end
    end)

    it("tells a refusal in the token endpoint's words", function()
      local reply, err = login('{"error":"invalid_client","error_description":"Bad credentials"}', "401 Unauthorized")
      assert.is_nil(reply)
      assert.equal("auth", err.kind)
      assert.equal("invalid_client", err.code)
      assert.equal("Bad credentials", err.message)
    end)

    it("takes no odd token", function()
      for _, body in ipairs { "{}", '{"access_token":3}', '{"access_token":""}', '{"access_token":"a\\nb"}', "x" } do
        local reply, err = login(body)
        assert.is_nil(reply, body)
        assert.equal("protocol", err.kind)
        assert.is_nil(err.details)
      end
    end)

    it("needs credentials", function()
      local url = "https://example.org"
      assert.has_error(function()
        core.login(core.session { base_url = url })
      end, "login: the session has no token_url")
      assert.has_error(function()
        core.login(core.session { base_url = url, token_url = url })
      end, "login: the session has no client_id")
    end)

    it("shows nothing of what is no answer: it may hold a token", function()
      for _, status in ipairs { "200 OK", "400 Bad", "401 No", "502 Bad" } do
        for _, body in ipairs { "access_token=0123456789", '{"token":"0123456789"}', '["0123456789"]' } do
          local _, err = login(body, status)
          assert.is_nil(err.details)
          assert.is_nil(err.message:find("0123456789", 1, true))
        end
      end
    end)

    it("shows nothing of an answer that was cut: it may hold half a token", function()
      local text = 'HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{"access_token":"eyJhbG'
      local server = raw_server.start { text }
      local session = session_for(server, { token_url = server.url, client_id = "me", client_secret = "s3cr3t" })
      local reply, err = core.login(session)
      server.stop()
      assert.is_nil(reply)
      assert.equal("transport", err.kind)
      assert.is_nil(err.details)
      assert.is_nil(tostring(err.message):find("eyJ", 1, true))
    end)
  end)

  it("says what a transfer is", function()
    local server = raw_server.start { answer("200 OK", '{"status":"RUNNING"}') }
    local session = session_for(server)
    local status, list = core.start(session, "status", ID), core.start(session, "list")
    assert.equal("aicore.transfer (status " .. ID .. ", in flight)", tostring(status))
    assert.equal("aicore.transfer (list, in flight)", tostring(list))
    assert.is_nil(status:info())
    repeat
      session:wait(10)
      session:step()
    until status:finished() and list:finished()
    server.stop()
    assert.equal("aicore.transfer (status " .. ID .. ", finished)", tostring(status))
    assert.equal(200, status:info().status)
    assert.equal("RUNNING", status:result().status)
    assert.equal("aicore.transfer (none, over)", tostring(status))
    assert.is_nil(status:info())
    status:cancel() -- no harm
  end)

  it("says when the service sent its answer, by the service's own clock", function()
    for header, expected in pairs {
      ["Date: Thu, 01 Jan 1970 00:01:40 GMT\r\n"] = 100,
      ["Date: Fri, 27 Nov 2026 12:00:00 GMT\r\n"] = 1795780800,
      ["Date: yesterday\r\n"] = false,
      [""] = false,
    } do
      local server = raw_server.start { answer("200 OK", '{"status":"RUNNING"}', header) }
      local session = session_for(server)
      local transfer = core.start(session, "status", ID)
      repeat
        session:wait(10)
        session:step()
      until transfer:finished()
      server.stop()
      assert.equal(expected, transfer:info().date or false)
      session:close()
    end
  end)

  describe("a proxy", function()
    local function message(settings)
      local _, err = core.status(core.session(settings), ID)
      return err.message
    end

    it("is for all but those who are exempt, and none by itself", function()
      local url, proxy = "https://aicore.invalid", "http://127.0.0.1:9"
      assert.matches("127%.0%.0%.1 port 9", message { base_url = url, proxy = proxy })
      assert.matches("127%.0%.0%.1 port 9", message { base_url = url, proxy = proxy, no_proxy = "" })
      local many = ("x%d.invalid,"):rep(200):gsub("%%d", "0") .. "aicore.invalid"
      for _, exempt in ipairs { "aicore.invalid", "other.invalid,aicore.invalid", "*", many } do
        local settings = { base_url = url, proxy = proxy, no_proxy = exempt }
        assert.matches("resolve host: aicore.invalid", message(settings), 1, true)
      end
      assert.matches("resolve host: aicore.invalid", message { base_url = url }, 1, true)
      assert.matches("resolve host: aicore.invalid", message { base_url = url, proxy = "" }, 1, true)
    end)

    it("is not for this machine, unless it was asked for", function()
      for _, url in ipairs { "http://127.0.0.1:1", "http://127.9.9.9:1", "https://localhost:1" } do
        assert.matches("port 1[ :]", message { base_url = url, proxy = "http://127.0.0.1:9", no_proxy = "" })
        assert.matches("port 9[ :]", message { base_url = url, proxy = "http://127.0.0.1:9" })
      end
    end)

    it("stands nowhere by its password, which it may tell itself", function()
      local told = "p@ss%2Fword p%40ss%252Fword Basic bWU6cEBzcyUyRndvcmQ= http://me:p%40ss%252Fword@"
      local server = raw_server.start { answer("407 No", told), answer("200 OK", "") }
      local settings = { base_url = "http://127.0.0.1:9", proxy = server.url:gsub("//", "%0me:p%%40ss%%252Fword@") }
      local said = {}
      for _ = 1, 2 do
        local _, err = core.status(core.session(settings), ID)
        for field, value in pairs(err) do
          said[#said + 1] = ("%s: %s"):format(field, value)
        end
      end
      local sent = server.requests()
      server.stop()
      assert.is_nil(table.concat(said, "\n"):match "[wW]ord", table.concat(said, "\n"))
      assert.is_nil(table.concat(said, "\n"):find "bWU6c")
      assert.matches("Proxy-Authorization: Basic bWU6cEBzcyUyRndvcmQ=", sent, 1, true)
    end)
  end)

  describe("over time", function()
    it("hides the token that was sent, though there is another one since", function()
      local server = raw_server.start { answer("401 Unauthorized", "refused: Bearer OLD-TOKEN-12345", "") }
      local session = session_for(server)
      session:set_token "OLD-TOKEN-12345"
      local transfer = assert(core.start(session, "status", ID))
      session:set_token "NEW-TOKEN-12345"
      repeat
        session:wait(1)
        session:step()
      until transfer:finished()
      local _, err = transfer:result()
      assert.equal("refused: Bearer ***************", err.details)
      session:close()
      server.stop()
    end)

    -- A server that accepts connections and never says a word: its queue takes them.
    local silent = require("socket").bind("127.0.0.1", 0)
    local _, silent_port = silent:getsockname()
    local silent_url = ("http://127.0.0.1:%d/v2"):format(silent_port)
    teardown(function()
      silent:close() -- and until then it is not collected
    end)

    it("a call ends at its time limit and says what it knows", function()
      local session = core.session { base_url = silent_url }
      local begun = core.now()
      local reply, err = core.delete(session, ID, { timeout = 0.1 })
      assert.is_nil(reply)
      assert.equal("timeout", err.kind)
      assert.is_true(err.ambiguous)
      assert.is_true(core.now() - begun < 30) -- the session's own is a minute
      local _, read_err = core.status(session, ID, { timeout = 0.05 })
      assert.is_false(read_err.ambiguous)
    end)

    it("nothing is ambiguous when nobody listens", function()
      local _, err = core.delete(core.session { base_url = "http://127.0.0.1:1/v2" }, ID)
      assert.equal("transport", err.kind)
      assert.is_false(err.ambiguous)
      assert.is_true(err.retryable)
    end)

    it("transfers go on without blocking, and step() gives them back", function()
      local server = raw_server.start { answer("200 OK", '{"status":"RUNNING"}') }
      local session = session_for(server)
      local begun = {}
      for _ = 1, 3 do
        local transfer = assert(core.start(session, "status", ID))
        assert.is_nil(transfer:result())
        begun[transfer] = true
      end
      assert.is_number(session:fd())
      while next(begun) do
        assert.is_true(session:wait(10))
        for _, transfer in ipairs(session:step()) do
          assert.is_true(begun[transfer])
          assert.is_true(transfer:finished())
          assert.equal("RUNNING", transfer:result().status)
          begun[transfer] = nil
        end
      end
      assert.same({}, session:step())
      server.stop()
    end)

    it("the descriptor alone tells when there is something to do", function()
      local server = raw_server.start { answer("200 OK", '{"status":"RUNNING"}') }
      local session = session_for(server)
      local pollable = {
        getfd = function()
          return session:fd()
        end,
      }
      local transfer = assert(core.start(session, "status", ID))
      local refused = assert(core.start(session, "status", ID, { timeout = 0.05 }))
      while not (transfer:finished() and refused:finished()) do
        local ready = require("socket").select({ pollable }, nil, 10)
        assert.equal(pollable, ready[1])
        session:step()
      end
      assert.equal("RUNNING", transfer:result().status)
      server.stop()
    end)

    it("what is begun in one turn opens its connections over several, and the descriptor tells", function()
      local socket = require "socket"
      local server = assert(socket.bind("127.0.0.1", 0, 200))
      server:settimeout(0)
      local session = core.session { base_url = "http://127.0.0.1:" .. select(2, server:getsockname()) }
      local accepted = {}
      local function accept_new()
        local before = #accepted
        repeat
          accepted[#accepted + 1] = server:accept()
        until #accepted == 0 or socket.select({ server }, nil, 0)[1] == nil
        return #accepted - before
      end
      local fd = session:fd()
      for _ = 1, 60 do
        assert(core.start(session, "status", ID))
      end
      assert.matches("60 in flight", tostring(session))
      local turns = { accept_new() }
      while #accepted < 60 and #turns < 20 do
        local pollable = {
          getfd = function()
            return fd
          end,
        }
        assert.equal(pollable, socket.select({ pollable }, nil, 10)[1])
        session:step()
        turns[#turns + 1] = accept_new()
      end
      session:close()
      server:close()
      assert.equal(60, #accepted)
      assert.is_true(math.max(unpack(turns)) <= 16, table.concat(turns, " "))
    end)

    it("one that waits for its turn can be cancelled, and its session closed", function()
      local session = core.session { base_url = silent_url }
      local transfers = {}
      for i = 1, 40 do
        transfers[i] = assert(core.start(session, "status", ID))
      end
      transfers[40]:cancel()
      transfers[20]:cancel()
      assert.is_true(transfers[40]:finished() and not transfers[39]:finished())
      transfers[38] = nil
      collectgarbage()
      session:close()
      assert.equal("cancelled", select(2, transfers[39]:result()).kind)
    end)

    it("waits for no time at all, too", function()
      local session = core.session { base_url = silent_url }
      assert.is_true(session:wait(0))
      assert.is_true(session:wait(-1))
      assert.is_true(core.sleep(0))
      assert.is_true(core.sleep(0 / 0))
      session:close()
    end)

    it("a time limit makes the descriptor readable", function()
      local session = core.session { base_url = silent_url }
      local transfer = assert(core.start(session, "status", ID, { timeout = 0.1 }))
      local pollable = {
        getfd = function()
          return session:fd()
        end,
      }
      while not transfer:finished() do
        assert.equal(pollable, require("socket").select({ pollable }, nil, 10)[1])
        session:step()
      end
      local _, err = transfer:result()
      assert.equal("timeout", err.kind)
    end)

    it("a result is handed over once; cancelled, closed and collected transfers are over", function()
      local session = core.session { base_url = silent_url }
      local transfer = assert(core.start(session, "status", ID))
      transfer:cancel()
      transfer:cancel()
      local _, err = transfer:result()
      assert.equal("cancelled", err.kind)
      local other = assert(core.start(session, "status", ID))
      assert(core.start(session, "status", ID)) -- dropped at once
      collectgarbage()
      collectgarbage()
      session:close()
      session:close()
      assert.is_true(other:finished())
      _, err = other:result()
      assert.equal("cancelled", err.kind)
      assert.is_false(pcall(core.status, session, ID))
      assert.is_false(pcall(session.step, session))
      assert.matches("closed", tostring(session))
    end)

    it("what a hook raises while a reply is decoded goes on to the caller, whole", function()
      local server = raw_server.start { answer("200 OK", [[{"status":"RUNNING"}]]) }
      local session = session_for(server)
      local transfer = core.start(session, "status", ID)
      repeat
        session:wait(10)
        session:step()
      until transfer:finished()
      local reason, result, sethook, guard = {}, transfer.result, debug.sethook, pcall
      sethook(function()
        local called = debug.getinfo(2, "f").func
        if called ~= guard and called ~= result and called ~= sethook then -- it is lua-cjson's
          sethook()
          error(reason, 0)
        end
      end, "c")
      local ok, raised, err = guard(result, transfer)
      sethook()
      session:close()
      server.stop()
      assert.is_false(ok, tostring(err))
      assert.equal(reason, raised)
    end)

    it("a blocking call lets the other transfers of its session go on", function()
      local server = raw_server.start { answer("200 OK", '{"status":"RUNNING"}') }
      local session = session_for(server)
      local transfer = assert(core.start(session, "status", ID))
      while not transfer:finished() do
        assert(core.status(session, ID))
      end
      assert.equal(transfer, session:step()[1])
      assert.equal("RUNNING", transfer:result().status)
      server.stop()
    end)
  end)

  it("reads folders", function()
    local here = {}
    for _, name in ipairs(assert(core.folder "spec/cli")) do
      here[name] = (here[name] or 0) + 1
    end
    assert.equal(1, here["command.lua"])
    assert.is_nil(here["."] or here[".."])
    assert.is_nil(core.folder "spec/none" or core.folder "spec/core_spec.lua")
    assert.has_error(core.folder)
    collectgarbage()
  end)

  it("hides its methods for collection, and its metatables", function()
    local session = core.session { base_url = "https://example.org" }
    assert.is_nil(session.__gc)
    assert.is_function(session.close)
    assert.is_false(getmetatable(session))
    assert.is_false(getmetatable(assert(core.start(session, "status", ID))))
    session:close()
  end)

  -- In a program of its own, whose heap is so small that the collector goes round while a reply is read.
  describe("a finalizer that runs while a reply is read", function()
    local SECRET = "secret-0123456789"
    local PROGRAM = [[
      local core, url, act = require "aicore.core", arg[1], arg[2]
      local session = core.session { base_url = url, client_id = "me", client_secret = "]] .. SECRET .. [[" }
      local transfer = assert(core.start(session, "list"))
      while not transfer:finished() do session:wait(10) end
      session:step()
      local function by_hand(object) debug.getmetatable(object).__gc(object) end
      local runs, garbage = 0, {}
      local function finalize()
        runs = runs + 1;
        (loadstring or load)(act)(transfer, session, by_hand, core)
      end
      for i = 1, 20 do
        garbage[i] = newproxy and newproxy(true) or setmetatable({}, { __gc = finalize })
        if newproxy then debug.getmetatable(garbage[i]).__gc = finalize end
      end
      collectgarbage()
      collectgarbage("setpause", 100)
      garbage = nil
      local reply, err = transfer:result()
      if runs == 0 then print "no finalizer has run"
      elseif reply then print(#reply.resources)
      else print(err.kind, err.request_id, err.message, type(err.details)) end
    ]]
    local records = {}
    for i = 1, 20000 do
      records[i] = ('{"id":"d%015d","status":"RUNNING"}'):format(i)
    end
    local LIST = ('{"count":20000,"resources":[%s]}'):format(table.concat(records, ","))
    local REFUSAL = ('{"error":{"message":"told %s","details":[%s]}}'):format(SECRET, ("[],"):rep(21000) .. "1")

    local function read_with(act, bytes)
      local server = raw_server.start { bytes }
      local file = os.tmpname()
      local written = assert(io.open(file, "w"))
      written:write(PROGRAM)
      written:close()
      local lua = package.loaded.jit and "luajit" or "lua5.4"
      local pipe = assert(io.popen(("%s %s %s '%s' 2>&1"):format(lua, file, server.url, act)))
      local said = pipe:read "*a"
      pipe:close()
      os.remove(file)
      server.stop()
      return said
    end

    local ways = {
      ["ends the transfer"] = "local transfer, _, by_hand = ... by_hand(transfer)",
      ["cancels it"] = "local transfer = ... transfer:cancel()",
      ["closes the session"] = "local _, session = ... session:close()",
      ["ends both"] = "local transfer, session, by_hand = ... by_hand(transfer) by_hand(session)",
      ["ends the transfer and begins another"] = [[local transfer, session, by_hand, core = ...
        by_hand(transfer) core.start(session, "list")]],
    }
    for what, act in pairs(ways) do
      it(what .. ", changes nothing of the reply", function()
        assert.equal("20000\n", read_with(act, answer("200 OK", LIST)))
      end)

      it(what .. ", lets no secret be told", function()
        local headers = ("X-Request-Id: of-%s\r\n"):format(SECRET)
        local told = "http\tof-*****************\ttold *****************\ttable\n"
        assert.equal(told, read_with(act, answer("500 Oops", REFUSAL, headers)))
      end)
    end
  end)
end)
