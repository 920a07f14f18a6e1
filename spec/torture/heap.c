#include "heap.h"

#include <curl/curl.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>

/* The project's own objects call these: see the Makefile. */
void *counted_malloc(size_t size);
void *counted_calloc(size_t n, size_t size);
void *counted_realloc(void *block, size_t size);
char *counted_strdup(const char *text);
void counted_free(void *block);

/* What was asked for when it failed. */
typedef struct request {
  const void *block;
  size_t old, size;
} request;

static heap_use in_use;
static int armed, failed;
static heap_failure how;
static unsigned long fails_at, seen[HEAP_KINDS];
static heap_kind gone; /* the kind that has failed */
static request last;   /* Lua's request that has just failed, for its retry */

/* ---- which ones fail ---- */

static unsigned long number(void) {
  unsigned long n = 0;
  int kind;
  for (kind = 0; kind < HEAP_KINDS; kind++)
    n += seen[kind];
  return n;
}

/* The collection before a retry allocates nothing: it is the next request. */
static int is_retry(const request *r) {
  return last.size && last.block == r->block && last.old == r->old &&
         last.size == r->size;
}

static int goes_on(heap_kind kind) {
  return failed &&
         (how == HEAP_GONE || (how == HEAP_KIND_GONE && kind == gone));
}

/* Whether a request for more memory is refused. */
static int refuse(heap_kind kind, const request *r) {
  int again = is_retry(r);
  memset(&last, 0, sizeof last);
  if (!armed) return 0;
  if (again) return how != HEAP_HICCUP;
  seen[kind]++;
  if (!goes_on(kind) && number() != fails_at) return 0;
  if (!failed) gone = kind;
  failed = 1;
  if (kind == HEAP_LUA) last = *r;
  return 1;
}

void heap_arm(heap_failure failure, unsigned long at) {
  memset(seen, 0, sizeof seen);
  how = failure;
  fails_at = at;
  failed = 0;
  armed = 1;
}

int heap_disarm(unsigned long counts[HEAP_KINDS]) {
  armed = 0;
  if (counts) memcpy(counts, seen, sizeof seen);
  return failed;
}

heap_use heap_in_use(void) {
  return in_use;
}

/* ---- blocks ---- */

/* libcurl resolves names in a thread of its own. */
static void count(heap_kind kind, long blocks, long bytes) {
  __atomic_fetch_add(&in_use.blocks[kind], blocks, __ATOMIC_RELAXED);
  __atomic_fetch_add(&in_use.bytes[kind], bytes, __ATOMIC_RELAXED);
}

static void *came(heap_kind kind, void *block) {
  if (block) count(kind, 1, (long)malloc_usable_size(block));
  return block;
}

static void went(heap_kind kind, void *block) {
  if (block) count(kind, -1, -(long)malloc_usable_size(block));
}

static void drop(heap_kind kind, void *block) {
  went(kind, block);
  free(block);
}

static void *make(heap_kind kind, size_t n, size_t size) {
  request r = {NULL, 0, n * size};
  return refuse(kind, &r) ? NULL : came(kind, calloc(n, size));
}

/* As malloc, and with bytes in it that nobody should rely on. */
static void *make_dirty(heap_kind kind, size_t size) {
  void *block = make(kind, 1, size);
  if (block) memset(block, 0xA5, size);
  return block;
}

/* Always to another place, so that whoever keeps the old one is found out. */
static void *move(heap_kind kind, void *block, size_t old, size_t size) {
  void *moved = malloc(size ? size : 1);
  if (!moved) return NULL;
  memcpy(moved, block, old < size ? old : size);
  drop(kind, block);
  return came(kind, moved);
}

static void *resize(heap_kind kind, void *block, size_t size) {
  request r = {block, 0, size};
  if (!block) return make_dirty(kind, size);
  if (refuse(kind, &r)) return NULL;
  return move(kind, block, malloc_usable_size(block), size);
}

static char *copy(heap_kind kind, const char *text) {
  size_t size = strlen(text) + 1;
  char *block = make_dirty(kind, size);
  return block ? memcpy(block, text, size) : NULL;
}

/* ---- Lua's ---- */

/* To make a block smaller never fails: Lua relies on that. */
void *heap_lua(void *user, void *block, size_t old, size_t size) {
  request r = {block, old, size};
  (void)user;
  if (!size) {
    drop(HEAP_LUA, block);
    return NULL;
  }
  if ((!block || size > old) && refuse(HEAP_LUA, &r)) return NULL;
  return block ? move(HEAP_LUA, block, old, size)
               : came(HEAP_LUA, malloc(size));
}

/* ---- libcurl's ---- */

static void *curl_malloc(size_t size) {
  return make_dirty(HEAP_CURL, size);
}

static void *curl_calloc(size_t n, size_t size) {
  return make(HEAP_CURL, n, size);
}

static void *curl_realloc(void *block, size_t size) {
  return resize(HEAP_CURL, block, size);
}

static char *curl_copy(const char *text) {
  return copy(HEAP_CURL, text);
}

static void curl_drop(void *block) {
  drop(HEAP_CURL, block);
}

int heap_open(void) {
  return curl_global_init_mem(CURL_GLOBAL_DEFAULT, curl_malloc, curl_drop,
                              curl_realloc, curl_copy, curl_calloc) == CURLE_OK;
}

/* Twice: the engine began with an initialisation of its own. */
void heap_close(void) {
  curl_global_cleanup();
  curl_global_cleanup();
}

/* ---- ours ---- */

void *counted_malloc(size_t size) {
  return make_dirty(HEAP_OURS, size);
}

void *counted_calloc(size_t n, size_t size) {
  return make(HEAP_OURS, n, size);
}

void *counted_realloc(void *block, size_t size) {
  return resize(HEAP_OURS, block, size);
}

char *counted_strdup(const char *text) {
  return copy(HEAP_OURS, text);
}

void counted_free(void *block) {
  drop(HEAP_OURS, block);
}
