--- Runs seeds and says how many claims were false:   SEEDS=1000 FIRST=1 lua spec/simulation/run.lua
-- SEED=n runs one, VERBOSE=1 prints its course, PLOTS=1 lays a plot (plots.lua) in each seed that suits one. The last
-- line is "N fleets, M false claims", where a seed is a fleet; the exit status is 0 only if M is 0. DIGEST=1 prints a
-- number for each seed, by which courses can be compared.
-- Every fourth seed has a task of life.lua, too; LIFE=1: each, and nothing else.

package.path = "./?.lua;" .. package.path

local plots = require "spec.simulation.plots"
local simulation = require "spec.simulation.simulation"
local story = require "spec.simulation.story"

local MOST_SHOWN = 5 -- of one seed

local function number(name, default)
  local text = os.getenv(name)
  return text and text ~= "" and math.floor(assert(tonumber(text), name .. " must be a number")) or default
end

local only = number "SEED"
local first = only or number("FIRST", 1)
local count = only and 1 or number("SEEDS", 1000)
local verbose, digests = (os.getenv "VERBOSE" or "") ~= "", (os.getenv "DIGEST" or "") ~= ""

plots.share = tonumber(os.getenv "PLOTS") or plots.share

local calls, breaches, failed = 0, 0, 0
local by_check, began = {}, os.clock()

local function count_breaches(seed, found)
  breaches, failed = breaches + #found, failed + 1
  local seen = {}
  for i, breach in ipairs(found) do
    if not seen[breach.check] then
      seen[breach.check] = true
      by_check[breach.check] = (by_check[breach.check] or 0) + 1
    end
    if i <= MOST_SHOWN then
      print(("seed %d: %s: %s"):format(seed, breach.check, breach.text))
    end
  end
end

local only_life, LIFE_EVERY = (os.getenv "LIFE" or "") ~= "", 4

--- Runs one task of a seed; its digest.
local function run(seed, way)
  local course, found = simulation[way](seed, verbose and story.describe or nil)
  calls = calls + (course and #course.calls or 0)
  if verbose and course then
    story.tell(course)
  end
  if #found > 0 then
    count_breaches(seed, found)
  end
  return digests and course and simulation.digest(course) or 0
end

for seed = first, first + count - 1 do
  local digest = only_life and 0 or run(seed, "run")
  local other = (only_life or seed % LIFE_EVERY == 0) and run(seed, "live") or 0
  if digests then
    print(("digest %d: %d %d"):format(seed, digest, other))
  end
end

local names = {}
for name in pairs(by_check) do
  names[#names + 1] = name
end
table.sort(names)
for _, name in ipairs(names) do
  print(("%6d seeds: %s"):format(by_check[name], name))
end
print(("%d of %d seeds failed; %d calls, %.1f CPU s"):format(failed, count, calls, os.clock() - began))
print(("%d fleets, %d false claims"):format(count, breaches))
os.exit(breaches == 0 and 0 or 1)
