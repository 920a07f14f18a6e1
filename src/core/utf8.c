#include "utf8.h"

#include "swar.h"

static const char *skip_ascii(const char *p, const char *end) {
  while (end - p >= 8 && !(ll_load8(p) & LL_HIGHS))
    p += 8;
  while (p < end && (unsigned char)*p < 0x80)
    p++;
  return p;
}

static int in_range(char c, unsigned low, unsigned high) {
  return (unsigned char)c >= low && (unsigned char)c <= high;
}

/* The length of the character at p, which is not ASCII, or 0. The first byte
 * narrows what the second may be, so that each code has one form. */
static size_t character(const char *p, size_t n) {
  unsigned first = (unsigned char)*p, low = 0x80, high = 0xbf;
  size_t len = first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4, i;
  if (first < 0xc2 || first > 0xf4 || len > n) return 0;
  if (first == 0xe0) low = 0xa0;
  if (first == 0xed) high = 0x9f;
  if (first == 0xf0) low = 0x90;
  if (first == 0xf4) high = 0x8f;
  if (!in_range(p[1], low, high)) return 0;
  for (i = 2; i < len; i++)
    if (!in_range(p[i], 0x80, 0xbf)) return 0;
  return len;
}

size_t ll_utf8_valid(const char *s, size_t n) {
  const char *p = s, *end = s + n;
  size_t len;
  for (;; p += len) {
    p = skip_ascii(p, end);
    if (p == end) return n;
    len = character(p, (size_t)(end - p));
    if (!len) return (size_t)(p - s);
  }
}

size_t ll_utf8_length(const char *s, size_t n) {
  if (!n) return 0;
  return (unsigned char)*s < 0x80 ? 1 : character(s, n);
}

char *ll_utf8_put(char *to, unsigned code) {
  if (code < 0x80) {
    *to++ = (char)code;
    return to;
  }
  if (code < 0x800) {
    *to++ = (char)(0xc0 | code >> 6);
  } else {
    if (code < 0x10000) {
      *to++ = (char)(0xe0 | code >> 12);
    } else {
      *to++ = (char)(0xf0 | code >> 18);
      *to++ = (char)(0x80 | (code >> 12 & 0x3f));
    }
    *to++ = (char)(0x80 | (code >> 6 & 0x3f));
  }
  *to++ = (char)(0x80 | (code & 0x3f));
  return to;
}
