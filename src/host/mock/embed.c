#include "embed.h"

#include <math.h>

#include "text.h"

/* Features are hashed into the components, each with a sign of its own, so
 * that collisions cancel instead of adding up. */
static void add(float *v, size_t dim, uint64_t hash, double weight) {
  uint64_t bucket = (hash >> 8) % dim;
  v[bucket] += (float)(hash & 1 ? weight : -weight);
}

static void add_parts(float *v, size_t dim, mock_str stem, double weight) {
  enum { PART = 4 };
  size_t i, count = stem.n > PART ? stem.n - PART + 1 : 0;
  for (i = 0; i < count; i++)
    add(v, dim, mock_hash(mock_str_sub(stem, i, i + PART), 2),
        weight / sqrt((double)count));
}

static double weight_of(const mock_words *words, size_t i) {
  size_t k, count = 0;
  for (k = 0; k <= i; k++)
    count += words->v[k].hash == words->v[i].hash;
  /* The differences of log(1 + n): the sum over a word is its log tf. */
  return (words->v[i].stop ? 0.08 : 1) *
         (log((double)count + 1) - log((double)count)) / log(2);
}

static void add_word(float *v, size_t dim, const mock_words *words, size_t i) {
  const mock_word *w = &words->v[i];
  double weight = weight_of(words, i);
  add(v, dim, w->hash, weight);
  add_parts(v, dim, w->stem, 0.5 * weight);
  if (i > 0 && !w->stop && !words->v[i - 1].stop)
    add(v, dim, w->hash ^ (words->v[i - 1].hash * 3), 0.4 * weight);
}

static void normalise(float *v, size_t dim) {
  double sum = 0;
  size_t i;
  for (i = 0; i < dim; i++)
    sum += (double)v[i] * v[i];
  if (sum == 0) {
    v[0] = 1; /* a text without words still has a direction */
    return;
  }
  for (i = 0; i < dim; i++)
    v[i] = (float)(v[i] / sqrt(sum));
}

void mock_embed(mock_arena *a, mock_str text, float *v, size_t dim) {
  mock_words words = mock_words_of(a, mock_str_sub(text, 0, 32768));
  size_t i;
  for (i = 0; i < dim; i++)
    v[i] = 0;
  for (i = 0; i < words.n; i++)
    add_word(v, dim, &words, i);
  normalise(v, dim);
}

double mock_embed_near(const float *v, const float *w, size_t dim) {
  double sum = 0;
  size_t i;
  for (i = 0; i < dim; i++)
    sum += (double)v[i] * w[i];
  return sum;
}
