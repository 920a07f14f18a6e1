/* Any bytes: the reader accepts what a plain recursive one accepts, with the
 * same values; skipping and reading floats agree with the tokens; the lengths
 * are right though the document ends where its memory does. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json.h"
#include "json_text.h"
#include "utf8.h"

int LLVMFuzzerTestOneInput(const unsigned char *bytes, size_t n);

enum { DEPTH = 40 };

static void must(int ok) {
  if (!ok) abort();
}

/* ---- traces: every token with its value, in bytes that can be compared ----
 */

typedef struct trace {
  char *bytes;
  size_t len, cap;
} trace;

static void put(trace *t, const void *bytes, size_t n) {
  if (t->cap - t->len < n) {
    t->cap = 2 * t->cap + n + 64;
    t->bytes = realloc(t->bytes, t->cap);
    must(t->bytes != NULL);
  }
  if (n) memcpy(t->bytes + t->len, bytes, n);
  t->len += n;
}

static void put_token(trace *t, ll_json_token token) {
  char c = (char)token;
  put(t, &c, 1);
}

static void put_text(trace *t, const char *text, size_t n) {
  put(t, &n, sizeof n);
  put(t, text, n);
}

/* ---- the plain reader ---- */

typedef struct plain {
  const unsigned char *p, *end;
  trace *t;
  int depth;
} plain;

static int plain_value(plain *r);

static int peek(const plain *r) {
  return r->p < r->end ? *r->p : -1;
}

static void spaces(plain *r) {
  while (r->p < r->end && strchr(" \t\r\n", *r->p) && *r->p)
    r->p++;
}

static int accept(plain *r, int c) {
  if (peek(r) != c) return 0;
  r->p++;
  return 1;
}

/* Four hexadecimal digits as a number, or -1. */
static long code_unit(plain *r) {
  char digits[5] = {0}, *after;
  long code;
  if (r->end - r->p < 4) return -1;
  memcpy(digits, r->p, 4);
  if (strspn(digits, "0123456789abcdefABCDEF") != 4) return -1;
  code = strtol(digits, &after, 16);
  r->p += 4;
  return code;
}

static void put_code(trace *t, unsigned long c) {
  char utf8[4];
  size_t n = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4, i;
  static const unsigned char first[] = {0, 0, 0xc0, 0xe0, 0xf0};
  for (i = n; i-- > 1; c >>= 6)
    utf8[i] = (char)(0x80 | (c & 0x3f));
  utf8[0] = (char)(first[n] | c);
  put(t, utf8, n);
}

/* Behind \u. The second half of a pair is taken back when it is none. */
static int plain_unicode(plain *r, trace *text) {
  long high = code_unit(r), low;
  const unsigned char *back = r->p;
  if (high < 0) return 0;
  if (high >= 0xd800 && high < 0xdc00 && accept(r, '\\') && accept(r, 'u')) {
    low = code_unit(r);
    if (low >= 0xdc00 && low < 0xe000) {
      put_code(text, (unsigned long)((high - 0xd800) * 0x400 + low - 0xdc00 +
                                     0x10000));
      return 1;
    }
  }
  r->p = back;
  put_code(text,
           high >= 0xd800 && high < 0xe000 ? 0xfffd : (unsigned long)high);
  return 1;
}

static int plain_escape(plain *r, trace *text) {
  static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
  const char *found;
  int c = peek(r);
  if (c <= 0) return 0;
  r->p++;
  if (c == 'u') return plain_unicode(r, text);
  found = strchr(from, c);
  if (!found) return 0;
  put(text, to + (found - from), 1);
  return 1;
}

static int plain_string(plain *r, ll_json_token token) {
  trace text = {NULL, 0, 0};
  int ok = accept(r, '"');
  while (ok && peek(r) != '"') {
    ok = peek(r) >= 0x20;
    if (ok && accept(r, '\\'))
      ok = plain_escape(r, &text);
    else if (ok)
      put(&text, r->p++, 1);
  }
  ok = ok && accept(r, '"');
  put_token(r->t, token);
  put_text(r->t, text.bytes, text.len);
  free(text.bytes);
  return ok;
}

static size_t plain_digits(plain *r) {
  const unsigned char *from = r->p;
  while (peek(r) >= '0' && peek(r) <= '9')
    r->p++;
  return (size_t)(r->p - from);
}

static void put_number(trace *t, const unsigned char *from, size_t n,
                       int fraction) {
  char *text = calloc(n + 1, 1);
  double v;
  must(text != NULL);
  memcpy(text, from, n);
  v = strtod(text, NULL);
  if (!fraction && v > -9.3e18 && v < 9.3e18) {
    char again[32];
    long long i = strtoll(text, NULL, 10);
    snprintf(again, sizeof again, "%lld", i);
    if (strcmp(again, text) == 0 || strcmp(text, "-0") == 0) {
      put_token(t, LL_JSON_INTEGER);
      put(t, &i, sizeof i);
      v = (double)i;
      put(t, &v, sizeof v);
      free(text);
      return;
    }
  }
  put_token(t, LL_JSON_NUMBER);
  put(t, &v, sizeof v);
  free(text);
}

static int plain_number(plain *r) {
  const unsigned char *from = r->p;
  int fraction = 0;
  accept(r, '-');
  if (!accept(r, '0') && !plain_digits(r)) return 0;
  if (accept(r, '.')) {
    fraction = 1;
    if (!plain_digits(r)) return 0;
  }
  if (accept(r, 'e') || accept(r, 'E')) {
    fraction = 1;
    if (!accept(r, '+')) accept(r, '-');
    if (!plain_digits(r)) return 0;
  }
  put_number(r->t, from, (size_t)(r->p - from), fraction);
  return 1;
}

