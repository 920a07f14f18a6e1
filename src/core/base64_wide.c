#include "base64_wide.h"

#if defined(__x86_64__) && defined(__GNUC__)

#include <cpuid.h>
#include <immintrin.h>
#include <pthread.h>

#define WITH_AVX2 __attribute__((target("avx2")))

/* Sixteen bytes, the same in each half. A shuffle looks them up by the lower
 * four bits of each byte, and finds zero where the highest bit is set. */
#define TWICE(...) _mm256_setr_epi8(__VA_ARGS__, __VA_ARGS__)

/* The kinds of characters. ASCII is a table of rows of sixteen, and all that
 * base64 takes of a row is of one kind, but for '_'. */
enum { DIGIT = 1, A_TO_O = 2, P_TO_Z = 4, SIGN = 8, UNDERSCORE = 16 };

WITH_AVX2 static __m256i rows(__m256i c) {
  return _mm256_and_si256(_mm256_srli_epi32(c, 4), _mm256_set1_epi8(15));
}

/* The kind that is both in a character's row and in its column, or 0. */
WITH_AVX2 static __m256i kinds(__m256i c) {
  enum { LETTER = A_TO_O | P_TO_Z, ANY = DIGIT | LETTER };
  const __m256i in_row = TWICE(0, 0, SIGN, DIGIT, A_TO_O, P_TO_Z | UNDERSCORE,
                               A_TO_O, P_TO_Z, 0, 0, 0, 0, 0, 0, 0, 0);
  const __m256i in_column = TWICE(
      DIGIT | P_TO_Z, ANY, ANY, ANY, ANY, ANY, ANY, ANY, ANY, ANY, LETTER,
      A_TO_O | SIGN, A_TO_O, A_TO_O | SIGN, A_TO_O, A_TO_O | SIGN | UNDERSCORE);
  return _mm256_and_si256(_mm256_shuffle_epi8(in_row, rows(c)),
                          _mm256_shuffle_epi8(in_column, c));
}

WITH_AVX2 static int is_any_zero(__m256i kind) {
  __m256i zero = _mm256_cmpeq_epi8(kind, _mm256_setzero_si256());
  return _mm256_movemask_epi8(zero) != 0;
}

/* What makes each character its six bits when it is added: the same in a row,
 * and for a sign or '_' more, by its column. */
WITH_AVX2 static __m256i offsets(__m256i c, __m256i kind) {
  enum { NUMBER = 52 - '0', UPPER = 0 - 'A', LOWER = 26 - 'a' };
  enum { MORE = 63 - '_' - UPPER, SIGNS = 63 - '/' - MORE };
  const __m256i of_row = TWICE(0, 0, SIGNS, NUMBER, UPPER, UPPER, LOWER, LOWER,
                               0, 0, 0, 0, 0, 0, 0, 0);
  const __m256i of_column =
      TWICE(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 62 - '+' - SIGNS, 0,
            62 - '-' - SIGNS, 0, MORE);
  __m256i row = _mm256_shuffle_epi8(of_row, rows(c));
  __m256i column = _mm256_shuffle_epi8(of_column, c);
  __m256i takes_more = _mm256_cmpgt_epi8(kind, _mm256_set1_epi8(SIGN - 1));
  return _mm256_add_epi8(row, _mm256_and_si256(column, takes_more));
}

/* Thirty-two times six bits to twenty-four bytes: two neighbours become twelve
 * bits, two of these 24, whose three bytes are then put in order. */
WITH_AVX2 static __m256i pack(__m256i six) {
  const __m256i order =
      TWICE(2, 1, 0, 6, 5, 4, 10, 9, 8, 14, 13, 12, -1, -1, -1, -1);
  __m256i twelve = _mm256_maddubs_epi16(six, _mm256_set1_epi32(0x01400140));
  __m256i whole = _mm256_madd_epi16(twelve, _mm256_set1_epi32(0x00011000));
  return _mm256_permutevar8x32_epi32(_mm256_shuffle_epi8(whole, order),
                                     _mm256_setr_epi32(0, 1, 2, 4, 5, 6, 3, 7));
}

WITH_AVX2 static size_t decode(unsigned char *to, const unsigned char *text,
                               size_t n) {
  size_t at;
  for (at = 0; n - at >= 44; at += 32, to += 24) {
    __m256i c = _mm256_loadu_si256((const __m256i *)(const void *)(text + at));
    __m256i kind = kinds(c);
    if (is_any_zero(kind)) break;
    _mm256_storeu_si256((__m256i *)(void *)to,
                        pack(_mm256_add_epi8(c, offsets(c, kind))));
  }
  return at;
}

/* Whether the system keeps the 32 bytes of a register for a program: bits 1 and
 * 2 of what XGETBV tells. */
static int are_registers_kept(void) {
  unsigned low, high;
  __asm__("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return (low & 6) == 6;
}

static int has_avx2(void) {
  unsigned a, b, c, d;
  if (!__get_cpuid(1, &a, &b, &c, &d) || !(c & bit_OSXSAVE)) return 0;
  return are_registers_kept() && __get_cpuid_count(7, 0, &a, &b, &c, &d) &&
         (b & bit_AVX2);
}

static pthread_once_t asked = PTHREAD_ONCE_INIT;
static int is_wide;

/* With __builtin_cpu_supports all that can be asked would be asked whenever a
 * program starts, and in a virtual machine each question is one to its host. */
static void ask(void) {
  is_wide = has_avx2();
}

size_t ll_base64_decode_wide(unsigned char *to, const unsigned char *text,
                             size_t n) {
  pthread_once(&asked, ask);
  return is_wide ? decode(to, text, n) : 0;
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
