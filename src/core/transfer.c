#include "transfer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "engine_internal.h"

enum { SETUP, RUNNING, DONE };

enum {
  HIGH_WATER = 256 * 1024,
  RELEASE_SECONDS = 2, /* a released exchange has as long to come to its end */
  HEAD_BYTES = 1024 * 1024,
  BODY_BYTES = 1024 * 1024 * 1024
};

static const double HELD_SECONDS = 0.001;

/* ---- limits ---- */

static double sooner(double a, double b) {
  return a < 0 || b < a ? b : a;
}

/* The moment of the next limit and its name; negative: there is none. A reader
 * that is behind is not the gateway's silence. */
static double next_limit(const ll_transfer *t, double now, const char **name) {
  double due = -1, total = t->started + t->total;
  if (!t->head_done && t->profile->limits.first_byte > 0) {
    due = t->started + t->profile->limits.first_byte;
    *name = "first_byte";
  } else if (t->head_done && t->profile->limits.idle > 0) {
    due =
        (t->fresh || t->paused ? now : t->progressed) + t->profile->limits.idle;
    *name = "idle";
  }
  if (t->total > 0 && sooner(due, total) >= total) {
    due = total;
    *name = "total";
  }
  return due;
}

/* When the next thing on the tape is to come. */
static double next_cue(const ll_transfer *t) {
  const ll_tape *tape = t->tape;
  if (t->cue == 0) return t->started + tape->head_at;
  if (t->cue <= tape->len) return t->started + tape->cues[t->cue - 1].at;
  return t->started + tape->ended;
}

ll_status ll_transfer_arm(ll_transfer *t, double now) {
  const char *name = "total";
  double due = next_limit(t, now, &name);
  if (t->played) due = sooner(due, next_cue(t));
  if (due < 0) return LL_OK;
  return ll_timers_set(&t->engine->timers, &t->timer, due);
}

/* ---- the end ---- */

/* The list of headers ends in the profile's, which stay. */
static void drop_headers(ll_transfer *t) {
  while (t->headers != t->profile->headers) {
    struct curl_slist *own = t->headers;
    t->headers = own->next;
    own->next = NULL;
    curl_slist_free_all(own);
  }
}

static void give_handle_back(ll_transfer *t) {
  (void)curl_easy_setopt(t->easy, CURLOPT_ERRORBUFFER, NULL);
  drop_headers(t);
  ll_engine_give_handle(t->engine, t->easy, t->dirty ? NULL : t->profile);
  curl_mime_free(t->mime);
  t->mime = NULL;
  t->easy = NULL;
}

static void note_facts(ll_transfer *t) {
  long sent = 0, connects = 0;
  curl_easy_getinfo(t->easy, CURLINFO_REQUEST_SIZE, &sent);
  curl_easy_getinfo(t->easy, CURLINFO_NUM_CONNECTS, &connects);
  t->sent = t->played ? t->tape->sent != 0 : sent > 0;
  t->reused = sent > 0 && connects == 0;
}

static void unlink_all(ll_transfer *t) {
  ll_list_remove(&t->member);
  ll_list_remove(&t->ready);
  if (t->engine && t->profile->collect) ll_transfer_leave_block(t);
  ll_buffer_free(&t->head);
  ll_buffer_free(&t->body);
  ll_tape_free(t->tape);
  ll_profile_release(t->profile);
  free(t);
}

/* The handle is out of the loop already. */
static void finish(ll_transfer *t, ll_failure failure) {
  t->failure = failure;
  t->ended = ll_now();
  note_facts(t);
  ll_timers_clear(&t->engine->timers, &t->timer);
  give_handle_back(t);
  t->phase = DONE;
  if (t->released) {
    unlink_all(t);
    return;
  }
  t->engine->running--;
  ll_engine_announce(t);
}

static void stop(ll_transfer *t, ll_failure failure, const char *message) {
  if (!t->played) ll_loop_remove(t->engine->loop, t->easy, t->shard);
  snprintf(t->message, sizeof t->message, "%s", message);
  finish(t, failure);
}

/* libcurl says of a line of the head that is too long for it that there is no
 * memory. */
static int is_long_line(const ll_transfer *t, CURLcode result) {
  long sent = 0;
  if (result != CURLE_OUT_OF_MEMORY || t->head_done) return 0;
  curl_easy_getinfo(t->easy, CURLINFO_REQUEST_SIZE, &sent);
  return sent > 0;
}