static int plain_word(plain *r, const char *word, ll_json_token token) {
  size_t n = strlen(word);
  if ((size_t)(r->end - r->p) < n || memcmp(r->p, word, n) != 0) return 0;
  r->p += n;
  put_token(r->t, token);
  return 1;
}

static int plain_member(plain *r, int named) {
  spaces(r);
  if (named) {
    if (!plain_string(r, LL_JSON_KEY)) return 0;
    spaces(r);
    if (!accept(r, ':')) return 0;
  }
  if (!plain_value(r)) return 0;
  spaces(r);
  return 1;
}

static int plain_items(plain *r, int named) {
  int close = named ? '}' : ']';
  put_token(r->t, named ? LL_JSON_OBJECT : LL_JSON_ARRAY);
  if (++r->depth > DEPTH) return 0;
  spaces(r);
  if (!accept(r, close)) {
    do {
      if (!plain_member(r, named)) return 0;
    } while (accept(r, ','));
    if (!accept(r, close)) return 0;
  }
  r->depth--;
  put_token(r->t, named ? LL_JSON_OBJECT_END : LL_JSON_ARRAY_END);
  return 1;
}

static int plain_value(plain *r) {
  spaces(r);
  switch (peek(r)) {
  case '{': r->p++; return plain_items(r, 1);
  case '[': r->p++; return plain_items(r, 0);
  case '"': return plain_string(r, LL_JSON_STRING);
  case 't': return plain_word(r, "true", LL_JSON_TRUE);
  case 'f': return plain_word(r, "false", LL_JSON_FALSE);
  case 'n': return plain_word(r, "null", LL_JSON_NULL);
  default: return plain_number(r);
  }
}

static int plain_document(const unsigned char *bytes, size_t n, trace *t) {
  plain r = {bytes, bytes + n, t, 0};
  if (!plain_value(&r)) return 0;
  spaces(&r);
  return r.p == r.end;
}

/* ---- the reader ---- */

static void put_value(trace *t, const ll_json *r, ll_json_token token) {
  put_token(t, token);
  if (token == LL_JSON_KEY || token == LL_JSON_STRING) {
    char *text = malloc(r->length + 1);
    size_t len = r->length;
    must(text != NULL);
    memcpy(text, r->text, len);
    if (r->escaped) len = ll_json_text_decode(text, text, len);
    must(len <= r->length);
    put_text(t, text, len);
    free(text);
  }
  if (token == LL_JSON_INTEGER) put(t, &r->integer, sizeof r->integer);
  if (token == LL_JSON_INTEGER || token == LL_JSON_NUMBER)
    put(t, &r->number, sizeof r->number);
}

/* The floats of an array are those of its tokens, and are refused when there
 * is anything else. `at` is the reader behind the ARRAY token. */
static void floats_agree(const ll_json *at) {
  ll_json by_token = *at, by_floats = *at;
  size_t room = ll_json_count(at), n = 0, i = 0;
  float *to = malloc((room + 1) * sizeof *to);
  ll_json_token token;
  int ok;
  must(to != NULL && room <= (size_t)(at->end - at->at));
  ok = ll_json_floats(&by_floats, to, room, &n);
  while ((token = ll_json_next(&by_token)) == LL_JSON_INTEGER ||
         token == LL_JSON_NUMBER) {
    float v = (float)by_token.number;
    must(!ok || (i < n && memcmp(&to[i], &v, sizeof v) == 0));
    i++;
  }
  must(ok == (token == LL_JSON_ARRAY_END));
  if (ok) {
    must(i == n && n == room && by_token.at == by_floats.at);
    must(ll_json_next(&by_token) == ll_json_next(&by_floats));
  } else {
    must(by_floats.at == at->at);
  }
  free(to);
}

static int document(const char *bytes, size_t n, trace *t) {
  static const ll_json_limits limits = {DEPTH, SIZE_MAX, SIZE_MAX};
  ll_json r;
  ll_json_token token;
  ll_json_init(&r, bytes, n, &limits);
  while ((token = ll_json_next(&r)) > LL_JSON_END) {
    put_value(t, &r, token);
    if (token == LL_JSON_ARRAY) floats_agree(&r);
    must(r.depth <= DEPTH);
  }
  must(ll_json_next(&r) == token);
  must(token != LL_JSON_ERROR || (r.error && r.offset <= n));
  return token == LL_JSON_END;
}

static int skipped(const char *bytes, size_t n) {
  static const ll_json_limits limits = {DEPTH, SIZE_MAX, SIZE_MAX};
  ll_json r;
  ll_json_init(&r, bytes, n, &limits);
  return ll_json_skip(&r) != LL_JSON_ERROR && ll_json_next(&r) == LL_JSON_END;
}

int LLVMFuzzerTestOneInput(const unsigned char *bytes, size_t n) {
  const char *text = (const char *)bytes;
  trace plain = {NULL, 0, 0}, fast = {NULL, 0, 0};
  int ok = plain_document(bytes, n, &plain);
  must(document(text, n, &fast) == ok);
  must(skipped(text, n) == ok);
  if (ok) {
    must(plain.len == fast.len);
    must(plain.len == 0 || memcmp(plain.bytes, fast.bytes, plain.len) == 0);
  }
  must(ll_utf8_valid(text, n) <= n);
  free(plain.bytes);
  free(fast.bytes);
  return 0;
}
