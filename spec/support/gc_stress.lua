-- A busted helper (--helper=spec/support/gc_stress.lua): the collector never rests.
-- A cycle begins as soon as the last one has ended, and every so many instructions
-- all garbage is collected at once, in the middle of whatever runs, so that what
-- nobody holds is gone before anybody could touch it by mistake. LITELLM_PATIENCE
-- should be set beside it: limits of time in the specs are so many times as long.
local EVERY = tonumber(os.getenv("LITELLM_GC_EVERY")) or 1000

local create, resume, sethook = coroutine.create, coroutine.resume, debug.sethook
local function collect()
  collectgarbage()
end

local function finish_wrap(ok, ...)
  if not ok then
    error((...), 0)
  end
  return ...
end

if rawget(_G, "jit") then
  jit.off() -- Compiled code calls no hooks. There is one for all coroutines.
else
  function coroutine.create(f) -- luacheck: ignore 122
    local co = create(f)
    sethook(co, collect, "", EVERY)
    return co
  end
  function coroutine.wrap(f) -- luacheck: ignore 122
    local co = coroutine.create(f)
    return function(...)
      return finish_wrap(resume(co, ...))
    end
  end
end

collectgarbage("setpause", 0)
collectgarbage("setstepmul", 1000)
sethook(collect, "", EVERY)
