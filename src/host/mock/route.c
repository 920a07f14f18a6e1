#include <string.h>

#include "server.h"

static const mock_route routes[] = {
    {"POST", "/chat/completions", MOCK_JSON, mock_chat},
    {"POST", "/completions", MOCK_JSON, mock_completions},
    {"POST", "/embeddings", MOCK_JSON, mock_embeddings},
    {"POST", "/rerank", MOCK_JSON, mock_rerank},
    {"POST", "/moderations", MOCK_JSON, mock_moderations},
    {"POST", "/responses", MOCK_JSON, mock_responses},
    {"GET", "/responses/*", MOCK_PLAIN, mock_response},
    {"DELETE", "/responses/*", MOCK_PLAIN, mock_response_delete},
    {"POST", "/images/generations", MOCK_JSON, mock_generations},
    {"POST", "/images/edits", MOCK_FORM, mock_edits},
    {"POST", "/images/variations", MOCK_FORM, mock_variations},
    {"POST", "/audio/speech", MOCK_JSON, mock_speech},
    {"POST", "/audio/transcriptions", MOCK_FORM, mock_transcriptions},
    {"POST", "/audio/translations", MOCK_FORM, mock_translations},
    {"GET", "/models", MOCK_PLAIN, mock_models},
    {"GET", "/models/*", MOCK_PLAIN, mock_model},
    {"GET", "/health", MOCK_PLAIN, mock_health},
    {"GET", "/health/liveliness", MOCK_PLAIN, mock_liveliness},
    {"GET", "/health/liveness", MOCK_PLAIN, mock_liveliness},
    {"GET", "/health/readiness", MOCK_PLAIN, mock_readiness},
    {"GET", "/mock/images/*", MOCK_PLAIN, mock_picture},
    {"GET", "/", MOCK_PLAIN, mock_root},
};

static int fits(const mock_route *route, mock_str path, mock_str *rest) {
  size_t n = strlen(route->path);
  if (route->path[n - 1] != '*') return mock_str_is(path, route->path);
  if (path.n < n || memcmp(path.s, route->path, n - 1) != 0) return 0;
  *rest = mock_str_sub(path, n - 1, path.n);
  return 1;
}

/* /v1 goes, and /v2 where the API has one: before rerank. */
static mock_str without_version(mock_str path) {
  if (mock_str_starts(path, "/v1/") || mock_str_is(path, "/v2/rerank"))
    return mock_str_sub(path, 3, path.n);
  return path;
}

const mock_route *mock_find_route(mock_str method, mock_str path,
                                  mock_str *rest, const char **allow) {
  size_t i;
  *allow = NULL;
  path = without_version(path);
  for (i = 0; i < sizeof routes / sizeof *routes; i++) {
    if (!fits(&routes[i], path, rest)) continue;
    if (mock_str_is(method, routes[i].method)) return &routes[i];
    *allow = routes[i].method;
  }
  return NULL;
}
