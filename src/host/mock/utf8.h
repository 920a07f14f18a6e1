#ifndef MOCK_UTF8_H
#define MOCK_UTF8_H

#include "str.h"

/* The code point of the character at i, and in *len how many bytes it has; of
 * an invalid byte U+FFFD and 1. */
uint32_t mock_utf8_decode(mock_str s, size_t i, size_t *len);

/* Lower case of ASCII, Latin-1, Greek and Cyrillic letters; others as is. */
uint32_t mock_utf8_lower(uint32_t c);

#endif
