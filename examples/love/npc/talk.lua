--- What the keeper and the player said, and what the keeper is saying. It knows
--- nothing of the screen.

local litellm = require "litellm"

local MODEL = os.getenv("NPC_MODEL") or "gpt-4o-mini"

local PERSON = [[
You are Mira, who keeps a lighthouse on a small island in a game. You are kind and a
little mysterious. Answer in one or two short sentences and never leave your part.
The storm of last night broke the bridge to the mainland.
The lamp went out in the storm, and its light is all that calls the ferry.
The key to the lamp room lies under the old boat on the beach.
A grey cat called Salt guards the boat and lets nobody pass without a fish.]]

local LONGEST_MEMORY = 20 -- messages, besides the person

local Talk = {}
Talk.__index = Talk

local function new()
  return setmetatable({
    said = "Oh! A visitor. What brings you to my lighthouse?", -- the keeper's balloon
    asked = nil,                                               -- the player's balloon
    state = "waiting",                                         -- waiting, thinking, speaking
    messages = { { role = "system", content = PERSON } },
  }, Talk)
end

local function remember(self, role, content)
  table.insert(self.messages, { role = role, content = content })
  if #self.messages > LONGEST_MEMORY + 1 then table.remove(self.messages, 2) end
end

-- Runs as a task: its waits are frames of the game.
local function answer(self)
  local stream, message = litellm.completion{ model = MODEL, messages = self.messages, stream = true }
  if not stream then
    self.said, self.state = "(the wind swallows her words: " .. message .. ")", "waiting"
    return
  end
  self.said = ""
  for text in stream:text() do
    self.said, self.state = self.said .. text, "speaking"
  end
  remember(self, "assistant", self.said)
  self.state = "waiting"
end

--- The player says something; what the keeper was saying ends there.
function Talk:say(words)
  self:interrupt()
  self.asked, self.state = words, "thinking"
  remember(self, "user", words)
  self.task = litellm.spawn(answer, self)
end

function Talk:interrupt()
  if not self.task or self.task:done() then return end
  self.task:cancel()
  self.state = "waiting"
end

return { new = new }
