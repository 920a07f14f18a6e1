#ifndef CHUNK_TWIN_H
#define CHUNK_TWIN_H

/* The chunk walk beside its twin, which has never seen a chunk before and so
 * parses each in full. */
#include <stdlib.h>
#include <string.h>

#include "chunk.h"

/* A copy of just these bytes, so that a sanitizer sees a read beyond them. */
static char *exactly(const char *p, size_t n) {
  char *copy = malloc(n ? n : 1);
  if (!copy) abort();
  if (n) memcpy(copy, p, n);
  return copy;
}

static int twins_agree(ll_chunk *c, const char *json, size_t n) {
  char *copy = exactly(json, n);
  const char *a = NULL, *b = NULL;
  size_t a_len = 0, b_len = 0;
  ll_status mine, other;
  ll_chunk fresh;
  int same;
  ll_chunk_init(&fresh, 0);
  mine = ll_chunk_text(c, copy, n, &a, &a_len);
  other = ll_chunk_text(&fresh, copy, n, &b, &b_len);
  same = mine == other && (mine == LL_OK || mine == LL_AGAIN);
  if (same && mine == LL_OK)
    same = a_len == b_len && memcmp(a, b, a_len) == 0 && c->more <= fresh.more;
  ll_chunk_free(&fresh);
  free(copy);
  return same;
}

#endif
