#ifndef LL_JSON_H
#define LL_JSON_H

#include <stddef.h>
#include <stdint.h>

/* A pull reader of JSON (RFC 8259), strict and bounded: the caller asks for one
 * token after the other. It owns no memory, allocates none, does not recurse
 * and works in place on bytes that must stay where they are. */

enum { LL_JSON_MAX_DEPTH = 1024 };

typedef struct ll_json_limits {
  size_t depth;  /* of objects and arrays, at most LL_JSON_MAX_DEPTH */
  size_t string; /* bytes between the quotes of one string or key */
  size_t total;  /* bytes of the document */
} ll_json_limits;

typedef enum ll_json_token {
  LL_JSON_ERROR, /* see error and offset; every further call says it again */
  LL_JSON_END,   /* the document is over, and nothing but space is behind it */
  LL_JSON_OBJECT,
  LL_JSON_OBJECT_END,
  LL_JSON_ARRAY,
  LL_JSON_ARRAY_END,
  LL_JSON_KEY, /* its colon is taken too: a value follows */
  LL_JSON_STRING,
  LL_JSON_INTEGER, /* no point, no exponent, and fits int64 */
  LL_JSON_NUMBER,  /* every other number; one that is too large is infinite */
  LL_JSON_TRUE,
  LL_JSON_FALSE,
  LL_JSON_NULL
} ll_json_token;

typedef struct ll_json {
  /* Of a key or string: the bytes between its quotes. When `escaped` is set,
   * ll_json_text_decode makes text out of them; else they are the text. */
  const char *text;
  size_t length;
  int escaped;
  int64_t integer; /* of an INTEGER */
  double number;   /* of an INTEGER or NUMBER */

  const char *error; /* a string constant, after an ERROR */
  size_t offset;     /* the byte where it is, counted from 0 */
  size_t depth;      /* objects and arrays that are open */

  /* The rest is the reader's own. */
  const char *start, *at, *end;
  ll_json_limits limits;
  unsigned char state, after;              /* after: the state behind a value */
  uint64_t arrays[LL_JSON_MAX_DEPTH / 64]; /* a bit a level: array or object */
} ll_json;

/* Without limits (NULL) the depth is 256 and sizes are not bounded. */
void ll_json_init(ll_json *r, const char *bytes, size_t len,
                  const ll_json_limits *limits);

ll_json_token ll_json_next(ll_json *r);

/* Reads to the end of the value that `token` began: a scalar is over already,
 * an object or array is read through its end. Returns the value's last token,
 * or LL_JSON_ERROR. */
ll_json_token ll_json_finish(ll_json *r, ll_json_token token);

/* Passes over the next value: ll_json_finish of ll_json_next. */
ll_json_token ll_json_skip(ll_json *r);

/* Right behind an ARRAY token: how many elements there are if all of them are
 * numbers; else any number, limited by the bytes of the document. */
size_t ll_json_count(const ll_json *r);

/* Right behind an ARRAY token: reads numbers through the array's end into
 * to[0 .. n). 1: *count of them were read and the array is over. 0: the array
 * holds something else, or more than n, or the document is bad: the reader is
 * left where it was, and the caller can read on by tokens. */
int ll_json_floats(ll_json *r, float *to, size_t n, size_t *count);

/* Right behind a KEY token: if a string follows, its bytes as far as the next
 * quote, which are not looked at; else NULL. The reader stays where it was
 * until ll_json_pass says that the string was these bytes: the caller knows, if
 * none of them was a backslash or a control character. */
const char *ll_json_peek(const ll_json *r, size_t *len);
void ll_json_pass(ll_json *r, const char *text, size_t len);

#endif
