#ifndef LITELUA_HEAP_H
#define LITELUA_HEAP_H

#include <stddef.h>

/* Memory for a Lua state. Nearly all that Lua asks for is small, and it says
 * how large a block was that it gives back. So small blocks need no header:
 * they are cut from chunks, each of which has blocks of one size, and a chunk
 * whose blocks have all come back is there for any size. What is larger is
 * malloc's. Chunks go back to the system when the heap is freed. */

enum {
  HEAP_STEP = 16, /* small blocks are multiples of it, and aligned to it */
  HEAP_SMALL = 256
};

typedef struct heap_chunk heap_chunk;
typedef struct heap_region heap_region;

/* All zero at first. */
typedef struct heap {
  heap_chunk *open[HEAP_SMALL / HEAP_STEP + 1]; /* with room, by size */
  heap_chunk *empty;
  char *at, *end; /* what is left of the newest region */
  heap_region *regions;
} heap;

/* The lua_Alloc of a state whose `ud` is a heap. */
void *heap_alloc(void *ud, void *block, size_t had, size_t wanted);

/* After lua_close. */
void heap_free(heap *h);

#endif
