#include <event2/http.h>
#include <stdio.h>

#include "server.h"

static void add_header(mock_request *r, const char *name, mock_str value) {
  mock_str copy = mock_str_copy(&r->arena, value);
  evhttp_add_header(evhttp_request_get_output_headers(r->http), name, copy.s);
}

#define HEADER(r, name, ...)                                                   \
  add_header(r, name, mock_format(&(r)->arena, __VA_ARGS__))

static void add_cost_headers(mock_request *r) {
  if (r->reply.cost > 0) {
    HEADER(r, "x-litellm-response-cost", "%f", r->reply.cost);
    HEADER(r, "x-litellm-response-cost-original", "%f", r->reply.cost);
    r->server->spend += r->reply.cost;
  }
  HEADER(r, "x-litellm-key-spend", "%f", r->server->spend);
}

/* The provider's, which a proxy passes on; never used up. */
static void add_rate_limits(mock_request *r) {
  static const char *const headers[][2] = {
      {"x-ratelimit-limit-requests", "10000"},
      {"x-ratelimit-remaining-requests", "9999"},
      {"x-ratelimit-limit-tokens", "2000000"},
      {"x-ratelimit-remaining-tokens", "1999000"},
  };
  size_t i;
  for (i = 0; i < sizeof headers / sizeof *headers; i++)
    HEADER(r, headers[i][0], "%s", headers[i][1]);
}

static mock_str call_id(mock_request *r) {
  mock_str given = mock_header(r, "x-litellm-call-id");
  uint64_t low;
  char text[40];
  if (given.n) return given;
  /* Equal requests have equal answers; their calls are still two. */
  low = mock_hash(mock_str_of("call"), r->hash + ++r->server->calls);
  snprintf(text, sizeof text, "%08x-%04x-4%03x-8%03x-%012llx",
           (unsigned)(r->hash >> 32), (unsigned)(r->hash >> 16) & 0xffff,
           (unsigned)r->hash & 0xfff, (unsigned)(low >> 48) & 0xfff,
           (unsigned long long)low & 0xffffffffffffULL);
  return mock_str_copy(&r->arena, mock_str_of(text));
}

static void add_litellm_headers(mock_request *r) {
  double ms = (mock_now() - r->started) * 1e3;
  uint64_t id = mock_hash(r->model, 7);
  HEADER(r, "x-litellm-call-id", "%S", call_id(r));
  HEADER(r, "x-litellm-version", "1.100.5");
  if (r->reply.status >= 400) {
    HEADER(r, "x-litellm-response-cost", "0");
    HEADER(r, "x-litellm-key-spend", "%f", r->server->spend);
    return;
  }
  HEADER(r, "x-litellm-model-id", "mock-%z", (size_t)(id >> 16));
  HEADER(r, "x-litellm-model-group", "%S", r->model);
  HEADER(r, "x-litellm-model-name", "mock/%S", r->model);
  HEADER(r, "x-litellm-model-api-base", "%s/v1", r->server->origin);
  add_cost_headers(r);
  add_rate_limits(r);
  HEADER(r, "x-litellm-response-duration-ms", "%f", ms);
  HEADER(r, "x-litellm-overhead-duration-ms", "%f", ms / 4);
  HEADER(r, "x-litellm-attempted-retries", "0");
  HEADER(r, "x-litellm-attempted-fallbacks", "0");
}

void mock_add_headers(mock_request *r) {
  HEADER(r, "server", "litelua-mock");
  HEADER(r, "content-type", "%s", r->reply.type);
  if (r->model.n) add_litellm_headers(r);
  if (r->reply.paced) {
    HEADER(r, "cache-control", "no-cache");
    HEADER(r, "x-accel-buffering", "no");
  }
  if (r->fault.retry_after.s && r->reply.status >= 400)
    HEADER(r, "retry-after", "%S", r->fault.retry_after);
}

const char *mock_reason(int status) {
  static const struct {
    int status;
    const char *text;
  } reasons[] = {
      {200, "OK"},
      {307, "Temporary Redirect"},
      {400, "Bad Request"},
      {401, "Unauthorized"},
      {403, "Forbidden"},
      {404, "Not Found"},
      {405, "Method Not Allowed"},
      {408, "Request Timeout"},
      {409, "Conflict"},
      {413, "Request Entity Too Large"},
      {422, "Unprocessable Entity"},
      {429, "Too Many Requests"},
      {500, "Internal Server Error"},
      {502, "Bad Gateway"},
      {503, "Service Unavailable"},
      {504, "Gateway Timeout"},
  };
  size_t i;
  for (i = 0; i < sizeof reasons / sizeof *reasons; i++)
    if (reasons[i].status == status) return reasons[i].text;
  return "";
}

void mock_add_length(mock_request *r, size_t bytes) {
  HEADER(r, "content-length", "%z", bytes);
}
