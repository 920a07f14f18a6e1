/* A gateway for benchmarks: it answers as a LiteLLM proxy does, and has so
 * little to do for it that it is never what is measured. One thread, epoll;
 * Linux alone. It prints its address and serves until it is killed.
 *
 * The model of a request says what comes back; times are in microseconds:
 *   chat-DELAY-BYTES           an answer with that much text, 200 without BYTES
 *   stream-COUNT-PACE-BYTES    that many chunks, one each PACE; with none: at
 *                              once; without BYTES a word each
 *   embed-COUNT                vectors, as numbers or base64, as was asked for
 *   image-BYTES                a picture in base64
 * A request to /audio/transcriptions is dropped unread, and counted. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "payload.h"

enum { LISTENERS = 4, BACKLOG = 4096, EVENTS = 512, ROOM = 2048 };

/* What goes out next. */
enum stage { IDLE, WAITING, HEAD, CHUNKS, END, REPLY };

typedef struct connection {
  int fd, writing; /* writing: epoll tells when there is room */
  char *in;        /* the request, as far as it is there; ends with a zero */
  size_t in_len, in_cap;
  size_t head_len, body_len; /* of the request, once its head is there */
  size_t dropped;            /* of an upload */
  int upload;

  enum stage stage, then; /* then: what WAITING waits for */
  const payload *reply;
  const ring *events;
  long sent, allowed, total; /* chunks */
  const char *out;
  size_t out_len;

  uint64_t start, pace, due; /* nanoseconds */
  size_t place; /* in the heap of timers, counted from 1; 0: none */
} connection;

static int poller, alarm_fd, listeners[LISTENERS];

static void *need(void *p) {
  if (p) return p;
  perror("gateway");
  exit(1);
}

static uint64_t now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/* Timers: a heap of connections, the next one due first. */
static connection **heap;
static size_t heap_len, heap_cap;

static void put(size_t i, connection *c) {
  heap[i] = c;
  c->place = i;
}

static void sift(size_t i, connection *c) {
  for (; i > 1 && heap[i / 2]->due > c->due; i /= 2)
    put(i, heap[i / 2]);
  for (;;) {
    size_t child = 2 * i;
    if (child < heap_len && heap[child + 1]->due < heap[child]->due) child++;
    if (child > heap_len || heap[child]->due >= c->due) break;
    put(i, heap[child]);
    i = child;
  }
  put(i, c);
}

static void timer_set(connection *c, uint64_t due) {
  c->due = due;
  if (c->place) {
    sift(c->place, c);
    return;
  }
  if (heap_len + 1 >= heap_cap) {
    heap_cap = heap_cap ? 2 * heap_cap : 64;
    heap = need(realloc(heap, heap_cap * sizeof *heap));
  }
  sift(++heap_len, c);
}

static void timer_clear(connection *c) {
  size_t place = c->place;
  connection *last;
  if (!place) return;
  c->place = 0;
  last = heap[heap_len--];
  if (last != c) sift(place, last);
}

static void timer_arm(void) {
  static uint64_t armed;
  uint64_t due = heap_len ? heap[1]->due : 0;
  struct itimerspec t = {{0, 0}, {0, 0}};
  if (due == armed) return;
  armed = due;
  t.it_value.tv_sec = (time_t)(due / 1000000000u);
  t.it_value.tv_nsec = (long)(due % 1000000000u);
  timerfd_settime(alarm_fd, TFD_TIMER_ABSTIME, &t, NULL);
}

static void drop(connection *c) {
  timer_clear(c);
  close(c->fd);
  free(c->in);
  free(c);
}

static void watch(connection *c, int writing) {
  struct epoll_event ev = {0};
  if (c->writing == writing) return;
  c->writing = writing;
  ev.events = EPOLLIN | (writing ? (unsigned)EPOLLOUT : 0u);
  ev.data.ptr = c;
  epoll_ctl(poller, EPOLL_CTL_MOD, c->fd, &ev);
}

static void take(connection *c, const payload *p, enum stage then) {
  c->out = p->bytes;
  c->out_len = p->len;
  c->stage = then;
}

/* As many chunks as are due and lie behind each other. */
static void take_chunks(connection *c) {
  const ring *r = c->events;
  size_t first = (size_t)c->sent % r->count;
  long n = c->allowed - c->sent;
  if ((size_t)n > r->count - first) n = (long)(r->count - first);
  c->out = r->bytes + r->at[first];
  c->out_len = r->at[first + (size_t)n] - r->at[first];
  c->sent += n;
}

