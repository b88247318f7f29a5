--- Questions, by vim.ui: so they look as everything else does in the editor of who answers.

local questions = {}

local NO, YES = "No", "Yes"

--- Asks, and goes on if the answer is yes. "No" comes first: it is what an Enter too many chooses in a list.
---@param question string
---@param go_on fun()
function questions.confirm(question, go_on)
  vim.ui.select({ NO, YES }, { prompt = question, kind = "aicore.confirm" }, function(answer)
    if answer == YES then
      go_on()
    end
  end)
end

-- Neovim 0.7 takes an answer of nothing for none; where nothing is an answer it asks by itself.
local function ask(options, go_on)
  options.cancelreturn = vim.NIL
  local answered, text = pcall(vim.fn.input, options)
  go_on(answered and text ~= vim.NIL and text or nil)
end

--- Asks for a text, and goes on if there is an answer, which may be "".
---@param options { prompt: string, default: string, completion: string }
---@param go_on fun(text: string)
function questions.input(options, go_on)
  local input = vim.fn.has "nvim-0.8" == 1 and vim.ui.input or ask
  input(options, function(text)
    if text then
      go_on(text)
    end
  end)
end

return questions
