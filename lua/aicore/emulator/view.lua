-- What those who look are shown of the world: replicas that are behind, lists that lag, miss and shift.
-- Rules: looking changes nothing that is true. Where a setting is off, nothing is done for it, and no chance is drawn.

local guise = require "aicore.emulator.guise"
local random = require "aicore.emulator.random"

---@class aicore.emulator.View
---@field private world aicore.emulator.World
---@field private settings aicore.emulator.Settings
---@field private draw fun(): number
---@field private salt integer  what tells one view's lots from another's
---@field private turned integer  by how many places lists are turned so far
local View = {}
View.__index = View

-- What is drawn for a deployment once and for all, and what for each period of time.
local LOTS = { target = 0, stamps = 1, oddity = 2, offset = 3, first_period = 4 }

local function lot(self, deployment, which)
  return random.lot(self.salt + deployment.number, which)
end

--- Does it belong to this share of all?
local function is_of(self, deployment, which, share)
  return share >= 1 or share > 0 and lot(self, deployment, which) < share
end

-- One deployment -----------------------------------------------------------------------------------

--- The time whose state a GET is answered with; nil: now. Of several replicas the first is up to date, and the last is
--- behind by the whole lag.
local function time_of_replica(self, now)
  local lag, replicas = self.settings.read_lag, self.settings.replicas
  if lag == 0 then
    return nil
  elseif replicas > 1 then
    lag = lag * math.floor(self.draw() * replicas) / (replicas - 1)
  end
  return now - lag
end

local function is_found(self, deployment, now)
  local settings = self.settings
  return now - deployment.created_at >= settings.appear_time or self.draw() < settings.appear_chance
end

--- The deployment as a GET by its id shows it.
---@param group string
---@param id string
---@param now number  seconds since 1970
---@param resource string|nil  default: deployments
---@return aicore.emulator.Deployment|nil
function View:get(group, id, now, resource)
  local deployment = self.world:get(group, id, resource, time_of_replica(self, now))
  if deployment and is_found(self, deployment, now) then
    return deployment
  end
  return nil
end

-- Lists --------------------------------------------------------------------------------------------

--- Does an index miss the record now? It misses new ones most of all, and each for a while; which ones and when, is
--- decided by their numbers, so that nothing has to be kept.
local function misses(self, deployment, now)
  local length, share = self.settings.list_misses_time, self.settings.list_misses
  if now - deployment.created_at < 2 * length then
    share = math.sqrt(share)
  end
  local offset = lot(self, deployment, LOTS.offset)
  return lot(self, deployment, LOTS.first_period + math.floor(now / length + offset)) < share
end

local function filter_of(self, accepts, now)
  if self.settings.list_misses == 0 then
    return accepts
  end
  return function(deployment)
    return accepts(deployment) and not misses(self, deployment, now)
  end
end

--- What is gone may be shown once more.
local function ghosts_of(self)
  local share, draw = self.settings.list_ghosts, self.draw
  if share == 0 then
    return nil
  end
  return function(deployment)
    if deployment.haunted or draw() >= share then
      return false
    end
    deployment.haunted = true
    return true
  end
end

local LONGEST_TURN, LARGEST_ERROR = 3, 3 -- places, forwards or back; records

local function turn(self)
  local chance = self.settings.page_shifts
  if chance > 0 and self.draw() < chance then
    self.turned = self.turned + math.floor(self.draw() * (2 * LONGEST_TURN + 1)) - LONGEST_TURN
  end
  return self.turned
end

--- The deployments that a list shows.
---@param group string
---@param accepts fun(deployment: aicore.emulator.Deployment): boolean
---@param now number  seconds since 1970
---@param resource string|nil  default: deployments
---@return aicore.emulator.Deployment[] found
---@return integer turn  the list begins behind so many of them; those come last
function View:list(group, accepts, now, resource)
  local settings = self.settings
  if settings.list_empty then
    return {}, 0
  end
  local at = settings.list_lag > 0 and now - settings.list_lag or nil
  local found = self.world:find(group, filter_of(self, accepts, now), resource, at, ghosts_of(self))
  return found, turn(self)
end

--- By how much a count is wrong: another number each time.
---@return integer
function View:miscount()
  local size = 1 + math.floor(self.draw() * LARGEST_ERROR)
  return self.draw() < 0.5 and -size or size
end

-- Records ------------------------------------------------------------------------------------------

local function one_of(list, share)
  return list[math.floor(share * #list) + 1]
end

-- A new function for each request, and only where there is something to it.
local function chooser(self, odd_ones)
  local settings = self.settings
  return function(deployment)
    local target = is_of(self, deployment, LOTS.target, settings.hide_target) and "hidden" or "shown"
    local stamps = settings.stamps
    if stamps == "mixed" then
      stamps = one_of(guise.stamps, lot(self, deployment, LOTS.stamps))
    end
    local oddity = "none"
    if is_of(self, deployment, LOTS.oddity, odd_ones) then
      oddity = one_of(guise.oddities, lot(self, deployment, LOTS.oddity) / odd_ones)
    end
    return guise.of(target, stamps, oddity)
  end
end

--- What records look like that are not as they should be.
---@param in_list boolean
---@return nil|fun(deployment: aicore.emulator.Deployment): aicore.emulator.Guise  nil: all are as they should be
function View:guises(in_list)
  local settings = self.settings
  local odd_ones = in_list and settings.odd_records or 0
  if settings.hide_target == 0 and settings.stamps == "right" and odd_ones == 0 then
    return nil
  end
  return chooser(self, odd_ones)
end

local view = {}

---@param world aicore.emulator.World
---@param settings aicore.emulator.Settings
---@param draw fun(): number  randomness
---@return aicore.emulator.View
function view.new(world, settings, draw)
  local salt = math.floor(draw() * 2 ^ 30)
  return setmetatable({ world = world, settings = settings, draw = draw, salt = salt, turned = 0 }, View)
end

return view
