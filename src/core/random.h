#ifndef LL_RANDOM_H
#define LL_RANDOM_H

#include <stddef.h>

#include "status.h"

/* Fills n bytes from the system's source; LL_BAD when it has none. */
ll_status ll_random(void *bytes, size_t n);

#endif
