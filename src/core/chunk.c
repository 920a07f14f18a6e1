/* The narrow walk over a chat chunk. It validates the whole document, strictly,
 * and gives up (LL_AGAIN) at whatever is not plain text: the full parser then
 * sees the same bytes. */
#include "chunk.h"

#include <stdint.h>
#include <string.h>

enum { MAX_DEPTH = 64, FRAME_LIMIT = 64 * 1024 };

/* What has been met: none of these may come twice. */
enum { SEEN_CHOICES = 1, SEEN_DELTA = 2, SEEN_CONTENT = 4, SEEN_INDEX = 8 };

/* The bytes of a string between its quotes. */
typedef struct span {
  const char *at;
  size_t len;
  int escaped;
} span;

typedef struct walk {
  const char *p, *end;
  unsigned seen;
  span content;
} walk;

/* Reads the value of the member `key`; false gives up. */
typedef int member_fn(walk *w, const span *key);

void ll_chunk_init(ll_chunk *c) {
  memset(c, 0, sizeof *c);
  ll_buffer_init(&c->frame, FRAME_LIMIT);
  ll_buffer_init(&c->text, SIZE_MAX);
}

void ll_chunk_free(ll_chunk *c) {
  ll_buffer_free(&c->frame);
  ll_buffer_free(&c->text);
  c->before = 0;
}

/* ---- tokens ---- */

static int is_plain(char c) {
  return (unsigned char)c >= 0x20 && c != '"' && c != '\\';
}

/* Whether one of eight bytes ends a run of plain ones. The tests are the usual
 * "has a zero byte" and "has a byte less than n"; what a borrow may flag beside
 * the first such byte only ends the fast loop early. */
static int any_special(const char *p) {
  const uint64_t ones = UINT64_C(0x0101010101010101);
  uint64_t v, quote, slash, special;
  memcpy(&v, p, sizeof v);
  quote = v ^ (ones * '"');
  slash = v ^ (ones * '\\');
  special = (v - ones * 0x20) & ~v;
  special |= (quote - ones) & ~quote;
  special |= (slash - ones) & ~slash;
  return (special & (ones * 0x80)) != 0;
}

/* The first byte that is a quote, a backslash or a control character. */
static const char *skip_plain(const char *p, const char *end) {
  while (end - p >= 8 && !any_special(p))
    p += 8;
  while (p < end && is_plain(*p))
    p++;
  return p;
}

static void skip_space(walk *w) {
  while (w->p < w->end &&
         (*w->p == ' ' || *w->p == '\n' || *w->p == '\r' || *w->p == '\t'))
    w->p++;
}

/* Takes the character c, after white space. */
static int take(walk *w, char c) {
  skip_space(w);
  if (w->p == w->end || *w->p != c) return 0;
  w->p++;
  return 1;
}

static int hex4(const char *p, const char *end, unsigned *code) {
  int i;
  if (end - p < 4) return 0;
  for (*code = 0, i = 0; i < 4; i++) {
    unsigned c = (unsigned char)p[i], low = c | 0x20;
    unsigned digit = c - '0' <= 9     ? c - '0'
                     : low - 'a' <= 5 ? low - 'a' + 10
                                      : 16;
    if (digit > 15) return 0;
    *code = *code << 4 | digit;
  }
  return 1;
}

/* p is behind the backslash; returns what follows the escape, or NULL. */
static const char *skip_escape(const char *p, const char *end) {
  unsigned code;
  if (p == end) return NULL;
  if (*p == 'u') return hex4(p + 1, end, &code) ? p + 5 : NULL;
  return memchr("\"\\/bfnrt", *p, 8) ? p + 1 : NULL;
}

static int string(walk *w, span *out) {
  if (!take(w, '"')) return 0;
  out->at = w->p;
  out->escaped = 0;
  for (;;) {
    w->p = skip_plain(w->p, w->end);
    if (w->p == w->end || (unsigned char)*w->p < 0x20) return 0;
    if (*w->p == '"') break;
    out->escaped = 1;
    w->p = skip_escape(w->p + 1, w->end);
    if (!w->p) return 0;
  }
  out->len = (size_t)(w->p++ - out->at);
  return 1;
}

