#ifndef MOCK_OUT_H
#define MOCK_OUT_H

#include "str.h"

/* Bytes that grow at the end, in an arena. */
typedef struct mock_out {
  mock_arena *arena;
  char *s;
  size_t n, cap;
} mock_out;

mock_str mock_out_str(const mock_out *o);

/* Room for n more bytes, which the caller fills and counts in o->n. */
char *mock_out_room(mock_out *o, size_t n);

void mock_out_bytes(mock_out *o, const void *bytes, size_t n);
void mock_out_text(mock_out *o, const char *text);

/* A JSON string. Bytes that are not UTF-8 become U+FFFD: what a client sent
 * in a file or between quotes may hold anything, an answer must not. */
void mock_out_quoted(mock_out *o, mock_str s);

/* Formats:
 *   '    a double quote, so that JSON reads well in C
 *   %Q   a mock_str as a JSON string; one with s == NULL as null
 *   %S   a mock_str as it is          %s   a const char * as it is
 *   %d   an int                       %z   a size_t
 *   %f   a double, short, always with a point or an exponent
 *   %i   a double without either
 *   %%   a percent sign               %a   an apostrophe */
void mock_outf(mock_out *o, const char *format, ...);

/* The same into a string of its own. */
mock_str mock_format(mock_arena *a, const char *format, ...);

#endif
