#ifndef MOCK_EMBED_H
#define MOCK_EMBED_H

#include "str.h"

enum { MOCK_EMBED_DEFAULT = 256, MOCK_EMBED_MAX = 4096 };

/* A unit vector of dim components in which texts with words, word pairs and
 * parts of words in common are near. */
void mock_embed(mock_arena *a, mock_str text, float *v, size_t dim);

/* The cosine of two unit vectors. */
double mock_embed_near(const float *v, const float *w, size_t dim);

#endif
