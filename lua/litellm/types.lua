---@meta litellm
-- The public interface of litellm, for editors (LuaCATS) and for people: doc/api.md is
-- made of this file by script/make-reference.lua, and script/meta-check.lua compares
-- it with the code. It is never loaded.

---@class litellm
---@field _VERSION string the version of the library
---@field blocking boolean false: a wait outside of a task raises instead of blocking the host; true when not set
---@field on_error? fun(detail: litellm.Error, text: string) called with the failure of a task that nobody awaits, and its traceback; without it the traceback goes to standard error
---@field null any a null in what is sent; in what is received, a null is an absent field
local litellm = {}

-- Calls --------------------------------------------------------------------------------
---
--- One function for each endpoint. It takes one table: the options that are ours (those
--- of `litellm.CallOptions`, the settings among them) and the fields of the body, known
--- to this library or not. What it returns on failure is `nil, message, detail`. All of
--- them are methods of a client too, and each has a twin with the prefix `a` that
--- returns a task at once: `acompletion`, `aembedding`, and so on.

--- Asks a chat model. With `stream = true` it returns a stream.
---
--- ```lua
--- local res = assert(litellm.completion{
---   model = "gpt-4o", messages = { { role = "user", content = "What is 6 * 7?" } },
--- })
--- print(res.choices[1].message.content)
--- ```
---@param args litellm.CompletionArgs
---@return litellm.Response|litellm.Stream|nil response
---@return string? message
---@return litellm.Error? detail
function litellm.completion(args) end

--- Continues a text (the legacy endpoint): `res.choices[1].text`.
---@param args litellm.TextCompletionArgs
---@return litellm.Response|litellm.Stream|nil response
---@return string? message
---@return litellm.Error? detail
function litellm.text_completion(args) end

--- Asks a model through the responses endpoint. Streamed, `text()` gives the text of
--- its `response.output_text.delta` events and `result()` the finished response.
---@param args litellm.ResponsesArgs
---@return table|litellm.Stream|nil response
---@return string? message
---@return litellm.Error? detail
function litellm.responses(args) end

--- Makes vectors of texts: `res.data[i].embedding` is a `litellm.vector`.
---@param args litellm.EmbeddingArgs
---@return litellm.Embeddings? response
---@return string? message
---@return litellm.Error? detail
function litellm.embedding(args) end

--- Orders documents by how well they answer a query. `index` in the results is the
--- gateway's and counts from 0: `documents[result.index + 1]`.
---@param args litellm.RerankArgs
---@return litellm.Ranking? response
---@return string? message
---@return litellm.Error? detail
function litellm.rerank(args) end

--- Says whether a text is objectionable: `res.results[1].flagged`.
---@param args litellm.ModerationArgs
---@return table? response
---@return string? message
---@return litellm.Error? detail
function litellm.moderation(args) end

--- Draws pictures; `litellm.save(res.data[1], path)` writes one into a file. Pictures and
--- audio are not asked for again when it is unknown whether the first attempt was paid
--- for: see `retry.unknown_outcome`.
---@param args litellm.ImageArgs
---@return litellm.Images? response
---@return string? message
---@return litellm.Error? detail
function litellm.image_generation(args) end

--- Changes a picture, or makes one of several.
---@param args litellm.ImageEditArgs
---@return litellm.Images? response
---@return string? message
---@return litellm.Error? detail
function litellm.image_edit(args) end

--- Makes pictures like another.
---@param args litellm.ImageVariationArgs
---@return litellm.Images? response
---@return string? message
---@return litellm.Error? detail
function litellm.image_variation(args) end

--- Speaks a text. It returns when the answer begins; the audio is read as it arrives.
---@param args litellm.SpeechArgs
---@return litellm.Audio? audio
---@return string? message
---@return litellm.Error? detail
function litellm.speech(args) end

--- Writes down what is said in a recording: `res.text`.
---@param args litellm.TranscriptionArgs
---@return litellm.Transcript? response
---@return string? message
---@return litellm.Error? detail
function litellm.transcription(args) end

--- Writes down in English what is said in a recording.
---@param args litellm.TranscriptionArgs
---@return litellm.Transcript? response
---@return string? message
---@return litellm.Error? detail
function litellm.translation(args) end

--- Lists the models that the gateway knows: `res.data[1].id`.
---@param args? litellm.CallOptions
---@return table? response
---@return string? message
---@return litellm.Error? detail
function litellm.models(args) end

--- Calls any path of the gateway: the decoded JSON of its answer, or a string where it
--- gave something else, or a stream. The path is put behind `api_base` as it is. A proxy
--- has `/health`, `/key`, `/user` and the like at its root and not below `/v1`: for these
--- `api_base` must be without `/v1`, here or for all calls.
---
--- ```lua
--- local res = assert(litellm.request{ path = "/models", method = "GET" })
--- print(res.data[1].id)
--- ```
---@param args litellm.RequestArgs
---@return any response
---@return string? message
---@return litellm.Error? detail
function litellm.request(args) end

