/* The buffer: its contents beside a plain array, its limits, its memory. */
#include "buffer.h"

#include <stdint.h>
#include <string.h>

#include "check.h"

/* A request that no machine can serve must return, not end the test. */
const char *__asan_default_options(void);
const char *__asan_default_options(void) {
  return "allocator_may_return_null=1";
}

static int holds(const ll_buffer *b, const char *text) {
  size_t n = strlen(text);
  return b->len == n && (n == 0 || memcmp(ll_buffer_begin(b), text, n) == 0);
}

static void test_empty(void) {
  ll_buffer b;
  memset(&b, 0, sizeof b);
  CHECK(ll_buffer_begin(&b) == NULL);
  CHECK(ll_buffer_append(&b, NULL, 0) == LL_OK);
  CHECK(ll_buffer_append(&b, "x", 1) == LL_LIMIT);
  ll_buffer_clear(&b);
  ll_buffer_consume(&b, 0);
  CHECK(b.data == NULL && b.len == 0);
  ll_buffer_free(&b);
  b.limit = 1;
  CHECK(ll_buffer_append(&b, "x", 1) == LL_OK && holds(&b, "x"));
  ll_buffer_free(&b);
  ll_buffer_free(&b);
  CHECK(b.data == NULL && b.limit == 1);
}

static void test_append_and_consume(void) {
  ll_buffer b;
  ll_buffer_init(&b, 100);
  CHECK(ll_buffer_append(&b, "hello ", 6) == LL_OK);
  CHECK(ll_buffer_append(&b, "world", 5) == LL_OK);
  CHECK(holds(&b, "hello world"));
  ll_buffer_consume(&b, 6);
  CHECK(holds(&b, "world"));
  ll_buffer_consume(&b, 5);
  CHECK(holds(&b, "") && b.head == 0);
  ll_buffer_free(&b);
}

static void test_reserve(void) {
  ll_buffer b;
  ll_status why;
  char *to;
  ll_buffer_init(&b, 1000);
  CHECK(ll_buffer_append(&b, "ab", 2) == LL_OK);
  to = ll_buffer_reserve(&b, 998, &why);
  CHECK(to && why == LL_OK);
  memset(to, 'c', 998); /* all of it is there */
  CHECK(holds(&b, "ab"));
  ll_buffer_grow(&b, 1);
  CHECK(holds(&b, "abc"));
  CHECK(ll_buffer_reserve(&b, 998, &why) == NULL && why == LL_LIMIT);
  CHECK(holds(&b, "abc"));
  ll_buffer_free(&b);
}

static void test_expect(void) {
  enum { MUCH = 3 * 1024 * 1024 + 5 };
  static char bytes[MUCH];
  ll_buffer b;
  size_t cap;
  ll_buffer_init(&b, MUCH + 2);
  CHECK(ll_buffer_append(&b, "ab", 2) == LL_OK);
  ll_buffer_expect(&b, MUCH);
  cap = b.cap;
  CHECK(cap >= MUCH + 2 && holds(&b, "ab"));
  CHECK(ll_buffer_append(&b, bytes, MUCH) == LL_OK && b.cap == cap);
  CHECK(memcmp(ll_buffer_begin(&b) + 2, bytes, MUCH) == 0);
  ll_buffer_expect(&b, 1); /* is over the limit */
  CHECK(b.cap == cap && b.len == MUCH + 2);
  ll_buffer_free(&b);
  b.limit = SIZE_MAX;
  ll_buffer_expect(&b, SIZE_MAX / 4); /* no machine has it */
  CHECK(ll_buffer_append(&b, "ab", 2) == LL_OK && holds(&b, "ab"));
  ll_buffer_expect(&b, 1);
  CHECK(holds(&b, "ab"));
  ll_buffer_free(&b);
}

static void test_limit(void) {
  ll_buffer b;
  ll_status why;
  ll_buffer_init(&b, 10);
  CHECK(ll_buffer_append(&b, "0123456789", 10) == LL_OK);
  CHECK(ll_buffer_append(&b, "x", 1) == LL_LIMIT);
  CHECK(holds(&b, "0123456789"));
  ll_buffer_consume(&b, 4);
  CHECK(ll_buffer_append(&b, "abcde", 5) == LL_LIMIT);
  CHECK(ll_buffer_append(&b, "abcd", 4) == LL_OK);
  CHECK(holds(&b, "456789abcd"));
  CHECK(ll_buffer_reserve(&b, SIZE_MAX, &why) == NULL && why == LL_LIMIT);
  b.limit = 5; /* lowered below what is there */
  CHECK(ll_buffer_append(&b, "x", 1) == LL_LIMIT);
  ll_buffer_free(&b);
}

