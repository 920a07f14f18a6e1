#include <pthread.h>
#include <stdlib.h>

#include "clock.h"
#include "engine_internal.h"
#include "process.h"

#define CONTAINER(pointer, type, member)                                       \
  ((type *)(void *)((char *)(pointer)-offsetof(type, member)))

static pthread_once_t curl_started = PTHREAD_ONCE_INIT;

static void start_curl(void) {
  /* On failure curl_multi_init fails too, which is reported. */
  (void)curl_global_init(CURL_GLOBAL_DEFAULT);
}

/* ---- handles ---- */

/* How many spare handles are looked at for one with the right settings. */
enum { LOOK_AT = 8 };

static void drop_spare(ll_spare *s) {
  ll_profile_release(s->profile);
  curl_easy_cleanup(s->easy);
}

/* The place of a spare handle with the profile's settings, or of the last. */
static size_t pick_spare(const ll_engine *e, const ll_profile *p) {
  size_t i;
  for (i = e->spare_len; i > 0 && e->spare_len - i < LOOK_AT; i--)
    if (e->spare[i - 1].profile == p) return i - 1;
  return e->spare_len - 1;
}

static CURL *new_handle(const ll_profile *p) {
  CURL *easy = curl_easy_init();
  if (!easy) return NULL;
  if (ll_transfer_prepare(easy) == CURLE_OK &&
      ll_profile_apply(p, easy) == CURLE_OK)
    return easy;
  curl_easy_cleanup(easy);
  return NULL;
}

/* Another profile's handle is no use: curl_easy_reset does not say when it had
 * no memory, and leaves a handle that hangs. */
CURL *ll_engine_take_handle(ll_engine *e, ll_profile *p) {
  ll_spare spare;
  size_t at;
  if (!e->spare_len) return new_handle(p);
  at = pick_spare(e, p);
  spare = e->spare[at];
  e->spare[at] = e->spare[--e->spare_len];
  if (spare.profile == p) {
    ll_profile_release(spare.profile);
    return spare.easy;
  }
  drop_spare(&spare);
  return new_handle(p);
}

void ll_engine_give_handle(ll_engine *e, CURL *easy, ll_profile *p) {
  ll_spare *spare = &e->spare[e->spare_len];
  if (!p || e->spare_len == LL_SPARE_HANDLES) {
    curl_easy_cleanup(easy);
    return;
  }
  spare->easy = easy;
  spare->profile = ll_profile_retain(p);
  e->spare_len++;
}

/* ---- life ---- */

static void on_done(void *user, CURL *easy, CURLcode result) {
  char *private = NULL;
  (void)user;
  curl_easy_getinfo(easy, CURLINFO_PRIVATE, &private);
  ll_transfer_on_done((ll_transfer *)(void *)private, result);
}

ll_engine *ll_engine_new(void) {
  ll_engine *e = calloc(1, sizeof *e);
  if (!e) return NULL;
  pthread_once(&curl_started, start_curl);
  ll_list_init(&e->transfers);
  ll_list_init(&e->ready);
  e->alarm = -1;
  e->process = ll_process();
  e->now = ll_now();
  if (!(e->loop = ll_loop_new(on_done, e))) {
    free(e);
    return NULL;
  }
  return e;
}

int ll_engine_is_foreign(const ll_engine *e) {
  return e->process != ll_process();
}

/* In a child of fork closing would say goodbye on the parent's connections and
 * take them out of its epoll set. The memory is lost there. */
void ll_engine_free(ll_engine *e) {
  if (ll_engine_is_foreign(e)) return;
  while (!ll_list_empty(&e->transfers))
    ll_transfer_on_engine_gone(
        CONTAINER(e->transfers.next, ll_transfer, member));
  while (e->spare_len)
    drop_spare(&e->spare[--e->spare_len]);
  ll_buffer_free(&e->spare_body);
  ll_loop_free(e->loop);
  ll_timers_free(&e->timers);
  free(e);
}

/* News that was not asked for yet is something to do now. */
static double next_due(const ll_engine *e) {
  double due = ll_timers_next(&e->timers);
  if (!ll_list_empty(&e->ready)) return 0;
  if (e->alarm >= 0 && (due < 0 || e->alarm < due)) return e->alarm;
  return due;
}

void ll_engine_rearm(ll_engine *e) {
  ll_loop_arm(e->loop, next_due(e));
}

static void end_broken(ll_engine *e, unsigned shards) {
  ll_link *link = e->transfers.next, *next;
  for (; link != &e->transfers; link = next) {
    next = link->next;
    ll_transfer_on_broken(CONTAINER(link, ll_transfer, member), shards);
  }
  ll_loop_mend(e->loop);
}

/* Lets libcurl and the limits of the transfers do what is due. */
static int turn_once(ll_engine *e, int ms) {
  ll_timer *timer;
  int interrupted = ll_loop_turn(e->loop, ms, next_due(e));
  e->now = ll_now();
  if (ll_loop_broken(e->loop)) end_broken(e, ll_loop_broken(e->loop));
  while ((timer = ll_timers_pop(&e->timers, e->now)))
    ll_transfer_on_timer(CONTAINER(timer, ll_transfer, timer), e->now);
  return interrupted;
}

static int is_alarm_due(const ll_engine *e) {
  return e->alarm >= 0 && e->alarm <= e->now;
}

/* Milliseconds of `ms` that are left, rounded up. */
static int time_left(int ms, double begun, double now) {
  double left = ms - (now - begun) * 1e3;
  if (ms < 0) return ms;
  return left <= 0 ? 0 : (int)left + (left > (int)left);
}

/* A wait is not ended by what is no news to the caller. */
int ll_engine_turn(ll_engine *e, int ms) {
  double begun = ms > 0 ? ll_now() : 0;
  int interrupted, left = ms;
  do {
    interrupted = turn_once(e, left);
    left = time_left(ms, begun, e->now);
  } while (left != 0 && !interrupted && ll_list_empty(&e->ready) &&
           !is_alarm_due(e));
  ll_engine_rearm(e);
  return interrupted;
}

int ll_engine_fd(ll_engine *e) {
  int fd = ll_loop_fd(e->loop);
  ll_engine_rearm(e);
  return fd;
}

void ll_engine_alarm(ll_engine *e, double due) {
  e->alarm = due;
  ll_engine_rearm(e);
}

uint64_t ll_engine_ready(ll_engine *e) {
  ll_link *first = e->ready.next;
  if (first == &e->ready) return 0;
  ll_list_remove(first);
  return CONTAINER(first, ll_transfer, ready)->id;
}

size_t ll_engine_running(const ll_engine *e) {
  return e->running;
}

void ll_engine_announce(ll_transfer *t) {
  t->unseen = 1;
  if (t->released || t->ready.next || !t->engine) return;
  ll_list_append(&t->engine->ready, &t->ready);
}
