#ifndef LL_BUFFER_H
#define LL_BUFFER_H

#include <stddef.h>

#include "status.h"

/* Growable bytes with a hard limit, read from the front. The unread bytes are
 * data[head .. head + len); they stay contiguous. A zeroed struct with a limit
 * is an empty buffer. */
typedef struct ll_buffer {
  char *data;
  size_t head, len, cap, limit;
} ll_buffer;

void ll_buffer_init(ll_buffer *b, size_t limit);
void ll_buffer_free(ll_buffer *b);

/* First unread byte; NULL is possible while the buffer is empty. */
static inline const char *ll_buffer_begin(const ll_buffer *b) {
  return b->data ? b->data + b->head : NULL;
}

/* Appends n bytes: LL_OK, LL_NOMEM or LL_LIMIT (nothing appended then). */
ll_status ll_buffer_append(ll_buffer *b, const void *bytes, size_t n);

/* Makes room for n more bytes at the end and returns where they go, or NULL
 * with the reason in *why. ll_buffer_grow says how many were written. */
char *ll_buffer_reserve(ll_buffer *b, size_t n, ll_status *why);
static inline void ll_buffer_grow(ll_buffer *b, size_t n) {
  b->len += n;
}

/* Makes room for n more bytes that are expected, and has the system give their
 * memory at once: page by page, as they are touched, costs twice as much. It is
 * no more than a hint, and may do nothing. */
void ll_buffer_expect(ll_buffer *b, size_t n);

/* Drops n unread bytes from the front (n <= len); amortised O(1) a byte. */
static inline void ll_buffer_consume(ll_buffer *b, size_t n) {
  b->head += n;
  b->len -= n;
  if (b->len == 0) b->head = 0;
}

/* Gives back what is larger than the unread bytes, if that can be done. */
void ll_buffer_trim(ll_buffer *b);

/* Forgets the bytes, keeps the memory. */
void ll_buffer_clear(ll_buffer *b);

#endif
