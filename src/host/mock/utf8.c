#include "utf8.h"

static size_t expected_length(unsigned char c) {
  if (c < 0x80) return 1;
  if (c >= 0xc2 && c < 0xe0) return 2;
  if (c >= 0xe0 && c < 0xf0) return 3;
  if (c >= 0xf0 && c < 0xf5) return 4;
  return 0;
}

static uint32_t join(mock_str s, size_t i, size_t len) {
  static const unsigned char mask[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
  uint32_t c = (unsigned char)s.s[i] & mask[len];
  size_t k;
  for (k = 1; k < len; k++)
    c = c << 6 | ((unsigned char)s.s[i + k] & 0x3f);
  return c;
}

size_t mock_utf8_length(mock_str s, size_t i) {
  static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
  size_t len = expected_length((unsigned char)s.s[i]), k;
  uint32_t c;
  if (!len || s.n - i < len) return 0;
  for (k = 1; k < len; k++)
    if (((unsigned char)s.s[i + k] & 0xc0) != 0x80) return 0;
  c = join(s, i, len);
  if (c < least[len] || c > 0x10ffff || (c >= 0xd800 && c < 0xe000)) return 0;
  return len;
}

uint32_t mock_utf8_decode(mock_str s, size_t i, size_t *len) {
  *len = mock_utf8_length(s, i);
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

size_t mock_utf8_encode(uint32_t c, char *to) {
  if (c < 0x80) {
    to[0] = (char)c;
    return 1;
  }
  if (c < 0x800) {
    to[0] = (char)(0xc0 | c >> 6);
    to[1] = (char)(0x80 | (c & 0x3f));
    return 2;
  }
  if (c < 0x10000) {
    to[0] = (char)(0xe0 | c >> 12);
    to[1] = (char)(0x80 | (c >> 6 & 0x3f));
    to[2] = (char)(0x80 | (c & 0x3f));
    return 3;
  }
  to[0] = (char)(0xf0 | c >> 18);
  to[1] = (char)(0x80 | (c >> 12 & 0x3f));
  to[2] = (char)(0x80 | (c >> 6 & 0x3f));
  to[3] = (char)(0x80 | (c & 0x3f));
  return 4;
}

size_t mock_utf8_count(mock_str s) {
  size_t i = 0, count = 0, len;
  while (i < s.n) {
    mock_utf8_decode(s, i, &len);
    i += len;
    count++;
  }
  return count;
}