static int digits(walk *w) {
  const char *from = w->p;
  while (w->p < w->end && *w->p >= '0' && *w->p <= '9')
    w->p++;
  return w->p > from;
}

/* Takes one of two characters, right here. */
static int either(walk *w, char a, char b) {
  if (w->p == w->end || (*w->p != a && *w->p != b)) return 0;
  w->p++;
  return 1;
}

static int number(walk *w) {
  either(w, '-', '-');
  if (!either(w, '0', '0') && !digits(w)) return 0;
  if (either(w, '.', '.') && !digits(w)) return 0;
  if (either(w, 'e', 'E')) {
    either(w, '+', '-');
    return digits(w);
  }
  return 1;
}

static int word(walk *w, const char *text, size_t n) {
  skip_space(w);
  if ((size_t)(w->end - w->p) < n || memcmp(w->p, text, n) != 0) return 0;
  w->p += n;
  return 1;
}

static int null(walk *w) {
  return word(w, "null", 4);
}

/* ---- values that are only checked ---- */

static int value(walk *w, int depth);

static int values(walk *w, char close, int depth) {
  span key;
  w->p++;
  if (depth == 0) return 0;
  if (take(w, close)) return 1;
  do {
    if (close == '}' && !(string(w, &key) && take(w, ':'))) return 0;
    if (!value(w, depth - 1)) return 0;
  } while (take(w, ','));
  return take(w, close);
}

static int value(walk *w, int depth) {
  span text;
  skip_space(w);
  if (w->p == w->end) return 0;
  switch (*w->p) {
  case '"': return string(w, &text);
  case '{': return values(w, '}', depth);
  case '[': return values(w, ']', depth);
  case 't': return word(w, "true", 4);
  case 'f': return word(w, "false", 5);
  case 'n': return null(w);
  default: return number(w);
  }
}

/* ---- the chunk ---- */

static int is(const span *key, const char *name) {
  return strlen(name) == key->len && memcmp(key->at, name, key->len) == 0;
}

static int once(walk *w, unsigned what) {
  if (w->seen & what) return 0;
  w->seen |= what;
  return 1;
}

/* A key with an escape might be any name: it gives up. */
static int object(walk *w, member_fn *member) {
  span key;
  if (!take(w, '{')) return 0;
  if (take(w, '}')) return 1;
  do {
    if (!string(w, &key) || key.escaped || !take(w, ':')) return 0;
    if (!member(w, &key)) return 0;
  } while (take(w, ','));
  return take(w, '}');
}

static int delta_member(walk *w, const span *key) {
  if (!is(key, "content")) return null(w);
  return once(w, SEEN_CONTENT) && string(w, &w->content) && w->content.len;
}

/* What follows the 0 has to be a comma or a brace, so 0.5 and 00 give up. */
static int choice_member(walk *w, const span *key) {
  if (is(key, "delta")) return once(w, SEEN_DELTA) && object(w, delta_member);
  if (is(key, "index") && once(w, SEEN_INDEX)) return null(w) || take(w, '0');
  return null(w);
}

static int passes_unread(const span *key) {
  return is(key, "id") || is(key, "object") || is(key, "created") ||
         is(key, "model") || is(key, "system_fingerprint") ||
         is(key, "service_tier") || is(key, "citations");
}

static int chunk_member(walk *w, const span *key) {
  if (is(key, "choices"))
    return once(w, SEEN_CHOICES) && take(w, '[') && object(w, choice_member) &&
           take(w, ']');
  return passes_unread(key) ? value(w, MAX_DEPTH) : null(w);
}

static int whole_chunk(walk *w) {
  if (!object(w, chunk_member) || !(w->seen & SEEN_CONTENT)) return 0;
  skip_space(w);
  return w->p == w->end;
}

/* ---- escapes ---- */

