--- Pseudo-random numbers that are the same in every run and on every Lua.
local M = {}

--- A function that gives a number from 1 to n.
function M.new(seed)
  return function(n)
    seed = (seed * 16807) % 2147483647
    return seed % n + 1
  end
end

return M
