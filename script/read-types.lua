-- Reads lua/litellm/types.lua for the scripts beside this one: its sections, and in
-- each the classes with their fields and the functions with their signatures.
--
--     local interface = dofile "script/read-types.lua"("lua/litellm/types.lua")
--     interface.sections[i]   = { title, text, items }, in the order of the file
--     interface.classes[name] = { kind = "class", name, parent, text, fields, by_name, methods }
--     interface.functions[name] = { kind = "function", name, args, text, params, returns }

-- The end of a type at the front of `text`: types hold spaces after commas, colons,
-- bars and inside brackets, and a description begins behind the first other one.
local function type_end(text)
  local depth, i = 0, 1
  while i <= #text do
    local c = text:sub(i, i)
    if c:find("[%(<{%[]") then depth = depth + 1 end
    if c:find("[%)>}%]]") then depth = depth - 1 end
    if c == " " and depth == 0 and not text:find("^[:,|]", i - 1) and not text:find("^ *|", i) then return i - 1 end
    i = i + 1
  end
  return #text
end

-- "name? type description", or "type name description".
local function split(text, name_first)
  local name = ""
  if name_first then name, text = text:match("^(%S+)%s*(.*)$") end
  local stop = type_end(text)
  return {
    name = (name:gsub("%?$", "")), optional = name:find("%?$") ~= nil, type = text:sub(1, stop),
    text = (text:sub(stop + 1):gsub("^ ", "")),
  }
end

local function field(text)
  local key, rest = text:match("^(%[.-%])%s+(.*)$")
  if not key then return split(text, true) end
  local out = split("x " .. rest, true)
  out.name, out.indexer = key, true
  return out
end

local function new_section(interface, title)
  local section = { title = title, items = {} }
  table.insert(interface.sections, section)
  return section
end

-- Handlers of the tags, called with the block under way.
local tags = {}

function tags.class(block, text)
  block.class, block.parent = text:match("^([%w_.]+)%s*:?%s*([%w_.]*)")
end

function tags.field(block, text) table.insert(block.fields, field(text)) end
function tags.param(block, text) table.insert(block.params, split(text, true)) end
tags["return"] = function(block, text) table.insert(block.returns, split(text, false)) end
function tags.alias(block, text) block.alias, block.type = text:match("^(%S+)%s+(.*)$") end

for _, name in ipairs{ "meta", "overload", "operator", "generic" } do tags[name] = function() end end

local function new_block()
  return { lines = {}, fields = {}, params = {}, returns = {} }
end

local function add_class(interface, section, block)
  local class = interface.classes[block.class]
  if not class then
    class = {
      kind = "class", name = block.class, parent = block.parent ~= "" and block.parent or nil,
      text = table.concat(block.lines, "\n"), fields = {}, by_name = {}, methods = {},
    }
    interface.classes[block.class] = class
  end
  table.insert(section.items, { kind = "class", class = class, fields = block.fields, text = block.lines })
  for _, each in ipairs(block.fields) do
    table.insert(class.fields, each)
    class.by_name[each.name] = each
  end
end

local function add_function(interface, section, block, name, args, owner)
  local item = {
    kind = "function", name = name, args = args, text = table.concat(block.lines, "\n"), params = block.params,
    returns = block.returns, owner = owner,
  }
  interface.functions[name] = item
  table.insert(section.items, item)
  if owner then interface.classes[owner].methods[name:match("[:.]([%w_]+)$")] = item end
end

return function(path)
  local interface = { sections = {}, classes = {}, functions = {} }
  local section, block, locals = new_section(interface), new_block(), {}

  local function close_block()
    if block.class then
      add_class(interface, section, block)
    elseif block.alias then
      table.insert(section.items, { kind = "alias", name = block.alias, type = block.type, text = block.lines })
    elseif #block.lines > 0 then
      section.text = table.concat(block.lines, "\n")
    end
    block = new_block()
  end

  for line in assert(io.open(path)):lines() do
    local title = line:match("^%-%- (.-) %-%-%-+$")
    local tag, rest = line:match("^%-%-%-@(%a+)%s*(.*)$")
    local text = line:match("^%-%-%- ?(.*)$")
    local name, args = line:match("^function ([%w_.:]+)%((.-)%) end$")
    local variable = line:match("^local ([%w_]+) = {}$")
    if title then
      close_block()
      section = new_section(interface, title)
    elseif tag then
      if not tags[tag] then error(("%s: unknown tag '@%s'"):format(path, tag)) end
      tags[tag](block, rest)
    elseif text and not (text == "" and #block.lines == 0) then
      table.insert(block.lines, text)
    elseif name then
      local head, sep, last = name:match("^([%w_]+)([:.])(.+)$")
      local owner = locals[head]
      add_function(interface, section, block, owner and owner .. sep .. last or name, args, owner)
      block = new_block()
    elseif variable then
      locals[variable] = block.class ~= "litellm" and block.class or nil
      close_block()
    elseif line == "" then
      close_block()
    end
  end
  close_block()
  return interface
end
