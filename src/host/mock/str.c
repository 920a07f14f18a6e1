#include "str.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

mock_str mock_str_of(const char *c) {
  mock_str s = {c, c ? strlen(c) : 0};
  return s;
}

mock_str mock_str_copy(mock_arena *a, mock_str s) {
  char *p = mock_alloc(a, s.n + 1);
  mock_str copy = {p, s.n};
  if (s.n) memcpy(p, s.s, s.n);
  return copy;
}

mock_str mock_str_sub(mock_str s, size_t from, size_t to) {
  mock_str part = {s.s, 0};
  if (to > s.n) to = s.n;
  if (from >= to) return part;
  part.s = s.s + from;
  part.n = to - from;
  return part;
}

static int is_space(char c) {
  return isspace((unsigned char)c) != 0;
}

mock_str mock_str_trim(mock_str s) {
  while (s.n && is_space(s.s[0])) {
    s.s++;
    s.n--;
  }
  while (s.n && is_space(s.s[s.n - 1]))
    s.n--;
  return s;
}

int mock_str_same(mock_str a, mock_str b) {
  return a.n == b.n && (a.n == 0 || memcmp(a.s, b.s, a.n) == 0);
}

int mock_str_is(mock_str a, const char *b) {
  return mock_str_same(a, mock_str_of(b));
}

int mock_str_like(mock_str a, const char *b) {
  return a.n == strlen(b) && mock_str_starts(a, b);
}

int mock_str_starts(mock_str a, const char *prefix) {
  size_t n = strlen(prefix);
  return a.n >= n && (n == 0 || strncasecmp(a.s, prefix, n) == 0);
}

size_t mock_str_find(mock_str s, const char *needle, size_t from) {
  size_t i;
  for (i = from; i < s.n; i++)
    if (mock_str_starts(mock_str_sub(s, i, s.n), needle)) return i;
  return s.n;
}

int mock_str_has(mock_str s, const char *needle) {
  return mock_str_find(s, needle, 0) < s.n;
}

static int is_letter(mock_str s, size_t i) {
  unsigned char c = i < s.n ? (unsigned char)s.s[i] : ' ';
  return isalnum(c) || c >= 0x80;
}

size_t mock_str_find_word(mock_str s, const char *word, size_t from) {
  size_t n = strlen(word), i = mock_str_find(s, word, from);
  while (i < s.n) {
    int left = i == 0 || !is_letter(s, i - 1);
    if (left && !is_letter(s, i + n)) return i;
    i = mock_str_find(s, word, i + 1);
  }
  return s.n;
}

int mock_str_has_word(mock_str s, const char *word) {
  return mock_str_find_word(s, word, 0) < s.n;
}

int mock_str_split(mock_str *rest, char c, mock_str *part) {
  const char *end;
  if (!rest->s) return 0;
  end = rest->n ? memchr(rest->s, c, rest->n) : NULL;
  *part = mock_str_sub(*rest, 0, end ? (size_t)(end - rest->s) : rest->n);
  if (end) {
    *rest = mock_str_sub(*rest, part->n + 1, rest->n);
    if (!rest->n) rest->s = end + 1;
  } else {
    rest->s = NULL;
    rest->n = 0;
  }
  return 1;
}

double mock_str_number(mock_str s, double fallback) {
  char copy[32], *end;
  size_t n = s.n < sizeof copy - 1 ? s.n : sizeof copy - 1;
  double value;
  if (!n) return fallback;
  memcpy(copy, s.s, n);
  copy[n] = 0;
  value = strtod(copy, &end);
  return end == copy || value != value ? fallback : value;
}

/* FNV-1a with a finisher, so that the low bits depend on every byte. */
uint64_t mock_hash(mock_str s, uint64_t seed) {
  uint64_t h = UINT64_C(14695981039346656037) ^ (seed * UINT64_C(0x9e3779b9));
  size_t i;
  for (i = 0; i < s.n; i++)
    h = (h ^ (unsigned char)s.s[i]) * UINT64_C(1099511628211);
  h ^= h >> 33;
  h *= UINT64_C(0xff51afd7ed558ccd);
  h ^= h >> 29;
  return h;
}
