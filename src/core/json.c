#include "json.h"

#include <string.h>

#include "json_text.h"
#include "number.h"
#include "swar.h"

/* What may come next. */
enum {
  VALUE,
  FIRST_ITEM,   /* a value or ] */
  FIRST_KEY,    /* a key or } */
  AFTER_ITEM,   /* a comma or ] */
  AFTER_MEMBER, /* a comma or } */
  DONE,
  FAILED
};

static ll_json_token fail(ll_json *r, const char *at, const char *error) {
  r->error = error;
  r->offset = (size_t)(at - r->start);
  r->state = FAILED;
  return LL_JSON_ERROR;
}

void ll_json_init(ll_json *r, const char *bytes, size_t len,
                  const ll_json_limits *limits) {
  static const ll_json_limits standard = {256, SIZE_MAX, SIZE_MAX};
  r->text = "";
  r->length = 0;
  r->escaped = 0;
  r->integer = 0;
  r->number = 0;
  r->error = NULL;
  r->offset = 0;
  r->depth = 0;
  r->start = r->at = bytes;
  r->end = bytes + len;
  r->limits = limits ? *limits : standard;
  if (r->limits.depth > LL_JSON_MAX_DEPTH) r->limits.depth = LL_JSON_MAX_DEPTH;
  r->state = VALUE;
  r->after = DONE;
  if (len > r->limits.total) fail(r, bytes, "document too large");
}

static const char *skip_spaces(const char *p, const char *end) {
  while (p < end && (*p == ' ' || *p == '\n' || *p == '\r' || *p == '\t'))
    p++;
  return p;
}

/* Most JSON is written without a space. */
static const char *skip_space(const char *p, const char *end) {
  return p < end && (unsigned char)*p > ' ' ? p : skip_spaces(p, end);
}

/* A value is over; p is behind it. */
static ll_json_token value_end(ll_json *r, const char *p, ll_json_token token) {
  r->at = p;
  r->state = r->after;
  return token;
}

/* ---- objects and arrays ---- */

static ll_json_token open_level(ll_json *r, const char *p, int array) {
  uint64_t bit = UINT64_C(1) << (r->depth & 63);
  uint64_t *word = &r->arrays[r->depth >> 6];
  if (r->depth >= r->limits.depth) return fail(r, p, "nested too deep");
  *word = array ? *word | bit : *word & ~bit;
  r->depth++;
  r->after = array ? AFTER_ITEM : AFTER_MEMBER;
  r->state = array ? FIRST_ITEM : FIRST_KEY;
  r->at = p + 1;
  return array ? LL_JSON_ARRAY : LL_JSON_OBJECT;
}

/* What follows the values of the innermost object or array, or the document. */
static unsigned char after_value(const ll_json *r) {
  size_t level = r->depth - 1;
  if (r->depth == 0) return DONE;
  return r->arrays[level >> 6] >> (level & 63) & 1 ? AFTER_ITEM : AFTER_MEMBER;
}

static ll_json_token close_level(ll_json *r, const char *p,
                                 ll_json_token token) {
  r->depth--;
  r->after = after_value(r);
  return value_end(r, p + 1, token);
}

/* ---- scalars ---- */

static const char *bad_string(ll_json *r, const char *at, const char *error) {
  fail(r, at, error);
  return NULL;
}

/* p is at the closing quote. Returns what follows it. */
static const char *string_end(ll_json *r, const char *p) {
  r->length = (size_t)(p - r->text);
  if (r->length > r->limits.string)
    return bad_string(r, r->text - 1, "string too long");
  return p + 1;
}

/* The rest of a string that has more than plain bytes. */
static const char *take_escapes(ll_json *r, const char *p) {
  ll_json_text text;
  const char *problem = ll_json_text_scan(p, r->end, &text);
  if (problem) return bad_string(r, text.end, problem);
  r->escaped = text.escaped;
  return string_end(r, text.end);
}

/* p is at the opening quote. Returns what follows the closing one, or NULL. */
static const char *take_string(ll_json *r, const char *p) {
  r->text = p + 1;
  r->escaped = 0;
  p = ll_json_text_plain(p + 1, r->end);
  return p < r->end && *p == '"' ? string_end(r, p) : take_escapes(r, p);
}

static ll_json_token string(ll_json *r, const char *p) {
  p = take_string(r, p);
  return p ? value_end(r, p, LL_JSON_STRING) : LL_JSON_ERROR;
}

static ll_json_token number(ll_json *r, const char *p) {
  ll_number n;
  const char *after = ll_number_read(p, r->end, &n);
  if (!after) return fail(r, p, "invalid number");
  r->number = n.real;
  if (!n.is_integer) return value_end(r, after, LL_JSON_NUMBER);
  r->integer = n.integer;
  return value_end(r, after, LL_JSON_INTEGER);
}

static ll_json_token word(ll_json *r, const char *p, const char *name,
                          size_t len, ll_json_token token) {
  if ((size_t)(r->end - p) < len || memcmp(p, name, len) != 0)
    return fail(r, p, "invalid word");
  return value_end(r, p + len, token);
}

/* ---- the grammar ---- */

