#include "bm25.h"

#include <math.h>

static const double K1 = 1.2, B = 0.75;

typedef struct corpus {
  mock_words *docs;
  double *frequency; /* of one word in each document */
  size_t n;
  double mean_length;
} corpus;

static corpus make_corpus(mock_arena *a, const mock_str *docs, size_t n) {
  corpus x = {NULL, NULL, n, 1};
  size_t i, total = 0;
  x.docs = mock_alloc_array(a, n + 1, sizeof *x.docs);
  x.frequency = mock_alloc_array(a, n + 1, sizeof *x.frequency);
  for (i = 0; i < n; i++) {
    x.docs[i] = mock_words_of(a, docs[i]);
    total += x.docs[i].n;
  }
  if (total) x.mean_length = (double)total / (double)n;
  return x;
}

static size_t count_word(corpus *x, uint64_t hash) {
  size_t i, k, with = 0;
  for (i = 0; i < x->n; i++) {
    size_t count = 0;
    for (k = 0; k < x->docs[i].n; k++)
      count += x->docs[i].v[k].hash == hash;
    x->frequency[i] = (double)count;
    with += count > 0;
  }
  return with;
}

static void add_word(corpus *x, const mock_word *word, double *scores) {
  double with = (double)count_word(x, word->hash);
  double rarity = log(1 + ((double)x->n - with + 0.5) / (with + 0.5));
  size_t i;
  if (word->stop) rarity *= 0.1;
  for (i = 0; i < x->n; i++) {
    double f = x->frequency[i];
    double length = 1 - B + B * (double)x->docs[i].n / x->mean_length;
    scores[i] += rarity * f * (K1 + 1) / (f + K1 * length);
  }
}

void mock_bm25(mock_arena *a, const mock_str *docs, size_t n,
               const mock_words *query, double *scores) {
  corpus x = make_corpus(a, docs, n);
  size_t i;
  for (i = 0; i < n; i++)
    scores[i] = 0;
  for (i = 0; i < query->n; i++)
    add_word(&x, &query->v[i], scores);
}
