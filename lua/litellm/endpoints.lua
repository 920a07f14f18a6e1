--- The endpoints of the gateway, one table: what the request builder and the
--- reader of answers need to know of each.
---   path      of the endpoint, behind api_base
---   form      the body is multipart; tags then go as a header
---   files     fields that take a file; `many` may take a list of them
---   lists     fields that are arrays even when they are empty
---   needs     fields without which there is no request, and what they must be
---   kind      of the answer: "json" (the default), "audio", "text"
---   vectors   embeddings in the answer become vectors
---   shapes    what the core knows of needs and lists; `needed`: how many are
---   billed    a replay after an unknown outcome may cost twice

local text = { string = true }
local list = { table = true }
local text_or_list = { string = true, table = true }

local endpoints = {
  completion = {
    path = "/chat/completions", accumulate = "chat",
    needs = { { "model", text }, { "messages", list, "filled" } },
    lists = { "messages", "tools", "stop", "modalities", "functions", "guardrails" },
  },
  text_completion = {
    path = "/completions", accumulate = "text",
    needs = { { "model", text }, { "prompt", text_or_list, "filled" } },
    lists = { "prompt", "stop" },
  },
  embedding = {
    path = "/embeddings", vectors = true,
    needs = { { "model", text }, { "input", text_or_list, "filled" } },
    lists = { "input" },
  },
  image_generation = {
    path = "/images/generations", billed = true,
    needs = { { "prompt", text } },
  },
  image_edit = {
    path = "/images/edits", form = true, billed = true,
    needs = { { "image" }, { "prompt", text } },
    files = { { "image", many = true }, { "mask" } },
  },
  image_variation = {
    path = "/images/variations", form = true, billed = true,
    needs = { { "image" } },
    files = { { "image" } },
  },
  speech = {
    path = "/audio/speech", kind = "audio", billed = true,
    needs = { { "model", text }, { "input", text, "filled" } },
  },
  transcription = {
    path = "/audio/transcriptions", form = true, kind = "text", billed = true,
    needs = { { "model", text }, { "file" } },
    files = { { "file" } },
  },
  translation = {
    path = "/audio/translations", form = true, kind = "text", billed = true,
    needs = { { "model", text }, { "file" } },
    files = { { "file" } },
  },
  rerank = {
    path = "/rerank",
    needs = { { "model", text }, { "query", text }, { "documents", list } },
    lists = { "documents", "rank_fields" },
  },
  moderation = {
    path = "/moderations",
    needs = { { "input", text_or_list, "filled" } },
    lists = { "input" },
  },
  responses = {
    path = "/responses", accumulate = "responses",
    needs = { { "model", text }, { "input", text_or_list, "filled" } },
    lists = { "input", "tools", "include" },
  },
  models = { path = "/models", method = "GET", needs = {} },
}

-- As src/binding/fields.c has them.
local NEEDED, TEXT, TABLE, OTHER, FILLED, FLAG, BARE = 1, 2, 4, 8, 16, 32, 64

--- What `needs` and `lists` mean, for the core: a sum for each field. `stream` must be
--- a boolean, and a model with the SDK's prefix is sent without it.
local function shapes_of(endpoint)
  local shapes = {}
  for field in pairs(endpoint.lists) do shapes[field] = TEXT + TABLE + OTHER + FILLED end
  for _, need in ipairs(endpoint.needs) do
    local field, kinds = need[1], need[2]
    local shape = NEEDED + TEXT + TABLE + OTHER
    if kinds then shape = NEEDED + (kinds.string and TEXT or 0) + (kinds.table and TABLE or 0) end
    shapes[field] = shape + ((need[3] or endpoint.lists[field]) and FILLED or 0)
  end
  shapes.model = (shapes.model or TEXT + TABLE + OTHER) + BARE
  shapes.stream = FLAG
  return shapes
end

for name, endpoint in pairs(endpoints) do
  endpoint.name = name
  endpoint.kind = endpoint.kind or "json"
  endpoint.method = endpoint.method or "POST"
  local lists = {}
  for _, field in ipairs(endpoint.lists or {}) do lists[field] = true end
  endpoint.lists = lists
  endpoint.shapes, endpoint.needed = shapes_of(endpoint), #endpoint.needs
end

return endpoints
