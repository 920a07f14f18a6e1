-- Many things at once: tasks are coroutines that wait for each other and for the
-- network, on one thread.
--
--     litelua --mock examples/async.lua

local litellm = require "litellm"

local MODEL = "gpt-4o"

local function ask(question)
  local res, err, detail = litellm.completion{ model = MODEL, messages = { { role = "user", content = question } } }
  if not res then return nil, err, detail end
  return res.choices[1].message.content
end

-- litelua runs a script as a task. Elsewhere litellm.run does it, to the end of all
-- that it starts; in litelua it may stay.
litellm.run(function()
  -- Every call has a twin that returns a task at once.
  local task = litellm.acompletion{ model = MODEL, messages = { { role = "user", content = "ping" } } }
  print("meanwhile, the request is on its way")
  print("twin:     " .. assert(task:await()).choices[1].message.content)

  -- Any function can be a task.
  local first, second = litellm.spawn(ask, "What is 6 * 7?"), litellm.spawn(ask, "What is 2 + 3?")
  print("both:     " .. table.concat(assert(litellm.all{ first, second }), ", "))

  -- A list, eight at a time: results in order, and failures by index.
  local numbers = {}
  for i = 1, 20 do numbers[i] = i end
  local answers, failures = litellm.map(numbers, function(i) return ask(("What is %d * %d?"):format(i, i)) end,
    { concurrency = 8 })
  print(("map:      %d answers, the last is %s; %s"):format(#answers, answers[20],
    next(failures) and "some failed" or "none failed"))

  -- The first that answers; the other is cancelled and its connection closed.
  local winner, place = litellm.first{
    litellm.spawn(function() litellm.sleep(5) return ask "ping" end),
    litellm.spawn(ask, "ping"),
  }
  print(("first:    %s, by number %d"):format(winner, place))

  -- A limit for everything inside, retries and waits included.
  local _, err = litellm.deadline(0.05, function() litellm.sleep(5) return ask "too late" end)
  print("deadline: " .. err)

  -- Changed one's mind.
  local slow = litellm.spawn(function() litellm.sleep(5) end)
  slow:cancel()
  print("cancel:   " .. select(2, slow:await()))
end)
