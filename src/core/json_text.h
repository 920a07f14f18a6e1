#ifndef LL_JSON_TEXT_H
#define LL_JSON_TEXT_H

#include <stddef.h>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "swar.h"

/* The strings of JSON, between their quotes. */

static inline const char *ll_json_text_plain_bytes(const char *p,
                                                   const char *end) {
  while (p < end && (unsigned char)*p >= 0x20 && *p != '"' && *p != '\\')
    p++;
  return p;
}

/* The first quote, backslash or control character of eight bytes is flagged,
 * and perhaps others behind it. */
static inline const char *ll_json_text_plain_words(const char *p,
                                                   const char *end) {
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

/* The first quote, backslash or control character, or the end. */
static inline const char *ll_json_text_plain(const char *p, const char *end) {
#ifdef __SSE2__
  const __m128i quote = _mm_set1_epi8('"'), slash = _mm_set1_epi8('\\');
  const __m128i control = _mm_set1_epi8(0x1f);
  for (; end - p >= 16; p += 16) {
    __m128i v = _mm_loadu_si128((const __m128i *)(const void *)p);
    __m128i found = _mm_cmpeq_epi8(_mm_min_epu8(v, control), v);
    found = _mm_or_si128(found, _mm_cmpeq_epi8(v, quote));
    found = _mm_or_si128(found, _mm_cmpeq_epi8(v, slash));
    if (_mm_movemask_epi8(found))
      return p + __builtin_ctz((unsigned)_mm_movemask_epi8(found));
  }
#endif
  return ll_json_text_plain_words(p, end);
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
