--- Vectors: what an embedding is. A vector is an array of 32-bit floats, four
--- bytes a component, that cannot be changed:
---
---     local v = res.data[1].embedding      -- or litellm.vector{ 0.1, 0.2, 0.3 }
---     print(#v, v[1], v:cosine(w), v)
---     for i, x in v:each() do ... end      -- on every Lua
---
--- `ipairs(v)` works on Lua 5.2 and later; 5.1 and LuaJIT let `ipairs` take
--- tables only, so `v:each()` and `for i = 1, #v` are what runs everywhere.
--- Sums are made of 32-bit floats: results are exact to about six digits.

local core = require "litellm.native"

---@class litellm.vector
---@operator len: integer
---@field [integer] number  -- counted from 1; nil beyond the ends
---@field dot fun(self: litellm.vector, other: litellm.vector): number
---@field cosine fun(self: litellm.vector, other: litellm.vector): number  -- -1 to 1; 0 with zeros only
---@field norm fun(self: litellm.vector): number  -- the Euclidean length
---@field totable fun(self: litellm.vector): number[]
---@field base64 fun(self: litellm.vector): string  -- little-endian floats, as the gateway sends them
---@field each fun(self): (fun(v: litellm.vector, i: integer): integer?, number?), litellm.vector, integer

---@class litellm.ranked
---@field index integer  -- into the list, counted from 1
---@field score number  -- the cosine

local M = {}

--- Makes a vector from an array of numbers, or from base64 of little-endian
--- 32-bit floats. A vector is returned as it is. Two vectors are equal (`==`)
--- when all their components are.
---@param from number[]|string|litellm.vector
---@return litellm.vector? vector  -- nil when a string is not base64 of floats
---@return string? err
function M.new(from)
  return core.vector(from)
end

--- Ranks a list by its cosine with `query`, the best first; of equals the one
--- that comes first in the list. Vectors of another size than the query's
--- raise an error.
---
---     local hits = litellm.vector.top(q.data[1], docs.data, 5)
---     print(texts[hits[1].index], hits[1].score)
---@param query litellm.vector|{ embedding: litellm.vector }
---@param list (litellm.vector|{ embedding: litellm.vector })[]
---@param k? integer  -- how many; the whole list without it
---@return litellm.ranked[]
function M.top(query, list, k)
  return core.top(query, list, k)
end

return setmetatable(M, {
  __call = function(_, from)
    return core.vector(from)
  end,
})