---@class litellm
---@field acompletion fun(args: litellm.CompletionArgs): litellm.Task
---@field atext_completion fun(args: litellm.TextCompletionArgs): litellm.Task
---@field aresponses fun(args: litellm.ResponsesArgs): litellm.Task
---@field aembedding fun(args: litellm.EmbeddingArgs): litellm.Task
---@field arerank fun(args: litellm.RerankArgs): litellm.Task
---@field amoderation fun(args: litellm.ModerationArgs): litellm.Task
---@field aimage_generation fun(args: litellm.ImageArgs): litellm.Task
---@field aimage_edit fun(args: litellm.ImageEditArgs): litellm.Task
---@field aimage_variation fun(args: litellm.ImageVariationArgs): litellm.Task
---@field aspeech fun(args: litellm.SpeechArgs): litellm.Task
---@field atranscription fun(args: litellm.TranscriptionArgs): litellm.Task
---@field atranslation fun(args: litellm.TranscriptionArgs): litellm.Task
---@field amodels fun(args?: litellm.CallOptions): litellm.Task
---@field arequest fun(args: litellm.RequestArgs): litellm.Task

-- Arguments of the calls ------------------------------------------------------------------
---
--- Fields marked with `?` may be left out. What is not listed goes into the body as it is.

--- What every call takes besides its own fields: the settings, for this call alone, and
---@class litellm.CallOptions: litellm.Settings
---@field extra_body? table merged into the body, last of all
---@field extra_headers? table<string, string|number|false> headers; false leaves one out
---@field extra_query? table<string, string|number|string[]> behind the `?` of the URL
---@field tags? string[] for the gateway's reports and its routing; in forms they travel as a header
---@field metadata? table for the gateway's logs
---@field user? string who the call is made for
---@field [string] any any other field of the body

---@class litellm.CompletionArgs: litellm.CallOptions
---@field model string
---@field messages litellm.Message[]
---@field stream? boolean
---@field stream_options? table `{ include_usage = true }` lets a stream end with its usage
---@field temperature? number
---@field top_p? number
---@field n? integer how many answers
---@field max_tokens? integer
---@field stop? string|string[]
---@field tools? table[]
---@field tool_choice? string|table
---@field response_format? table
---@field seed? integer

---@class litellm.Message
---@field role "system"|"developer"|"user"|"assistant"|"tool"
---@field content? string|table[]
---@field name? string
---@field tool_calls? litellm.ToolCall[]
---@field tool_call_id? string
---@field reasoning_content? string

---@class litellm.ToolCall
---@field id string
---@field type "function"
---@field function { name: string, arguments: string } the arguments are JSON: `litellm.json.decode`

---@class litellm.TextCompletionArgs: litellm.CallOptions
---@field model string
---@field prompt string|string[]
---@field stream? boolean
---@field max_tokens? integer
---@field temperature? number
---@field suffix? string

---@class litellm.ResponsesArgs: litellm.CallOptions
---@field model string
---@field input string|table[]
---@field stream? boolean
---@field instructions? string
---@field previous_response_id? string
---@field tools? table[]

---@class litellm.EmbeddingArgs: litellm.CallOptions
---@field model string
---@field input string|string[]|integer[]
---@field dimensions? integer
---@field encoding_format? "float"|"base64" base64 is shorter on the wire; either way they become vectors

---@class litellm.RerankArgs: litellm.CallOptions
---@field model string
---@field query string
---@field documents (string|table)[]
---@field top_n? integer
---@field return_documents? boolean

---@class litellm.ModerationArgs: litellm.CallOptions
---@field input string|string[]
---@field model? string

---@class litellm.ImageArgs: litellm.CallOptions
---@field prompt string
---@field model? string
---@field n? integer
---@field size? string as in "1024x1024"
---@field quality? string

---@class litellm.ImageEditArgs: litellm.CallOptions
---@field image litellm.Upload|litellm.Upload[]
---@field prompt string
---@field model? string
---@field mask? litellm.Upload
---@field n? integer
---@field size? string

---@class litellm.ImageVariationArgs: litellm.CallOptions
---@field image litellm.Upload
---@field model? string
---@field n? integer
---@field size? string

---@class litellm.SpeechArgs: litellm.CallOptions
---@field model string
---@field input string
---@field voice? string
---@field response_format? string as in "mp3" or "wav"
---@field speed? number

---@class litellm.TranscriptionArgs: litellm.CallOptions
---@field model string
---@field file litellm.Upload
---@field language? string
---@field prompt? string
---@field response_format? string a LiteLLM proxy answers with JSON whatever is asked for
---@field timestamp_granularities? string[]
---@field temperature? number

