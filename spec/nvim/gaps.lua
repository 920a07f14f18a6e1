-- How long the editor's main thread is held up: by starting a request, and while
-- twenty streams flow, over TLS too once that is warm. What has passed is printed.
-- What must be small is the time that the editor itself was at work meanwhile: others
-- use the machine, too.
local t = require("nvim.harness")
local loop = vim.uv or vim.loop
local litellm = require("litellm")

require("litellm.uv").attach()
litellm.api_key = "sk-spec"

local STREAMS, TRIES = 20, 3

local function median(list)
  table.sort(list)
  return list[math.ceil(#list / 2)]
end

--- A stream into a buffer of its own.
local function write_into(buffer)
  local stream = assert(litellm.completion({ model = "m", messages = t.messages, stream = true }))
  for text in stream:text() do
    local last = vim.api.nvim_buf_get_lines(buffer, 0, 1, false)[1]
    vim.api.nvim_buf_set_text(buffer, 0, #last, 0, #last, { text })
  end
end

--- The longest gap between the ticks of a 10 ms timer while the streams flow, how
--- long the editor worked in one at most, and what it worked to start a stream: all
--- in milliseconds.
local function measure(streams)
  local last, longest, busy, busiest, ended, starts = loop.hrtime(), 0, os.clock(), 0, 0, {}
  local ticker = loop.new_timer()
  ticker:start(10, 10, function()
    local now, worked = loop.hrtime(), os.clock()
    longest, last = math.max(longest, (now - last) / 1e6), now
    busiest, busy = math.max(busiest, (worked - busy) * 1e3), worked
  end)
  for i = 1, streams do
    local buffer = vim.api.nvim_create_buf(false, true)
    local before = os.clock()
    litellm.spawn(function()
      write_into(buffer)
      ended = ended + 1
    end)
    starts[i] = (os.clock() - before) * 1e3
  end
  t.wait(function() return ended == streams end, 20000)
  ticker:close()
  return longest, busiest, median(starts)
end

--- The best of some tries counts: others fill the processor's caches with theirs.
local function check(name)
  local gap, busiest, start = math.huge, math.huge, math.huge
  for _ = 1, TRIES do
    local g, b, s = measure(STREAMS)
    gap, busiest, start = math.min(gap, g), math.min(busiest, b), math.min(start, s)
    if busiest < 20 and start < 0.1 then break end
  end
  t.say(("%s: longest gap %.1f ms, at work %.1f ms in one, %.3f ms to start a request")
    :format(name, gap, busiest, start))
  t.equal(true, busiest < 20)
  t.equal(true, start < 0.1)
end

t.run({
  { "plain", function()
    litellm.api_base = t.base
    measure(1)
    check("http")
  end },
  { "over TLS", function()
    litellm.api_base, litellm.tls = vim.env.SPEC_TLS_BASE, { ca_file = vim.env.SPEC_CA_FILE }
    measure(1)
    check("https")
  end },
})
