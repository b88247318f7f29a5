--- What a filter finds, as rows that a watch keeps up to date: by looks that it shares with all that goes on in the
-- client. Between two looks nothing of it is left there, so it may be dropped at any time.

local filters = require "aicore.model.filter"
local listing = require "aicore.neovim.listing"

---@class aicore.neovim.Roster
---@field rows aicore.neovim.Row[]?  as of the last look, newest first; nil: there was none
---@field private by_id table<string, aicore.neovim.Row>
---@field private has_changed boolean  since the rows were sorted
---@field private fits (fun(record: table, now: number): boolean)?
---@field private step fun(): aicore.Change|false|nil, aicore.Error?
local Roster = {}
Roster.__index = Roster

--- A watch goes on with what has matched once; here it goes when it does no longer.
local function note(self, change, on_change)
  local record, before = change.deployment, self.by_id[change.id]
  local row = record and listing.row(record)
  local fits = record and (not self.fits or self.fits(record, os.time()))
  self.by_id[change.id], self.has_changed = fits and row or nil, true
  on_change(change.id, row, before)
end

local function sort(self)
  if self.has_changed then
    self.rows, self.has_changed = {}, false
    for _, row in pairs(self.by_id) do
      self.rows[#self.rows + 1] = row
    end
    listing.sort(self.rows)
  end
end

--- Goes on with the watch, until on_look says that this is enough.
---@param on_change fun(id: string, row: aicore.neovim.Row?, before: aicore.neovim.Row?)  row: nil, it is gone; before:
---       as it was listed, if it was
---@return aicore.Error? err  it cannot go on
function Roster:follow(on_change)
  local change, err = self.step() -- no for loop: Lua 5.1, which some Neovims have, cannot wait in its iterator
  local failure = err
  while change ~= nil do
    if change then
      note(self, change, on_change)
    end
    change, err = self.step()
    failure = failure or err
  end
  return failure
end

local roster = {}

--- One that has not looked yet.
---@param client aicore.Client
---@param wanted aicore.Filter
---@param on_look fun(self: aicore.neovim.Roster, err: aicore.Error?): boolean  called after each look; err: why it has
---       failed; true: that is enough for now
---@return aicore.neovim.Roster
function roster.new(client, wanted, on_look)
  local self = setmetatable({ by_id = {}, has_changed = true, fits = filters.matcher(wanted) }, Roster)
  self.step = client:watch(wanted, {
    on_progress = function(progress)
      if not progress.err then
        sort(self)
      end
      return on_look(self, progress.err)
    end,
  })
  return self
end

return roster