--- The body is one of `json`, `body`, and `form` with `files`.
---@class litellm.RequestArgs: litellm.Settings
---@field path string of the gateway, behind `api_base`
---@field method? string POST when there is a body, else GET
---@field json? any a body, written as JSON
---@field body? string a body as it is
---@field content_type? string of `body`
---@field form? table the fields of a multipart body
---@field files? table<string, litellm.Upload|litellm.Upload[]> and its files
---@field stream? boolean
---@field extra_body? table
---@field extra_headers? table<string, string|number|false>
---@field extra_query? table<string, string|number|string[]>
---@field tags? string[]

--- What a field for a file takes: a path, which is read from disk while it is sent, a
--- `litellm.file`, or an open file of Lua's.
---@alias litellm.Upload string|litellm.File|file*

-- Answers ------------------------------------------------------------------------------------
---
--- An answer is a table as the gateway sent it. `litellm.meta` knows what came with it.

---@class litellm.Response
---@field id string
---@field model string
---@field created integer
---@field choices litellm.Choice[]
---@field usage? { prompt_tokens: integer, completion_tokens: integer, total_tokens: integer }

---@class litellm.Choice
---@field index integer counts from 0
---@field message? litellm.Message
---@field text? string of `text_completion`
---@field delta? litellm.Message in the chunks of a stream
---@field finish_reason? string

---@class litellm.Embeddings
---@field data { index: integer, embedding: litellm.vector }[]
---@field model string
---@field usage? table

---@class litellm.Ranking
---@field results { index: integer, relevance_score: number, document: table? }[] `index` counts from 0

---@class litellm.Images
---@field data { b64_json: string?, url: string?, revised_prompt: string? }[]

---@class litellm.Transcript
---@field text string
---@field segments? table[]

--- What is known of an answer, a stream or audio beside its body, by the gateway's own
--- figures. nil for anything that is no result of a call.
---@param result any
---@return litellm.Meta?
function litellm.meta(result) end

---@class litellm.Meta
---@field status integer
---@field headers table<string, string> by lower-case name
---@field endpoint string the name of the function
---@field url string
---@field attempts integer
---@field elapsed number seconds until the answer was there; of a stream or audio, until it began
---@field cost? number in dollars; nil when the gateway did not say
---@field cost_source? "header"|"usage"
---@field call_id? string
---@field request_id? string
---@field model_id? string which deployment answered
---@field model_group? string
---@field model_api_base? string
---@field gateway_version? string
---@field gateway_retries? integer
---@field gateway_fallbacks? integer
---@field key_spend? number
---@field duration_ms? number
---@field overhead_ms? number
---@field ratelimit? table<string, number|table> `limit_requests`, `remaining_tokens`, `reset_requests` (seconds) and so on; the gateway's own for a key in `api_key`

-- Settings --------------------------------------------------------------------------------------
---
--- A setting is given to a call, to a client, or to the module, and is looked for in this
--- order; then come the variables of the environment that are named below.

---@class litellm.Settings
---@field api_base? string where the gateway is, with or without /v1; else LITELLM_PROXY_API_BASE
---@field api_key? string|fun(): string the key, or a function that gives it, called on first use; else LITELLM_PROXY_API_KEY
---@field proxy_auth? litellm.ProxyAuthHandler|litellm.Credential|function tokens in place of a key
---@field timeout? number|litellm.Timeout seconds; a number is the total
---@field num_retries? integer how often a failed attempt is made again; 2
---@field retry? litellm.Retry when a failed attempt is made again
---@field proxy_num_retries? integer how often the gateway itself may try again
---@field headers? table<string, string|number|false> with every request; those of the module, the client and the call add up
---@field user_agent? string litellm-lua/VERSION
---@field tls? litellm.TLS whom to trust
---@field proxy? string a forward proxy; else HTTPS_PROXY, HTTP_PROXY
---@field no_proxy? string hosts to reach without it; else NO_PROXY
---@field limits? litellm.Limits how large an answer may be
---@field max_budget? number dollars: once the program has spent so much, as far as the gateway has said, calls fail with BudgetExceededError and nothing is sent; what calls under way will cost is not known
---@field pacing? boolean|litellm.Pacing waits for the gateway's rate limits, all tasks together, in place of being refused
---@field log? fun(event: litellm.LogEvent) called for each thing that happens to a request; no secret is in it
---@field use_litellm_proxy? boolean|string the SDK's switch: true changes nothing, false is an error, for there is no other route; else USE_LITELLM_PROXY