static void test_no_memory(void) {
  ll_buffer b;
  ll_status why;
  ll_buffer_init(&b, SIZE_MAX);
  CHECK(ll_buffer_reserve(&b, SIZE_MAX / 4, &why) == NULL && why == LL_NOMEM);
  CHECK(ll_buffer_append(&b, "abc", 3) == LL_OK);
  ll_buffer_consume(&b, 1);
  CHECK(ll_buffer_reserve(&b, SIZE_MAX / 4, &why) == NULL && why == LL_NOMEM);
  CHECK(holds(&b, "bc"));
  CHECK(ll_buffer_append(&b, "d", 1) == LL_OK && holds(&b, "bcd"));
  ll_buffer_free(&b);
}

static void fill(ll_buffer *b, size_t n) {
  ll_status why;
  char *to = ll_buffer_reserve(b, n, &why);
  CHECK(to != NULL);
  if (!to) return;
  memset(to, 'x', n);
  ll_buffer_grow(b, n);
}

static void test_clear_keeps_a_small_block(void) {
  ll_buffer b;
  size_t cap;
  ll_buffer_init(&b, SIZE_MAX);
  fill(&b, 1000);
  cap = b.cap;
  ll_buffer_clear(&b);
  CHECK(b.len == 0 && b.cap == cap && b.data != NULL);
  fill(&b, 1024 * 1024 + 1);
  ll_buffer_clear(&b);
  CHECK(b.len == 0 && b.cap == 0 && b.data == NULL);
  fill(&b, 1);
  ll_buffer_free(&b);
}

/* A queue that is never empty stays within twice its limit, and takes time for
 * the bytes that pass, not for those that are there: else this would not end.
 */
static void test_queue(void) {
  enum { LIMIT = 1024 * 1024, ROUNDS = 4 * 1024 * 1024 };
  ll_buffer b;
  size_t i;
  int same = 1;
  ll_buffer_init(&b, LIMIT);
  fill(&b, LIMIT);
  for (i = 0; i < ROUNDS; i++) {
    char c = (char)i;
    ll_buffer_consume(&b, 1);
    same = same && ll_buffer_append(&b, &c, 1) == LL_OK;
  }
  for (i = 0; i < LIMIT; i++)
    same = same && ll_buffer_begin(&b)[i] == (char)i;
  CHECK(same);
  CHECK(b.cap <= 2 * LIMIT);
  ll_buffer_free(&b);
}

/* ---- beside a plain array ---- */

static unsigned long random_state = 1;

static size_t random_below(size_t n) {
  random_state = random_state * 6364136223846793005UL + 1442695040888963407UL;
  return (size_t)(random_state >> 33) % n;
}

enum { MODEL = 5000 };

static int step(ll_buffer *b, char *model, size_t *len) {
  char piece[1500];
  size_t n = random_below(sizeof piece), i;
  ll_status expected = n <= MODEL - *len ? LL_OK : LL_LIMIT;
  for (i = 0; i < n; i++)
    piece[i] = (char)random_below(256);
  if (ll_buffer_append(b, piece, n) != expected) return 0;
  if (expected == LL_OK) {
    memcpy(model + *len, piece, n);
    *len += n;
  }
  n = random_below(*len + 1);
  if (random_below(3) == 0) n = 0;
  ll_buffer_consume(b, n);
  memmove(model, model + n, *len -= n);
  if (random_below(100) == 0) ll_buffer_clear(b), *len = 0;
  return b->len == *len && b->head + b->len <= b->cap &&
         (*len == 0 || memcmp(ll_buffer_begin(b), model, *len) == 0);
}

static void test_random_steps(void) {
  static char model[MODEL];
  ll_buffer b;
  size_t len = 0;
  int i, same = 1;
  ll_buffer_init(&b, MODEL);
  for (i = 0; i < 20000 && same; i++)
    same = step(&b, model, &len);
  CHECK(same);
  CHECK(b.cap <= 2 * MODEL);
  ll_buffer_free(&b);
}

int main(void) {
  test_empty();
  test_append_and_consume();
  test_reserve();
  test_expect();
  test_limit();
  test_no_memory();
  test_clear_keeps_a_small_block();
  test_queue();
  test_random_steps();
  return report();
}
