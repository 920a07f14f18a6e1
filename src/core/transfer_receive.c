/* What libcurl's callbacks do with what comes: they keep it. Nothing here knows
 * Lua, and nothing here calls back. */
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "engine_internal.h"

enum {
  REFUSAL_BYTES = 1024 * 1024, /* collected of an answer that is no success */
  KEPT_BLOCK = 4 * 1024 * 1024,
  LARGE_BODY = 1024 * 1024,
  MOST_EXPECTED = 8 * 1024 * 1024,
  USUAL_HEAD = 2048
};

static size_t trip(ll_transfer *t, ll_status why) {
  t->tripped = why == LL_LIMIT ? LL_FAILED_LIMIT : LL_FAILED_MEMORY;
  return 0;
}

static ll_status record(ll_transfer *t, const char *bytes, size_t n) {
  if (!t->tape || t->played) return LL_OK;
  return ll_tape_add(t->tape, ll_now() - t->started, bytes, n);
}

/* One block is passed on from collected body to collected body: growing one
 * from nothing costs more than receiving it. */
static void take_block(ll_transfer *t) {
  ll_buffer *spare = &t->engine->spare_body;
  size_t limit = t->body.limit;
  if (!spare->data) return;
  t->body = *spare;
  t->body.limit = limit;
  ll_buffer_init(spare, 0);
}

void ll_transfer_leave_block(ll_transfer *t) {
  ll_buffer *spare = &t->engine->spare_body;
  if (t->body.cap < spare->cap || t->body.cap > KEPT_BLOCK) return;
  ll_buffer_free(spare);
  *spare = t->body;
  spare->head = spare->len = 0;
  ll_buffer_init(&t->body, 0);
}

/* Memory for what is announced; not for all of it, nor for each of many, as
 * less may come. */
static void expect_body(ll_transfer *t) {
  curl_off_t n = 0;
  if (t->engine->running >= LL_MANY) return;
  curl_easy_getinfo(t->easy, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &n);
  if (n > MOST_EXPECTED) n = MOST_EXPECTED;
  if (n >= LARGE_BODY) ll_buffer_expect(&t->body, (size_t)n);
}

/* A body in pieces is paused when its reader is behind. */
size_t ll_transfer_on_body(char *bytes, size_t size, size_t n, void *user) {
  ll_transfer *t = user;
  ll_status status;
  n *= size;
  t->received += n;
  if (t->released) return n;
  if (t->received > t->body.limit) return trip(t, LL_LIMIT);
  if (t->profile->collect) {
    t->progressed = ll_now();
    if (!t->body.data) {
      take_block(t);
      expect_body(t);
    }
  } else if ((t->room == 0 || t->held) && !t->played) {
    t->paused = 1;
    t->received -= n;
    return CURL_WRITEFUNC_PAUSE;
  }
  status = ll_buffer_append(&t->body, bytes, n);
  if (status == LL_OK) status = record(t, bytes, n);
  if (status != LL_OK) return trip(t, status);
  if (t->profile->collect) return n;
  t->room -= t->room < n ? t->room : n;
  t->fresh = 1;
  ll_engine_announce(t);
  return n;
}

/* An empty line stands at the end of the head, so that strtol stops. */
static long read_status(const ll_transfer *t) {
  const char *head = ll_buffer_begin(&t->head);
  const char *space = memchr(head, ' ', t->head.len);
  long status = 0;
  if (t->played) return space ? strtol(space, NULL, 10) : 0;
  curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &status);
  return status;
}

int ll_transfer_is_news(const ll_transfer *t) {
  return !t->profile->collect || t->status >= 300;
}

/* The limit that counts from here on may be nearer than the armed one. */
static ll_status end_of_head(ll_transfer *t) {
  long status = read_status(t);
  if (status < 200) return LL_OK; /* informational: another head follows */
  t->status = (int)status;
  t->head_done = 1;
  if (status >= 300 && t->profile->collect && t->body.limit > REFUSAL_BYTES)
    t->body.limit = REFUSAL_BYTES;
  t->progressed = t->first_byte = ll_now();
  ll_buffer_trim(&t->head);
  if (ll_transfer_is_news(t)) ll_engine_announce(t);
  return ll_transfer_arm(t, t->progressed);
}

/* The lines of a head are many and short: room for a usual one is made once. */
static void make_room(ll_buffer *head) {
  ll_status why;
  (void)ll_buffer_reserve(head, USUAL_HEAD, &why);
}

/* A line that begins with a blank belongs to the one before it, and becomes one
 * with it (RFC 9112, 5.2). */
static void unfold(ll_buffer *head) {
  char *begin = head->data + head->head, *end = begin + head->len;
  while (end > begin && (end[-1] == '\n' || end[-1] == '\r'))
    *--end = ' ';
}

size_t ll_transfer_on_header(char *line, size_t size, size_t n, void *user) {
  ll_transfer *t = user;
  ll_status status;
  n *= size;
  if (t->released || t->head_done) return n; /* trailers are not kept */
  t->heads += n;
  if (t->heads > t->head.limit) return trip(t, LL_LIMIT);
  if (!t->head.data) make_room(&t->head);
  if (n && t->head.len && (line[0] == ' ' || line[0] == '\t')) unfold(&t->head);
  if (n >= 5 && memcmp(line, "HTTP/", 5) == 0) ll_buffer_clear(&t->head);
  status = ll_buffer_append(&t->head, line, n);
  if (status != LL_OK) return trip(t, status);
  if (n <= 2 && (line[0] == '\r' || line[0] == '\n')) status = end_of_head(t);
  return status == LL_OK ? n : trip(t, status);
}
