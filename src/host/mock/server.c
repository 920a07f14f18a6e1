#include "server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <event2/buffer.h>
#include <event2/event.h>
#include <event2/http.h>
#include <event2/listener.h>
#include <event2/util.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BODY_LIMIT = 64 * 1024 * 1024, HEADER_LIMIT = 256 * 1024 };

static void take_request(struct evhttp_request *http, void *arg) {
  mock_request_start(arg, http);
}

static void stop(evutil_socket_t fd, short what, void *arg) {
  (void)fd;
  (void)what;
  event_base_loopbreak(arg);
}

typedef struct watch {
  struct event_base *base;
  pid_t parent;
} watch;

static void look_for_parent(evutil_socket_t fd, short what, void *arg) {
  watch *w = arg;
  (void)fd;
  (void)what;
  if (getppid() != w->parent) event_base_loopbreak(w->base);
}

static int port_of(struct evhttp_bound_socket *bound) {
  struct sockaddr_storage address;
  socklen_t n = sizeof address;
  if (getsockname(evhttp_bound_socket_get_fd(bound),
                  (struct sockaddr *)&address, &n) != 0)
    return 0;
  if (address.ss_family == AF_INET6)
    return ntohs(((struct sockaddr_in6 *)&address)->sin6_port);
  return ntohs(((struct sockaddr_in *)&address)->sin_port);
}

/* Accepted connections inherit it. Without it a word of a stream waits until
 * the client has acknowledged the one before. */
static void send_at_once(evutil_socket_t fd) {
  int on = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

/* A thousand clients at once need as many descriptors. */
static void allow_many_files(void) {
  struct rlimit files;
  if (getrlimit(RLIMIT_NOFILE, &files) != 0) return;
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);
}

/* evhttp's own listener has room for 128 clients that arrive together. */
static struct evhttp_bound_socket *bind_to(mock_server *s,
                                           const char *address) {
  enum { BACKLOG = 4096 };
  struct sockaddr_storage where;
  struct evconnlistener *listener;
  struct evhttp_bound_socket *bound;
  int n = sizeof where;
  memset(&where, 0, sizeof where);
  if (evutil_parse_sockaddr_port(address, (struct sockaddr *)&where, &n) != 0)
    return NULL;
  if (where.ss_family == AF_INET6)
    ((struct sockaddr_in6 *)&where)->sin6_port =
        htons((uint16_t)s->options->port);
  else
    ((struct sockaddr_in *)&where)->sin_port =
        htons((uint16_t)s->options->port);
  listener = evconnlistener_new_bind(s->base, NULL, NULL,
                                     LEV_OPT_REUSEABLE | LEV_OPT_CLOSE_ON_EXEC |
                                         LEV_OPT_CLOSE_ON_FREE,
                                     BACKLOG, (struct sockaddr *)&where, n);
  bound = listener ? evhttp_bind_listener(s->http, listener) : NULL;
  if (listener && !bound) evconnlistener_free(listener);
  return bound;
}

static int listen_on(mock_server *s, const char *address) {
  struct evhttp_bound_socket *bound = bind_to(s, address);
  int port = bound ? port_of(bound) : 0;
  int colon = strchr(address, ':') != NULL;
  if (!port) return -1;
  send_at_once(evhttp_bound_socket_get_fd(bound));
  snprintf(s->origin, sizeof s->origin, "http://%s%s%s:%d", colon ? "[" : "",
           address, colon ? "]" : "", port);
  if (s->options->listening)
    s->options->listening(s->options->ctx, address, port);
  return 0;
}

static void configure(mock_server *s) {
  evhttp_set_gencb(s->http, take_request, s);
  evhttp_set_max_body_size(s->http, BODY_LIMIT);
  evhttp_set_max_headers_size(s->http, HEADER_LIMIT);
  evhttp_set_timeout(s->http, 600);
  /* All of them, so that a wrong one gets the proxy's 405. */
  evhttp_set_allowed_methods(s->http, (ev_uint16_t)0xffff);
}

static struct event *add_event(mock_server *s, int fd, short what,
                               event_callback_fn call, void *arg) {
  static const struct timeval period = {0, 250000};
  struct event *e = event_new(s->base, fd, what, call, arg);
  if (e && event_add(e, what & EV_SIGNAL ? NULL : &period) == 0) return e;
  if (e) event_free(e);
  return NULL;
}

static int run(mock_server *s) {
  watch parent = {s->base, getppid()};
  struct event *events[3] = {NULL, NULL, NULL};
  int i, ok;
  events[0] = add_event(s, SIGINT, EV_SIGNAL | EV_PERSIST, stop, s->base);
  events[1] = add_event(s, SIGTERM, EV_SIGNAL | EV_PERSIST, stop, s->base);
  if (s->options->parent)
    events[2] = add_event(s, -1, EV_PERSIST, look_for_parent, &parent);
  ok = events[0] && events[1] && (events[2] || !s->options->parent) &&
       event_base_dispatch(s->base) >= 0;
  for (i = 0; i < 3; i++)
    if (events[i]) event_free(events[i]);
  return ok ? 0 : -1;
}

static int serve(mock_server *s, char *error, unsigned long size) {
  const char *address = s->options->address;
  if (!address) address = "127.0.0.1";
  s->base = event_base_new();
  s->http = s->base ? evhttp_new(s->base) : NULL;
  if (!s->http) {
    snprintf(error, size, "out of memory");
    return -1;
  }
  configure(s);
  allow_many_files();
  errno = 0;
  if (listen_on(s, address) != 0) {
    snprintf(error, size, "cannot listen on %s port %d: %s", address,
             s->options->port, errno ? strerror(errno) : "bad address");
    return -1;
  }
  if (run(s) == 0) return 0;
  snprintf(error, size, "the event loop failed");
  return -1;
}

static void free_server(mock_server *s) {
  if (s->http) evhttp_free(s->http);
  if (s->base) event_base_free(s->base);
  mock_store_free(&s->pictures);
  mock_store_free(&s->responses);
  free(s);
}

int mock_serve(const mock_options *opt, char *error, unsigned long size) {
  mock_options options = *opt;
  mock_server *s = mock_malloc(sizeof *s);
  struct sigaction ignore, before;
  int result;
  memset(s, 0, sizeof *s);
  if (options.word_delay < 0) options.word_delay = 0.004;
  s->options = &options;
  /* A client that leaves is an error of a write, no signal. */
  memset(&ignore, 0, sizeof ignore);
  ignore.sa_handler = SIG_IGN;
  sigaction(SIGPIPE, &ignore, &before);
  result = serve(s, error, size);
  free_server(s);
  sigaction(SIGPIPE, &before, NULL);
  return result;
}
