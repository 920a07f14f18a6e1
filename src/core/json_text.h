#ifndef LL_JSON_TEXT_H
#define LL_JSON_TEXT_H

#include <stddef.h>

#include "swar.h"

/* The strings of JSON, between their quotes. */

static inline const char *ll_json_text_plain_bytes(const char *p,
                                                   const char *end) {
  while (p < end && (unsigned char)*p >= 0x20 && *p != '"' && *p != '\\')
    p++;
  return p;
}

/* The first quote, backslash or control character, or the end. Of each eight
 * bytes it flags the first such, and perhaps others behind it. */
static inline const char *ll_json_text_plain(const char *p, const char *end) {
  for (; end - p >= 8; p += 8) {
    uint64_t v = ll_load8(p), quote = v ^ LL_ONES * '"';
    uint64_t slash = v ^ LL_ONES * '\\';
    uint64_t flags = (quote - LL_ONES) | (slash - LL_ONES);
    flags = (flags | (v - LL_ONES * 0x20)) & ~v & LL_HIGHS;
#if LL_LITTLE_ENDIAN
    if (flags) return p + ll_first_flag(flags);
#else
    if (flags) break;
#endif
  }
  return ll_json_text_plain_bytes(p, end);
}

typedef struct ll_json_text {
  const char *end; /* the closing quote; where it went wrong on failure */
  int escaped;     /* there is a backslash in it */
} ll_json_text;

/* Finds and checks the string that starts at p, behind its opening quote.
 * Returns NULL, or what is wrong with it. Bytes above 0x7f are not looked at:
 * that they are UTF-8 is not the reader's business. */
const char *ll_json_text_scan(const char *p, const char *end,
                              ll_json_text *text);

/* Takes the escapes out of a string that ll_json_text_scan found good: writes
 * at most len bytes to `to`, which may be p itself, and returns how many. Half
 * a surrogate pair becomes U+FFFD. */
size_t ll_json_text_decode(char *to, const char *p, size_t len);

#endif
