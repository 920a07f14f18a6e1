#ifndef LL_UTF8_H
#define LL_UTF8_H

#include <stddef.h>

/* How many of the n bytes are valid UTF-8: n, or the offset of the character
 * that is not. Overlong forms, surrogates and codes above U+10FFFF are none. */
size_t ll_utf8_valid(const char *s, size_t n);

#endif
