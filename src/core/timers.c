#include "timers.h"

#include <stdlib.h>

static void put(ll_timers *h, size_t at, ll_timer *t) {
  h->heap[at - 1] = t;
  t->at = at;
}

static void sift_up(ll_timers *h, ll_timer *t) {
  size_t at = t->at;
  while (at > 1 && h->heap[at / 2 - 1]->due > t->due) {
    put(h, at, h->heap[at / 2 - 1]);
    at /= 2;
  }
  put(h, at, t);
}

static void sift_down(ll_timers *h, ll_timer *t) {
  size_t at = t->at, child;
  while ((child = 2 * at) <= h->len) {
    if (child < h->len && h->heap[child]->due < h->heap[child - 1]->due)
      child++;
    if (h->heap[child - 1]->due >= t->due) break;
    put(h, at, h->heap[child - 1]);
    at = child;
  }
  put(h, at, t);
}

static ll_status grow(ll_timers *h) {
  size_t cap = h->cap ? 2 * h->cap : 16;
  ll_timer **heap = realloc(h->heap, cap * sizeof *heap);
  if (!heap) return LL_NOMEM;
  h->heap = heap;
  h->cap = cap;
  return LL_OK;
}

void ll_timers_free(ll_timers *h) {
  while (h->len)
    h->heap[--h->len]->at = 0;
  free(h->heap);
  h->heap = NULL;
  h->cap = 0;
}

ll_status ll_timers_set(ll_timers *h, ll_timer *t, double due) {
  if (!t->at) {
    if (h->len == h->cap && grow(h) != LL_OK) return LL_NOMEM;
    t->due = due;
    put(h, ++h->len, t);
    sift_up(h, t);
  } else {
    double was = t->due;
    t->due = due;
    if (due < was)
      sift_up(h, t);
    else
      sift_down(h, t);
  }
  return LL_OK;
}

void ll_timers_clear(ll_timers *h, ll_timer *t) {
  size_t at = t->at;
  ll_timer *last;
  if (!at) return;
  t->at = 0;
  last = h->heap[--h->len];
  if (last == t) return;
  put(h, at, last);
  sift_up(h, last);
  sift_down(h, last);
}

double ll_timers_next(const ll_timers *h) {
  return h->len ? h->heap[0]->due : -1;
}

ll_timer *ll_timers_pop(ll_timers *h, double now) {
  ll_timer *t;
  if (!h->len || h->heap[0]->due > now) return NULL;
  t = h->heap[0];
  ll_timers_clear(h, t);
  return t;
}
