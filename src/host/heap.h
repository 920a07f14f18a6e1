#ifndef LITELUA_HEAP_H
#define LITELUA_HEAP_H

#include <stddef.h>

/* Memory for a Lua state. Nearly all that Lua asks for is small and soon given
 * back, and it says how large it was: so small blocks need no header, and those
 * that were given back wait in lists by size. The rest is malloc's. Chunks of
 * small blocks are kept until the heap is freed. */

enum {
  HEAP_STEP = 16, /* small blocks are multiples of it, and aligned to it */
  HEAP_SMALL = 256
};

typedef struct heap_block {
  struct heap_block *next;
} heap_block;

/* All zero at first. */
typedef struct heap {
  heap_block *spare[HEAP_SMALL / HEAP_STEP + 1]; /* by size in steps */
  char *at, *end; /* what is left of the newest chunk */
  heap_block *chunks;
} heap;

/* The lua_Alloc of a state whose `ud` is a heap. */
void *heap_alloc(void *ud, void *block, size_t had, size_t wanted);

/* After lua_close. */
void heap_free(heap *h);

#endif
