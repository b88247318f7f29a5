-- Stands for kubectl, and a cluster, where the documents are tried:   luajit spec/support/kubectl.lua FOLDER ARGUMENT…
-- What was created stands in the folder. A Job is read as YAML, and each of its pods is a process, which has of its
-- surroundings what the manifest gives it: variables, secrets, the files of a mounted config map.
-- Rule: what it does not know it refuses, so that a document says nothing that was not tried.

local lyaml = require "lyaml"

local folder = table.remove(arg, 1)

local function read(path)
  local file = assert(io.open(path), path .. " is not there")
  local text = file:read "*a"
  file:close()
  return text
end

local function write(path, text)
  assert(os.execute(("mkdir -p '%s'"):format(path:match "^(.*)/")))
  local file = assert(io.open(path, "w"))
  file:write(text)
  file:close()
end

--- Puts files under a name: --from-file=PATH or --from-file=KEY=PATH.
local function keep(kind, name, options)
  for _, option in ipairs(options) do
    local key, path = option:match "^%-%-from%-file=([^=]+)=(.+)$"
    path = path or assert(option:match "^%-%-from%-file=(.+)$", "not understood: " .. option)
    write(("%s/%s/%s/%s"):format(folder, kind, name, key or path:match "[^/]+$"), read(path))
  end
  print(("%s/%s created"):format(kind, name))
end

-- A Job ----------------------------------------------------------------------------------------------

local function quoted(text)
  return "'" .. text:gsub("'", "'\\''") .. "'"
end

local function value_of(variable)
  local secret = not variable.value and variable.valueFrom.secretKeyRef
  return variable.value or read(("%s/secret/%s/%s"):format(folder, secret.name, secret.key))
end

--- Where the files of a container's mounts are: { [mount path] = path }.
local function mounts_of(pod, container)
  local maps, mounts = {}, {}
  for _, volume in ipairs(pod.volumes or {}) do
    maps[volume.name] = ("%s/configmap/%s"):format(folder, volume.configMap.name)
  end
  for _, mount in ipairs(container.volumeMounts or {}) do
    mounts[mount.mountPath] = assert(maps[mount.name], "no volume " .. mount.name)
  end
  return mounts
end

--- The command of a pod, with nothing of this process' environment but where its Lua finds modules: that is the image.
local function command_of(pod, index)
  local container = pod.containers[1]
  local words = { 'env -i PATH=$PATH LUA_PATH="$LUA_PATH" LUA_CPATH="$LUA_CPATH" JOB_COMPLETION_INDEX=' .. index }
  for _, variable in ipairs(container.env) do
    words[#words + 1] = variable.name .. "=" .. quoted(value_of(variable))
  end
  for _, word in ipairs(container.command) do
    for mounted, path in pairs(mounts_of(pod, container)) do
      word = word:sub(1, #mounted + 1) == mounted .. "/" and path .. word:sub(#mounted + 1) or word
    end
    words[#words + 1] = quoted(word)
  end
  return table.concat(words, " ")
end

--- Runs all pods, as many at a time as it says; restarts none.
local function run_job(job)
  local spec, name = job.spec, job.metadata.generateName .. "abcde"
  assert(spec.completionMode == "Indexed")
  local said, pipes, succeeded = {}, {}, true
  for index = 0, spec.completions - 1 do
    pipes[index] = assert(io.popen(command_of(spec.template.spec, index) .. " 2>&1 || echo FAILED"))
    local last = index - spec.parallelism + 1
    for done = last, index == spec.completions - 1 and index or last do
      if pipes[done] then
        local text = pipes[done]:read "*a"
        pipes[done]:close()
        said[#said + 1], succeeded = text, succeeded and not text:find "FAILED\n$"
      end
    end
  end
  write(("%s/job/%s/log"):format(folder, name), table.concat(said))
  write(("%s/job/%s/condition"):format(folder, name), succeeded and "complete" or "failed")
  print("job.batch/" .. name)
end

-- Commands -------------------------------------------------------------------------------------------

local function create_from(path)
  local documents = lyaml.load(read(path), { all = true })
  for _, document in ipairs(documents) do
    assert(document.apiVersion == "batch/v1" and document.kind == "Job", "not understood: " .. tostring(document.kind))
    run_job(document)
  end
end

local COMMANDS = {
  {
    "^create secret generic (%S+) (.+)$",
    function(name, options)
      keep("secret", name, { options })
    end,
  },
  {
    "^create configmap (%S+) (.+)$",
    function(name, options)
      keep("configmap", name, { options })
    end,
  },
  { "^create %-f (%S+) %-o name$", create_from },
  {
    "^wait %-%-for=condition=(%l+) %-%-timeout=%d+%l job.batch/(%S+)$",
    function(condition, name)
      local path = ("%s/job/%s/"):format(folder, name)
      assert(read(path .. "condition") == condition, read(path .. "log"))
      print(("job.batch/%s condition met"):format(name))
    end,
  },
  {
    "^logs %-l batch.kubernetes.io/job%-name=(%S+) %-%-tail=%-1$",
    function(name)
      io.write(read(("%s/job/%s/log"):format(folder, name)))
    end,
  },
}

local line = table.concat(arg, " ")
for _, command in ipairs(COMMANDS) do
  local found = { line:match(command[1]) }
  if found[1] then
    command[2](found[1], found[2])
    return
  end
end
error("not understood: kubectl " .. line, 0)