void ll_transfer_on_done(ll_transfer *t, CURLcode result) {
  ll_failure failure =
      ll_failure_of_words(ll_failure_of_curl((int)result), t->message);
  if (t->tripped == LL_FAILED_LIMIT) {
    failure = LL_FAILED_LIMIT;
    snprintf(t->message, sizeof t->message, "the %s is over the limit",
             t->head_done ? "body" : "head");
  } else if (t->tripped) {
    failure = t->tripped;
    snprintf(t->message, sizeof t->message, "not enough memory");
  } else if (is_long_line(t, result)) {
    failure = LL_FAILED_LIMIT;
    snprintf(t->message, sizeof t->message,
             "a line of the head is longer than libcurl takes, or there is no "
             "memory");
  } else if (result == CURLE_OK && !t->head_done) {
    /* libcurl is content with half a head. */
    failure = LL_FAILED_TRUNCATED;
    snprintf(t->message, sizeof t->message, "it ended inside the head");
  } else if (result == CURLE_OPERATION_TIMEDOUT) {
    snprintf(t->message, sizeof t->message,
             "connect"); /* the only one it has */
  } else if (result != CURLE_OK && !t->message[0]) {
    snprintf(t->message, sizeof t->message, "%s", curl_easy_strerror(result));
  }
  finish(t, failure);
}

/* ---- a tape in place of a server ---- */

static void play_head(ll_transfer *t) {
  char *line = t->tape->head.data, *next;
  size_t left = t->tape->head.len;
  for (; left && !t->tripped; line = next) {
    next = memchr(line, '\n', left);
    next = next ? next + 1 : line + left;
    (void)ll_transfer_on_header(line, 1, (size_t)(next - line), t);
    left -= (size_t)(next - line);
  }
}

static void play_bytes(ll_transfer *t, size_t i) {
  size_t n;
  char *bytes = ll_tape_bytes(t->tape, i, &n);
  if (n) (void)ll_transfer_on_body(bytes, 1, n, t);
}

/* All that is due; the end may be. */
static void play(ll_transfer *t, double now) {
  const ll_tape *tape = t->tape;
  while (t->cue <= tape->len && !t->tripped && next_cue(t) <= now) {
    if (t->cue == 0)
      play_head(t);
    else
      play_bytes(t, t->cue - 1);
    t->cue++;
  }
  if (t->tripped) {
    ll_transfer_on_done(t, CURLE_WRITE_ERROR);
  } else if (t->cue > tape->len && next_cue(t) <= now) {
    snprintf(t->message, sizeof t->message, "%s", tape->message);
    finish(t,
           tape->failure || t->head_done ? tape->failure : LL_FAILED_TRUNCATED);
  } else {
    (void)ll_transfer_arm(t, now); /* cannot fail: as below */
  }
}

/* A tape whose body must not change goes on a little later. */
static int is_held_up(ll_transfer *t, double now) {
  return t->played && t->held &&
         ll_timers_set(&t->engine->timers, &t->timer, now + HELD_SECONDS) ==
             LL_OK;
}

void ll_transfer_on_timer(ll_transfer *t, double now) {
  const char *name = "total";
  double due = next_limit(t, now, &name);
  if (is_held_up(t, now)) return;
  if (t->released)
    stop(t, LL_FAILED_CANCELLED, "");
  else if (t->played && next_cue(t) <= now)
    play(t, now);
  else if (due >= 0 && due <= now)
    stop(t, LL_FAILED_TIMEOUT, name);
  else /* cannot fail: its place in the heap is free */
    (void)ll_transfer_arm(t, now);
}

void ll_transfer_on_broken(ll_transfer *t, unsigned shards) {
  if (t->phase == RUNNING && !t->played && shards >> t->shard & 1)
    stop(t, LL_FAILED_MEMORY, "not enough memory");
}

void ll_transfer_on_engine_gone(ll_transfer *t) {
  int released = t->released;
  if (t->phase == RUNNING)
    stop(t, LL_FAILED_CANCELLED, "the engine was closed");
  if (released) return; /* freed itself */
  if (t->easy) {
    give_handle_back(t);
    t->phase = DONE;
    t->failure = LL_FAILED_CANCELLED;
  }
  ll_list_remove(&t->member);
  ll_list_remove(&t->ready);
  t->engine = NULL;
}

/* ---- life ---- */

static size_t or_else(size_t given, size_t otherwise) {
  return given ? given : otherwise;
}

ll_transfer *ll_transfer_new(ll_engine *e, ll_profile *p) {
  ll_transfer *t = calloc(1, sizeof *t);
  if (!t) return NULL;
  if (!(t->easy = ll_engine_take_handle(e, p))) {
    free(t);
    return NULL;
  }
  t->engine = e;
  t->profile = ll_profile_retain(p);
  t->headers = p->headers;
  t->id = ++e->last_id;
  t->room = HIGH_WATER;
  t->first_byte = -1;
  ll_buffer_init(&t->head, or_else(p->limits.head_bytes, HEAD_BYTES));
  ll_buffer_init(&t->body, or_else(p->limits.body_bytes, BODY_BYTES));
  ll_list_append(&e->transfers, &t->member);
  return t;
}

static int is_foreign(const ll_transfer *t) {
  return t->engine && ll_engine_is_foreign(t->engine);
}

