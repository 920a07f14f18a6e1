#ifndef MOCK_ARENA_H
#define MOCK_ARENA_H

#include <stddef.h>

/* Memory that lives as long as the request it serves and is freed at once. The
 * gateway is a process of its own with nothing to save, so that running out of
 * memory ends it with a message; no caller has a NULL to check. */
typedef struct mock_arena {
  struct mock_block *blocks;
} mock_arena;

/* n zeroed bytes, aligned for any type. */
void *mock_alloc(mock_arena *a, size_t n);

/* The same for count elements of the given size. */
void *mock_alloc_array(mock_arena *a, size_t count, size_t size);

/* Makes the last allocation, of `old` bytes at p, one of n bytes where it is:
 * 1, or 0 when there is no room or p was not the last. */
int mock_resize(mock_arena *a, const void *p, size_t old, size_t n);

void mock_arena_free(mock_arena *a);

/* malloc and realloc under the same rule, for what outlives a request. */
void *mock_malloc(size_t n);
void *mock_realloc(void *old, size_t n);

#endif
