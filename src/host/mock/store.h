#ifndef MOCK_STORE_H
#define MOCK_STORE_H

#include "str.h"

enum { MOCK_KEPT = 64 };

/* Bytes under names, the last MOCK_KEPT that were put. A zeroed struct is an
 * empty store. */
typedef struct mock_store {
  struct {
    uint64_t key;
    char *bytes;
    size_t n;
  } kept[MOCK_KEPT];
  size_t next;
} mock_store;

void mock_store_put(mock_store *s, mock_str name, mock_str bytes);

/* Valid until the next put or drop; absent when there is nothing. */
mock_str mock_store_get(const mock_store *s, mock_str name);

/* 1, or 0 when there was nothing. */
int mock_store_drop(mock_store *s, mock_str name);

void mock_store_free(mock_store *s);

#endif
