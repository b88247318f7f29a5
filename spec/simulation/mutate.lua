--- Tries every mutation (mutations.lua) and says how many seeds have noticed it, and how:
--      SEEDS=3000 lua spec/simulation/mutate.lua
-- ONLY=word tries those whose rule has this word in it, PLOTS=1 lays a plot (plots.lua) in each seed. A few seeds are
-- enough to say how often it is noticed. The exit status is 0 only if none survives.

package.path = "./?.lua;" .. package.path

local mutations = require "spec.simulation.mutations"

local unpack = table.unpack or unpack

local function read(module)
  for template in package.path:gmatch "[^;]+" do
    local path = template:gsub("%?", (module:gsub("%.", "/")))
    local file = io.open(path)
    if file then
      local text = file:read "*a"
      file:close()
      return text, path
    end
  end
  error("not found: " .. module)
end

--- The text with one passage exchanged; nil: it is not there, or more than once.
local function exchange(text, from, to)
  local first, last = text:find(from, 1, true)
  if first and not text:find(from, last + 1, true) then
    return text:sub(1, first - 1) .. to .. text:sub(last + 1)
  end
end

--- Everything is loaded anew, but for what is written in C.
local function forget_modules()
  for name in pairs(package.loaded) do
    if name ~= "aicore.core" and (name:find "^aicore%." or name:find "^spec%.simulation%.") then
      package.loaded[name] = nil
    end
  end
end

local function load_text(text, path)
  local read_on = true
  return assert(load(function()
    local part = read_on and text or nil
    read_on = false
    return part
  end, "@" .. path))
end

--- The modules of a mutation, exchanged; nil: a passage is not there any more.
local function mutated_modules(mutation)
  local texts, paths, modules = {}, {}, {}
  for i = 2, #mutation, 3 do
    local module, from, to = unpack(mutation, i, i + 2)
    if not texts[module] then
      texts[module], paths[module] = read(module)
    end
    texts[module] = exchange(texts[module], from, to)
    if not texts[module] then
      return nil
    end
  end
  for module, text in pairs(texts) do
    modules[module] = load_text(text, paths[module])
  end
  return modules
end

local function load_simulation()
  local plots = require "spec.simulation.plots"
  plots.share = tonumber(os.getenv "PLOTS") or plots.share
  return require "spec.simulation.simulation"
end

-- Seeds that fail without any mutation, too, say nothing.
local excused = { run = {}, live = {} }

local ENOUGH = 5

--- How many seeds fail of how many, the first of them, and how; nil: there is no such passage any more.
local function try(mutation, first, count)
  local modules, way = mutated_modules(mutation), mutation.live and "live" or "run"
  if not modules then
    return nil
  end
  forget_modules()
  for module, load_it in pairs(modules) do
    package.preload[module] = load_it
  end
  local simulation = load_simulation()
  for module in pairs(modules) do
    package.preload[module] = nil
  end
  local failed, first_one, breach = 0, nil, nil
  for seed = first, first + count - 1 do
    local _, breaches = simulation[way](seed)
    if #breaches > 0 and not excused[way][seed] then
      failed, first_one, breach = failed + 1, first_one or seed, breach or breaches[1]
      if failed == ENOUGH then
        return failed, seed - first + 1, first_one, breach
      end
    end
  end
  return failed, count, first_one, breach
end

local function excuse(way, first, count)
  forget_modules()
  local simulation = load_simulation()
  for seed = first, first + count - 1 do
    local _, breaches = simulation[way](seed)
    excused[way][seed] = #breaches > 0 or nil
  end
end

local function number(name, default)
  local text = os.getenv(name)
  return text and text ~= "" and math.floor(assert(tonumber(text), name .. " must be a number")) or default
end

local only, ready, survivors = os.getenv "ONLY" or "", {}, 0
for _, mutation in ipairs(mutations) do
  if mutation[1]:find(only, 1, true) then
    local way = mutation.live and "live" or "run"
    if not ready[way] then
      excuse(way, number("FIRST", 1), number("SEEDS", 3000))
      ready[way] = true
    end
    local failed, count, seed, breach = try(mutation, number("FIRST", 1), number("SEEDS", 3000))
    survivors = survivors + (seed and 0 or 1)
    local what = failed == nil and "IS STALE" or "SURVIVES"
    if seed then
      local text = breach.text:match("^[^\n]*"):sub(1, 100)
      what = ("%d of %d seeds, %d: %s: %s"):format(failed, count, seed, breach.check, text)
    end
    print(("%-60s %s"):format(mutation[1], what))
    io.stdout:flush()
  end
end
print(("%d mutations, %d survive"):format(#mutations, survivors))
os.exit(survivors == 0 and 0 or 1)