/* Sets what goes out next; 0: nothing, for now. */
static int next_piece(connection *c) {
  switch (c->stage) {
  case HEAD: take(c, payload_stream_head(), CHUNKS); return 1;
  case CHUNKS:
    if (c->sent == c->total)
      take(c, payload_stream_end(), IDLE);
    else if (c->sent < c->allowed)
      take_chunks(c);
    else
      return 0;
    return 1;
  case REPLY: take(c, c->reply, IDLE); return 1;
  default: return 0;
  }
}

/* True when another piece follows at once, to share a packet with this one. */
static int more_follows(const connection *c) {
  return c->stage == CHUNKS && (c->sent < c->allowed || c->sent == c->total);
}

/* Sends what there is. 0: the connection is gone. */
static int flush(connection *c) {
  while (c->out_len || next_piece(c)) {
    ssize_t n = send(c->fd, c->out, c->out_len,
                     MSG_NOSIGNAL | (more_follows(c) ? MSG_MORE : 0));
    if (n < 0) {
      if (errno == EAGAIN) {
        watch(c, 1);
        return 1;
      }
      drop(c);
      return 0;
    }
    c->out += n;
    c->out_len -= (size_t)n;
  }
  watch(c, 0);
  return 1;
}

static void wait_for(connection *c, enum stage then, long microseconds) {
  c->start = now();
  c->pace = (uint64_t)microseconds * 1000u;
  c->then = then;
  c->stage = microseconds > 0 ? WAITING : then;
  if (microseconds > 0) timer_set(c, c->start + c->pace);
}

static void on_timer(connection *c, uint64_t t) {
  if (c->stage == WAITING) c->stage = c->then;
  c->allowed = c->pace ? (long)((t - c->start) / c->pace) : c->total;
  if (c->allowed > c->total) c->allowed = c->total;
  if (c->stage != REPLY && c->allowed < c->total)
    timer_set(c, c->start + (uint64_t)(c->allowed + 1) * c->pace);
  else
    timer_clear(c);
  flush(c);
}

static void stream(connection *c, long count, long pace, long bytes) {
  c->events = payload_events((size_t)bytes);
  c->sent = 0;
  c->total = count;
  c->allowed = pace > 0 ? 0 : count;
  wait_for(c, HEAD, pace);
}

/* What the model asks for, if it is no stream. */
static const payload *answer(const char *model, const char *body, long *delay) {
  long n, bytes = 200;
  if (sscanf(model, "chat-%ld-%ld", delay, &bytes) >= 1)
    return payload_chat((size_t)bytes);
  if (sscanf(model, "embed-%ld", &n) == 1)
    return payload_embedding((size_t)n, strstr(body, "\"base64\"") != NULL);
  if (sscanf(model, "image-%ld", &n) == 1) return payload_image((size_t)n);
  return payload_not_found();
}

/* The request is there. */
static void respond(connection *c) {
  const char *body = c->in + c->head_len;
  const char *key = strstr(body, "\"model\":\"");
  const char *model = key ? key + 9 : "";
  long count, pace, bytes = 0, delay = 0;
  if (sscanf(model, "stream-%ld-%ld-%ld", &count, &pace, &bytes) >= 2) {
    stream(c, count, pace, bytes);
    return;
  }
  if (c->upload)
    c->reply = payload_received(c->dropped);
  else
    c->reply = answer(model, body, &delay);
  wait_for(c, REPLY, delay);
}

/* The value of a header in the request's head, or NULL. */
static const char *header(const connection *c, const char *name) {
  const char *line = c->in, *end = c->in + c->head_len - 2;
  size_t n = strlen(name);
  while ((line = memchr(line, '\n', (size_t)(end - line)))) {
    if (!strncasecmp(++line, name, n) && line[n] == ':') return line + n + 1;
  }
  return NULL;
}

