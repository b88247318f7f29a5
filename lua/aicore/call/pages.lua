--- A list in pages, and what can be made of them. How a page is fetched is passed in.

local pages = {}

--- Deployments per page: the service's own default.
pages.SIZE = 10000

--- A page this long is many megabytes of garbage. By default Lua lets a heap grow to the double before it
--- collects, so that two pages would be held.
local LONG = 2500

---@alias aicore.NextPage fun(done_with: boolean?): table[]|nil, aicore.Error?, integer?
---       the resources of the next page and the list's `count`; nil after the last; nil, err.
---       done_with: nothing of the page before is held any more

--- The pages of a list, one exchange each.
---@param fetch fun(top: integer, skip: integer?): table|nil, aicore.Error?, integer?
---       one page; third: how many records of it were set aside
---@return aicore.NextPage
function pages.of(fetch)
  local skip, length, done = 0, 0, false
  return function(done_with)
    if done_with and length >= LONG then
      collectgarbage()
    end
    if done then
      return nil
    end
    local reply, err, odd = fetch(pages.SIZE, skip > 0 and skip or nil)
    if not reply then
      done = true
      return nil, err
    end
    length = #reply.resources + (odd or 0)
    skip = skip + length
    done = length < pages.SIZE
    return reply.resources, nil, reply.count
  end
end

--- All deployments of all pages that belong, in one table.
---@param next_page aicore.NextPage
---@param belongs (fun(deployment: table): boolean)?
---@param keep (fun(deployment: table): any)?  what to keep of each; all of it if not given
---@return table[]|nil deployments
---@return aicore.Error? err
function pages.all(next_page, belongs, keep)
  local found = {}
  local page, err = next_page()
  while page do
    for _, deployment in ipairs(page) do
      if not belongs or belongs(deployment) then
        found[#found + 1] = keep and keep(deployment) or deployment
      end
    end
    page = nil -- luacheck: ignore 311
    page, err = next_page(keep ~= nil)
  end
  if err then
    return nil, err
  end
  return found
end

--- The same one by one; a page that cannot be had gives `false, err` as the last step.
---@param next_page aicore.NextPage
---@param belongs (fun(deployment: table): boolean)?
---@return fun(): table|false|nil, aicore.Error?
function pages.each(next_page, belongs)
  local page, at = {}, 0
  return function()
    while page do
      at = at + 1
      local deployment = page[at]
      if deployment == nil then
        local err
        page = nil -- luacheck: ignore 311
        page, err = next_page(true)
        at = 0
        if err then
          return false, err
        end
      elseif not belongs or belongs(deployment) then
        return deployment
      end
    end
  end
end

return pages
