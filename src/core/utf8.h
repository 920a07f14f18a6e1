#ifndef LL_UTF8_H
#define LL_UTF8_H

#include <stddef.h>

/* How many of the n bytes are valid UTF-8: n, or the offset of the character
 * that is not. Overlong forms, surrogates and codes above U+10FFFF are none. */
size_t ll_utf8_valid(const char *s, size_t n);

/* How many bytes the first character of the n has, 1 to 4; 0 when it is not
 * valid or there is none. */
size_t ll_utf8_length(const char *s, size_t n);

/* Writes the code, at most 4 bytes, and returns what follows it. */
char *ll_utf8_put(char *to, unsigned code);

#endif
