#ifndef LL_SWAR_H
#define LL_SWAR_H

#include <stdint.h>
#include <string.h>

/* Eight bytes at a time in an ordinary register. */

#define LL_ONES UINT64_C(0x0101010101010101)
#define LL_HIGHS UINT64_C(0x8080808080808080)

static inline uint64_t ll_load8(const char *p) {
  uint64_t v;
  memcpy(&v, p, sizeof v);
  return v;
}

/* The high bit of every byte that is c, and of no other. */
static inline uint64_t ll_bytes_equal(uint64_t v, char c) {
  v ^= LL_ONES * (unsigned char)c;
  return ~(((v & ~LL_HIGHS) + ~LL_HIGHS) | v) & LL_HIGHS;
}

/* Cheaper, for c below 0x80: a byte above one that is c may be flagged too, so
 * that only "none" and the lowest flag can be trusted. */
static inline uint64_t ll_bytes_near(uint64_t v, char c) {
  return ((v ^ LL_ONES * (unsigned char)c) - LL_ONES) & ~v & LL_HIGHS;
}

/* How many bytes are flagged. */
static inline unsigned ll_count_flags(uint64_t flags) {
  return (unsigned)((flags >> 7) * LL_ONES >> 56);
}

/* Where the bytes of a word lie in the order of memory, the first byte that is
 * flagged can be told from the flags; elsewhere it has to be looked for. */
#if defined(__GNUC__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define LL_LITTLE_ENDIAN 1
static inline unsigned ll_first_flag(uint64_t flags) {
  return (unsigned)__builtin_ctzll(flags) / 8;
}
#else
#define LL_LITTLE_ENDIAN 0
#endif

#endif
