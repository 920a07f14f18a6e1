--- Modules that most programs never use: a table that stands for one and loads it
--- when a field of it is first asked for.

---@param name string
---@return table
return function(name)
  return setmetatable({}, {
    __index = function(self, field)
      local value = require(name)[field]
      rawset(self, field, value)
      return value
    end,
  })
end
