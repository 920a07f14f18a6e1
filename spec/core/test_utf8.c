/* UTF-8: every code point, every pair of bytes in front of good ones, and all
 * places in and around words of eight bytes. */
#include <string.h>

#include "check.h"
#include "utf8.h"

/* A copy at the end of its memory, so that a sanitizer sees a byte too far. */
static size_t valid(const char *s, size_t n) {
  char *copy = malloc(n ? n : 1);
  size_t found;
  if (!copy) abort();
  memcpy(copy, s, n);
  found = ll_utf8_valid(copy, n);
  free(copy);
  return found;
}

static void every_code(void) {
  char s[4];
  unsigned c;
  int wrong = 0, cut = 0;
  for (c = 0; c < 0x120000; c++) {
    size_t n = (size_t)(ll_utf8_put(s, c) - s), i;
    int good = c < 0xd800 || (c > 0xdfff && c < 0x110000);
    if ((ll_utf8_valid(s, n) == n) != good) wrong++;
    if ((ll_utf8_length(s, n) == n) != good) wrong++;
    for (i = 1; good && i < n; i++)
      if (ll_utf8_valid(s, i) != 0) cut++;
  }
  CHECK(wrong == 0);
  CHECK(cut == 0);
}

static int is_put_as(unsigned c, const char *bytes) {
  char s[5] = {0};
  return ll_utf8_put(s, c) == s + strlen(bytes) && strcmp(s, bytes) == 0;
}

static void first_and_last_of_each_length(void) {
  CHECK(is_put_as(0x7f, "\x7f"));
  CHECK(is_put_as(0x80, "\xc2\x80"));
  CHECK(is_put_as(0x7ff, "\xdf\xbf"));
  CHECK(is_put_as(0x800, "\xe0\xa0\x80"));
  CHECK(is_put_as(0xffff, "\xef\xbf\xbf"));
  CHECK(is_put_as(0x10000, "\xf0\x90\x80\x80"));
  CHECK(is_put_as(0x10ffff, "\xf4\x8f\xbf\xbf"));
}

static void length_of_the_first(void) {
  CHECK(ll_utf8_length("", 0) == 0);
  CHECK(ll_utf8_length("\0", 1) == 1);
  CHECK(ll_utf8_length("ab", 2) == 1);
  CHECK(ll_utf8_length("\xe2\x82\xac!", 4) == 3);
  CHECK(ll_utf8_length("\xe2\x82\xac", 2) == 0);
  CHECK(ll_utf8_length("\x82\xac", 2) == 0);
}

static void overlong(void) {
  CHECK(valid("\xc0\x80", 2) == 0);
  CHECK(valid("\xc1\xbf", 2) == 0);
  CHECK(valid("\xe0\x9f\xbf", 3) == 0);
  CHECK(valid("\xf0\x8f\xbf\xbf", 4) == 0);
  CHECK(valid("\xf4\x90\x80\x80", 4) == 0);
  CHECK(valid("\xf5\x80\x80\x80", 4) == 0);
  CHECK(valid("\xf8\x88\x80\x80\x80", 5) == 0);
  CHECK(valid("\xff", 1) == 0);
  CHECK(valid("\x80", 1) == 0);
}

static void broken_in_the_middle(void) {
  CHECK(valid("", 0) == 0);
  CHECK(valid("ab\xc3", 3) == 2);
  CHECK(valid("ab\xc3(", 4) == 2);
  CHECK(valid("\xe2\x82(", 3) == 0);
  CHECK(valid("\xf0\x9f\x98(", 4) == 0);
  CHECK(valid("\xc3\xa4\xc3", 3) == 2);
  CHECK(valid("a\0b", 3) == 3);
}

static void every_place(void) {
  char s[40];
  size_t place;
  for (place = 0; place < 32; place++) {
    memset(s, 'x', sizeof s);
    s[place] = (char)0xff;
    CHECK(valid(s, 33) == place);
    s[place] = (char)0xc3;
    s[place + 1] = (char)0xa4;
    CHECK(valid(s, 34) == 34);
    CHECK(valid(s, place + 1) == place);
  }
}

int main(void) {
  every_code();
  first_and_last_of_each_length();
  length_of_the_first();
  overlong();
  broken_in_the_middle();
  every_place();
  return report();
}
