#ifndef LL_VECTOR_H
#define LL_VECTOR_H

#include <stddef.h>

#include "status.h"

/* float32 arrays, as embeddings are. The sums are kept in several float lanes,
 * which is exact to about six digits; where the squares would leave the range
 * of a float they are made again in double. */
double ll_vector_dot(const float *a, const float *b, size_t n);
double ll_vector_norm(const float *a, size_t n);

/* The cosine of the angle between two vectors; 0 when one of them has no
 * length. ll_vector_cosine_to takes the norm of `a`, for a comparison with
 * many. */
double ll_vector_cosine(const float *a, const float *b, size_t n);
double ll_vector_cosine_to(const float *a, double norm_a, const float *b,
                           size_t n);

/* Base64 of little-endian float32, as embeddings come when asked for so.
 * ll_vector_base64_count says how many there are: LL_OK, or LL_BAD when the
 * text is not of whole floats. */
ll_status ll_vector_base64_count(const char *text, size_t len, size_t *n);
ll_status ll_vector_from_base64(float *to, size_t n, const char *text,
                                size_t len);

/* Turns floats of this machine into little-endian ones, and back. */
void ll_vector_little_endian(float *v, size_t n);

typedef struct ll_ranked {
  double score;
  size_t index;
} ll_ranked;

/* The best `size` of all that are offered, in memory of the caller. A NaN is
 * worse than any number; of equal scores the lower index is better. */
typedef struct ll_top {
  ll_ranked *best;
  size_t size, count;
} ll_top;

void ll_top_offer(ll_top *t, size_t index, double score);

/* Puts best[0 .. count) in order, the best first. Nothing may be offered after
 * it. */
void ll_top_sort(ll_top *t);

#endif
