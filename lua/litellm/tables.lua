--- Small things that are done with tables everywhere.

local M = {}

--- A copy of the table; the tables in it are the same.
function M.copy(t)
  local out = {}
  for key, value in pairs(t) do out[key] = value end
  return out
end

local function by_text(a, b)
  return tostring(a) < tostring(b)
end

--- The keys in the order of their texts, so that the same table is the same each time.
function M.sorted_keys(t)
  local keys = {}
  for key in pairs(t) do keys[#keys + 1] = key end
  table.sort(keys, by_text)
  return keys
end

return M
