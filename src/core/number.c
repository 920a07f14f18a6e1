/* Decimal text to binary numbers and back, correctly rounded. Nearly every
 * number in the wild has an exact short cut in integers of 128 bits; the rest
 * goes to strtod in a form without a decimal point, which no locale can spoil.
 */
#include "number.h"

#include <float.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "swar.h"

/* No more digits than this can matter: halfway between two doubles there is
 * never a longer decimal. One digit behind them tells "more" from "exactly". */
enum { MAX_DIGITS = 770 };

/* An exponent beyond it is infinity or zero whatever the digits are, for any
 * text that fits in memory. */
#define MAX_EXPONENT INT64_C(1000000000000000)

/* The value is mantissa * 10^exponent while no more than 19 digits count. */
typedef struct decimal {
  const char *first, *last; /* its digits, a point among them */
  uint64_t mantissa;
  int64_t exponent;
  ptrdiff_t digits;
  int negative, fraction; /* fraction: there is a point or an exponent */
} decimal;

static int is_digit(char c) {
  return (unsigned)(unsigned char)c - '0' <= 9;
}

/* ---- scanning ---- */

#if LL_LITTLE_ENDIAN

/* Flags the first byte of eight that is no digit, and perhaps more behind. */
static uint64_t non_digits(uint64_t v) {
  return ((v + LL_ONES * 0x46) | (v - LL_ONES * '0')) & LL_HIGHS;
}

/* Sums digits, then pairs, then fours, in the lanes of one word. */
static uint64_t value8(uint64_t v) {
  v = (v & UINT64_C(0x0f0f0f0f0f0f0f0f)) * 2561 >> 8;
  v = (v & UINT64_C(0x00ff00ff00ff00ff)) * 6553601 >> 16;
  return (v & UINT64_C(0x0000ffff0000ffff)) * UINT64_C(42949672960001) >> 32;
}

/* Numbers differ in length in a way that no processor foresees: eight digits or
 * fewer are taken without a branch on how many they are. */
static const char *take_words(const char *p, const char *end, uint64_t *m) {
  static const uint32_t powers[] = {1,     10,     100,     1000,
                                    10000, 100000, 1000000, 10000000};
  for (; end - p >= 8; p += 8) {
    uint64_t v = ll_load8(p), flags = non_digits(v);
    if (flags) {
      unsigned n = ll_first_flag(flags);
      /* Zeros shifted in from below are leading zeros. */
      *m = *m * powers[n] + value8(v << 8 << (56 - 8 * n));
      return p + n;
    }
    *m = *m * 100000000 + value8(v);
  }
  return p;
}

#else

static const char *take_words(const char *p, const char *end, uint64_t *m) {
  (void)end;
  (void)m;
  return p;
}

#endif

/* The mantissa wraps around behind 19 digits; then nobody looks at it. */
static const char *take_digits(const char *p, const char *end, uint64_t *m) {
  p = take_words(p, end, m);
  for (; p < end && is_digit(*p); p++)
    *m = *m * 10 + (unsigned)(*p - '0');
  return p;
}

/* p is behind the point. */
static const char *scan_fraction(const char *p, const char *end, decimal *d) {
  const char *begin = p;
  p = take_digits(p, end, &d->mantissa);
  d->fraction = 1;
  d->last = p;
  d->digits += p - begin;
  d->exponent = begin - p;
  return p > begin ? p : NULL;
}

/* p is behind the e. */
static const char *scan_exponent(const char *p, const char *end, decimal *d) {
  int64_t value = 0;
  int negative = p < end && *p == '-';
  if (p < end && (*p == '-' || *p == '+')) p++;
  if (p == end || !is_digit(*p)) return NULL;
  for (; p < end && is_digit(*p); p++)
    if (value < MAX_EXPONENT) value = value * 10 + (*p - '0');
  d->exponent += negative ? -value : value;
  return p;
}

static const char *scan(const char *p, const char *end, decimal *d) {
  d->mantissa = 0;
  d->exponent = 0;
  d->fraction = 0;
  d->negative = p < end && *p == '-';
  p += d->negative;
  if (p == end || !is_digit(*p)) return NULL;
  d->first = p;
  p = *p == '0' ? p + 1 : take_digits(p, end, &d->mantissa);
  d->last = p;
  d->digits = p - d->first;
  if (p < end && *p == '.') {
    p = scan_fraction(p + 1, end, d);
    if (!p) return NULL;
  }
  if (p < end && (*p | 0x20) == 'e') {
    d->fraction = 1;
    p = scan_exponent(p + 1, end, d);
  }
  return p;
}

