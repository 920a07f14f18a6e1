#ifndef MOCK_FIND_H
#define MOCK_FIND_H

#include "text.h"

/* Things in a prompt that can be the value of a parameter. Each call gives the
 * next one; absent, or 0, when there is none left. */
typedef struct mock_finder {
  mock_arena *arena;
  mock_str text;
  mock_words words, keys;
  size_t quote, number, name, key;
} mock_finder;

mock_finder mock_finder_of(mock_arena *a, mock_str text);

mock_str mock_find_quoted(mock_finder *f);
int mock_find_number(mock_finder *f, double *value);

/* "Paris", "New York": capital letters in the middle of a sentence. */
mock_str mock_find_name(mock_finder *f);

/* The words behind "from" or "to", names first. */
mock_str mock_find_after(mock_finder *f, const char *word);

mock_str mock_find_date(const mock_finder *f);
mock_str mock_find_with(const mock_finder *f, const char *part); /* "@" */
mock_str mock_find_keyword(mock_finder *f);

#endif