static void read_head(connection *c) {
  char *end = strstr(c->in, "\r\n\r\n");
  const char *length;
  size_t extra;
  if (!end) return;
  c->head_len = (size_t)(end - c->in) + 4;
  length = header(c, "content-length");
  c->body_len = length ? (size_t)strtoull(length, NULL, 10) : 0;
  c->upload = memmem(c->in, 256 < c->head_len ? 256 : c->head_len,
                     "/audio/transcriptions", 21) != NULL;
  extra = c->in_len - c->head_len;
  c->dropped = c->upload ? extra : 0;
  if (header(c, "expect"))
    send(c->fd, "HTTP/1.1 100 Continue\r\n\r\n", 25, MSG_NOSIGNAL);
}

static int is_complete(const connection *c) {
  if (!c->head_len) return 0;
  if (c->upload) return c->dropped >= c->body_len;
  return c->in_len >= c->head_len + c->body_len;
}

/* Bytes of the request; those of an upload the kernel throws away. */
static ssize_t receive(connection *c) {
  ssize_t n;
  if (c->upload && !is_complete(c)) {
    n = recv(c->fd, NULL, c->body_len - c->dropped, MSG_TRUNC);
    if (n > 0) c->dropped += (size_t)n;
    return n;
  }
  if (c->in_len + 1 >= c->in_cap) {
    c->in_cap *= 2;
    c->in = need(realloc(c->in, c->in_cap));
  }
  n = recv(c->fd, c->in + c->in_len, c->in_cap - c->in_len - 1, 0);
  if (n > 0) c->in_len += (size_t)n;
  c->in[c->in_len] = '\0';
  return n;
}

static void on_readable(connection *c) {
  for (;;) {
    ssize_t n = receive(c);
    if (n < 0 && errno == EAGAIN) return;
    if (n <= 0) {
      drop(c);
      return;
    }
    if (!c->head_len) read_head(c);
    if (!is_complete(c)) continue;
    respond(c);
    c->in_len = c->head_len = c->dropped = 0;
    c->upload = 0;
    flush(c);
    return;
  }
}

static void on_connect(int listener) {
  int one = 1, fd;
  while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK)) >= 0) {
    connection *c = need(calloc(1, sizeof *c));
    struct epoll_event ev = {0};
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    c->fd = fd;
    c->in_cap = ROOM;
    c->in = need(malloc(ROOM));
    ev.events = EPOLLIN;
    ev.data.ptr = c;
    epoll_ctl(poller, EPOLL_CTL_ADD, fd, &ev);
  }
}

/* Several sockets on one port have a longer queue than one. */
static void listen_on(struct sockaddr_in *a) {
  socklen_t len = sizeof *a;
  int i, one = 1;
  for (i = 0; i < LISTENERS; i++) {
    struct epoll_event ev = {0};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &one, sizeof one);
    if (bind(fd, (struct sockaddr *)a, len) || listen(fd, BACKLOG)) need(NULL);
    getsockname(fd, (struct sockaddr *)a, &len);
    listeners[i] = fd;
    ev.events = EPOLLIN;
    ev.data.ptr = &listeners[i];
    epoll_ctl(poller, EPOLL_CTL_ADD, fd, &ev);
  }
}

static void run_timers(void) {
  uint64_t t = now();
  while (heap_len && heap[1]->due <= t)
    on_timer(heap[1], t);
}

/* A connection may go with its event, and has but one in a batch; timers run
 * after the batch, as they may end any connection. */
static void dispatch(const struct epoll_event *ev) {
  connection *c = ev->data.ptr;
  int *listener = ev->data.ptr;
  if (listener >= listeners && listener < listeners + LISTENERS)
    on_connect(*listener);
  else if (ev->data.ptr == &alarm_fd)
    run_timers();
  else if (ev->events & EPOLLOUT)
    flush(c);
  else
    on_readable(c);
}

int main(void) {
  struct sockaddr_in a = {0};
  struct epoll_event events[EVENTS], ev = {0};
  struct rlimit files;
  getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);
  poller = epoll_create1(0);
  alarm_fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);
  ev.events = EPOLLIN;
  ev.data.ptr = &alarm_fd;
  epoll_ctl(poller, EPOLL_CTL_ADD, alarm_fd, &ev);
  a.sin_family = AF_INET;
  a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  listen_on(&a);
  printf("http://127.0.0.1:%d\n", ntohs(a.sin_port));
  fflush(stdout);
  for (;;) {
    int i, n;
    timer_arm();
    n = epoll_wait(poller, events, EVENTS, -1);
    for (i = 0; i < n; i++)
      if (events[i].data.ptr != &alarm_fd) dispatch(&events[i]);
    run_timers();
  }
}