/* ---- the exact short cut ---- */

#if defined(__SIZEOF_INT128__) && FLT_EVAL_METHOD == 0

__extension__ typedef unsigned __int128 uint128;

enum { MAX_POWER_OF_5 = 27 };

static const uint64_t powers_of_5[] = {UINT64_C(1),
                                       UINT64_C(5),
                                       UINT64_C(25),
                                       UINT64_C(125),
                                       UINT64_C(625),
                                       UINT64_C(3125),
                                       UINT64_C(15625),
                                       UINT64_C(78125),
                                       UINT64_C(390625),
                                       UINT64_C(1953125),
                                       UINT64_C(9765625),
                                       UINT64_C(48828125),
                                       UINT64_C(244140625),
                                       UINT64_C(1220703125),
                                       UINT64_C(6103515625),
                                       UINT64_C(30517578125),
                                       UINT64_C(152587890625),
                                       UINT64_C(762939453125),
                                       UINT64_C(3814697265625),
                                       UINT64_C(19073486328125),
                                       UINT64_C(95367431640625),
                                       UINT64_C(476837158203125),
                                       UINT64_C(2384185791015625),
                                       UINT64_C(11920928955078125),
                                       UINT64_C(59604644775390625),
                                       UINT64_C(298023223876953125),
                                       UINT64_C(1490116119384765625),
                                       UINT64_C(7450580596923828125)};

/* 2^127 / (5^(k + 1), shifted up to 64 bits), rounded down. */
static const uint64_t reciprocals[] = {
    UINT64_C(0xcccccccccccccccc), UINT64_C(0xa3d70a3d70a3d70a),
    UINT64_C(0x83126e978d4fdf3b), UINT64_C(0xd1b71758e219652b),
    UINT64_C(0xa7c5ac471b478423), UINT64_C(0x8637bd05af6c69b5),
    UINT64_C(0xd6bf94d5e57a42bc), UINT64_C(0xabcc77118461cefc),
    UINT64_C(0x89705f4136b4a597), UINT64_C(0xdbe6fecebdedd5be),
    UINT64_C(0xafebff0bcb24aafe), UINT64_C(0x8cbccc096f5088cb),
    UINT64_C(0xe12e13424bb40e13), UINT64_C(0xb424dc35095cd80f),
    UINT64_C(0x901d7cf73ab0acd9), UINT64_C(0xe69594bec44de15b),
    UINT64_C(0xb877aa3236a4b449), UINT64_C(0x9392ee8e921d5d07),
    UINT64_C(0xec1e4a7db69561a5), UINT64_C(0xbce5086492111aea),
    UINT64_C(0x971da05074da7bee), UINT64_C(0xf1c90080baf72cb1),
    UINT64_C(0xc16d9a0095928a27), UINT64_C(0x9abe14cd44753b52),
    UINT64_C(0xf79687aed3eec551), UINT64_C(0xc612062576589dda),
    UINT64_C(0x9e74d1b791e07e48)};

static double power_of_2(int exponent) {
  uint64_t bits = (uint64_t)(1023 + exponent) << 52;
  double v;
  memcpy(&v, &bits, sizeof v);
  return v;
}

/* q * 2^exponent. To convert a signed integer takes no branch, and to halve q
 * costs nothing as long as the bit that is shifted out is not lost. */
static double scaled(uint64_t q, int exponent) {
  return (double)(int64_t)(q >> 1 | (q & 1)) * power_of_2(exponent + 1);
}

/* mantissa / divisor * 2^63, both of 64 bits. If there is a remainder the
 * lowest bit is set: it lies far below the double's last, where all it does is
 * to tell a tie from more than a tie. */
static uint64_t divided(uint64_t mantissa, uint64_t divisor) {
  uint128 dividend = (uint128)mantissa << 63;
  uint64_t q = (uint64_t)(dividend / divisor);
  return q | ((uint64_t)dividend != q * divisor);
}

/* Whether q, that may be too small by less than 2, can be on the wrong side of
 * the middle between two doubles. */
static int is_near_tie(uint64_t q) {
  uint64_t half = UINT64_C(512) << (q >> 63);
  return ((q + 1) & (2 * half - 2)) == half;
}

/* mantissa / 5^k / 2^k. Multiplying with the reciprocal decides nearly always;
 * it is much faster than the division. */
static double quotient(uint64_t mantissa, int k) {
  int up = __builtin_clzll(mantissa), down = __builtin_clzll(powers_of_5[k]);
  uint64_t q = (uint64_t)((uint128)(mantissa << up) * reciprocals[k - 1] >> 64);
  if (is_near_tie(q)) q = divided(mantissa << up, powers_of_5[k] << down);
  return scaled(q, down - up - 63 - k);
}

