#include "request.h"

#include <event2/buffer.h>
#include <event2/event.h>
#include <event2/http.h>
#include <event2/keyvalq_struct.h>
#include <stdio.h>
#include <string.h>
#include <sys/time.h>
#include <time.h>

#include "server.h"

double mock_now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

mock_str mock_header(const mock_request *r, const char *name) {
  return mock_str_of(
      evhttp_find_header(evhttp_request_get_input_headers(r->http), name));
}

void mock_request_free(mock_request *r) {
  mock_arena arena = r->arena; /* r itself is in it */
  if (r->timer) event_free(r->timer);
  mock_arena_free(&arena);
}

/* The client has gone. When evhttp has already taken the request off the
 * connection, nobody else frees it. */
static void closed(struct evhttp_connection *c, void *arg) {
  mock_request *r = arg;
  struct evhttp_request *http = r->http;
  (void)c;
  mock_request_free(r);
  if (!evhttp_request_get_connection(http)) evhttp_request_free(http);
}

/* {==================================================================
** Keys
** =================================================================== */

static mock_str sent_key(mock_request *r, int *bearer) {
  static const char *const names[] = {
      "x-litellm-api-key", "Authorization",  "api-key",
      "x-api-key",         "x-goog-api-key", "Ocp-Apim-Subscription-Key"};
  mock_str key = {NULL, 0};
  size_t i;
  for (i = 0; i < sizeof names / sizeof *names && !key.s; i++)
    key = mock_header(r, names[i]);
  *bearer = i != 2;
  if (key.s && mock_str_starts(key, "bearer ")) {
    key = mock_str_trim(mock_str_sub(key, 7, key.n));
    *bearer = key.n > 0;
  }
  return key;
}

static int allowed(mock_request *r) {
  const char *wanted = r->server->options->key;
  int bearer;
  mock_str key;
  if (!wanted) return 1;
  key = sent_key(r, &bearer);
  if (key.s && bearer && mock_str_is(key, wanted)) return 1;
  if (!key.s)
    mock_fail(r, 401, "auth_error", "None",
              mock_str_of("Authentication Error, No api key passed in."));
  else if (!bearer)
    mock_fail(r, 401, "auth_error", "None",
              mock_str_of("Authentication Error, Malformed API Key passed in. "
                          "Ensure Key has `Bearer ` prefix."));
  else
    mock_fail(r, 401, "token_not_found_in_db", "key",
              mock_str_of("Authentication Error, Invalid proxy server token "
                          "passed. Unable to find token in cache or "
                          "`LiteLLM_VerificationTokenTable`"));
  return 0;
}

/* }================================================================== */

/* {==================================================================
** Path, body, model
** =================================================================== */

/* /engines/{model}/x and /openai/deployments/{model}/x are /x. */
static mock_str take_model_off(mock_request *r, mock_str path) {
  static const char *const fronts[] = {"/engines/", "/openai/deployments/"};
  size_t i;
  for (i = 0; i < 2; i++) {
    size_t at = strlen(fronts[i]), end;
    if (!mock_str_starts(path, fronts[i])) continue;
    end = mock_str_find(path, "/", at);
    r->model = mock_str_sub(path, at, end);
    return mock_str_sub(path, end, path.n);
  }
  return path;
}

static void no_route(mock_request *r, const char *allow) {
  if (allow) {
    evhttp_add_header(evhttp_request_get_output_headers(r->http), "allow",
                      allow);
    mock_fail_detail(r, 405, "Method Not Allowed");
  } else {
    mock_fail_detail(r, 404, "Not Found");
  }
}

/* As the proxy does: to the same path without the slash at its end. */
static void redirect(mock_request *r) {
  mock_str to = mock_format(&r->arena, "%s%S", r->server->origin,
                            mock_str_sub(r->path, 0, r->path.n - 1));
  evhttp_add_header(evhttp_request_get_output_headers(r->http), "location",
                    to.s);
  mock_answer_as(r, "text/plain");
  r->reply.status = 307;
}

