-- For code in a headless Neovim: another Neovim in a terminal of it, as a person has it, whose keys are pressed and
-- whose screen is read; questions and floating windows are on it, too. By a socket it is asked what no screen tells.
--   local screen = dofile "spec/neovim/screen.lua"
--   screen.start(folder, [[ require("aicore.neovim").setup { refresh = 0.1 } ]])
--   screen.press ":AICore<CR>"
--   screen.wait_for "d000000000000001"
-- What does not come within SECONDS ends the editor with an error that shows the screen.

local screen = {}

local SECONDS = 40 -- for what a busy machine does in one
local COLUMNS, LINES = 130, 30

local terminal, job, channel

local function fail(message)
  io.stderr:write("FAILED: ", message, "\n", screen.text(), "\n")
  vim.cmd "cquit 1"
end

--- What is on the screen now; no blanks at the ends of lines, which are there or not.
---@return string
function screen.text()
  local text = table.concat(vim.api.nvim_buf_get_lines(terminal, 0, -1, false), "\n") .. "\n"
  return (text:gsub(" +\n", "\n"))
end

--- Waits until it is so.
---@param what string
---@param condition fun(): any
---@return any  what the condition has said
function screen.wait(what, condition)
  local result
  vim.wait(SECONDS * 1000, function()
    result = condition()
    return result
  end, 5)
  if not result then
    fail("this does not come: " .. what)
  end
  return result
end

--- Waits until it is on the screen.
---@param pattern string  of Lua
---@return string  what it captures
function screen.wait_for(pattern)
  return screen.wait(pattern, function()
    return screen.text():match(pattern)
  end)
end

--- Waits until it is not on the screen any more.
---@param pattern string
function screen.wait_without(pattern)
  screen.wait("no " .. pattern, function()
    return not screen.text():find(pattern)
  end)
end

--- Types keys: "d", ":AICore<CR>", "<C-w>j".
---@param keys string
function screen.press(keys)
  vim.fn.chansend(job, vim.api.nvim_replace_termcodes(keys, true, true, true))
end

--- Runs Lua there; not while a question is open.
---@param code string
---@return any
function screen.ask(code)
  return vim.fn.rpcrequest(channel, "nvim_exec_lua", code, {})
end

--- The highlight group of a word in the current buffer, in the first line that has the other one, too; "": none.
---@param line string
---@param word string
---@return string
function screen.group_of(line, word)
  return screen.ask(([[
    local wanted, word = %q, %q
    local namespace = vim.api.nvim_get_namespaces().aicore
    for i, text in ipairs(vim.api.nvim_buf_get_lines(0, 0, -1, false)) do
      local from, to = text:find(word, 1, true)
      if from and text:find(wanted, 1, true) then
        local here = { details = true }
        for _, mark in ipairs(vim.api.nvim_buf_get_extmarks(0, namespace, { i - 1, 0 }, { i - 1, -1 }, here)) do
          if mark[3] <= from - 1 and mark[4].end_col >= to then
            return mark[4].hl_group
          end
        end
        return ""
      end
    end
    return "no such line"
  ]]):format(line, word))
end

--- Starts it, with the plugin in its runtimepath, and runs some code.
---@param folder string  for its files
---@param code string
function screen.start(folder, code)
  vim.o.columns, vim.o.lines = COLUMNS, LINES
  local file = assert(io.open(folder .. "/init.lua", "w"))
  file:write(code)
  file:close()
  vim.cmd "enew"
  terminal = vim.api.nvim_get_current_buf()
  local runtimepath = vim.o.runtimepath:match "^[^,]*"
  job = vim.fn.termopen {
    "nvim",
    "-u",
    "NONE",
    "-i",
    "NONE",
    "-n",
    "--cmd",
    "set runtimepath^=" .. runtimepath,
    "--cmd",
    ("call serverstart('%s/socket')"):format(folder), -- not --listen: that answers before it knows where the plugin is
    "-c",
    "luafile " .. folder .. "/init.lua",
  }
  local pid = vim.fn.jobpid(job)
  vim.api.nvim_create_autocmd("VimLeavePre", {
    callback = function()
      vim.loop.kill(pid, "sigkill") -- while it asks something it would not end for less
    end,
  })
  screen.wait("a socket", function()
    local found
    found, channel = pcall(vim.fn.sockconnect, "pipe", folder .. "/socket", { rpc = true })
    return found and channel > 0
  end)
end

return screen
