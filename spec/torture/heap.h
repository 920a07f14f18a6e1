#ifndef HEAP_H
#define HEAP_H

#include <stddef.h>

/* Memory that is counted, and that runs out when it is told to: Lua's,
 * libcurl's and that of the library's own C code. */
typedef enum heap_kind { HEAP_LUA, HEAP_CURL, HEAP_OURS, HEAP_KINDS } heap_kind;

typedef enum heap_failure {
  HEAP_HICCUP, /* one allocation fails; Lua collects garbage and tries again */
  HEAP_ONCE,   /* one fails, and when Lua tries it again too */
  HEAP_KIND_GONE, /* from that one on, all of its kind */
  HEAP_GONE,      /* from that one on, all */
  HEAP_FAILURES
} heap_failure;

/* What is in use of each kind. */
typedef struct heap_use {
  long blocks[HEAP_KINDS], bytes[HEAP_KINDS];
} heap_use;

/* Hands the allocator to libcurl, before anything else of it is called; 0 when
 * it refuses. Returns everything to it at the end. */
int heap_open(void);
void heap_close(void);

/* The allocator of a Lua state. */
void *heap_lua(void *user, void *block, size_t old, size_t size);

/* From now on allocations are numbered; the `at`-th fails. 0: none does. */
void heap_arm(heap_failure how, unsigned long at);

/* None fails any more. How many there were of each kind is in `counts`, which
 * may be NULL; true when one failed. */
int heap_disarm(unsigned long counts[HEAP_KINDS]);

heap_use heap_in_use(void);

#endif
