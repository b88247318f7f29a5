-- examples/cleanup, kubernetes and busted do what their texts say: each runs as a program, against an emulator.

local cjson = require "cjson"
local emulator = require "spec.support.emulator"

local LUA = package.loaded.jit and "luajit" or "lua5.4"

--- Runs a command; its output (and errors), and its exit code.
local function run(command)
  local pipe = assert(io.popen(("{ %s\n} 2>&1; echo status $?"):format(command)))
  local output, status = pipe:read("*a"):match "^(.*)status (%d+)\n$"
  pipe:close()
  return output, tonumber(status)
end

local function read(path)
  local file = assert(io.open(path))
  local text = file:read "*a"
  file:close()
  return text
end

-- Nothing of the environment of who runs this.
local UNSET = "env -u AICORE_SERVICE_KEY -u AICORE_CONFIG -u AICORE_HOME -u AICORE_PROFILE -u AICORE_RESOURCE_GROUP "
local SETTINGS = "AICORE_BASE_URL=%s AICORE_AUTH_URL=%s AICORE_CLIENT_ID=me AICORE_CLIENT_SECRET=any "

describe("examples", function()
  local service, settings

  setup(function()
    service = emulator.start { stop_time = 0.05, delete_time = 0.05 }
    settings = UNSET .. SETTINGS:format(service.url, service.url)
  end)

  teardown(function()
    service.stop()
  end)

  before_each(function()
    service.clear_deployments()
    service.clear_journal()
    service.clear_faults()
  end)

  local function left()
    local ids = {}
    for _, deployment in ipairs(service.call("GET", "/deployments").json.resources) do
      ids[#ids + 1] = deployment.id
    end
    table.sort(ids)
    return ids
  end

  describe("cleanup", function()
    local CLEANUP = LUA .. " examples/cleanup/cleanup.lua "

    before_each(function()
      service.seed { id = "old-night", age = 90000, scenario_id = "nightly-tests" }
      service.seed { id = "new-night", age = 3600, scenario_id = "nightly-tests" }
      service.seed { id = "old-other", age = 90000, scenario_id = "production" }
    end)

    it("tears down what is old, and nothing else", function()
      local output, status = run(settings .. CLEANUP .. "nightly-tests 24")
      assert.equal(0, status, output)
      assert.matches("1 deleted", output)
      assert.same({ "new-night", "old-other" }, left())
    end)

    it("only looks, if it is told so", function()
      local output, status = run(settings .. CLEANUP .. "nightly-tests 24 dry")
      assert.equal(0, status, output)
      assert.matches("would tear down old%-night\n0 deleted", output)
      assert.equal(3, #left())
      for _, entry in ipairs(service.journal()) do
        assert.equal("login", entry.what)
      end
    end)

    it("fails if something is left, and says what", function()
      service.fault { operation = "*", id = "old-night", status = 403, times = 0 }
      service.settings { bulk = false }
      local output, status = run(settings .. CLEANUP .. "nightly-tests 24")
      service.settings { bulk = true }
      assert.equal(1, status, output)
      assert.matches("old%-night: .*403", output)
      assert.equal(1, (select(2, run(UNSET .. "AICORE_HOME=/nowhere " .. CLEANUP .. "nightly-tests 24"))))
      assert.equal(2, (select(2, run(settings .. CLEANUP .. "nightly-tests one"))))
    end)

    it("takes the service key that systemd hands over", function()
      local folder = run("mktemp -d"):gsub("\n", "")
      finally(function()
        run("rm -r " .. folder)
      end)
      local file = assert(io.open(folder .. "/service-key", "w"))
      file:write(cjson.encode {
        clientid = "me",
        clientsecret = "any",
        url = service.url,
        serviceurls = { AI_API_URL = service.url },
      })
      file:close()
      local output, status = run(UNSET .. "CREDENTIALS_DIRECTORY=" .. folder .. " " .. CLEANUP .. "nightly-tests 24")
      assert.equal(0, status, output)
      assert.same({ "new-night", "old-other" }, left())
    end)

    it("has units that call it as it wants to be called", function()
      local unit = read "examples/cleanup/aicore-cleanup.service"
      local arguments = unit:match "\nExecStart=%S+ %S+/cleanup%.lua ([^\n]+)\n"
      assert.equal(0, (select(2, run(settings .. CLEANUP .. arguments))))
      assert.matches("\nLoadCredential=service%-key:", unit)
      if run "command -v systemd-analyze" ~= "" then
        assert.equal(
          "",
          (run "systemd-analyze verify --man=no examples/cleanup/aicore-cleanup.timer | grep 'aicore-cleanup'")
        )
      end
    end)
  end)

  describe("kubernetes", function()
    local job = read "examples/kubernetes/job.yaml"
    local shards = tonumber(job:match "\n  completions: (%d+)\n")
    local FLEET = 60

    -- What Kubernetes does with job.yaml: as many pods as it says, with the variables that it says.
    local function variables(index)
      local list = { "JOB_COMPLETION_INDEX=" .. index }
      for name, value in job:gmatch '\n            %- name: (%u+)\n%s+value: "?([%w%-]+)' do
        list[#list + 1] = name .. "=" .. value
      end
      return table.concat(list, " ")
    end

    --- The command of a pod; in a resource group of its own, if one is given.
    local function pod(index, group)
      local script = assert(job:match '\n          command: %["lua5.4", "/etc/aicore/([%w.]+)"%]\n')
      local own = group and "AICORE_RESOURCE_GROUP=" .. group or ""
      return ("%s%s %s %s examples/kubernetes/%s"):format(settings, own, variables(index), LUA, script)
    end

    it("says the same number twice, and that the pods are told apart", function()
      assert.equal(tostring(shards), variables(0):match "SHARDS=(%d+)")
      assert.matches("\n  completionMode: Indexed", job)
    end)

    it("works in all resource groups, and fails where one may not be read", function()
      local scenario = variables(0):match "SCENARIO=(%S+)"
      assert.matches('\n            %- name: RESOURCE_GROUPS\n              value: "%*"', job)
      for _, group in ipairs { "default", "team-a", "team-b" } do
        service.seed { count = 8, scenario_id = scenario, resource_group = group }
        service.seed { scenario_id = "others", resource_group = group }
      end
      service.fault { operation = "list", resource_group = "team-b", status = 403, times = 0 }
      local sum, report, pods = 0, nil, {}
      for index = 0, shards - 1 do
        pods[index] = assert(io.popen(("{ RESOURCE_GROUPS='*' %s; echo $?; } 2>&1"):format(pod(index))))
      end
      for index = 0, shards - 1 do
        local output, status = pods[index]:read("*a"):match "^(.*)\n(%d+)\n$"
        pods[index]:close()
        assert.equal("1", status)
        report = cjson.decode(output)
        sum = sum + report.deleted
      end
      assert.same({ 16, true }, { sum, report.unsure })
      assert.matches("403", report.unread["team-b"])
    end)

    -- Every pod meets the whole fleet: if two thought that one deployment is theirs, both would delete it.
    it("deletes everything, and every deployment in one shard alone", function()
      local scenario, pods = variables(0):match "SCENARIO=(%S+)", {}
      for index = 0, shards - 1 do
        local group = "pod-" .. index
        for i = 1, FLEET do
          service.seed { id = "fleet-" .. i, scenario_id = scenario, resource_group = group }
        end
        service.seed { id = "others", scenario_id = "others", resource_group = group }
        pods[index] = assert(io.popen(pod(index, group) .. " 2>&1"))
      end
      local sum = 0
      for index = 0, shards - 1 do
        local output = pods[index]:read "*a"
        pods[index]:close()
        local report = cjson.decode(output)
        assert.same({ index }, { report.shard, report.failed })
        assert.is_true(report.deleted > 0, output)
        sum = sum + report.deleted
      end
      assert.equal(FLEET, sum)
      local pod_of = {}
      for _, entry in ipairs(service.journal()) do
        if entry.what ~= "login" then
          assert.equal(entry.resource_group, pod_of[entry.id] or entry.resource_group)
          pod_of[entry.id] = entry.resource_group
        end
      end
      for i = 1, FLEET do
        assert.is_string(pod_of["fleet-" .. i], i)
      end
      assert.is_nil(pod_of.others)
    end)

    it("fails if it cannot do its share", function()
      service.seed { count = FLEET, scenario_id = variables(0):match "SCENARIO=(%S+)" }
      service.settings { bulk = false }
      service.fault { operation = "stop", status = 403, times = 0 }
      local output, status = run(pod(0))
      service.settings { bulk = true }
      assert.equal(1, status)
      assert.matches('"failed":{"d0.*403', output)
      service.fault { operation = "list", status = 403, times = 0 }
      output, status = run(pod(0))
      assert.equal(1, status)
      assert.matches("list: HTTP 403", output)
      output, status = run(settings .. "SCENARIO=x SHARDS=2 " .. LUA .. " examples/kubernetes/shard.lua")
      assert.equal(1, status)
      assert.matches("JOB_COMPLETION_INDEX is not set", output)
    end)
  end)

  it("busted: the tests of a program of one's own", function()
    -- As the README says, in a shell that knows of no checkout.
    local commands = read("examples/busted/README.md"):match "\n```sh\n(.-)```"
    commands = "unset LUA_PATH LUA_CPATH LUA_PATH_5_4 LUA_CPATH_5_4\n" .. commands:gsub("lua5%.4", LUA)
    local output, status = run(commands)
    assert.equal(0, status, output)
    assert.matches("5 successes / 0 failures / 0 errors", output)
    -- They are tests: a program that is wrong does not pass.
    local folder = run("mktemp -d"):gsub("\n", "")
    finally(function()
      run("rm -r " .. folder)
    end)
    local wrong = read("examples/busted/previews.lua"):gsub('scenario_id = "preview%-" %.%. branch', "all = true")
    local file = assert(io.open(folder .. "/previews.lua", "w"))
    file:write(wrong)
    file:close()
    local root = run("pwd"):gsub("\n", "")
    output, status = run(
      ("cp examples/busted/previews_spec.lua %s && cd %s && %s %s/tools/busted.lua previews_spec.lua"):format(
        folder,
        folder,
        LUA,
        root
      )
    )
    assert.are_not.equal(0, status, output)
    assert.matches("previews%.finish touches nothing else", output)
  end)
end)
