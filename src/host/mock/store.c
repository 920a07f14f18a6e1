#include "store.h"

#include <stdlib.h>
#include <string.h>

static size_t find(const mock_store *s, mock_str name) {
  uint64_t key = mock_hash(name, 0);
  size_t i = 0;
  while (i < MOCK_KEPT && !(s->kept[i].bytes && s->kept[i].key == key))
    i++;
  return i;
}

static void clear(mock_store *s, size_t i) {
  free(s->kept[i].bytes);
  s->kept[i].bytes = NULL;
}

void mock_store_put(mock_store *s, mock_str name, mock_str bytes) {
  size_t i = find(s, name);
  if (i == MOCK_KEPT) i = s->next++ % MOCK_KEPT;
  clear(s, i);
  s->kept[i].key = mock_hash(name, 0);
  s->kept[i].n = bytes.n;
  s->kept[i].bytes = mock_malloc(bytes.n);
  if (bytes.n) memcpy(s->kept[i].bytes, bytes.s, bytes.n);
}

mock_str mock_store_get(const mock_store *s, mock_str name) {
  size_t i = find(s, name);
  mock_str bytes = {NULL, 0};
  if (i == MOCK_KEPT) return bytes;
  bytes.s = s->kept[i].bytes;
  bytes.n = s->kept[i].n;
  return bytes;
}

int mock_store_drop(mock_store *s, mock_str name) {
  size_t i = find(s, name);
  if (i == MOCK_KEPT) return 0;
  clear(s, i);
  return 1;
}

void mock_store_free(mock_store *s) {
  size_t i;
  for (i = 0; i < MOCK_KEPT; i++)
    clear(s, i);
}
