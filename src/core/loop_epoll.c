/* libcurl's socket interface on epoll. One multi handle walks all its
 * connections at each new one, which is quadratic in connections to one host;
 * above a few hundred transfers several of them share the epoll set. */
#include "loop.h"

#ifndef LL_LOOP_POLL

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "clock.h"

enum {
  SHARDS = 16,
  SHARD_FULL = 256, /* transfers after which the next shard is opened */
  EVENTS = 256,
  KEPT_CONNECTIONS = 256 /* idle ones a shard keeps */
};

/* The tag of the timer in the epoll set; no shard has this number. */
static const uint64_t TIMER_TAG = UINT64_MAX;

typedef struct shard {
  ll_loop *loop;
  CURLM *multi; /* NULL until it is needed */
  double due;   /* when libcurl wants to be called; negative: not at all */
  unsigned running;
  unsigned dirty : 1; /* libcurl was called: there may be results */
} shard;

struct ll_loop {
  int epoll, timer;
  double armed; /* what the timer is set to; negative: it is off */
  unsigned exposed : 1;
  unsigned broken; /* a bit for each shard: see ll_loop_broken */
  int opened;      /* shards from this one on were never needed */
  ll_loop_done *done;
  void *user;
  shard shards[SHARDS];
};

static int on_socket(CURL *easy, curl_socket_t fd, int what, void *user,
                     void *known) {
  shard *s = user;
  int epoll = s->loop->epoll;
  struct epoll_event ev;
  (void)easy;
  memset(&ev, 0, sizeof ev);
  if (what == CURL_POLL_REMOVE) {
    epoll_ctl(epoll, EPOLL_CTL_DEL, fd, &ev);
    curl_multi_assign(s->multi, fd, NULL);
    return 0;
  }
  if (what & CURL_POLL_IN) ev.events |= EPOLLIN;
  if (what & CURL_POLL_OUT) ev.events |= EPOLLOUT;
  ev.data.u64 = (uint64_t)(s - s->loop->shards) << 32 | (uint32_t)fd;
  if (known) return epoll_ctl(epoll, EPOLL_CTL_MOD, fd, &ev);
  curl_multi_assign(s->multi, fd, s);
  if (epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &ev) == 0) return 0;
  return errno == EEXIST ? epoll_ctl(epoll, EPOLL_CTL_MOD, fd, &ev) : -1;
}

static int on_timer(CURLM *multi, long ms, void *user) {
  shard *s = user;
  (void)multi;
  s->due = ms < 0 ? -1 : ll_now() + (double)ms * 1e-3;
  return 0;
}

static ll_status open_shard(ll_loop *l, shard *s) {
  int after = (int)(s - l->shards) + 1;
  s->loop = l;
  s->due = -1;
  if (!(s->multi = curl_multi_init())) return LL_NOMEM;
  if (l->opened < after) l->opened = after;
  curl_multi_setopt(s->multi, CURLMOPT_SOCKETFUNCTION, on_socket);
  curl_multi_setopt(s->multi, CURLMOPT_SOCKETDATA, s);
  curl_multi_setopt(s->multi, CURLMOPT_TIMERFUNCTION, on_timer);
  curl_multi_setopt(s->multi, CURLMOPT_TIMERDATA, s);
  curl_multi_setopt(s->multi, CURLMOPT_MAXCONNECTS, (long)KEPT_CONNECTIONS);
  return LL_OK;
}

static void close_shard(shard *s) {
  if (!s->multi) return;
  curl_multi_setopt(s->multi, CURLMOPT_SOCKETFUNCTION, NULL);
  curl_multi_setopt(s->multi, CURLMOPT_TIMERFUNCTION, NULL);
  curl_multi_cleanup(s->multi);
  s->multi = NULL;
  s->due = -1;
}

static void close_fd(int fd) {
  if (fd >= 0) close(fd);
}

ll_loop *ll_loop_new(ll_loop_done *done, void *user) {
  ll_loop *l = calloc(1, sizeof *l);
  struct epoll_event ev;
  if (!l) return NULL;
  l->done = done;
  l->user = user;
  l->armed = -1;
  l->epoll = epoll_create1(EPOLL_CLOEXEC);
  l->timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
  memset(&ev, 0, sizeof ev);
  ev.events = EPOLLIN;
  ev.data.u64 = TIMER_TAG;
  if (l->epoll < 0 || l->timer < 0 ||
      epoll_ctl(l->epoll, EPOLL_CTL_ADD, l->timer, &ev) != 0 ||
      open_shard(l, &l->shards[0]) != LL_OK) {
    ll_loop_free(l);
    return NULL;
  }
  return l;
}

void ll_loop_free(ll_loop *l) {
  int i;
  for (i = 0; i < SHARDS; i++)
    close_shard(&l->shards[i]);
  close_fd(l->timer);
  close_fd(l->epoll);
  free(l);
}

/* The first shard with room, so that few transfers share few connections; the
 * emptiest one once all are full. */
static shard *pick_shard(ll_loop *l) {
  shard *best = &l->shards[0];
  int i;
  for (i = 0; i < SHARDS; i++) {
    shard *s = &l->shards[i];
    if (s->running < SHARD_FULL) return s;
    if (s->running < best->running) best = s;
  }
  return best;
}

ll_status ll_loop_add(ll_loop *l, CURL *easy, unsigned *index) {
  shard *s = pick_shard(l);
  if (!s->multi && open_shard(l, s) != LL_OK) return LL_NOMEM;
  if (curl_multi_add_handle(s->multi, easy) != CURLM_OK) return LL_NOMEM;
  s->running++;
  *index = (unsigned)(s - l->shards);
  return LL_OK;
}

