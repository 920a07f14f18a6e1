/* Vectors: sums beside sums in double, base64, and the best of many beside a
 * sort of them all. */
#include "vector.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "base64.h"
#include "check.h"

static unsigned long random_state = 1;

static unsigned random_below(unsigned n) {
  random_state = random_state * 6364136223846793005UL + 1442695040888963407UL;
  return (unsigned)(random_state >> 33) % n;
}

/* Of exactly n floats, so that a sanitizer sees what is read beyond them. */
static float *random_floats(size_t n) {
  float *v = malloc(n ? n * sizeof *v : 1);
  size_t i;
  if (!v) abort();
  for (i = 0; i < n; i++)
    v[i] = (float)random_below(20001) / 10000 - 1;
  return v;
}

static int near(double a, double b, double tolerance) {
  return fabs(a - b) <= tolerance;
}

static double plain_dot(const float *a, const float *b, size_t n) {
  double sum = 0;
  while (n--)
    sum += (double)*a++ * (double)*b++;
  return sum;
}

static void test_sums(void) {
  size_t n;
  for (n = 0; n < 3100; n = n < 40 ? n + 1 : n * 2 + 1) {
    float *a = random_floats(n), *b = random_floats(n);
    double dot = plain_dot(a, b, n);
    double norms = sqrt(plain_dot(a, a, n)) * sqrt(plain_dot(b, b, n));
    CHECK(near(ll_vector_dot(a, b, n), dot, 1e-4));
    CHECK(near(ll_vector_norm(a, n), sqrt(plain_dot(a, a, n)), 1e-4));
    CHECK(near(ll_vector_cosine(a, b, n), norms > 0 ? dot / norms : 0, 1e-6));
    free(a);
    free(b);
  }
}

/* Ten components: eight in the float lanes and two behind them. */
enum { TEN = 10 };

static const float *all(float *v, float x) {
  int i;
  for (i = 0; i < TEN; i++)
    v[i] = x;
  return v;
}

static void test_squares_beyond_a_float(void) {
  float a[TEN], b[TEN];
  const float *big = all(a, FLT_MAX), *small = all(b, 1e-30f);
  CHECK(near(ll_vector_norm(big, TEN) / FLT_MAX, sqrt(TEN), 1e-6));
  CHECK(near(ll_vector_norm(small, TEN) / 1e-30, sqrt(TEN), 1e-6));
  CHECK(near(ll_vector_dot(big, big, TEN) / FLT_MAX / FLT_MAX, TEN, 1e-6));
  CHECK(near(ll_vector_cosine(big, small, TEN), 1, 1e-6));
  CHECK(near(ll_vector_cosine(small, small, TEN), 1, 1e-6));
  b[0] = -1e-30f;
  CHECK(near(ll_vector_cosine(big, small, TEN), 0.8, 1e-6));
}

static void test_no_length_and_no_number(void) {
  float a[TEN], b[TEN];
  const float *none = all(a, 0), *one = all(b, 1);
  CHECK(ll_vector_cosine(none, one, TEN) == 0);
  CHECK(ll_vector_cosine(one, none, TEN) == 0);
  CHECK(ll_vector_cosine(none, none, TEN) == 0);
  CHECK(ll_vector_cosine(one, one, 0) == 0);
  a[3] = NAN;
  CHECK(isnan(ll_vector_cosine(none, one, TEN)));
  CHECK(isnan(ll_vector_dot(none, one, TEN)));
}

/* Rounding must not give 1.0000001, whose arc cosine does not exist. */
static void test_cosine_stays_within_one(void) {
  int i, within = 1;
  for (i = 0; i < 2000; i++) {
    float *a = random_floats(17), b[17];
    size_t j;
    for (j = 0; j < 17; j++)
      b[j] = a[j] * (i % 2 ? 3.3f : -3.3f);
    within = within && fabs(ll_vector_cosine(a, b, 17)) <= 1;
    free(a);
  }
  CHECK(within);
}

static void test_base64(void) {
  static const char text[] = "AACAPwAAAMAAAAA/";
  float v[3];
  size_t n;
  CHECK(ll_vector_base64_count(text, 16, &n) == LL_OK && n == 3);
  CHECK(ll_vector_from_base64(v, 3, text, 16) == LL_OK);
  CHECK(v[0] == 1 && v[1] == -2 && v[2] == 0.5f);
  CHECK(ll_vector_base64_count("AACAPw==", 8, &n) == LL_OK && n == 1);
  CHECK(ll_vector_base64_count("", 0, &n) == LL_OK && n == 0);
  CHECK(ll_vector_base64_count("AACA", 4, &n) == LL_BAD);
  CHECK(ll_vector_from_base64(v, 2, text, 16) == LL_BAD);
  CHECK(ll_vector_from_base64(v, 3, "AACAPwAAAMAAAA*/", 16) == LL_BAD);
}

/* ---- the best of many ---- */

static double scores[300];

static int by_score(const void *a, const void *b) {
  size_t i = *(const size_t *)a, j = *(const size_t *)b;
  double x = scores[i], y = scores[j];
  if (isnan(x) != isnan(y)) return isnan(x) ? 1 : -1;
  if (x > y) return -1;
  if (x < y) return 1;
  return i < j ? -1 : i > j;
}

static int top_agrees(size_t n, size_t k) {
  size_t order[300], i;
  ll_ranked best[301];
  ll_top top = {NULL, 0, 0};
  int same = 1;
  top.best = best;
  top.size = k;
  best[k].index = 12345; /* nothing is written behind the end */
  for (i = 0; i < n; i++) {
    order[i] = i;
    scores[i] = random_below(20) ? (double)random_below(50) : (double)NAN;
    ll_top_offer(&top, i, scores[i]);
  }
  ll_top_sort(&top);
  qsort(order, n, sizeof *order, by_score);
  for (i = 0; i < top.count; i++)
    same = same && best[i].index == order[i];
  return same && top.count == (n < k ? n : k) && best[k].index == 12345;
}

static void test_top(void) {
  int i, agree = 1;
  for (i = 0; i < 3000 && agree; i++)
    agree = top_agrees(random_below(300), random_below(i % 2 ? 10 : 300));
  CHECK(agree);
  CHECK(top_agrees(0, 0) && top_agrees(10, 0) && top_agrees(0, 10));
}

int main(void) {
  test_sums();
  test_squares_beyond_a_float();
  test_no_length_and_no_number();
  test_cosine_stays_within_one();
  test_base64();
  test_top();
  return report();
}
