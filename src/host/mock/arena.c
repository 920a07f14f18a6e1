#include "arena.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCK = 64 * 1024, ALIGN = 16 };

struct mock_block {
  struct mock_block *next;
  size_t used, size;
};

static size_t aligned(size_t n) {
  return (n + ALIGN - 1) / ALIGN * ALIGN;
}

static const size_t HEADER =
    (sizeof(struct mock_block) + ALIGN - 1) / ALIGN * ALIGN;

static void out_of_memory(void) {
  fputs("litelua mock: out of memory\n", stderr);
  exit(1);
}

void *mock_realloc(void *old, size_t n) {
  void *p = realloc(old, n ? n : 1);
  if (!p) out_of_memory();
  return p;
}

void *mock_malloc(size_t n) {
  return mock_realloc(NULL, n);
}

static struct mock_block *add_block(mock_arena *a, size_t n) {
  size_t size = n > BLOCK ? n : BLOCK;
  struct mock_block *b = mock_malloc(HEADER + size);
  b->used = 0;
  b->size = size;
  /* A large block goes behind the first, which may still have room. */
  if (n > BLOCK && a->blocks) {
    b->next = a->blocks->next;
    a->blocks->next = b;
  } else {
    b->next = a->blocks;
    a->blocks = b;
  }
  return b;
}

void *mock_alloc(mock_arena *a, size_t n) {
  struct mock_block *b = a->blocks;
  char *p;
  if (n > PTRDIFF_MAX / 2) out_of_memory();
  n = aligned(n ? n : 1);
  if (!b || b->size - b->used < n) b = add_block(a, n);
  p = (char *)b + HEADER + b->used;
  b->used += n;
  return memset(p, 0, n);
}

void *mock_alloc_array(mock_arena *a, size_t count, size_t size) {
  return mock_alloc(a, count > SIZE_MAX / 2 / size ? SIZE_MAX : count * size);
}

int mock_resize(mock_arena *a, const void *p, size_t old, size_t n) {
  struct mock_block *b = a->blocks;
  size_t start;
  old = aligned(old ? old : 1);
  n = aligned(n ? n : 1);
  if (!b || b->used < old) return 0;
  start = b->used - old;
  if ((const char *)p != (char *)b + HEADER + start || b->size - start < n)
    return 0;
  b->used = start + n;
  return 1;
}

void mock_arena_free(mock_arena *a) {
  while (a->blocks) {
    struct mock_block *b = a->blocks;
    a->blocks = b->next;
    free(b);
  }
}
