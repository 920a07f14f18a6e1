#ifndef LL_CLOCK_H
#define LL_CLOCK_H

/* Seconds on the monotonic clock: setting the system's time changes nothing. */
double ll_now(void);

#endif