--- Seconds; behind each its default. What is reached first counts, and the message names it. 0 is no limit.
---@class litellm.Timeout
---@field connect? number until there is a connection; 10
---@field first_byte? number until the answer begins; 600
---@field idle? number the longest silence within an answer; 120
---@field total? number for all of it, attempts and waits included; 600, and none for streams and audio unless given
---@field count_pings? boolean comment lines in a stream count as a sign of life

--- true learns from the gateway's answers alone: after a 429, or when nothing remains of a
--- limit, calls of the same model and key wait until it is over, in the order in which they
--- came; a call whose time limit would pass fails at once. These are kept to as well:
---@class litellm.Pacing
---@field requests? number a minute, of all calls with the key
---@field tokens? number a minute: a call waits while the answers of the last minute have used as many

---@class litellm.Retry
---@field base? number seconds before the second attempt, doubled each time; 0.5
---@field cap? number the longest wait; 8
---@field jitter? number what part of a wait is random; 0.25
---@field statuses? integer[] in place of 408, 409, 429 and 5xx
---@field unknown_outcome? boolean pictures and audio are asked for again too when the first attempt may have been paid for

---@class litellm.TLS
---@field ca_file? string certificates to trust; else SSL_CERT_FILE
---@field ca_path? string
---@field client_cert? string
---@field client_key? string
---@field min_version? "1.2"|"1.3"|number
---@field verify? boolean false trusts anybody

--- In bytes, but for the depth. An answer beyond a limit is an error of the kind `limit`; one that is too deep, `parse`.
---@class litellm.Limits
---@field head? integer its header lines: 1 MiB, or less where libcurl takes less
---@field body? integer all of an answer, a streamed one too: 1 GiB
---@field event? integer one event of a stream: 256 MiB
---@field depth? integer levels of JSON: 256, and not more

---@class litellm.LogEvent
---@field event "request"|"response"|"failure"|"retry"|"pacing"
---@field name string of the function that was called
---@field method string
---@field url string
---@field attempt? integer
---@field status? integer
---@field elapsed? number
---@field delay? number before the next attempt, or until a rate limit is over
---@field message? string
---@field reason? string

-- Clients -------------------------------------------------------------------------------------------

--- A client with settings of its own; what it does not set comes from the module. All
--- clients share their connections.
---@param settings? litellm.Settings
---@return litellm.Client
function litellm.new(settings) end

--- All calls are its methods, their twins too: `client:completion{ ... }`. Its settings can be
--- read and set as fields.
---@class litellm.Client: litellm.Settings
---@field completion fun(self: litellm.Client, args: litellm.CompletionArgs): (litellm.Response|litellm.Stream|nil), string?, litellm.Error?
---@field text_completion fun(self: litellm.Client, args: litellm.TextCompletionArgs): (litellm.Response|litellm.Stream|nil), string?, litellm.Error?
---@field responses fun(self: litellm.Client, args: litellm.ResponsesArgs): (table|litellm.Stream|nil), string?, litellm.Error?
---@field embedding fun(self: litellm.Client, args: litellm.EmbeddingArgs): litellm.Embeddings?, string?, litellm.Error?
---@field rerank fun(self: litellm.Client, args: litellm.RerankArgs): litellm.Ranking?, string?, litellm.Error?
---@field moderation fun(self: litellm.Client, args: litellm.ModerationArgs): table?, string?, litellm.Error?
---@field image_generation fun(self: litellm.Client, args: litellm.ImageArgs): litellm.Images?, string?, litellm.Error?
---@field image_edit fun(self: litellm.Client, args: litellm.ImageEditArgs): litellm.Images?, string?, litellm.Error?
---@field image_variation fun(self: litellm.Client, args: litellm.ImageVariationArgs): litellm.Images?, string?, litellm.Error?
---@field speech fun(self: litellm.Client, args: litellm.SpeechArgs): litellm.Audio?, string?, litellm.Error?
---@field transcription fun(self: litellm.Client, args: litellm.TranscriptionArgs): litellm.Transcript?, string?, litellm.Error?
---@field translation fun(self: litellm.Client, args: litellm.TranscriptionArgs): litellm.Transcript?, string?, litellm.Error?
---@field models fun(self: litellm.Client, args?: litellm.CallOptions): table?, string?, litellm.Error?
---@field request fun(self: litellm.Client, args: litellm.RequestArgs): any, string?, litellm.Error?
---@field explain fun(self: litellm.Client, name: string|table, args?: table): litellm.Explanation?, string?, litellm.Error? see litellm.explain
---@field acompletion fun(self: litellm.Client, args: litellm.CompletionArgs): litellm.Task
---@field atext_completion fun(self: litellm.Client, args: litellm.TextCompletionArgs): litellm.Task
---@field aresponses fun(self: litellm.Client, args: litellm.ResponsesArgs): litellm.Task
---@field aembedding fun(self: litellm.Client, args: litellm.EmbeddingArgs): litellm.Task
---@field arerank fun(self: litellm.Client, args: litellm.RerankArgs): litellm.Task
---@field amoderation fun(self: litellm.Client, args: litellm.ModerationArgs): litellm.Task
---@field aimage_generation fun(self: litellm.Client, args: litellm.ImageArgs): litellm.Task
---@field aimage_edit fun(self: litellm.Client, args: litellm.ImageEditArgs): litellm.Task
---@field aimage_variation fun(self: litellm.Client, args: litellm.ImageVariationArgs): litellm.Task
---@field aspeech fun(self: litellm.Client, args: litellm.SpeechArgs): litellm.Task
---@field atranscription fun(self: litellm.Client, args: litellm.TranscriptionArgs): litellm.Task
---@field atranslation fun(self: litellm.Client, args: litellm.TranscriptionArgs): litellm.Task
---@field amodels fun(self: litellm.Client, args?: litellm.CallOptions): litellm.Task
---@field arequest fun(self: litellm.Client, args: litellm.RequestArgs): litellm.Task
local Client = {}

