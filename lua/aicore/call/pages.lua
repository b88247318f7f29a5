--- A list in pages, read to its end, and what can be made of it. How a page is fetched is passed in.
-- Rules of this file:
--   A page shorter than asked for is no end: services cap $top. One reads on while there is less than `count` says.
--   A `count` may be the list's or its page's own. Where it could be either, one more page tells: an empty one whose
--   count is what was read, and not 0. That is remembered per client.
--   A count may be too small. One reads on after a page that is as long as the longest, until an empty page has shown
--   once that the count is right.
--   Records that stand twice count once: pages shift while they are read.
--   A list is complete if nothing stood twice, and its counts are the same and its records make them up, or it has no
--   count but its pages' own. Two readings in a row that show the same, and nothing twice, mean that the count is what
--   is odd.
--   A page that begins as the one before it, or several that show nothing new, mean that $skip is ignored.

local errors = require "aicore.model.errors"

local pages = {}

--- Records per page: the service's own default.
pages.SIZE = 10000

--- A page this long is many megabytes of garbage. By default Lua lets a heap grow to the double before it collects, so
--- that two pages would be held.
local LONG = 2500

--- After so many pages in a row that show nothing new, the next one would not, either.
local MOST_STALE = 5

---@alias aicore.FetchPage fun(top: integer, skip: integer?): table|nil, aicore.Error?, integer?
---       one page: the reply, an error, how many records were set aside

---@class aicore.PagesMemory  what is known of a service
---@field count_is_total boolean?  an empty page had a count: it is not the page's own
---@field count_is_right boolean?  the pages before that made it up

---@class aicore.Reader
---@field complete boolean  it was read to its end, and lacks nothing
---@field over boolean      there is no more to be read, or no more can be
---@field read integer      records so far, those that were set aside and those that stood twice included
---@field total integer     as many as the service says that there are, or as were read
---@field pages integer     that were read
---@field odd integer       records that were set aside
---@field ids table<string, true>  what it has shown, unless it was complete by its only page
---@field private fetch aicore.FetchPage
---@field private operation string
---@field private size integer
---@field private memory aicore.PagesMemory
local Reader = {}
Reader.__index = Reader

--- Reads a list, an exchange a page.
---@param fetch aicore.FetchPage
---@param memory aicore.PagesMemory?  shared by all lists of a client
---@param size integer?  records per page
---@param operation string?  by which a page is asked for, for errors ("list")
---@return aicore.Reader
function pages.read(fetch, memory, size, operation)
  return setmetatable({
    fetch = fetch,
    operation = operation or "list",
    memory = memory or {},
    size = size or pages.SIZE,
    complete = false,
    over = false,
    read = 0,
    total = 0,
    pages = 0,
    odd = 0,
    shown = 0, -- records, each once
    longest = 0, -- page
    own_counts = true, -- the counts so far are the pages' own lengths
    same_counts = true,
    stale = 0, -- pages in a row that have shown nothing new
    ids = {},
  }, Reader)
end

local function ignores_skip(self, why)
  return errors.new {
    kind = "protocol",
    operation = self.operation,
    message = "the list cannot be read to its end: $skip is ignored, " .. why,
    retryable = false,
  }
end

--- What a page's count says of the list.
local function note_count(self, count, length)
  if type(count) ~= "number" then
    self.counts = false
    return
  end
  if self.pages > 1 and count ~= self.count then
    self.same_counts = false
  end
  if length == 0 and count ~= 0 then
    self.memory.count_is_total = self.memory.count_is_total or self.own_counts and count == self.read
    self.memory.count_is_right = count == self.read
  end
  self.own_counts = self.own_counts and count == length
  self.count, self.total = count, math.max(count, self.read)
end

--- Is there no more to be read?
local function is_over(self, length)
  if length == 0 then
    return true
  elseif self.counts == false or self.read < self.count then
    return false
  elseif self.own_counts then
    return self.memory.count_is_total == true
  end
  return length < self.longest or self.memory.count_is_right == true
end

--- Has any record stood twice in it? Then pages have moved while it was read, and others may have stood nowhere.
local function has_moved(self)
  return self.shown + self.odd ~= self.read
end

local function is_complete(self)
  local makes_it_up = self.counts == false or self.own_counts or self.same_counts and self.read == self.count
  return makes_it_up and not has_moved(self)
end

--- Leaves of a page what was not shown before, and remembers it.
local function drop_known(self, page)
  local kept = 0
  for i = 1, #page do
    local record = page[i]
    if not self.ids[record.id] then
      self.ids[record.id] = true
      kept = kept + 1
      page[kept] = record
    end
  end
  for i = #page, kept + 1, -1 do
    page[i] = nil
  end
  return kept
end

--- Nothing of the last page is held any more: the caller reads no further, or the next page.
function Reader:let_go()
  if self.length and self.length >= LONG then
    collectgarbage()
  end
end

