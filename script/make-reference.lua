-- Makes doc/api.md of lua/litellm/types.lua:
--
--     lua script/make-reference.lua > doc/api.md
--
-- Loaded with dofile it returns the text instead.

local script = debug.getinfo(1, "S").source:match("^@(.*)$")
local here = script:gsub("[^/]*$", "")
local interface = dofile(here .. "read-types.lua")(here .. "../lua/litellm/types.lua")

local out = {}
local function add(form, ...) out[#out + 1] = select("#", ...) > 0 and form:format(...) or form end

local function anchor(title)
  return (title:lower():gsub("[^%w%- ]", ""):gsub(" ", "-"))
end

local function cell(text)
  return (text:gsub("|", "\\|"))
end

local function code(text)
  return "`" .. text .. "`"
end

local function add_fields(fields)
  if #fields == 0 then return end
  add "| field | type | |"
  add "|---|---|---|"
  for _, field in ipairs(fields) do
    local name = code(field.name .. (field.optional and "?" or ""))
    add("| %s | %s | %s |", name, cell(code(field.type)), cell(field.text))
  end
  add ""
end

-- The twins and the methods of a client say nothing that their calls do not.
local function is_twin(field)
  if not field.type:find("^fun%(") then return false end
  local plain = field.name:gsub("^a", "", 1)
  return interface.functions["litellm." .. field.name] or interface.functions["litellm." .. plain]
end

local function own_fields(item)
  local fields = {}
  for _, field in ipairs(item.fields) do
    if not is_twin(field) then fields[#fields + 1] = field end
  end
  return fields
end

local function add_class(item)
  local fields, text = own_fields(item), table.concat(item.text, "\n")
  if #fields == 0 and text == "" and next(item.class.methods) == nil then return end
  if item.class.name == "litellm" then
    if #fields > 0 then
      add("### Fields of the module\n")
      add_fields(fields)
    end
    return
  end
  add("### %s\n", item.class.name)
  if item.class.parent then add("Has the fields of `%s` too.\n", item.class.parent) end
  if text ~= "" then add("%s\n", (text:gsub(", and$", ":"))) end
  add_fields(fields)
end

-- vector:dot is said of a vector, litellm.Stream:read of a stream.
local function shown_name(f)
  if not f.owner then return f.name end
  local short = f.owner:match("([%w_]+)$")
  if f.name:find("^litellm%.[hlu]%w+%.") then return f.name end
  return (f.name:gsub("^litellm%.[%w_]+", short:sub(1, 1):lower() .. short:sub(2)))
end

-- What it takes and gives, in a line: "`text: string` gives `integer` bytes".
local function add_signature(f)
  local takes, gives = {}, {}
  for i, param in ipairs(f.params) do
    takes[i] = code(("%s%s: %s"):format(param.name, param.optional and "?" or "", param.type))
    if param.text ~= "" then takes[i] = takes[i] .. " " .. param.text end
  end
  local last = f.returns[#f.returns]
  local fails = #f.returns > 2 and last.type == "litellm.Error?"
  for i = 1, #f.returns - (fails and 2 or 0) do
    local value = f.returns[i]
    local kind = fails and value.type:gsub("%?$", ""):gsub("|nil$", "") or value.type
    -- The only value needs no name.
    local named = value.text:find(" ") or (i > 1 and value.text ~= "")
    gives[i] = code(kind) .. (named and " " .. value.text or "")
  end
  local text = table.concat(takes, ", ")
  if #gives > 0 then text = ("%s → %s"):format(text, table.concat(gives, ", ")):gsub("^ ", "") end
  if fails then text = text .. "; nil, message, detail on failure" end
  if text ~= "" then add("%s\n", text) end
end

local function add_function(f)
  add("### %s(%s)\n", shown_name(f), f.args)
  add_signature(f)
  add("%s\n", f.text)
end

local function add_item(item)
  if item.kind == "class" then
    add_class(item)
  elseif item.kind == "alias" then
    add("### %s\n", item.name)
    add("%s: %s\n", table.concat(item.text, "\n"):gsub("%.$", ""), code(item.type))
  else
    add_function(item)
  end
end

add "# litellm: reference"
add ""
add "Made of [lua/litellm/types.lua](../lua/litellm/types.lua) by script/make-reference.lua; change that, not this."
add ""
for _, section in ipairs(interface.sections) do
  if section.title then add("- [%s](#%s)", section.title, anchor(section.title)) end
end
add ""
for _, section in ipairs(interface.sections) do
  if section.title then add("## %s\n", section.title) end
  if section.text then add("%s\n", section.text) end
  for _, item in ipairs(section.items) do add_item(item) end
end

local text = table.concat(out, "\n"):gsub("\n+$", "") .. "\n"
if arg and arg[0] == script then io.write(text) end
return text
