#include "vector.h"

#include <math.h>

#include "base64.h"

/* ---- sums ---- */

/* Eight sums side by side: the compiler keeps them in vector registers, and
 * each adds up so few products that a float is enough. */
enum { LANES = 8 };

static double total(const float *lane) {
  double sum = 0;
  int j;
  for (j = 0; j < LANES; j++)
    sum += (double)lane[j];
  return sum;
}

static double double_dot(const float *a, const float *b, size_t n) {
  double sum = 0;
  size_t i;
  for (i = 0; i < n; i++)
    sum += (double)a[i] * (double)b[i];
  return sum;
}

static double float_dot(const float *a, const float *b, size_t n) {
  float lane[LANES] = {0};
  size_t i, j, whole = n - n % LANES;
  for (i = 0; i < whole; i += LANES)
    for (j = 0; j < LANES; j++)
      lane[j] += a[i + j] * b[i + j];
  return total(lane) + double_dot(a + whole, b + whole, n - whole);
}

/* Whether float sums of such squares have neither overflowed nor lost what
 * counts below the smallest normal float. */
static int in_range(double square) {
  return square > 1e-20 && square < 1e30;
}

double ll_vector_dot(const float *a, const float *b, size_t n) {
  double sum = float_dot(a, b, n);
  return isfinite(sum) ? sum : double_dot(a, b, n);
}

double ll_vector_norm(const float *a, size_t n) {
  double square = float_dot(a, a, n);
  if (!in_range(square)) square = double_dot(a, a, n);
  return sqrt(square);
}

double ll_vector_cosine_to(const float *a, double norm_a, const float *b,
                           size_t n) {
  double norm_b = ll_vector_norm(b, n), norms = norm_a * norm_b, cosine;
  int exact = in_range(norm_a * norm_a) && in_range(norm_b * norm_b);
  if (norms == 0) return 0;
  cosine = (exact ? ll_vector_dot(a, b, n) : double_dot(a, b, n)) / norms;
  return cosine > 1 ? 1 : cosine < -1 ? -1 : cosine;
}

double ll_vector_cosine(const float *a, const float *b, size_t n) {
  return ll_vector_cosine_to(a, ll_vector_norm(a, n), b, n);
}

/* ---- base64 ---- */

void ll_vector_little_endian(float *v, size_t n) {
#if defined __BYTE_ORDER__ && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
  unsigned char *p = (unsigned char *)v;
  for (; n; n--, p += 4) {
    unsigned char first = p[0], second = p[1];
    p[0] = p[3];
    p[1] = p[2];
    p[2] = second;
    p[3] = first;
  }
#else
  (void)v;
  (void)n;
#endif
}

ll_status ll_vector_base64_count(const char *text, size_t len, size_t *n) {
  size_t size = ll_base64_decoded_size(text, len);
  *n = size / sizeof(float);
  return size % sizeof(float) ? LL_BAD : LL_OK;
}

ll_status ll_vector_from_base64(float *to, size_t n, const char *text,
                                size_t len) {
  if (ll_base64_decoded_size(text, len) != n * sizeof(float)) return LL_BAD;
  if (ll_base64_decode(to, text, len) != LL_OK) return LL_BAD;
  ll_vector_little_endian(to, n);
  return LL_OK;
}

/* ---- the best of many ---- */

static int better(const ll_ranked *a, const ll_ranked *b) {
  if (a->score > b->score) return 1;
  if (a->score < b->score) return 0;
  if (isnan(a->score) != isnan(b->score)) return isnan(b->score);
  return a->index < b->index;
}

static void swap(ll_ranked *a, ll_ranked *b) {
  ll_ranked t = *a;
  *a = *b;
  *b = t;
}

/* best[0 .. n) is a heap with the worst at its root. */
static void sift_down(ll_ranked *best, size_t n) {
  size_t i = 0, child;
  while ((child = 2 * i + 1) < n) {
    if (child + 1 < n && better(&best[child], &best[child + 1])) child++;
    if (!better(&best[i], &best[child])) break;
    swap(&best[i], &best[child]);
    i = child;
  }
}

static void sift_up(ll_ranked *best, size_t i) {
  while (i && better(&best[(i - 1) / 2], &best[i])) {
    swap(&best[(i - 1) / 2], &best[i]);
    i = (i - 1) / 2;
  }
}

void ll_top_offer(ll_top *t, size_t index, double score) {
  ll_ranked entry;
  entry.score = score;
  entry.index = index;
  if (t->count < t->size) {
    t->best[t->count] = entry;
    sift_up(t->best, t->count++);
  } else if (t->size && better(&entry, &t->best[0])) {
    t->best[0] = entry;
    sift_down(t->best, t->size);
  }
}

void ll_top_sort(ll_top *t) {
  size_t n;
  for (n = t->count; n > 1; n--) {
    swap(&t->best[0], &t->best[n - 1]);
    sift_down(t->best, n - 1);
  }
}
