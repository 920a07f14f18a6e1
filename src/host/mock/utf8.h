#ifndef MOCK_UTF8_H
#define MOCK_UTF8_H

#include "str.h"

/* Bytes of the character at i, 1 to 4; 0 when they are not valid UTF-8. */
size_t mock_utf8_length(mock_str s, size_t i);

/* Its code point; *len as above, and 1 with U+FFFD when invalid. */
uint32_t mock_utf8_decode(mock_str s, size_t i, size_t *len);

/* Lower case of ASCII, Latin-1, Greek and Cyrillic letters; others as is. */
uint32_t mock_utf8_lower(uint32_t c);

/* Writes c and returns how many bytes that took, at most 4. */
size_t mock_utf8_encode(uint32_t c, char *to);

/* Characters in s; an invalid byte counts as one. */
size_t mock_utf8_count(mock_str s);

#endif
