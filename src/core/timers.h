#ifndef LL_TIMERS_H
#define LL_TIMERS_H

#include <stddef.h>

#include "status.h"

/* A timer is part of what it times. `at` is its place in the heap, counted from
 * 1; 0: not armed. A zeroed struct is a timer at rest. */
typedef struct ll_timer {
  double due;
  size_t at;
} ll_timer;

/* A binary heap of timers, the earliest first. */
typedef struct ll_timers {
  ll_timer **heap;
  size_t len, cap;
} ll_timers;

void ll_timers_free(ll_timers *h);

/* Arms the timer, or moves it when it is armed: LL_OK or LL_NOMEM. */
ll_status ll_timers_set(ll_timers *h, ll_timer *t, double due);
void ll_timers_clear(ll_timers *h, ll_timer *t);

/* When the earliest is due; a negative number when none is armed. */
double ll_timers_next(const ll_timers *h);

/* Takes out the earliest timer that is due at `now`; NULL when none is. */
ll_timer *ll_timers_pop(ll_timers *h, double now);

#endif
