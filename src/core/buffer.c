#include "buffer.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum {
  FIRST_BLOCK = 256,
  /* A cleared buffer gives a block larger than this back. */
  KEPT_BLOCK = 1024 * 1024
};

void ll_buffer_init(ll_buffer *b, size_t limit) {
  memset(b, 0, sizeof *b);
  b->limit = limit;
}

void ll_buffer_free(ll_buffer *b) {
  free(b->data);
  ll_buffer_init(b, b->limit);
}

static void move_to_front(ll_buffer *b) {
  if (b->len) memmove(b->data, b->data + b->head, b->len);
  b->head = 0;
}

/* Twice the old block, at least what is needed. A block of twice the limit is
 * always enough: see ll_buffer_reserve. */
static size_t next_capacity(const ll_buffer *b, size_t need) {
  size_t most = b->limit > SIZE_MAX / 2 ? SIZE_MAX : 2 * b->limit;
  size_t cap = b->cap > SIZE_MAX / 2 ? SIZE_MAX : 2 * b->cap;
  if (cap > most) cap = most;
  if (cap < FIRST_BLOCK) cap = FIRST_BLOCK;
  return cap < need ? need : cap;
}

static ll_status enlarge(ll_buffer *b, size_t need) {
  size_t cap = next_capacity(b, need);
  char *data = realloc(b->data, cap);
  if (!data) return LL_NOMEM;
  b->data = data;
  b->cap = cap;
  return LL_OK;
}

/* Bytes are moved to the front only when at least as many were consumed, so
 * that each byte is moved at most once for each that was read; otherwise the
 * block grows. It never has to grow past twice the limit: were it that large
 * and full, the head would stand behind the first limit bytes, and moving
 * would pay. */
char *ll_buffer_reserve(ll_buffer *b, size_t n, ll_status *why) {
  *why = LL_LIMIT;
  if (b->len > b->limit || n > b->limit - b->len) return NULL;
  if (!b->data || n > b->cap - b->head - b->len) {
    size_t need = b->len + n;
    int moving_pays = b->head >= b->len && need <= b->cap;
    move_to_front(b);
    *why = b->data && moving_pays ? LL_OK : enlarge(b, need);
    if (*why != LL_OK) return NULL;
  }
  *why = LL_OK;
  return b->data + b->head + b->len;
}

/* The whole pages among the n bytes. */
static void populate(char *bytes, size_t n) {
#ifdef MADV_POPULATE_WRITE
  size_t page = (size_t)sysconf(_SC_PAGESIZE);
  size_t before = (page - (uintptr_t)bytes % page) % page;
  if (n > before)
    (void)madvise(bytes + before, (n - before) / page * page,
                  MADV_POPULATE_WRITE);
#else
  (void)bytes;
  (void)n;
#endif
}

void ll_buffer_expect(ll_buffer *b, size_t n) {
  ll_status why;
  size_t cap = b->cap;
  char *to = ll_buffer_reserve(b, n, &why);
  if (to && b->cap > cap) populate(to, n);
}

ll_status ll_buffer_append(ll_buffer *b, const void *bytes, size_t n) {
  ll_status why;
  char *to;
  if (n == 0) return LL_OK;
  to = ll_buffer_reserve(b, n, &why);
  if (!to) return why;
  memcpy(to, bytes, n);
  ll_buffer_grow(b, n);
  return LL_OK;
}

void ll_buffer_trim(ll_buffer *b) {
  char *data;
  if (!b->len) {
    ll_buffer_free(b);
    return;
  }
  move_to_front(b);
  data = realloc(b->data, b->len);
  if (!data) return;
  b->data = data;
  b->cap = b->len;
}

void ll_buffer_clear(ll_buffer *b) {
  b->head = b->len = 0;
  if (b->cap <= KEPT_BLOCK) return;
  free(b->data);
  b->data = NULL;
  b->cap = 0;
}
