/* The headers of a raw head: found by name, several in one pass. */
#include "header.h"

#include <string.h>

#include "check.h"

static const char HEAD[] = "HTTP/1.1 200 OK\r\n"
                           "Content-Type:application/json\r\n"
                           "x-cost: 1.5 \t\r\n"
                           "X-Cost-Other: 2\r\n"
                           "no header at all\r\n"
                           "X-COST:  3\r\n"
                           "x-empty:\r\n"
                           "\r\n";

static void fill(ll_buffer *b, const char *head) {
  ll_buffer_init(b, 1000);
  CHECK(ll_buffer_append(b, head, strlen(head)) == LL_OK);
}

static int is(const ll_header *h, const char *value) {
  return h->name && h->value_len == strlen(value) &&
         memcmp(h->value, value, h->value_len) == 0;
}

static void test_find(void) {
  static const char *const names[] = {"x-cost", "content-type", "x-none",
                                      "X-Empty"};
  ll_header found[LL_HEADERS_AT_ONCE];
  ll_buffer head;
  size_t i;
  fill(&head, HEAD);
  ll_header_find(&head, names, LL_HEADERS_AT_ONCE, found);
  CHECK(is(&found[0], "3")); /* the last one counts */
  CHECK(is(&found[1], "application/json"));
  CHECK(!found[2].name);
  CHECK(is(&found[3], ""));
  for (i = 0; i < LL_HEADERS_AT_ONCE; i++) { /* one alone is the same */
    ll_header alone;
    ll_header_find(&head, &names[i], 1, &alone);
    CHECK(alone.name == found[i].name);
  }
  ll_buffer_free(&head);
}

static void test_find_in_little(void) {
  static const char *const names[] = {"a", "HTTP/1.1 200 OK"};
  static const char *const heads[] = {"", "a", "a:", "\n", "a\n:", "b: a:\n"};
  ll_header found[2];
  size_t i;
  for (i = 0; i < sizeof heads / sizeof *heads; i++) {
    ll_buffer head;
    fill(&head, heads[i]);
    ll_header_find(&head, names, 2, found);
    CHECK(!found[0].name == (i != 2) && !found[1].name);
    ll_buffer_free(&head);
  }
}

static void test_next(void) {
  static const char *const values[] = {"application/json", "1.5", "2", "3", ""};
  ll_buffer head;
  ll_header h;
  size_t at = 0, n = 0;
  fill(&head, HEAD);
  while (ll_header_next(&head, &at, &h) == LL_OK) {
    CHECK(n < sizeof values / sizeof *values && is(&h, values[n]));
    n++;
  }
  CHECK(n == sizeof values / sizeof *values);
  ll_buffer_free(&head);
}

int main(void) {
  test_find();
  test_find_in_little();
  test_next();
  return report();
}
