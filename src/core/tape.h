#ifndef LL_TAPE_H
#define LL_TAPE_H

#include <stddef.h>

#include "buffer.h"
#include "failure.h"

/* By `at`, the body had come up to `end`. */
typedef struct ll_tape_cue {
  double at;
  size_t end;
} ll_tape_cue;

/* What came of an exchange, and when: the body of one that was recorded, or all
 * of one that is played in place of a server's answer. Times are in seconds
 * since the start, and do not decrease. */
typedef struct ll_tape {
  ll_buffer body;
  ll_tape_cue *cues;
  size_t len, cap;
  /* Played: the raw header lines (empty: no answer came) and the end. */
  ll_buffer head;
  double head_at, ended;
  ll_failure failure;
  int sent; /* the request had gone out */
  char message[256];
} ll_tape;

/* NULL: no memory. */
ll_tape *ll_tape_new(void);
void ll_tape_free(ll_tape *t); /* NULL is fine */

/* The next bytes of the body: LL_OK or LL_NOMEM. */
ll_status ll_tape_add(ll_tape *t, double at, const char *bytes, size_t n);

/* The bytes of the i-th cue, counted from 0. */
char *ll_tape_bytes(const ll_tape *t, size_t i, size_t *n);

#endif
