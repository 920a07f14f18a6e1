#include "heap.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { CHUNK = 32 * 1024 };

static bool is_small(size_t n) {
  return n <= HEAP_SMALL;
}

static size_t steps_of(size_t n) {
  return (n + HEAP_STEP - 1) / HEAP_STEP;
}

/* The first step of a chunk links it to the one before. */
static bool add_chunk(heap *h) {
  char *chunk = (char *)malloc(CHUNK);
  heap_block *link = (heap_block *)(void *)chunk;
  if (!chunk) return false;
  link->next = h->chunks;
  h->chunks = link;
  h->at = chunk + HEAP_STEP;
  h->end = chunk + CHUNK;
  return true;
}

static void *take_small(heap *h, size_t n) {
  size_t steps = steps_of(n), size = steps * HEAP_STEP;
  heap_block *b = h->spare[steps];
  if (b) {
    h->spare[steps] = b->next;
    return b;
  }
  if ((size_t)(h->end - h->at) < size && !add_chunk(h)) return NULL;
  h->at += size;
  return h->at - size;
}

static void *take(heap *h, size_t n) {
  return is_small(n) ? take_small(h, n) : malloc(n);
}

static void give(heap *h, void *block, size_t n) {
  heap_block *b = (heap_block *)block;
  if (!is_small(n)) {
    free(block);
    return;
  }
  b->next = h->spare[steps_of(n)];
  h->spare[steps_of(n)] = b;
}

static void *move(heap *h, void *block, size_t had, size_t wanted) {
  void *moved = take(h, wanted);
  if (!moved) return NULL;
  memcpy(moved, block, had < wanted ? had : wanted);
  give(h, block, had);
  return moved;
}

/* Of a new block, `had` is what it is for. */
void *heap_alloc(void *ud, void *block, size_t had, size_t wanted) {
  heap *h = (heap *)ud;
  if (!block) return wanted ? take(h, wanted) : NULL;
  if (!wanted) return give(h, block, had), NULL;
  if (is_small(had) != is_small(wanted)) return move(h, block, had, wanted);
  if (!is_small(had)) return realloc(block, wanted);
  if (steps_of(had) == steps_of(wanted)) return block;
  return move(h, block, had, wanted);
}

void heap_free(heap *h) {
  while (h->chunks) {
    heap_block *link = h->chunks;
    h->chunks = link->next;
    free(link);
  }
}