--- A copy of the client with other settings, on the same connections.
---@param settings litellm.Settings
---@return litellm.Client
function Client:with(settings) end

-- Streams -----------------------------------------------------------------------------------------------
---
--- A stream is its own iterator: `for chunk in stream do` gives the chunks as they came. The
--- loops raise the detail of a failure; `read` and `result` return it. In Lua 5.4 leaving
--- such a loop early closes the stream at once; elsewhere call `close`. Reading waits as
--- a call does.

---@class litellm.Stream
---@overload fun(): litellm.Response?
local Stream = {}

--- An iterator over the text of the answer (of its first choice): the fast way.
---
--- ```lua
--- local stream = assert(litellm.completion{
---   model = "gpt-4o", stream = true, messages = { { role = "user", content = "Tell a story about a fox." } },
--- })
--- for text in stream:text() do io.write(text) end
--- ```
---@return fun(): string?
function Stream:text() end

--- One chunk; nil at the end; nil, message, detail when the stream failed.
---@return litellm.Response? chunk
---@return string? message
---@return litellm.Error? detail
function Stream:read() end

--- Reads to the end: the response as if it had not been streamed. On failure what came
--- is in `detail.partial`.
---@return litellm.Response? response
---@return string? message
---@return litellm.Error? detail
function Stream:result() end

--- What came so far, in the form of the response: text, tool calls, usage.
---@return litellm.Response
function Stream:partial() end

--- How it stands. `truncated`: the connection ended before the answer did.
---@return "open"|"complete"|"truncated"|"error"|"cancelled"
function Stream:state() end

--- Ends it. The connection is closed at once if more was to come. A loop over the stream
--- that does this itself just ends; in another's loop, and from `read` and `result`, it is
--- an error of the kind `cancelled`.
function Stream:close() end

-- Audio ---------------------------------------------------------------------------------------------------

---@class litellm.Audio
---@field content_type? string
local Audio = {}

--- All of it.
---@return string? bytes
---@return string? message
---@return litellm.Error? detail
function Audio:bytes() end

--- Writes it into a file as it arrives: the number of bytes. On failure the file keeps
--- what came, and the message says so.
---@param path string
---@return integer? bytes
---@return string? message
---@return litellm.Error? detail
function Audio:stream_to_file(path) end

--- An iterator over the bytes as they arrive; raises the detail of a failure.
---@return fun(): string?
function Audio:chunks() end

--- Ends it; the connection is closed if more was to come. A loop over `chunks` that does
--- this itself just ends.
function Audio:close() end

-- Files and pictures ----------------------------------------------------------------------------------------

--- A file for the fields that take one: from a path, or from bytes with a name.
---@param source string|{ path: string?, data: string?, filename: string?, content_type: string? }
---@return litellm.File
function litellm.file(source) end

---@class litellm.File
---@field path? string
---@field data? string
---@field filename string
---@field content_type string

--- Writes a picture of an answer into a file, whether it came as base64 or as a URL. The
--- key does not go to that URL.
---@param item { b64_json: string?, url: string? } as in `res.data[1]`
---@param path string
---@return boolean? saved
---@return string? message
---@return litellm.Error? detail
function litellm.save(item, path) end

-- Vectors -----------------------------------------------------------------------------------------------------
---
--- A vector is an array of 32-bit floats, four bytes each, that cannot be changed. It counts from 1:
--- `v[1]`, `#v`. `ipairs(v)` works from Lua 5.2 on; `v:each()` everywhere. Vectors of equal components are equal.

---@class litellm.vector
---@operator len: integer
---@operator call(number[]|string): litellm.vector
---@field [integer] number
local vector = {}

--- The sum of the products.
---@param other litellm.vector
---@return number
function vector:dot(other) end