void ll_loop_remove(ll_loop *l, CURL *easy, unsigned index) {
  shard *s = &l->shards[index];
  curl_multi_remove_handle(s->multi, easy);
  s->running--;
}

/* It fails when it has no memory to watch a socket, or epoll has none. */
static void call_curl(shard *s, curl_socket_t fd, int events) {
  int running;
  if (curl_multi_socket_action(s->multi, fd, events, &running) != CURLM_OK)
    s->loop->broken |= 1u << (s - s->loop->shards);
  s->dirty = 1;
}

static void on_event(ll_loop *l, const struct epoll_event *ev) {
  int events = 0;
  uint64_t expirations;
  if (ev->data.u64 == TIMER_TAG) {
    /* Nothing hangs on how often it went off; due times are looked at below. */
    if (read(l->timer, &expirations, sizeof expirations) > 0) l->armed = -1;
    return;
  }
  if (ev->events & EPOLLIN) events |= CURL_CSELECT_IN;
  if (ev->events & EPOLLOUT) events |= CURL_CSELECT_OUT;
  if (ev->events & (EPOLLERR | EPOLLHUP)) events |= CURL_CSELECT_ERR;
  call_curl(&l->shards[ev->data.u64 >> 32],
            (curl_socket_t)(uint32_t)ev->data.u64, events);
}

static int run_timeouts(ll_loop *l) {
  double now = ll_now();
  int i, ran = 0;
  for (i = 0; i < l->opened; i++) {
    shard *s = &l->shards[i];
    if (s->due < 0 || s->due > now) continue;
    s->due = -1;
    call_curl(s, CURL_SOCKET_TIMEOUT, 0);
    ran = 1;
  }
  return ran;
}

static void harvest_shard(ll_loop *l, shard *s) {
  CURLMsg *msg;
  int left;
  s->dirty = 0;
  while ((msg = curl_multi_info_read(s->multi, &left))) {
    CURL *easy = msg->easy_handle;
    CURLcode result = msg->data.result;
    if (msg->msg != CURLMSG_DONE) continue;
    ll_loop_remove(l, easy, (unsigned)(s - l->shards));
    l->done(l->user, easy, result);
  }
}

static void harvest(ll_loop *l) {
  int i;
  for (i = 0; i < l->opened; i++)
    if (l->shards[i].dirty) harvest_shard(l, &l->shards[i]);
}

static double earliest(double a, double b) {
  if (a < 0) return b;
  return b < 0 || a < b ? a : b;
}

static double next_due(const ll_loop *l, double due) {
  int i;
  for (i = 0; i < l->opened; i++)
    due = earliest(due, l->shards[i].due);
  return due;
}

/* Rounded up, so that what is due is due when the wait ends. */
static int timeout_ms(double due, int ms) {
  double left = (due - ll_now()) * 1e3;
  if (due < 0) return ms;
  if (left <= 0) return 0;
  if (left >= 1e9) return ms;
  return ms >= 0 && ms < left ? ms : (int)left + 1;
}

/* Waits for what the sockets bring. */
static int poll_sockets(ll_loop *l, int ms, double due) {
  struct epoll_event ev[EVENTS];
  int wait = ms == 0 ? 0 : timeout_ms(next_due(l, due), ms);
  int n = epoll_wait(l->epoll, ev, EVENTS, wait);
  int i, interrupted = n < 0 && errno == EINTR;
  for (i = 0; i < n; i++)
    on_event(l, &ev[i]);
  (void)run_timeouts(l);
  return interrupted ? -1 : 0;
}

/* A new transfer begins with a timeout: it is not worth a look at the sockets
 * while there is time for another turn. */
int ll_loop_turn(ll_loop *l, int ms, double due) {
  int status = 0;
  l->broken = 0;
  if (ms == 0 || !run_timeouts(l)) status = poll_sockets(l, ms, due);
  harvest(l);
  return status;
}

unsigned ll_loop_broken(const ll_loop *l) {
  return l->broken;
}

/* libcurl trips over what it left half done: after a failure its table of
 * sockets may have an entry that divides by zero. */
void ll_loop_mend(ll_loop *l) {
  int i;
  for (i = 0; i < l->opened; i++)
    if (l->broken >> i & 1) close_shard(&l->shards[i]);
  l->broken = 0;
}

int ll_loop_fd(ll_loop *l) {
  l->exposed = 1;
  return l->epoll;
}

/* Zero would turn the timer off, and no more than this fits into a time_t of 32
 * bits. */
static double within_timer(double seconds) {
  const double longest = 1e9;
  if (seconds < 1e-9) return 1e-9;
  return seconds < longest ? seconds : longest;
}

void ll_loop_arm(ll_loop *l, double due) {
  struct itimerspec when;
  double left;
  if (!l->exposed) return;
  due = next_due(l, due);
  /* Equal means unchanged: both are the same stored number, or both "off". */
  if (due == l->armed || (due < 0 && l->armed < 0)) return;
  memset(&when, 0, sizeof when);
  if (due >= 0) {
    left = within_timer(due - ll_now());
    when.it_value.tv_sec = (time_t)left;
    when.it_value.tv_nsec = (long)((left - (double)(time_t)left) * 1e9);
  }
  if (timerfd_settime(l->timer, 0, &when, NULL) == 0) l->armed = due;
}

#endif
