#ifndef LL_JSON_TEXT_H
#define LL_JSON_TEXT_H

#include <stddef.h>

/* The strings of JSON, between their quotes. */

typedef struct ll_json_text {
  const char *end; /* the closing quote; where it went wrong on failure */
  int escaped;     /* there is a backslash in it */
} ll_json_text;

/* Finds and checks the string that starts at p, behind its opening quote.
 * Returns NULL, or what is wrong with it. Bytes above 0x7f are not looked at:
 * that they are UTF-8 is not the reader's business. */
const char *ll_json_text_scan(const char *p, const char *end,
                              ll_json_text *text);

/* Takes the escapes out of a string that ll_json_text_scan found good: writes
 * at most len bytes to `to`, which may be p itself, and returns how many. Half
 * a surrogate pair becomes U+FFFD. */
size_t ll_json_text_decode(char *to, const char *p, size_t len);

#endif
