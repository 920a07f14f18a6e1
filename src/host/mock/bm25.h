#ifndef MOCK_BM25_H
#define MOCK_BM25_H

#include "text.h"

/* Okapi BM25: scores[i] says how well docs[i] answers the query, >= 0. Stop
 * words of the query count a tenth. */
void mock_bm25(mock_arena *a, const mock_str *docs, size_t n,
               const mock_words *query, double *scores);

#endif
