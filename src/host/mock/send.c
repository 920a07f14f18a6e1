#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/http.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "server.h"

static struct evhttp_connection *connection_of(mock_request *r) {
  return evhttp_request_get_connection(r->http);
}

/* {==================================================================
** Waiting. evhttp does not read while an answer is due and so does not see
** that a client leaves; a waiting request looks for itself.
** =================================================================== */

typedef struct waiter {
  mock_request *r;
  double until;
  void (*then)(mock_request *r);
} waiter;

static const double LOOK = 0.1; /* seconds between two looks */

static evutil_socket_t socket_of(mock_request *r) {
  struct evhttp_connection *c = connection_of(r);
  return c ? bufferevent_getfd(evhttp_connection_get_bufferevent(c)) : -1;
}

static int client_left(mock_request *r) {
  evutil_socket_t fd = socket_of(r);
  char byte;
  ssize_t n;
  if (fd < 0) return 1;
  n = recv(fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  return n == 0 ||
         (n < 0 && errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR);
}

static void drop(mock_request *r) {
  struct evhttp_connection *c = connection_of(r);
  if (c)
    evhttp_connection_free(c); /* its close callback frees r */
  else
    mock_request_free(r);
}

static void arm(waiter *w) {
  double left = w->until - mock_now();
  struct timeval tv;
  if (left > LOOK) left = LOOK;
  if (left < 0) left = 0;
  tv.tv_sec = 0;
  tv.tv_usec = (suseconds_t)(left * 1e6);
  event_add(w->r->timer, &tv);
}

static void look(evutil_socket_t fd, short what, void *arg) {
  waiter *w = arg;
  (void)fd;
  (void)what;
  if (client_left(w->r))
    drop(w->r);
  else if (mock_now() + 1e-4 < w->until)
    arm(w);
  else
    w->then(w->r);
}

void mock_wait(mock_request *r, double seconds, void (*then)(mock_request *r)) {
  waiter *w = mock_alloc(&r->arena, sizeof *w);
  w->r = r;
  w->until = mock_now() + seconds;
  w->then = then;
  if (r->timer) event_free(r->timer);
  r->timer = event_new(r->server->base, -1, 0, look, w);
  if (!r->timer) {
    fputs("litelua mock: out of memory\n", stderr);
    drop(r);
    return;
  }
  arm(w);
}

/* }================================================================== */

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
  HEADER(r, "x-litellm-response-duration-ms", "%f", ms);
  HEADER(r, "x-litellm-overhead-duration-ms", "%f", ms / 4);
  HEADER(r, "x-litellm-attempted-retries", "0");
  HEADER(r, "x-litellm-attempted-fallbacks", "0");
}

