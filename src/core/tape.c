#include "tape.h"

#include <stdlib.h>

ll_tape *ll_tape_new(void) {
  ll_tape *t = calloc(1, sizeof *t);
  if (!t) return NULL;
  ll_buffer_init(&t->body, (size_t)-1);
  ll_buffer_init(&t->head, (size_t)-1);
  return t;
}

void ll_tape_free(ll_tape *t) {
  if (!t) return;
  ll_buffer_free(&t->body);
  ll_buffer_free(&t->head);
  free(t->cues);
  free(t);
}

static ll_status make_room(ll_tape *t) {
  size_t cap = t->cap ? 2 * t->cap : 16;
  ll_tape_cue *cues;
  if (t->len < t->cap) return LL_OK;
  cues = realloc(t->cues, cap * sizeof *cues);
  if (!cues) return LL_NOMEM;
  t->cues = cues;
  t->cap = cap;
  return LL_OK;
}

ll_status ll_tape_add(ll_tape *t, double at, const char *bytes, size_t n) {
  if (make_room(t) != LL_OK || ll_buffer_append(&t->body, bytes, n) != LL_OK)
    return LL_NOMEM;
  t->cues[t->len].at = at;
  t->cues[t->len++].end = t->body.len;
  return LL_OK;
}

char *ll_tape_bytes(const ll_tape *t, size_t i, size_t *n) {
  size_t from = i ? t->cues[i - 1].end : 0;
  *n = t->cues[i].end - from;
  return t->body.data + t->body.head + from;
}