--- The cosine of the angle between the two, from -1 to 1; 0 with a vector of zeros.
---@param other litellm.vector
---@return number
function vector:cosine(other) end

--- The Euclidean length.
---@return number
function vector:norm() end

--- The components as a table of numbers.
---@return number[]
function vector:totable() end

--- Little-endian floats in base64, as the gateway sends them.
---@return string
function vector:base64() end

--- An iterator over index and component.
---@return fun(v: litellm.vector, i: integer): integer?, number?
---@return litellm.vector
---@return integer
function vector:each() end

litellm.vector = {}

--- A vector of an array of numbers, or of base64; `litellm.vector(from)` is the same.
---@param from number[]|string|litellm.vector
---@return litellm.vector? vector
---@return string? message when the string is no base64 of floats
function litellm.vector.new(from) end

--- Ranks a list by its cosine with a query, the best first.
---
--- ```lua
--- local texts = { "the cat sleeps", "interest rates rose" }
--- local docs = assert(litellm.embedding{ model = "text-embedding-3-small", input = texts })
--- local query = assert(litellm.embedding{ model = "text-embedding-3-small", input = "a cat" })
--- for _, hit in ipairs(litellm.vector.top(query.data[1], docs.data, 5)) do
---   print(hit.score, texts[hit.index])
--- end
--- ```
---@param query litellm.vector|{ embedding: litellm.vector }
---@param list (litellm.vector|{ embedding: litellm.vector })[]
---@param k? integer how many; all without it
---@return { index: integer, score: number }[] hits the index counts from 1
function litellm.vector.top(query, list, k) end

-- Tasks -----------------------------------------------------------------------------------------------------------
---
--- A task is a coroutine that may wait: for the network, for another task, for time.
--- A call inside a task lets the others go on. A call outside of any task runs them
--- until its own answer is there. litelua runs a script as a task.

--- Calls f(...) as a task, and runs it and all tasks it started to the end. Returns what f
--- returned; an error in f ends the other tasks and is raised.
---@param f function
---@param ... any
---@return any ...
function litellm.run(f, ...) end

--- Starts a task that calls f(...). It runs at once up to its first wait.
---@param f function
---@param ... any
---@return litellm.Task
function litellm.spawn(f, ...) end

---@class litellm.Task
local Task = {}

--- Waits for the task and returns what its function returned; nil, message, detail when
--- it failed, was cancelled, or was not done within `seconds` (it goes on then).
---@param seconds? number
---@return any ...
function Task:await(seconds) end

--- Ends the task: the request it waits for is closed at once, and the wait raises in the
--- task. false when it had ended before.
---@return boolean
function Task:cancel() end

--- Whether it has ended, in whatever way.
---@return boolean
function Task:done() end

--- Calls f(item, index) for each item of a list, `concurrency` (16) at a time. Returns the
--- first results by index, and the failures by index: where f raised, or returned
--- nil and a message. A failure ends nothing but its own item.
---@param list table
---@param f fun(item: any, index: integer): any
---@param options? { concurrency: integer? }
---@return table results
---@return table<integer, litellm.Error> failures
function litellm.map(list, f, options) end

--- Waits for all tasks: the first result of each, in order. At the first failure the
--- others are cancelled: nil, message, detail.
---@param tasks litellm.Task[]
---@return any[]? results
---@return string? message
---@return litellm.Error? detail
function litellm.all(tasks) end

--- Waits for the first task that succeeds, and cancels the others. nil, message, detail
--- when all fail.
---@param tasks litellm.Task[]
---@return any result
---@return integer|string|nil place in the list, or the message
---@return litellm.Error? detail
function litellm.first(tasks) end

--- Pauses the calling task, or the program; other tasks go on.
---@param seconds number
function litellm.sleep(seconds) end

--- Calls f(...) and returns what it returns, within `seconds`: every call, wait and retry
--- inside ends by then. nil, message, detail when the time is up. A deadline inside
--- another cannot outlast it.
---@param seconds number
---@param f function
---@param ... any
---@return any ...
function litellm.deadline(seconds, f, ...) end

--- Seconds on a clock that nobody sets, for differences.
---@return number
function litellm.now() end

-- Hosts with a loop of their own -----------------------------------------------------------------------------------
---
--- Set `litellm.blocking = false`, start tasks with `spawn` or the twins, and call `step`
--- once a frame, or whenever `fd` is readable.

--- Does what there is to do and returns at once.
---@return integer pending tasks and transfers that are not done
function litellm.step() end

--- Waits up to `ms` milliseconds for something to do, and does it.
---@param ms number
---@return integer pending
function litellm.wait(ms) end

--- A descriptor that is readable whenever `step` has something to do; nil where the
--- system has none.
---@return integer?
function litellm.fd() end

