#include "json_text.h"

#include "swar.h"
#include "utf8.h"

/* ---- scanning ---- */

static unsigned hex_digit(char c) {
  unsigned digit = (unsigned)(unsigned char)c - '0';
  unsigned letter = ((unsigned)(unsigned char)c | 0x20) - 'a';
  return digit <= 9 ? digit : letter <= 5 ? letter + 10 : 16;
}

static int is_hex4(const char *p, const char *end) {
  return end - p >= 4 && hex_digit(p[0]) < 16 && hex_digit(p[1]) < 16 &&
         hex_digit(p[2]) < 16 && hex_digit(p[3]) < 16;
}

/* p is behind a backslash. Returns what follows the escape, or NULL. */
static const char *skip_escape(const char *p, const char *end) {
  if (p == end) return NULL;
  switch (*p) {
  case '"':
  case '\\':
  case '/':
  case 'b':
  case 'f':
  case 'n':
  case 'r':
  case 't': return p + 1;
  case 'u': return is_hex4(p + 1, end) ? p + 5 : NULL;
  default: return NULL;
  }
}

const char *ll_json_text_scan(const char *p, const char *end,
                              ll_json_text *text) {
  const char *next;
  text->escaped = 0;
  for (;; p = next) {
    p = ll_json_text_plain(p, end);
    text->end = p;
    if (p == end) return "unfinished string";
    if (*p == '"') return NULL;
    if (*p != '\\') return "control character in a string";
    text->escaped = 1;
    next = skip_escape(p + 1, end);
    if (!next) return "invalid escape in a string";
  }
}

/* ---- decoding ---- */

static unsigned hex4(const char *p) {
  return hex_digit(p[0]) << 12 | hex_digit(p[1]) << 8 | hex_digit(p[2]) << 4 |
         hex_digit(p[3]);
}

static int is_low_surrogate(const char *p, const char *end) {
  return end - p >= 6 && p[0] == '\\' && p[1] == 'u' &&
         hex4(p + 2) >> 10 == 0xdc00 >> 10;
}

/* *p is at the four digits of \u, and is moved behind what was read. */
static unsigned read_code(const char **p, const char *end) {
  unsigned code = hex4(*p);
  *p += 4;
  if (code >> 11 != 0xd800 >> 11) return code;
  if (code >= 0xdc00 || !is_low_surrogate(*p, end)) return 0xfffd;
  code = 0x10000 + ((code & 0x3ff) << 10 | (hex4(*p + 2) & 0x3ff));
  *p += 6;
  return code;
}

static char unescaped(char c) {
  switch (c) {
  case 'b': return '\b';
  case 'f': return '\f';
  case 'n': return '\n';
  case 'r': return '\r';
  case 't': return '\t';
  default: return c;
  }
}

/* Copies eight bytes at once for as long as none of them is a backslash. It
 * never writes further than it has read, so it works in place. */
static const char *copy_words(char **to, const char *p, const char *end) {
  for (; end - p >= 8; p += 8, *to += 8) {
    uint64_t v = ll_load8(p);
    if (ll_bytes_near(v, '\\')) break;
    memcpy(*to, &v, sizeof v);
  }
  return p;
}

size_t ll_json_text_decode(char *to, const char *p, size_t len) {
  const char *end = p + len;
  char *begin = to;
  while (p < end) {
    p = copy_words(&to, p, end);
    while (p < end && *p != '\\')
      *to++ = *p++;
    if (p == end) break;
    p += 2;
    if (p[-1] == 'u')
      to = ll_utf8_put(to, read_code(&p, end));
    else
      *to++ = unescaped(p[-1]);
  }
  return (size_t)(to - begin);
}