static ll_json_token value(ll_json *r, const char *p) {
  if (p == r->end) return fail(r, p, "value expected, got the end");
  switch (*p) {
  case '"': return string(r, p);
  case '{': return open_level(r, p, 0);
  case '[': return open_level(r, p, 1);
  case 't': return word(r, p, "true", 4, LL_JSON_TRUE);
  case 'f': return word(r, p, "false", 5, LL_JSON_FALSE);
  case 'n': return word(r, p, "null", 4, LL_JSON_NULL);
  case '-':
  case '0':
  case '1':
  case '2':
  case '3':
  case '4':
  case '5':
  case '6':
  case '7':
  case '8':
  case '9': return number(r, p);
  default: return fail(r, p, "value expected");
  }
}

static ll_json_token key(ll_json *r, const char *p) {
  if (p == r->end || *p != '"') return fail(r, p, "key in quotes expected");
  p = take_string(r, p);
  if (!p) return LL_JSON_ERROR;
  if (p == r->end || *p != ':') {
    p = skip_space(p, r->end);
    if (p == r->end || *p != ':') return fail(r, p, "colon expected");
  }
  r->at = p + 1;
  r->state = VALUE;
  return LL_JSON_KEY;
}

static ll_json_token after_item(ll_json *r, const char *p) {
  if (p == r->end) return fail(r, p, "comma or ] expected, got the end");
  if (*p == ',') return value(r, skip_space(p + 1, r->end));
  if (*p == ']') return close_level(r, p, LL_JSON_ARRAY_END);
  return fail(r, p, "comma or ] expected");
}

static ll_json_token after_member(ll_json *r, const char *p) {
  if (p == r->end) return fail(r, p, "comma or } expected, got the end");
  if (*p == ',') return key(r, skip_space(p + 1, r->end));
  if (*p == '}') return close_level(r, p, LL_JSON_OBJECT_END);
  return fail(r, p, "comma or } expected");
}

static ll_json_token first_item(ll_json *r, const char *p) {
  if (p < r->end && *p == ']') return close_level(r, p, LL_JSON_ARRAY_END);
  return value(r, p);
}

static ll_json_token first_key(ll_json *r, const char *p) {
  if (p < r->end && *p == '}') return close_level(r, p, LL_JSON_OBJECT_END);
  return key(r, p);
}

static ll_json_token document_end(ll_json *r, const char *p) {
  if (p < r->end) return fail(r, p, "end expected");
  r->at = p;
  return LL_JSON_END;
}

ll_json_token ll_json_next(ll_json *r) {
  const char *p = skip_space(r->at, r->end);
  switch (r->state) {
  case VALUE: return value(r, p);
  case FIRST_ITEM: return first_item(r, p);
  case FIRST_KEY: return first_key(r, p);
  case AFTER_ITEM: return after_item(r, p);
  case AFTER_MEMBER: return after_member(r, p);
  case DONE: return document_end(r, p);
  default: return LL_JSON_ERROR;
  }
}

ll_json_token ll_json_finish(ll_json *r, ll_json_token token) {
  size_t outside = r->depth - 1;
  if (token != LL_JSON_OBJECT && token != LL_JSON_ARRAY) return token;
  do {
    token = ll_json_next(r);
  } while (token != LL_JSON_ERROR && r->depth > outside);
  return token;
}

ll_json_token ll_json_skip(ll_json *r) {
  return ll_json_finish(r, ll_json_next(r));
}

/* ---- arrays of numbers ---- */

static size_t count_commas(const char *p, const char *end) {
  size_t n = 0;
  for (; end - p >= 8; p += 8)
    n += ll_count_flags(ll_bytes_equal(ll_load8(p), ','));
  for (; p < end; p++)
    n += *p == ',';
  return n;
}

size_t ll_json_count(const ll_json *r) {
  const char *p = skip_space(r->at, r->end);
  const char *close = memchr(p, ']', (size_t)(r->end - p));
  return close == NULL || close == p ? 0 : count_commas(p, close) + 1;
}

/* Reads numbers and the commas between them; NULL when anything else is there.
 * Returns the place of the closing bracket. */
static const char *take_floats(const char *p, const char *end, float *to,
                               size_t n, size_t *count) {
  size_t i;
  for (i = 0; i < n; i++) {
    ll_number v;
    p = ll_number_read(skip_space(p, end), end, &v);
    if (!p) return NULL;
    to[i] = (float)v.real;
    p = skip_space(p, end);
    if (p == end || (*p != ',' && *p != ']')) return NULL;
    if (*p == ']') {
      *count = i + 1;
      return p;
    }
    p++;
  }
  return NULL;
}

int ll_json_floats(ll_json *r, float *to, size_t n, size_t *count) {
  const char *p = skip_space(r->at, r->end);
  *count = 0;
  if (p == r->end || *p != ']') p = take_floats(p, r->end, to, n, count);
  if (!p) return 0;
  close_level(r, p, LL_JSON_ARRAY_END);
  return 1;
}

/* ---- strings that somebody else looks at ---- */

const char *ll_json_peek(const ll_json *r, size_t *len) {
  const char *p = skip_space(r->at, r->end), *quote;
  if (p == r->end || *p++ != '"') return NULL;
  quote = memchr(p, '"', (size_t)(r->end - p));
  if (!quote || (size_t)(quote - p) > r->limits.string) return NULL;
  *len = (size_t)(quote - p);
  return p;
}

void ll_json_pass(ll_json *r, const char *text, size_t len) {
  value_end(r, text + len + 1, LL_JSON_STRING);
}
