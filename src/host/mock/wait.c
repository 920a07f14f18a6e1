#include <errno.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/http.h>
#include <stdio.h>
#include <sys/socket.h>

#include "server.h"

/* evhttp does not read while an answer is due and so does not see that a client
 * leaves; a waiting request looks for itself. */

typedef struct waiter {
  mock_request *r;
  double until;
  void (*then)(mock_request *r);
} waiter;

static const double LOOK = 0.1; /* seconds between two looks */

evutil_socket_t mock_socket(mock_request *r) {
  struct evhttp_connection *c = evhttp_request_get_connection(r->http);
  return c ? bufferevent_getfd(evhttp_connection_get_bufferevent(c)) : -1;
}

static int client_left(mock_request *r) {
  evutil_socket_t fd = mock_socket(r);
  char byte;
  ssize_t n;
  if (fd < 0) return 1;
  n = recv(fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  return n == 0 ||
         (n < 0 && errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR);
}

void mock_drop(mock_request *r) {
  struct evhttp_connection *c = evhttp_request_get_connection(r->http);
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
    mock_drop(w->r);
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
    mock_drop(r);
    return;
  }
  arm(w);
}