static mock_str method_name(struct evhttp_request *http) {
  switch (evhttp_request_get_command(http)) {
  case EVHTTP_REQ_GET: return mock_str_of("GET");
  case EVHTTP_REQ_POST: return mock_str_of("POST");
  case EVHTTP_REQ_DELETE: return mock_str_of("DELETE");
  default: return mock_str_of("another");
  }
}

static int find_route(mock_request *r) {
  static const mock_route none = {"?", "", MOCK_PLAIN, NULL};
  const char *path =
      evhttp_uri_get_path(evhttp_request_get_evhttp_uri(r->http));
  const char *allow;
  const mock_route *route;
  r->route = &none;
  r->path = take_model_off(r, mock_str_of(path && *path ? path : "/"));
  route = mock_find_route(method_name(r->http), r->path, &r->rest, &allow);
  if (route) {
    r->route = route;
    return 1;
  }
  if (r->path.n > 1 && r->path.s[r->path.n - 1] == '/')
    redirect(r);
  else
    no_route(r, allow);
  return 0;
}

static int read_json(mock_request *r) {
  const char *why = NULL;
  static const mock_value empty = {MOCK_OBJECT, 0, 0, 0, 0, {0}, {0}, 0, 0};
  r->json =
      mock_str_trim(r->body).n ? mock_tree(&r->arena, r->body, &why) : &empty;
  if (mock_is(r->json, MOCK_OBJECT)) return 1;
  if (r->json) why = "an object is expected";
  mock_fail(r, 400, "invalid_request_error", "request_body",
            mock_format(&r->arena, "Invalid JSON payload: %s", why));
  return 0;
}

static int read_body(mock_request *r) {
  struct evbuffer *in = evhttp_request_get_input_buffer(r->http);
  r->body.n = evbuffer_get_length(in);
  r->body.s = r->body.n ? (char *)evbuffer_pullup(in, -1) : "";
  if (!r->body.s) return 0;
  r->type = mock_header(r, "content-type");
  if (!r->model.s) r->model = mock_str_of("");
  if (r->route->kind == MOCK_JSON) {
    if (!read_json(r)) return 0;
    if (mock_text(r->json, "model").n) r->model = mock_text(r->json, "model");
  } else if (r->route->kind == MOCK_FORM) {
    r->form = mock_form_parse(&r->arena, r->type, r->body);
    if (mock_form_text(r->form, "model").n)
      r->model = mock_form_text(r->form, "model");
  }
  return 1;
}

/* Equal requests have equal hashes: the boundary of a form is left out. */
static void make_id(mock_request *r) {
  const mock_part *part;
  char id[32];
  r->hash = mock_hash(r->path, 0);
  for (part = r->form; part; part = part->next)
    r->hash = mock_hash(part->data, mock_hash(part->name, r->hash));
  if (!r->form) r->hash = mock_hash(r->body, r->hash);
  snprintf(id, sizeof id, "%016llx%08x", (unsigned long long)r->hash,
           (unsigned)mock_hash(r->path, r->hash));
  r->id = mock_str_copy(&r->arena, mock_str_of(id));
}

/* }================================================================== */

/* {==================================================================
** Faults
** =================================================================== */

static int read_faults(mock_request *r) {
  struct evkeyvalq query;
  const char *text =
      evhttp_uri_get_query(evhttp_request_get_evhttp_uri(r->http));
  mock_str bad = {NULL, 0}, asked = mock_header(r, "x-mock-fault");
  mock_fault_clear(&r->fault);
  mock_fault_read_model(&r->fault, r->model);
  mock_fault_read(&r->fault, asked, &bad);
  if (text && evhttp_parse_query_str(text, &query) == 0) {
    asked = mock_str_of(evhttp_find_header(&query, "mock"));
    mock_fault_read(&r->fault, mock_str_copy(&r->arena, asked), &bad);
    evhttp_clear_headers(&query);
  }
  if (!bad.s) return 1;
  mock_fail(r, 400, "invalid_request_error", "x-mock-fault",
            mock_format(&r->arena,
                        "unknown fault `%S`: expected status=N, retry-after=S, "
                        "times=N, delay=S, slow=S, cut=N, stall=N, "
                        "error-event=N, bad-event=N, split=N, words=N, reset "
                        "or no-done",
                        bad));
  return 0;
}

