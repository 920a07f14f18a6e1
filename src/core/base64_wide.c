#include "base64_wide.h"

#if defined(__x86_64__) && defined(__GNUC__)

#include <tmmintrin.h>

#define WITH_SSSE3 __attribute__((target("ssse3")))

/* offset where low <= c <= high, which are ASCII; bytes above are negative. */
WITH_SSSE3 static __m128i in_range(__m128i c, char low, char high,
                                   char offset) {
  __m128i above = _mm_cmpgt_epi8(c, _mm_set1_epi8((char)(low - 1)));
  __m128i below = _mm_cmplt_epi8(c, _mm_set1_epi8((char)(high + 1)));
  return _mm_and_si128(_mm_and_si128(above, below), _mm_set1_epi8(offset));
}

WITH_SSSE3 static __m128i if_same(__m128i c, char wanted, char offset) {
  return _mm_and_si128(_mm_cmpeq_epi8(c, _mm_set1_epi8(wanted)),
                       _mm_set1_epi8(offset));
}

/* What makes each character its six bits when it is added; no character of
 * base64 needs zero, so that zero means none. */
WITH_SSSE3 static __m128i offsets(__m128i c) {
  __m128i letters = _mm_or_si128(in_range(c, 'A', 'Z', 0 - 'A'),
                                 in_range(c, 'a', 'z', 26 - 'a'));
  __m128i digits = in_range(c, '0', '9', 52 - '0');
  __m128i last = _mm_or_si128(
      _mm_or_si128(if_same(c, '+', 62 - '+'), if_same(c, '-', 62 - '-')),
      _mm_or_si128(if_same(c, '/', 63 - '/'), if_same(c, '_', 63 - '_')));
  return _mm_or_si128(_mm_or_si128(letters, digits), last);
}

/* Sixteen times six bits to twelve bytes: two neighbours become twelve bits,
 * two of these 24, whose three bytes are then put in order. */
WITH_SSSE3 static __m128i pack(__m128i six) {
  __m128i twelve = _mm_maddubs_epi16(six, _mm_set1_epi32(0x01400140));
  __m128i whole = _mm_madd_epi16(twelve, _mm_set1_epi32(0x00011000));
  return _mm_shuffle_epi8(whole, _mm_setr_epi8(2, 1, 0, 6, 5, 4, 10, 9, 8, 14,
                                               13, 12, -1, -1, -1, -1));
}

WITH_SSSE3 static size_t decode(unsigned char *to, const unsigned char *text,
                                size_t n) {
  size_t at;
  for (at = 0; n - at >= 24; at += 16, to += 12) {
    __m128i c = _mm_loadu_si128((const __m128i *)(const void *)(text + at));
    __m128i offset = offsets(c);
    __m128i none = _mm_cmpeq_epi8(offset, _mm_setzero_si128());
    if (_mm_movemask_epi8(none)) break;
    _mm_storeu_si128((__m128i *)(void *)to, pack(_mm_add_epi8(c, offset)));
  }
  return at;
}

size_t ll_base64_decode_wide(unsigned char *to, const unsigned char *text,
                             size_t n) {
  return __builtin_cpu_supports("ssse3") ? decode(to, text, n) : 0;
}

#else

size_t ll_base64_decode_wide(unsigned char *to, const unsigned char *text,
                             size_t n) {
  (void)to;
  (void)text;
  (void)n;
  return 0;
}

#endif