static char *put_utf8(char *to, unsigned code) {
  if (code < 0x80) {
    *to++ = (char)code;
    return to;
  }
  if (code < 0x800) {
    *to++ = (char)(0xC0 | code >> 6);
  } else {
    if (code < 0x10000) {
      *to++ = (char)(0xE0 | code >> 12);
    } else {
      *to++ = (char)(0xF0 | code >> 18);
      *to++ = (char)(0x80 | (code >> 12 & 0x3F));
    }
    *to++ = (char)(0x80 | (code >> 6 & 0x3F));
  }
  *to++ = (char)(0x80 | (code & 0x3F));
  return to;
}

/* p is behind "\u". A surrogate without its other half gives NULL. */
static const char *unescape_u(const char *p, const char *end, char **to) {
  unsigned code, low;
  if (!hex4(p, end, &code)) return NULL;
  p += 4;
  if (code - 0xD800 < 0x800) {
    if (code >= 0xDC00 || end - p < 6 || p[0] != '\\' || p[1] != 'u' ||
        !hex4(p + 2, end, &low) || low - 0xDC00 >= 0x400)
      return NULL;
    code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
    p += 6;
  }
  *to = put_utf8(*to, code);
  return p;
}

static char unescape_one(char c) {
  static const char names[] = "bfnrt", bytes[] = "\b\f\n\r\t";
  const char *name = memchr(names, c, 5);
  return name ? bytes[name - names] : c;
}

/* No escape is shorter than what it stands for. */
static int unescape(ll_buffer *text, const span *s) {
  const char *p = s->at, *end = s->at + s->len;
  ll_status why;
  char *from, *to;
  ll_buffer_clear(text);
  from = to = ll_buffer_reserve(text, s->len, &why);
  if (!to) return 0;
  while (p && p < end) {
    const char *stop = memchr(p, '\\', (size_t)(end - p));
    size_t n = (size_t)((stop ? stop : end) - p);
    memcpy(to, p, n);
    to += n;
    p += n;
    if (p == end) break;
    if (p[1] == 'u') {
      p = unescape_u(p + 2, end, &to);
    } else {
      *to++ = unescape_one(p[1]);
      p += 2;
    }
  }
  ll_buffer_grow(text, (size_t)(to - from));
  return p != NULL;
}

/* ---- the frame ---- */

/* The bytes before the text end just behind its opening quote, those after it
 * begin with its closing quote. A document that has both, and plain characters
 * between them, is therefore read token by token like the one that set the
 * frame, but for that one string. */
static int fits_frame(const ll_chunk *c, const char *json, size_t len) {
  const char *frame = ll_buffer_begin(&c->frame), *begin, *end;
  size_t after = c->frame.len - c->before;
  if (c->before == 0 || len <= c->frame.len) return 0;
  begin = json + c->before;
  end = json + len - after;
  return memcmp(json, frame, c->before) == 0 &&
         memcmp(end, frame + c->before, after) == 0 &&
         skip_plain(begin, end) == end;
}

static void keep_frame(ll_chunk *c, const char *json, size_t len,
                       const span *text) {
  size_t before = (size_t)(text->at - json);
  ll_buffer_clear(&c->frame);
  c->before = 0;
  if (ll_buffer_append(&c->frame, json, before) != LL_OK) return;
  if (ll_buffer_append(&c->frame, text->at + text->len,
                       len - before - text->len) == LL_OK)
    c->before = before;
}

ll_status ll_chunk_text(ll_chunk *c, const char *json, size_t len,
                        const char **text, size_t *text_len) {
  walk w = {json, json + len, 0, {NULL, 0, 0}};
  if (fits_frame(c, json, len)) {
    *text = json + c->before;
    *text_len = len - c->frame.len;
    return LL_OK;
  }
  if (!whole_chunk(&w)) return LL_AGAIN;
  if (w.content.escaped && !unescape(&c->text, &w.content)) return LL_AGAIN;
  keep_frame(c, json, len, &w.content);
  *text = w.content.escaped ? ll_buffer_begin(&c->text) : w.content.at;
  *text_len = w.content.escaped ? c->text.len : w.content.len;
  return LL_OK;
}