static long count_seen(mock_request *r) {
  mock_str key = mock_header(r, "idempotency-key");
  uint64_t hash = key.n ? mock_hash(key, 1) : r->hash;
  mock_server *s = r->server;
  mock_seen *seen = s->seen;
  while (seen < s->seen + MOCK_SEEN && seen->hash != hash)
    seen++;
  if (seen == s->seen + MOCK_SEEN) {
    seen = &s->seen[s->forget++ % MOCK_SEEN];
    seen->hash = hash;
    seen->count = 0;
  }
  return ++seen->count;
}

/* }================================================================== */

/* The proxy's wording differs with the endpoint. */
static void unknown_model(mock_request *r) {
  int chat = mock_str_has(r->path, "/chat/");
  mock_str text = mock_format(
      &r->arena,
      "%S: Invalid model name passed in model=%S. Call `/v1/models` to view "
      "available models for your key.",
      mock_str_starts(r->path, "/v1/") ? mock_str_sub(r->path, 3, r->path.n)
                                       : r->path,
      r->model.n ? r->model : mock_str_of("None"));
  if (!chat) text = mock_format(&r->arena, "400: {%aerror%a: %a%S%a}", text);
  mock_fail(r, 400, "None", "None", text);
}

static int is_unknown_model(mock_request *r) {
  if (mock_str_has(r->path, "/moderations") && !r->model.n) return 0;
  return r->route->kind != MOCK_PLAIN &&
         (r->model.n == 0 || mock_str_starts(r->model, "no-such") ||
          mock_str_starts(r->model, "missing"));
}

static void answer(mock_request *r) {
  if (r->fault.status.s)
    mock_fault_answer(r);
  else if (is_unknown_model(r))
    unknown_model(r);
  else
    r->route->answer(r);
  mock_send(r);
}

/* The addresses of pictures are secrets of their own, as elsewhere. */
static int is_open(mock_str path) {
  return mock_str_is(path, "/") || mock_str_has(path, "/health/l") ||
         mock_str_has(path, "/health/r") ||
         mock_str_starts(path, "/mock/images/");
}

static void prepare(mock_request *r) {
  if (!find_route(r)) return;
  if (!is_open(r->path) && !allowed(r)) return;
  if (!read_body(r)) return;
  make_id(r);
  if (!read_faults(r)) return;
  if (r->fault.times > 0 && count_seen(r) > r->fault.times)
    mock_fault_clear(&r->fault);
}

static mock_request *make_request(mock_server *s, struct evhttp_request *http) {
  mock_arena arena = {NULL};
  mock_request *r = mock_alloc(&arena, sizeof *r);
  r->arena = arena;
  r->server = s;
  r->http = http;
  r->started = mock_now();
  r->created = (long)time(NULL);
  mock_fault_clear(&r->fault);
  return r;
}

/* A proxy calls its providers with one of two clients. */
static int is_from_proxy(mock_request *r) {
  mock_str agent = mock_header(r, "user-agent");
  return mock_str_starts(agent, "AsyncOpenAI/") ||
         mock_str_starts(agent, "litellm/");
}

void mock_request_start(mock_server *s, struct evhttp_request *http) {
  mock_request *r = make_request(s, http);
  struct evhttp_connection *c = evhttp_request_get_connection(http);
  evhttp_connection_set_closecb(c, closed, r);
  r->for_proxy = is_from_proxy(r);
  prepare(r);
  if (r->reply.status)
    mock_send(r);
  else if (r->fault.delay > 0)
    mock_wait(r, r->fault.delay, answer);
  else
    answer(r);
}
