#include "base64.h"

#include <stdint.h>
#include <string.h>

#include "base64_wide.h"

static const char alphabet[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/* ---- encoding ---- */

size_t ll_base64_encoded_size(size_t n) {
  return (n / 3 + (n % 3 != 0)) * 4;
}

static void encode_tail(char *to, const unsigned char *p, size_t n) {
  unsigned v = (unsigned)p[0] << 16 | (n > 1 ? (unsigned)p[1] << 8 : 0);
  to[0] = alphabet[v >> 18];
  to[1] = alphabet[v >> 12 & 63];
  to[2] = n > 1 ? alphabet[v >> 6 & 63] : '=';
  to[3] = '=';
}

void ll_base64_encode(char *to, const void *bytes, size_t n) {
  const unsigned char *p = bytes;
  for (; n >= 3; n -= 3, p += 3, to += 4) {
    unsigned v = (unsigned)p[0] << 16 | (unsigned)p[1] << 8 | p[2];
    to[0] = alphabet[v >> 18];
    to[1] = alphabet[v >> 12 & 63];
    to[2] = alphabet[v >> 6 & 63];
    to[3] = alphabet[v & 63];
  }
  if (n) encode_tail(to, p, n);
}

/* ---- decoding ---- */

/* One table for each place in a group of four, with the six bits already where
 * they belong in the 24: a group is three ORs. A character that is none sets a
 * bit above them, which is looked at once, at the end. The compiler fills the
 * tables from these constant expressions. */
#define BAD UINT32_C(0x80000000)
#define SIX(c)                                                                 \
  ((c) >= 'A' && (c) <= 'Z'   ? (c) - 'A'                                      \
   : (c) >= 'a' && (c) <= 'z' ? (c) - 'a' + 26                                 \
   : (c) >= '0' && (c) <= '9' ? (c) - '0' + 52                                 \
   : (c) == '+' || (c) == '-' ? 62                                             \
   : (c) == '/' || (c) == '_' ? 63                                             \
                              : 64)
#define ONE(c, s) (SIX(c) < 64 ? (uint32_t)SIX(c) << (s) : BAD)
#define FOUR(c, s) ONE(c, s), ONE(c + 1, s), ONE(c + 2, s), ONE(c + 3, s)
#define SIXTEEN(c, s)                                                          \
  FOUR(c, s), FOUR(c + 4, s), FOUR(c + 8, s), FOUR(c + 12, s)
#define ASCII(s)                                                               \
  {                                                                            \
    SIXTEEN(0, s), SIXTEEN(16, s), SIXTEEN(32, s), SIXTEEN(48, s),             \
        SIXTEEN(64, s), SIXTEEN(80, s), SIXTEEN(96, s), SIXTEEN(112, s),       \
        SIXTEEN(128, s), SIXTEEN(144, s), SIXTEEN(160, s), SIXTEEN(176, s),    \
        SIXTEEN(192, s), SIXTEEN(208, s), SIXTEEN(224, s), SIXTEEN(240, s)     \
  }

static const uint32_t place[4][256] = {ASCII(18), ASCII(12), ASCII(6),
                                       ASCII(0)};

static uint32_t group(const unsigned char *p) {
  return place[0][p[0]] | place[1][p[1]] | place[2][p[2]] | place[3][p[3]];
}

/* A group is read before it is written, and writing never overtakes reading,
 * so the two may be the same bytes. */
ll_status ll_base64_decode_piece(void *to, const char *text, size_t n) {
  const unsigned char *p = (const unsigned char *)text;
  size_t wide = ll_base64_decode_wide(to, p, n);
  unsigned char *out = (unsigned char *)to + wide / 4 * 3;
  uint32_t seen = 0;
  if (n % 4) return LL_BAD;
  for (p += wide, n -= wide; n; n -= 4, p += 4, out += 3) {
    uint32_t v = group(p);
    seen |= v;
    out[0] = (unsigned char)(v >> 16);
    out[1] = (unsigned char)(v >> 8);
    out[2] = (unsigned char)v;
  }
  return seen & BAD ? LL_BAD : LL_OK;
}

/* Padding only fills up the last group. */
static size_t without_padding(const char *text, size_t n) {
  size_t most = n % 4 == 0 ? 2 : 0;
  while (most-- && n && text[n - 1] == '=')
    n--;
  return n;
}

size_t ll_base64_decoded_size(const char *text, size_t n) {
  n = without_padding(text, n);
  return n / 4 * 3 + n % 4 * 3 / 4;
}

ll_status ll_base64_decode(void *to, const char *text, size_t n) {
  unsigned char last[4] = {'A', 'A', 'A', 'A'}, *out = to;
  size_t full, rest;
  uint32_t v;
  n = without_padding(text, n);
  rest = n % 4;
  full = n - rest;
  memcpy(last, text + full, rest);
  if (rest == 1 || ll_base64_decode_piece(to, text, full) != LL_OK)
    return LL_BAD;
  v = group(last);
  if (rest > 1) out[full / 4 * 3] = (unsigned char)(v >> 16);
  if (rest > 2) out[full / 4 * 3 + 1] = (unsigned char)(v >> 8);
  return v & BAD ? LL_BAD : LL_OK;
}