--- How many tasks and transfers are under way.
---@return integer
function litellm.pending() end

--- `require "litellm.uv"`: the loop of Neovim, or of luv.
---@class litellm.uv
local uv = {}

--- Lets the loop run tasks. A call outside of a task raises from then on, instead of
--- blocking the host.
---@param luv? table the luv module; Neovim's own, or luv's, when it is left out
function uv.attach(luv) end

--- Leaves the loop: calls block again.
function uv.detach() end

--- Whether a loop is attached.
---@return boolean
function uv.attached() end

--- `require "litellm.love"`: answers as objects of LÖVE.
---@class litellm.love
local love = {}

--- The pixels of a picture, for `love.graphics.newImage`.
---@param item { b64_json: string?, url: string? } as in `res.data[1]`
---@return any image_data
---@return string? message
---@return litellm.Error? detail
function love.image_data(item) end

--- The sound of a speech answer, for `source:play()`.
---@param audio litellm.Audio
---@param format? string that was asked for: "wav", which is the default, "mp3" or "opus"
---@return any source
---@return string? message
---@return litellm.Error? detail
function love.source(audio, format) end

-- Errors ---------------------------------------------------------------------------------------------------------------
---
--- A mistake of the programmer raises. The world's failures return nil, a message of one
--- line, and this table, whose `tostring` is the message.

---@class litellm.Error
---@field message string
---@field type string LiteLLM's class: RateLimitError, AuthenticationError, Timeout, APIConnectionError, ContextWindowExceededError, ContentPolicyViolationError, BudgetExceededError, BadRequestError, NotFoundError, and so on
---@field kind "config"|"auth"|"dns"|"connect"|"tls"|"timeout"|"reset"|"protocol"|"truncated"|"cancelled"|"http"|"api"|"parse"|"limit"|"memory"|"task" what went wrong, from this side
---@field status? integer
---@field code? string by the gateway
---@field param? string by the gateway
---@field api_type? string `type` by the gateway
---@field call_id? string the gateway's id of the call, for its logs
---@field request_id? string the header x-request-id
---@field headers? table<string, string>
---@field body? any what the gateway answered, decoded if it was JSON
---@field attempts? integer
---@field elapsed? number seconds
---@field endpoint? string the name of the function
---@field phase? "connect"|"first_byte"|"idle"|"total" of a timeout: which limit
---@field retry_after? number seconds that the gateway asked to wait
---@field retryable boolean whether another attempt later may succeed
---@field partial? table of a stream: what came
---@field traceback? string of a task that raised
---@field cause? any and what it raised

-- Cost ---------------------------------------------------------------------------------------------------------------------

--- What the program used since its start or the last reset, by the gateway's own figures.
---@return litellm.Usage
function litellm.usage() end

--- Begins to count anew.
function litellm.reset_usage() end

---@class litellm.Usage
---@field calls integer
---@field prompt_tokens integer
---@field completion_tokens integer
---@field total_tokens integer
---@field cost number dollars, as far as the gateway said
---@field unpriced integer calls whose cost it did not say; streams among them
---@field models? table<string, litellm.Usage> the same by model

-- Tokens in place of a key ---------------------------------------------------------------------------------------------------
---
--- For gateways that want OAuth 2 or JWT. A handler is given as the setting `proxy_auth`. A token is
--- fetched once for all tasks, renewed before it ends, and once when the gateway refuses it.

--- A handler that takes its tokens from a credential: one of those below, a table with a
--- method `get_token(self, scope, context)`, or a function of the same results: a token
--- and when it expires (seconds since 1970; in an hour when absent).
---@param options { credential: litellm.Credential|table|function, scope: string? }
---@return litellm.ProxyAuthHandler
function litellm.ProxyAuthHandler(options) end

---@class litellm.ProxyAuthHandler
local ProxyAuthHandler = {}

--- A token from the handler's store, for requests that something else makes.
---@return string? token
---@return string? message
---@return litellm.Error? detail
function ProxyAuthHandler:get_token() end

--- The header that a request to the gateway needs.
---@return table<string, string>? headers
---@return string? message
---@return litellm.Error? detail
function ProxyAuthHandler:get_auth_headers() end

--- The client credentials grant of OAuth 2 at any provider.
---@param options { client_id: string, client_secret: string, token_url: string, client_auth: "post"|"basic"|nil, extra: table?, scope: string? }
---@return litellm.Credential
function litellm.GenericOAuth2Credential(options) end

--- Tokens of Microsoft Entra ID from whatever this machine has: a client secret, a workload
--- identity, a managed identity, or the login of `az`.
---@param options? { tenant_id: string?, client_id: string?, client_secret: string?, token_file: string?, authority: string?, scope: string?, credential: any }
---@return litellm.Credential
function litellm.AzureADCredential(options) end

