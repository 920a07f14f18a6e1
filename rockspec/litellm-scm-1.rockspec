-- Made by script/rockspec. `luarocks make` builds a checkout; the archive of
-- source.url is what `make dist` writes.
rockspec_format = "3.0"
package = "litellm"
version = "scm-1"
source = {
  url = "file://litellm-scm.tar.gz",
  dir = "litellm-scm",
}
description = {
  summary = "Every endpoint of a LiteLLM proxy as a Lua function",
  detailed = [[
    Chat, embeddings, rerank, images and audio of a LiteLLM proxy from Lua, in C on libcurl,
    with streams and concurrency as plain coroutines: for scripts, Neovim, games and servers.]],
  license = "MIT",
  labels = { "llm", "http", "async", "neovim", "love" },
}
supported_platforms = { "unix" }
dependencies = {
  "lua >= 5.1, < 5.6",
  "lua-cjson >= 2.1",
}
external_dependencies = {
  -- No header here: LuaRocks does not search Debian's multiarch folder, gcc does.
  CURL = { library = "curl" },
}
build = {
  type = "builtin",
  modules = {
    ["litellm.core"] = {
      defines = { "_GNU_SOURCE", "_FILE_OFFSET_BITS=64" },
      incdirs = { "src/core", "$(CURL_INCDIR)" },
      libdirs = { "$(CURL_LIBDIR)" },
      libraries = { "curl", "m" },
      sources = {
        "src/core/base64.c",
        "src/core/buffer.c",
        "src/core/chunk.c",
        "src/core/clock.c",
        "src/core/engine.c",
        "src/core/failure.c",
        "src/core/header.c",
        "src/core/json.c",
        "src/core/json_text.c",
        "src/core/loop_epoll.c",
        "src/core/loop_poll.c",
        "src/core/number.c",
        "src/core/profile.c",
        "src/core/random.c",
        "src/core/sse.c",
        "src/core/timers.c",
        "src/core/transfer.c",
        "src/core/utf8.c",
        "src/core/vector.c",
        "src/binding/base64.c",
        "src/binding/compat.c",
        "src/binding/core.c",
        "src/binding/engine.c",
        "src/binding/json.c",
        "src/binding/lint.c",
        "src/binding/profile.c",
        "src/binding/transfer.c",
        "src/binding/vector.c",
      },
    },
    ["litellm.accumulator"] = "lua/litellm/accumulator.lua",
    ["litellm.audio"] = "lua/litellm/audio.lua",
    ["litellm.auth"] = "lua/litellm/auth.lua",
    ["litellm.azure"] = "lua/litellm/azure.lua",
    ["litellm.azure_cli"] = "lua/litellm/azure_cli.lua",
    ["litellm.call"] = "lua/litellm/call.lua",
    ["litellm.client"] = "lua/litellm/client.lua",
    ["litellm.credential"] = "lua/litellm/credential.lua",
    ["litellm.endpoints"] = "lua/litellm/endpoints.lua",
    ["litellm.errors"] = "lua/litellm/errors.lua",
    ["litellm.files"] = "lua/litellm/files.lua",
    ["litellm.health"] = "lua/litellm/health.lua",
    ["litellm.host.dotenv"] = "lua/litellm/host/dotenv.lua",
    ["litellm.host.inspect"] = "lua/litellm/host/inspect.lua",
    ["litellm.host.repl"] = "lua/litellm/host/repl.lua",
    ["litellm.host.trace"] = "lua/litellm/host/trace.lua",
    ["litellm.http"] = "lua/litellm/http.lua",
    ["litellm"] = "lua/litellm/init.lua",
    ["litellm.json"] = "lua/litellm/json.lua",
    ["litellm.love"] = "lua/litellm/love.lua",
    ["litellm.meta"] = "lua/litellm/meta.lua",
    ["litellm.multipart"] = "lua/litellm/multipart.lua",
    ["litellm.native"] = "lua/litellm/native.lua",
    ["litellm.oauth2"] = "lua/litellm/oauth2.lua",
    ["litellm.request"] = "lua/litellm/request.lua",
    ["litellm.response"] = "lua/litellm/response.lua",
    ["litellm.retry"] = "lua/litellm/retry.lua",
    ["litellm.route"] = "lua/litellm/route.lua",
    ["litellm.save"] = "lua/litellm/save.lua",
    ["litellm.settings"] = "lua/litellm/settings.lua",
    ["litellm.stream"] = "lua/litellm/stream.lua",
    ["litellm.task"] = "lua/litellm/task.lua",
    ["litellm.timers"] = "lua/litellm/timers.lua",
    ["litellm.token_endpoint"] = "lua/litellm/token_endpoint.lua",
    ["litellm.types"] = "lua/litellm/types.lua",
    ["litellm.usage"] = "lua/litellm/usage.lua",
    ["litellm.uv"] = "lua/litellm/uv.lua",
    ["litellm.vector"] = "lua/litellm/vector.lua",
    ["litellm.version"] = "lua/litellm/version.lua",
  },
}
