#ifndef LL_HEADER_H
#define LL_HEADER_H

#include "buffer.h"

/* One header of an answer's raw head; the strings point into it. */
typedef struct ll_header {
  const char *name, *value;
  size_t name_len, value_len;
} ll_header;

/* Takes the header line at *at and moves *at behind it. LL_END behind the last
 * one; lines that are no headers (the status line) are passed over. */
ll_status ll_header_next(const ll_buffer *head, size_t *at, ll_header *h);

enum { LL_HEADERS_AT_ONCE = 4 };

/* In one pass: the last header of each of n names, whatever its case; one whose
 * name is NULL then is not there. */
void ll_header_find(const ll_buffer *head, const char *const *names, size_t n,
                    ll_header *found);

#endif