--- The next page.
---@param done_with boolean?  nothing of the page before is held any more
---@return table[]|nil records  nil after the last one
---@return aicore.Error? err
function Reader:next(done_with)
  if done_with then
    self:let_go()
  end
  if self.over then
    return nil
  end
  local reply, err, odd = self.fetch(self.size, self.read > 0 and self.read or nil)
  local page = reply and reply.resources
  local first = page and page[1] and page[1].id
  if first and first == self.first then
    err = ignores_skip(self, "two pages begin with " .. first)
  elseif page and self.stale >= MOST_STALE then
    err = ignores_skip(self, "page after page shows nothing new")
  end
  if err then
    self.over = true
    return nil, err
  end
  self.first, self.pages, self.odd = first, self.pages + 1, self.odd + (odd or 0)
  self.length = #page + (odd or 0)
  self.read, self.longest = self.read + self.length, math.max(self.longest, self.length)
  self.total = math.max(self.total, self.read)
  note_count(self, reply.count, self.length)
  self.over = is_over(self, self.length)
  local alone = self.over and self.pages == 1 and (self.counts == false or self.count == self.length)
  local fresh = alone and #page or drop_known(self, page)
  self.shown, self.stale = self.shown + fresh, fresh == 0 and self.length > 0 and self.stale + 1 or 0
  self.complete = self.over and is_complete(self)
  return page
end

--- Fetches the first page now, and if that is short the next one, where that has to tell whether there is more. next()
--- gives them then without an exchange.
---@return aicore.Reader self
function Reader:prime()
  local fetch = self.fetch
  local first, err, odd = fetch(self.size, nil)
  local length = first and #first.resources + (odd or 0) or 0
  local second, second_err, second_odd
  local has_second = length > 0 and length < self.size and first.count == length and not self.memory.count_is_total
  if has_second then
    second, second_err, second_odd = fetch(self.size, length)
  end
  local function give_second()
    self.fetch = fetch
    return second, second_err, second_odd
  end
  self.fetch = function()
    self.fetch = has_second and give_second or fetch
    return first, err, odd
  end
  return self
end

--- Why it cannot be complete.
---@return aicore.Error
function Reader:incomplete()
  return errors.new {
    kind = "protocol",
    operation = self.operation,
    incomplete = true, -- what it has shown is there all the same
    message = ("the list is not complete: %d records were shown, its count says %s"):format(
      self.shown,
      self.same_counts and tostring(self.count) or "now this, now that"
    ),
    retryable = true,
  }
end

local function is_within(ids, others)
  for id in pairs(ids) do
    if not others[id] then
      return false
    end
  end
  return true
end

--- Do two readings show the same, and nothing twice? Then not they are odd, but the count.
---@param other aicore.Reader
---@return boolean
function Reader:shows_the_same(other)
  if has_moved(self) or has_moved(other) then
    return false
  end
  return is_within(self.ids, other.ids) and is_within(other.ids, self.ids)
end

-- What is made of it -------------------------------------------------------------------------------

local READINGS = 3

--- One reading: all that belongs, in one table.
local function read_all(reader, belongs, keep)
  local page, err = reader:next()
  local found, count = {}, 0
  if page and not belongs and not keep then
    found, count = page, #page -- all of the first page, which most lists are: nothing is copied
    page, err = reader:next()
  end
  while page do
    for i = 1, #page do
      local record = page[i]
      if not belongs or belongs(record) then
        count = count + 1
        found[count] = keep and keep(record) or record
      end
    end
    page = nil -- luacheck: ignore 311 (before the next one is read)
    page, err = reader:next(keep ~= nil)
  end
  if err then
    return nil, err
  end
  return found
end

--- All records of a list that belong, in one table. One that is not complete is read again.
---@param read fun(): aicore.Reader
---@param belongs (fun(record: table): boolean)?
---@param keep (fun(record: table): any)?  what to keep of each; all of it if not given
---@return table[]|nil records
---@return aicore.Error? err
function pages.all(read, belongs, keep)
  local reader, before
  for _ = 1, READINGS do
    reader = read()
    local found, err = read_all(reader, belongs, keep)
    if not found then
      return nil, err
    elseif reader.complete or before and reader:shows_the_same(before) then
      return found
    end
    before = reader
  end
  return nil, reader:incomplete()
end

--- The same one by one; a page that cannot be had, or a list that turns out to lack something, gives `false, err` as
--- the last step.
---@param reader aicore.Reader
---@param belongs (fun(record: table): boolean)?
---@return fun(): table|false|nil, aicore.Error?
function pages.each(reader, belongs)
  local page, at = {}, 0
  return function()
    while page do
      at = at + 1
      local record = page[at]
      if record == nil then
        local err
        page = nil -- luacheck: ignore 311
        page, err = reader:next(true)
        at = 0
        if not page and not err and not reader.complete then
          err = reader:incomplete()
        end
        if err then
          page = nil
          return false, err
        end
      elseif not belongs or belongs(record) then
        return record
      end
    end
  end
end

return pages