/* mantissa * 5^k * 2^k, with the lowest bit as above. */
static double product(uint64_t mantissa, int k) {
  uint128 p = (uint128)mantissa * powers_of_5[k];
  uint64_t high = (uint64_t)(p >> 64), low = (uint64_t)p;
  int up;
  if (high == 0) return (double)low * power_of_2(k);
  up = __builtin_clzll(high);
  p <<= up;
  high = (uint64_t)(p >> 64) | ((uint64_t)p != 0);
  return scaled(high, 64 - up + k);
}

static int real_in_integers(const decimal *d, double *v) {
  if (d->exponent < -MAX_POWER_OF_5 || d->exponent > MAX_POWER_OF_5) return 0;
  *v = d->exponent < 0 ? quotient(d->mantissa, (int)-d->exponent)
                       : product(d->mantissa, (int)d->exponent);
  return 1;
}

#else

static int real_in_integers(const decimal *d, double *v) {
  (void)d;
  (void)v;
  return 0;
}

#endif

/* ---- the long way ---- */

/* Writes the digits without a point, "12345e-3", which strtod reads alike in
 * every locale. */
static double real_by_strtod(const decimal *d) {
  char text[MAX_DIGITS + 32];
  int64_t exponent = d->exponent;
  const char *p = d->first;
  size_t n = 0;
  int more = 0;
  for (; p < d->last && n < MAX_DIGITS; p++)
    if (*p != '.') text[n++] = *p;
  for (; p < d->last; p++) {
    exponent += *p != '.';
    more |= *p != '.' && *p != '0';
  }
  if (more) {
    text[n++] = '1';
    exponent--;
  }
  if (exponent > 100000) exponent = 100000;
  if (exponent < -100000) exponent = -100000;
  snprintf(text + n, sizeof text - n, "e%d", (int)exponent);
  return strtod(text, NULL);
}

/* Leading zeros do not count. */
static void count_digits(decimal *d) {
  for (; d->first < d->last && (*d->first == '0' || *d->first == '.');
       d->first++)
    d->digits -= *d->first == '0';
}

static double real_of(decimal *d) {
  double v;
  if (d->digits > 19) count_digits(d);
  if (d->digits <= 19) {
    if (d->mantissa == 0) return 0;
    if (real_in_integers(d, &v)) return v;
  }
  return real_by_strtod(d);
}

/* Without a branch: of embeddings, every other number is negative. */
static double with_sign(double v, int negative) {
  uint64_t bits;
  memcpy(&bits, &v, sizeof bits);
  bits |= (uint64_t)negative << 63;
  memcpy(&v, &bits, sizeof v);
  return v;
}

static int fits_integer(const decimal *d) {
  return !d->fraction && d->digits <= 19 &&
         d->mantissa <= (uint64_t)INT64_MAX + (d->negative ? 1 : 0);
}

const char *ll_number_read(const char *p, const char *end, ll_number *n) {
  decimal d;
  p = scan(p, end, &d);
  if (!p) return NULL;
  n->is_integer = fits_integer(&d);
  if (n->is_integer) {
    /* Two's complement: -2^63 has no positive twin. */
    n->integer = (int64_t)(d.negative ? 0 - d.mantissa : d.mantissa);
    n->real = (double)n->integer;
  } else {
    n->real = with_sign(real_of(&d), d.negative);
  }
  return p;
}

/* ---- writing ---- */

/* printf writes the locale's decimal point, of one byte or more. */
static int write_digits(char *to, int digits, double v) {
  char *from = to;
  char *p = to;
  snprintf(to, LL_NUMBER_SIZE, "%.*g", digits, v);
  while (*from) {
    if (strchr("+-0123456789e", *from)) {
      *p++ = *from++;
      continue;
    }
    *p++ = '.';
    while (*from && !is_digit(*from))
      from++;
  }
  *p = '\0';
  return (int)(p - to);
}

static double read_back(const char *text, int len) {
  ll_number n = {0, 0, 0};
  ll_number_read(text, text + len, &n);
  return n.real;
}

int ll_number_write(char *to, double v) {
  int digits, len;
  for (digits = 15;; digits++) {
    len = write_digits(to, digits, v);
    if (digits == 17 || read_back(to, len) == v) return len;
  }
}

int ll_number_write_float(char *to, float v) {
  int digits, len;
  for (digits = 6;; digits++) {
    len = write_digits(to, digits, (double)v);
    if (digits == 9 || (float)read_back(to, len) == v) return len;
  }
}
