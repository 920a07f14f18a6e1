#ifndef MOCK_STR_H
#define MOCK_STR_H

#include <stddef.h>
#include <stdint.h>

#include "arena.h"

/* Bytes somewhere else, not terminated; an absent string has s == NULL. */
typedef struct mock_str {
  const char *s;
  size_t n;
} mock_str;

mock_str mock_str_of(const char *c);
mock_str mock_str_copy(mock_arena *a, mock_str s); /* terminated, in a */

/* The part [from, to), which is cut to what there is. */
mock_str mock_str_sub(mock_str s, size_t from, size_t to);
mock_str mock_str_trim(mock_str s);

int mock_str_same(mock_str a, mock_str b);
int mock_str_is(mock_str a, const char *b);

/* These ignore the case of ASCII letters. */
int mock_str_like(mock_str a, const char *b);
int mock_str_starts(mock_str a, const char *prefix);

/* Where needle first occurs at or after from; s.n when it does not. */
size_t mock_str_find(mock_str s, const char *needle, size_t from);
int mock_str_has(mock_str s, const char *needle);

/* The same, but word must stand between non-letters: "sun", not "sunk". */
size_t mock_str_find_word(mock_str s, const char *word, size_t from);
int mock_str_has_word(mock_str s, const char *word);

/* Takes the text up to the next byte c off the front of *rest; 0 at the end. */
int mock_str_split(mock_str *rest, char c, mock_str *part);

/* A decimal number at the start; fallback when there is none. */
double mock_str_number(mock_str s, double fallback);

uint64_t mock_hash(mock_str s, uint64_t seed);

#endif
