#include <event2/buffer.h>
#include <event2/http.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "server.h"

static void log_line(mock_request *r, const char *note) {
  if (!r->server->options->verbose) return;
  fprintf(stderr, "mock: %s %s %d %.1f ms%s%.*s%s\n", r->route->method,
          evhttp_request_get_uri(r->http), r->reply.status,
          (mock_now() - r->started) * 1e3, r->model.n ? " " : "",
          (int)r->model.n, r->model.n ? r->model.s : "", note);
}

/* evhttp shuts a connection down before it closes it, which is no reset: put
 * another socket in its place, so that the kernel closes this one at once. */
static void reset(evutil_socket_t fd) {
  struct linger at_once = {1, 0};
  int other = socket(AF_INET, SOCK_STREAM, 0);
  if (other < 0) return;
  setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  dup2(other, fd);
  close(other);
}

static void hang_up(mock_request *r) {
  evutil_socket_t fd = mock_socket(r);
  log_line(r, " (cut)");
  if (r->fault.reset && fd >= 0) reset(fd);
  mock_drop(r);
}

static void stay_silent(mock_request *r) {
  mock_wait(r, 3600, stay_silent);
}

static void finish(mock_request *r) {
  struct evhttp_connection *c = evhttp_request_get_connection(r->http);
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
    mock_drop(r);
    return;
  }
  r->reply.pieces = piece->next;
  r->sent++;
  evhttp_send_reply_chunk_with_cb(r->http, bytes, drained, r);
  evbuffer_free(bytes);
}

static void send_whole(mock_request *r) {
  struct evhttp_connection *c = evhttp_request_get_connection(r->http);
  struct evhttp_request *http = r->http;
  struct evbuffer *bytes = evbuffer_new();
  int status = r->reply.status;
  if (!bytes || evbuffer_add(bytes, r->reply.body.s, r->reply.body.n) != 0) {
    if (bytes) evbuffer_free(bytes);
    mock_drop(r);
    return;
  }
  log_line(r, "");
  if (c) evhttp_connection_set_closecb(c, NULL, NULL);
  mock_request_free(r);
  evhttp_send_reply(http, status, mock_reason(status), bytes);
  evbuffer_free(bytes);
}

void mock_send(mock_request *r) {
  size_t whole = r->reply.body.n;
  int had_pieces = r->reply.pieces != NULL;
  mock_add_headers(r);
  mock_distort(r);
  if (!r->reply.pieces && r->fault.cut < 0 && r->fault.stall < 0) {
    send_whole(r);
    return;
  }
  if (r->fault.cut == 0 || r->fault.stall == 0) {
    fault_here(r); /* not even a status line is sent */
    return;
  }
  if (!had_pieces) mock_add_length(r, whole);
  evhttp_send_reply_start(r->http, r->reply.status,
                          mock_reason(r->reply.status));
  next(r);
}
