#ifndef LL_NUMBER_H
#define LL_NUMBER_H

#include <stdint.h>

/* A number of JSON. */
typedef struct ll_number {
  double real;     /* its value, correctly rounded; too large is infinite */
  int64_t integer; /* its value, if is_integer */
  int is_integer;  /* written without point and exponent, and fits int64 */
} ll_number;

/* Reads the number that starts at p and returns what follows it, or NULL when
 * there is none. The host's locale has no say. */
const char *ll_number_read(const char *p, const char *end, ll_number *n);

/* Large enough for what ll_number_write writes, with its final zero. */
enum { LL_NUMBER_SIZE = 32 };

/* Writes the shortest of up to 17 digits that reads back as the same double,
 * or, for ll_number_write_float, the shortest that reads back as the same
 * float. The value is finite. Returns the length. */
int ll_number_write(char *to, double v);
int ll_number_write_float(char *to, float v);

#endif