static void add_headers(mock_request *r) {
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

static const char *reason(int status) {
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

static void log_line(mock_request *r, const char *note) {
  if (!r->server->options->verbose) return;
  fprintf(stderr, "mock: %s %s %d %.1f ms%s%.*s%s\n", r->route->method,
          evhttp_request_get_uri(r->http), r->reply.status,
          (mock_now() - r->started) * 1e3, r->model.n ? " " : "",
          (int)r->model.n, r->model.n ? r->model.s : "", note);
}

/* {==================================================================
** Piece by piece
** =================================================================== */

static void hang_up(mock_request *r) {
  struct linger reset = {1, 0};
  evutil_socket_t fd = socket_of(r);
  log_line(r, " (cut)");
  if (r->fault.reset && fd >= 0)
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
  drop(r);
}

static void stay_silent(mock_request *r) {
  mock_wait(r, 3600, stay_silent);
}

static void finish(mock_request *r) {
  struct evhttp_connection *c = connection_of(r);
  struct evhttp_request *http = r->http;
  log_line(r, "");
  if (c) evhttp_connection_set_closecb(c, NULL, NULL);
  mock_request_free(r);
  evhttp_send_reply_end(http);
}

static double pace(mock_request *r) {
  if (r->fault.slow >= 0) return r->fault.slow;
  return r->reply.paced ? r->server->options->word_delay : 0;
}

static void next(mock_request *r);

static void drained(struct evhttp_connection *c, void *arg) {
  mock_request *r = arg;
  double seconds = pace(r);
  (void)c;
  if (seconds > 0)
    mock_wait(r, seconds, next);
  else
    next(r);
}

/* Returns 1 when a fault has taken over. */
static int fault_here(mock_request *r) {
  long sent = (long)r->sent;
  if (r->fault.cut == sent) /* What was sent should arrive first. */
    mock_wait(r, r->fault.reset ? 0.02 : 0.005, hang_up);
  else if (r->fault.stall == sent)
    stay_silent(r);
  else
    return 0;
  return 1;
}

static void next(mock_request *r) {
  mock_piece *piece = r->reply.pieces;
  struct evbuffer *bytes;
  if (fault_here(r)) return;
  if (!piece) {
    finish(r);
    return;
  }
  bytes = evbuffer_new();
  if (!bytes || evbuffer_add(bytes, piece->bytes.s, piece->bytes.n) != 0) {
    if (bytes) evbuffer_free(bytes);
    drop(r);
    return;
  }
  r->reply.pieces = piece->next;
  r->sent++;
  evhttp_send_reply_chunk_with_cb(r->http, bytes, drained, r);
  evbuffer_free(bytes);
}

/* }================================================================== */

/* {==================================================================
** Faults that change what is sent
** =================================================================== */

static mock_piece *piece_at(mock_request *r, long at) {
  mock_piece *piece = r->reply.pieces;
  while (piece && at-- > 0)
    piece = piece->next;
  return piece;
}

/* The proxy's words for a provider that fails after the stream has begun. */
static void put_error_event(mock_request *r) {
  mock_piece *piece = piece_at(r, r->fault.error_event);
  if (!piece || !r->reply.paced) return;
  piece->bytes = mock_str_of(
      "data: {\"error\": {\"message\": \"litellm.APIConnectionError: "
      "APIConnectionError: OpenAIException - The server had an error while "
      "streaming.\", \"type\": null, \"param\": null, \"code\": \"500\"}}\n\n");
  piece->next = NULL;
}

static void take_done_off(mock_request *r) {
  mock_piece *piece = r->reply.pieces;
  while (piece && piece->next) {
    if (mock_str_is(piece->next->bytes, "data: [DONE]\n\n")) {
      piece->next = NULL;
      return;
    }
    piece = piece->next;
  }
}

static mock_str all_bytes(mock_request *r) {
  mock_out all = {&r->arena, NULL, 0, 0};
  mock_piece *piece;
  if (!r->reply.pieces) return mock_out_str(&r->reply.body);
  for (piece = r->reply.pieces; piece; piece = piece->next)
    mock_out_bytes(&all, piece->bytes.s, piece->bytes.n);
  return mock_out_str(&all);
}

static void split_into(mock_request *r, size_t size) {
  mock_str all = all_bytes(r);
  size_t at;
  r->reply.pieces = r->reply.last = NULL;
  for (at = 0; at < all.n; at += size)
    mock_piece_add(r, mock_str_sub(all, at, at + size));
}

/* A whole answer that is to come slowly or not to its end has pieces too. */
static void prepare(mock_request *r) {
  const mock_fault *f = &r->fault;
  size_t half = r->reply.body.n / 2 + 1;
  if (f->no_done) take_done_off(r);
  if (f->error_event >= 0) put_error_event(r);
  if (f->split > 0)
    split_into(r, (size_t)f->split);
  else if (!r->reply.pieces && (f->cut >= 0 || f->stall >= 0 || f->slow >= 0))
    split_into(r, f->slow >= 0 ? r->reply.body.n / 8 + 1 : half);
}

/* }================================================================== */

static void send_whole(mock_request *r) {
  struct evhttp_connection *c = connection_of(r);
  struct evhttp_request *http = r->http;
  struct evbuffer *bytes = evbuffer_new();
  int status = r->reply.status;
  if (!bytes || evbuffer_add(bytes, r->reply.body.s, r->reply.body.n) != 0) {
    if (bytes) evbuffer_free(bytes);
    drop(r);
    return;
  }
  log_line(r, "");
  if (c) evhttp_connection_set_closecb(c, NULL, NULL);
  mock_request_free(r);
  evhttp_send_reply(http, status, reason(status), bytes);
  evbuffer_free(bytes);
}

void mock_send(mock_request *r) {
  size_t whole = r->reply.body.n;
  int had_pieces = r->reply.pieces != NULL;
  add_headers(r);
  prepare(r);
  if (!r->reply.pieces && r->fault.cut < 0 && r->fault.stall < 0) {
    send_whole(r);
    return;
  }
  if (r->fault.cut == 0 || r->fault.stall == 0) {
    fault_here(r); /* not even a status line is sent */
    return;
  }
  if (!had_pieces) HEADER(r, "content-length", "%z", whole);
  evhttp_send_reply_start(r->http, r->reply.status, reason(r->reply.status));
  next(r);
}