void ll_transfer_cancel(ll_transfer *t) {
  if (t->phase == RUNNING && !is_foreign(t))
    stop(t, LL_FAILED_CANCELLED, "cancelled");
}

void ll_transfer_free(ll_transfer *t) {
  if (is_foreign(t)) return;
  ll_transfer_cancel(t);
  if (t->easy) give_handle_back(t);
  unlink_all(t);
}

void ll_transfer_release(ll_transfer *t) {
  if (is_foreign(t)) return;
  if (t->phase != RUNNING || t->played ||
      ll_timers_set(&t->engine->timers, &t->timer,
                    ll_now() + RELEASE_SECONDS) != LL_OK) {
    ll_transfer_free(t);
    return;
  }
  t->released = 1;
  t->engine->running--;
  ll_list_remove(&t->ready);
  ll_buffer_free(&t->body);
  if (t->paused) (void)curl_easy_pause(t->easy, CURLPAUSE_CONT);
  ll_engine_rearm(t->engine);
}

/* ---- the beginning ---- */

ll_status ll_transfer_record(ll_transfer *t) {
  t->tape = ll_tape_new();
  return t->tape ? LL_OK : LL_NOMEM;
}

void ll_transfer_play(ll_transfer *t, ll_tape *tape) {
  t->tape = tape;
  t->played = 1;
}

void ll_transfer_set_total(ll_transfer *t, double seconds) {
  t->total = seconds;
}

ll_status ll_transfer_start(ll_transfer *t) {
  ll_engine *e = t->engine;
  ll_status status;
  if (!e || t->phase != SETUP) return LL_BAD;
  status = ll_transfer_apply(t);
  if (status != LL_OK) return status;
  t->started = t->progressed = ll_now();
  if (ll_transfer_arm(t, t->started) != LL_OK) return LL_NOMEM;
  if (!t->played) status = ll_loop_add(e->loop, t->easy, &t->shard);
  if (status != LL_OK) {
    ll_timers_clear(&e->timers, &t->timer);
    return status;
  }
  t->phase = RUNNING;
  e->running++;
  ll_engine_rearm(e);
  return LL_OK;
}

/* ---- asking ---- */

uint64_t ll_transfer_id(const ll_transfer *t) {
  return t->id;
}

int ll_transfer_done(const ll_transfer *t) {
  return t->phase == DONE;
}

int ll_transfer_status(const ll_transfer *t) {
  return t->status;
}

int ll_transfer_answered(const ll_transfer *t) {
  return t->phase == DONE || (t->head_done && ll_transfer_is_news(t));
}

int ll_transfer_readable(const ll_transfer *t) {
  return !t->profile->collect || !t->failure;
}

const ll_buffer *ll_transfer_head(const ll_transfer *t) {
  return &t->head;
}

void ll_transfer_take_head(ll_transfer *t, ll_buffer *into) {
  *into = t->head;
  ll_buffer_init(&t->head, 0);
}

ll_buffer *ll_transfer_body(ll_transfer *t) {
  return &t->body;
}

const ll_tape *ll_transfer_tape(const ll_transfer *t) {
  return t->tape;
}

/* What libcurl held back is lost when it cannot be given now. Of a socket that
 * there is no memory to watch it says that a callback had it stop. */
static void resume(ll_transfer *t) {
  CURLcode code = curl_easy_pause(t->easy, CURLPAUSE_CONT);
  if (code == CURLE_OK) return;
  if (code == CURLE_ABORTED_BY_CALLBACK) code = CURLE_OUT_OF_MEMORY;
  ll_loop_remove(t->engine->loop, t->easy, t->shard);
  ll_transfer_on_done(t, code);
}

int ll_transfer_want(ll_transfer *t) {
  size_t before = t->body.len;
  t->fresh = 0;
  t->room = HIGH_WATER;
  if (!t->paused || t->phase != RUNNING || is_foreign(t)) return 0;
  t->paused = 0;
  t->progressed = ll_now();
  resume(t);
  ll_engine_rearm(t->engine); /* it may have more to say without its socket */
  return t->body.len > before;
}

void ll_transfer_found_nothing(ll_transfer *t) {
  t->unseen = 0;
}

int ll_transfer_unseen(const ll_transfer *t) {
  return t->unseen;
}

void ll_transfer_hold_body(ll_transfer *t, int on) {
  t->held = on != 0;
}

void ll_transfer_progress(ll_transfer *t) {
  if (t->engine) t->progressed = t->engine->now;
}

ll_failure ll_transfer_failure(const ll_transfer *t, const char **message) {
  *message = t->failure ? t->message : "";
  return t->failure;
}

void ll_transfer_timing(const ll_transfer *t, ll_timing *timing) {
  timing->first_byte = t->first_byte < 0 ? -1 : t->first_byte - t->started;
  timing->total = t->phase == DONE ? t->ended - t->started : -1;
  timing->received = t->received;
  timing->sent = t->sent;
  timing->reused = t->reused;
}
