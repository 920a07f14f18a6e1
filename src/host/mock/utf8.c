#include "utf8.h"

#include "../../core/utf8.h"

static uint32_t join(mock_str s, size_t i, size_t len) {
  static const unsigned char mask[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
  uint32_t c = (unsigned char)s.s[i] & mask[len];
  size_t k;
  for (k = 1; k < len; k++)
    c = c << 6 | ((unsigned char)s.s[i + k] & 0x3f);
  return c;
}

uint32_t mock_utf8_decode(mock_str s, size_t i, size_t *len) {
  *len = ll_utf8_length(s.s + i, s.n - i);
  if (*len) return join(s, i, *len);
  *len = 1;
  return 0xfffd;
}

uint32_t mock_utf8_lower(uint32_t c) {
  if (c >= 'A' && c <= 'Z') return c + 32;
  if (c >= 0xc0 && c <= 0xde && c != 0xd7) return c + 32;
  if (c >= 0x391 && c <= 0x3a9) return c + 32;
  if (c >= 0x410 && c <= 0x42f) return c + 32;
  if (c >= 0x400 && c <= 0x40f) return c + 80;
  return c;
}
