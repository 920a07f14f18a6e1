#include "heap.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum {
  CHUNK = 16 * 1024,  /* and aligned to it: a block's address tells its chunk */
  REGION = 64 * CHUNK /* what malloc is asked for at a time */
};

typedef struct block {
  struct block *next;
} block;

struct heap_chunk {
  heap_chunk *next, *previous; /* among those that are open, or empty */
  block *spare;                /* blocks that came back */
  char *at, *end;              /* what was never taken */
  unsigned steps;              /* the size of the blocks */
  unsigned used;
};

struct heap_region {
  heap_region *next;
};

static bool is_small(size_t n) {
  return n <= HEAP_SMALL;
}

static unsigned steps_of(size_t n) {
  return (unsigned)((n + HEAP_STEP - 1) / HEAP_STEP);
}

/* ---- chunks ---- */

static void push(heap_chunk **list, heap_chunk *c) {
  c->previous = NULL;
  c->next = *list;
  if (*list) (*list)->previous = c;
  *list = c;
}

static void detach(heap_chunk **list, heap_chunk *c) {
  if (c->next) c->next->previous = c->previous;
  if (c->previous)
    c->previous->next = c->next;
  else
    *list = c->next;
}

static bool add_region(heap *h) {
  char *memory = (char *)malloc(REGION);
  heap_region *r = (heap_region *)(void *)memory;
  if (!memory) return false;
  r->next = h->regions;
  h->regions = r;
  h->at = memory + CHUNK - (uintptr_t)memory % CHUNK;
  h->end = memory + REGION;
  return true;
}

static heap_chunk *new_chunk(heap *h) {
  heap_chunk *c = h->empty;
  if (c) {
    detach(&h->empty, c);
    return c;
  }
  if (h->end - h->at < CHUNK && !add_region(h)) return NULL;
  c = (heap_chunk *)(void *)h->at;
  h->at += CHUNK;
  return c;
}

static heap_chunk *open_chunk(heap *h, unsigned steps) {
  heap_chunk *c = new_chunk(h);
  if (!c) return NULL;
  c->spare = NULL;
  c->at = (char *)c + steps_of(sizeof *c) * HEAP_STEP;
  c->end = (char *)c + CHUNK;
  c->steps = steps;
  c->used = 0;
  push(&h->open[steps], c);
  return c;
}

static bool is_full(const heap_chunk *c) {
  return !c->spare && (size_t)(c->end - c->at) < c->steps * HEAP_STEP;
}

static heap_chunk *chunk_of(void *p) {
  char *byte = (char *)p;
  return (heap_chunk *)(void *)(byte - (uintptr_t)byte % CHUNK);
}

/* ---- blocks ---- */

static void *take_small(heap *h, size_t n) {
  unsigned steps = steps_of(n);
  heap_chunk *c = h->open[steps];
  block *b;
  if (!c && !(c = open_chunk(h, steps))) return NULL;
  b = c->spare;
  if (b) {
    c->spare = b->next;
  } else {
    b = (block *)(void *)c->at;
    c->at += steps * HEAP_STEP;
  }
  c->used++;
  if (is_full(c)) detach(&h->open[steps], c);
  return b;
}

/* One chunk of each size stays, so that a single block that comes and goes does
 * not make and unmake it. */
static void give_small(heap *h, void *p) {
  block *b = (block *)p;
  heap_chunk *c = chunk_of(p);
  heap_chunk **open = &h->open[c->steps];
  if (is_full(c)) push(open, c);
  b->next = c->spare;
  c->spare = b;
  if (--c->used > 0 || !(c->next || c->previous)) return;
  detach(open, c);
  push(&h->empty, c);
}

static void *take(heap *h, size_t n) {
  return is_small(n) ? take_small(h, n) : malloc(n);
}

static void give(heap *h, void *p, size_t n) {
  if (is_small(n))
    give_small(h, p);
  else
    free(p);
}

static void *move(heap *h, void *p, size_t had, size_t wanted) {
  void *moved = take(h, wanted);
  if (!moved) return NULL;
  memcpy(moved, p, had < wanted ? had : wanted);
  give(h, p, had);
  return moved;
}

/* Of a new block, `had` says what it is for. */
void *heap_alloc(void *ud, void *p, size_t had, size_t wanted) {
  heap *h = (heap *)ud;
  if (!p) return wanted ? take(h, wanted) : NULL;
  if (!wanted) return give(h, p, had), NULL;
  if (is_small(had) != is_small(wanted)) return move(h, p, had, wanted);
  if (!is_small(had)) return realloc(p, wanted);
  if (steps_of(had) == steps_of(wanted)) return p;
  return move(h, p, had, wanted);
}

void heap_free(heap *h) {
  while (h->regions) {
    heap_region *r = h->regions;
    h->regions = r->next;
    free(r);
  }
}
