-- Documents in the order in which they answer a question.
--
--     litelua --mock examples/rerank.lua

local litellm = require "litellm"

local MODEL = "rerank-english-v3.0"

local documents = {
  "Biology is the study of living organisms.",
  "Machine learning is a field of study in artificial intelligence.",
  "A learning curve shows how a skill grows with practice.",
}

local res, err = litellm.rerank{
  model = MODEL, query = "What is machine learning?", documents = documents, top_n = 2, return_documents = true,
}
if not res then
  io.stderr:write(err, "\n")
  os.exit(1)
end

for _, result in ipairs(res.results) do
  -- The index is the gateway's and counts from 0.
  print(("%.3f  %s"):format(result.relevance_score, documents[result.index + 1]))
end