---@class litellm.Credential
local Credential = {}

--- Fetches a token; nothing is remembered.
---@param scope? string
---@param context? table
---@return string? token
---@return number|string expires_on seconds since 1970, or the message
---@return litellm.Error? detail
function Credential:get_token(scope, context) end

-- JSON --------------------------------------------------------------------------------------------------------------------------

--- Marks a table as an array, so that it is written as `[]` even when it is empty.
---@generic T: table
---@param list? T
---@return T
function litellm.array(list) end

litellm.json = {}

--- Reads a JSON document. A null is an absent field, and integers are integers.
---@param text string
---@return any value
---@return string? message
function litellm.json.decode(text) end

--- Writes a value as JSON. The message names the place of what has no JSON.
---@param value any
---@return string? text
---@return string? message
function litellm.json.encode(value) end

litellm.json.array = litellm.array
litellm.json.null = litellm.null

-- What a call would send ----------------------------------------------------------------------------

--- What a call would send, and where each setting comes from. Nothing is sent, no function
--- that gives a key or a token is called, and no file is read. nil, message, detail where
--- the call itself would fail before it is sent.
---
--- ```lua
--- print(litellm.explain("embedding", { model = "text-embedding-3-small", input = "Hello" }))
--- ```
---@param name string|table the name of a call, or its arguments with that name as `endpoint`; "completion" when there is none
---@param args? table
---@return litellm.Explanation?
---@return string? message
---@return litellm.Error? detail
function litellm.explain(name, args) end

--- Secrets are hidden in it. Its tostring is a command of curl, with the limits and the
--- sources behind it as comments.
---@class litellm.Explanation
---@field endpoint string
---@field method string
---@field url string
---@field headers table<string, string>
---@field body? string JSON, or the bytes of `request`
---@field parts? table[] of a form: { name, value }, or { name, filename, content_type, path } for a file, `bytes` for its size where it is in memory, `open` for an open file
---@field timeouts litellm.Timeout
---@field num_retries integer
---@field stream boolean
---@field sources table<string, string> by setting, such as `api_base`, `timeout.total`, `headers.x-team`: "call", "client", "module", "environment NAME" or "default"

-- Record and replay -----------------------------------------------------------------------------
---
--- For tests of scripts: what a gateway answers is kept in files, and given again without it. No
--- key, token or cookie is in the files. `litelua --record DIR` and `--replay DIR` do the same.

litellm.cassette = {}

--- Records every exchange with the gateway from now on, a file for each. A stream is written
--- when it has been read or closed.
---@param directory string is made if need be
---@return true? ok
---@return string? message
---@return litellm.Error? detail
function litellm.cassette.record(directory) end

--- Answers every request from the recordings from now on, and opens no connection. A request is
--- answered by the recording of the same method, path and body; the same request again by
--- the next such recording.
---@param directory string
---@param options? { speed: number? } 1 as recorded, 2 twice as fast; 0, the default: at once
---@return true? ok
---@return string? message
---@return litellm.Error? detail
function litellm.cassette.replay(directory, options) end

--- The names of the recordings that no request has asked for yet.
---@return string[]
function litellm.cassette.unused() end

--- Ends recording or replaying: the names of the recordings that were not used.
---@return string[]? unused
---@return string? message
---@return litellm.Error? detail
function litellm.cassette.stop() end

-- In litelua alone -----------------------------------------------------------------------------------------------------------------
---
--- `require "litellm.host"` is there in scripts that litelua runs, and nowhere else.

---@class litellm.host
---@field version string of litelua
local host = {}

--- Has f called on Ctrl-C, which ends the script otherwise. nil: it does so again.
---@param f? fun()
function host.on_interrupt(f) end

--- Reads a line from the terminal, with editing and history, or from standard input. nil at
--- the end of the input; nil, "interrupted" on Ctrl-C. `f` is called whenever the
--- descriptor `fd` is readable meanwhile: `litellm.fd()` and `litellm.step` let tasks go on.
--- `complete` is called at Tab with the line up to the cursor and the width of the terminal;
--- it returns what to insert, and what to show below the line.
---@param prompt? string
---@param fd? integer
---@param f? fun()
---@param complete? fun(text: string, width: integer): string?, string?
---@return string? line
---@return string? why
function host.readline(prompt, fd, f, complete) end

--- Keeps the lines that are read in a file, and offers those of earlier runs.
---@param path string
---@return boolean? ok
---@return string? message
function host.history(path) end

--- Whether an open file is a terminal.
---@param file file*
---@return boolean
function host.isatty(file) end

--- Sets a variable of the environment unless it is set: whether it did.
---@param name string
---@param value string
---@return boolean? set
---@return string? message
function host.setenv(name, value) end

return litellm
