/* Numbers: every route of the reader against strtod of the C locale, which is
 * correctly rounded, and the writer against the reader. */
#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "number.h"

static int passed, failed;

static void check(int ok, const char *what, const char *text) {
  if (ok) {
    passed++;
    return;
  }
  failed++;
  printf("FAILED: %s: %s\n", what, text);
}

static int same(double a, double b) {
  return memcmp(&a, &b, sizeof a) == 0;
}

static void agrees(const char *text) {
  ll_number n = {0, 0, 0};
  size_t len = strlen(text);
  const char *after = ll_number_read(text, text + len, &n);
  check(after == text + len, "is read to its end", text);
  if (n.is_integer) {
    check(n.integer == strtoll(text, NULL, 10), "integer", text);
    check(n.real == strtod(text, NULL), "value of the integer", text);
  } else {
    check(same(n.real, strtod(text, NULL)), "value", text);
  }
}

static void kinds(void) {
  static const struct {
    const char *text;
    int is_integer;
  } cases[] = {{"0", 1},
               {"-0", 1},
               {"7", 1},
               {"-7", 1},
               {"9007199254740993", 1},
               {"9223372036854775807", 1},
               {"-9223372036854775808", 1},
               {"9223372036854775808", 0},
               {"-9223372036854775809", 0},
               {"9999999999999999999", 0},
               {"18446744073709551616", 0},
               {"18446744073709551617", 0},
               {"100000000000000000000", 0},
               {"1.0", 0},
               {"1e2", 0},
               {"-0.0", 0},
               {"0e0", 0}};
  size_t i;
  for (i = 0; i < sizeof cases / sizeof *cases; i++) {
    const char *text = cases[i].text;
    ll_number n = {0, 0, 0};
    ll_number_read(text, text + strlen(text), &n);
    check(n.is_integer == cases[i].is_integer, "integer or not", text);
    agrees(text);
  }
}

static void where_it_stops(void) {
  static const struct {
    const char *text;
    int length; /* -1: no number */
  } cases[] = {{"1,", 1},    {"01", 1},        {"-", -1},         {"", -1},
               {"+1", -1},   {".5", -1},       {"1.", -1},        {"1.e5", -1},
               {"1e", -1},   {"1e+", -1},      {"1e-x", -1},      {"-a", -1},
               {"1.5.5", 3}, {"1e5e5", 3},     {"1E+05", 5},      {"0x10", 1},
               {"1_0", 1},   {"12345678:", 8}, {"1.2345678e", -1}};
  size_t i;
  for (i = 0; i < sizeof cases / sizeof *cases; i++) {
    const char *text = cases[i].text;
    ll_number n;
    const char *after = ll_number_read(text, text + strlen(text), &n);
    int length = after ? (int)(after - text) : -1;
    check(length == cases[i].length, "length", text);
  }
}

/* Never past the end, wherever it is. */
static void every_prefix(void) {
  const char *text = "-1234567890.0123456789e-12";
  size_t len = strlen(text), i;
  for (i = 1; i <= len; i++) {
    char *copy = malloc(i);
    ll_number n;
    const char *after;
    int complete = i >= 2 && strchr("0123456789", text[i - 1]) != NULL;
    if (!copy) abort();
    memcpy(copy, text, i);
    after = ll_number_read(copy, copy + i, &n);
    check(after == (complete ? copy + i : NULL), "prefix", text);
    free(copy);
  }
}

static void corners(void) {
  static const char *const cases[] = {
      "0.1",
      "-0.1",
      "1e22",
      "1e23",
      "-1e23",
      "9007199254740992e22",
      "9007199254740993e0",
      "9007199254740993.0",
      "9007199254740995e-1",
      "4.35",
      "0.3",
      "1e-5",
      "123456789012345678e-27",
      "123456789012345678e-28",
      "9999999999999999999e-19",
      "1.7976931348623157e308",
      "1.7976931348623158e308",
      "1.7976931348623159e308",
      "1e308",
      "1e309",
      "-1e400",
      "1e99999999999999999999",
      "1e-99999999999999999999",
      "0e99999999999999999999",
      "0.00000000000000000000000000000000000000000000000000000000000001e70",
      "4.9e-324",
      "2.4e-324",
      "2.5e-324",
      "2.2250738585072014e-308",
      "2.2250738585072011e-308",
      "5e-324",
      "0.500000000000000166533453693773481063544750213623046875",
      "0.500000000000000166533453693773481063544750213623046874",
      "0.500000000000000166533453693773481063544750213623046876",
      "3.518437208883201171875e13",
      "62.5364939768271845828",
      "8.10109172351e-10",
      "1.50000000000000011102230246251565404",
      "10000000000000000000000000000000000000000e-40",
      "0.0000000000000000000000000000000000000000"};
  size_t i;
  for (i = 0; i < sizeof cases / sizeof *cases; i++)
    agrees(cases[i]);
}

/* More digits than are kept: one that is not zero, far behind, decides between
 * "exactly half" and "more than half". */
static void very_long(void) {
  static char text[5000];
  int n = sprintf(text, "9007199254740993"), i;
  for (i = 0; i < 3000; i++)
    text[n++] = i == 3 ? '.' : '0';
  text[n] = '\0';
  agrees(text);
  text[n++] = '1';
  text[n] = '\0';
  agrees(text);
  strcpy(text + n, "e-300");
  agrees(text);
  memset(text, '9', 4000);
  strcpy(text + 4000, "e-4100");
  agrees(text);
  text[1] = '.';
  strcpy(text + 4000, "e+300");
  agrees(text);
}

static unsigned long long random_bits(void) {
  static unsigned long long x = 88172645463325252ULL;
  x ^= x << 13;
  x ^= x >> 7;
  return x ^= x << 17;
}

static void at_random(void) {
  char text[64];
  int i;
  for (i = 0; i < 100000; i++) {
    unsigned long long bits = random_bits();
    int digits = (int)(random_bits() % 17) + 1;
    double v;
    memcpy(&v, &bits, sizeof v);
    if (!isfinite(v)) continue;
    sprintf(text, "%.*g", digits, v);
    agrees(text);
    sprintf(text, "%.*g", digits, (double)bits / 1.8446744073709552e19);
    agrees(text);
    sprintf(text, "%llue%d", bits >> (bits & 63),
            (int)(random_bits() % 64) - 32);
    agrees(text);
  }
}

/* ---- writing ---- */

static void writes(double v, const char *expected) {
  char text[LL_NUMBER_SIZE];
  int len = ll_number_write(text, v);
  check((size_t)len == strlen(text), "length", text);
  check(strcmp(text, expected) == 0, expected, text);
}

static void short_texts(void) {
  writes(0.1, "0.1");
  writes(0.7, "0.7");
  writes(1.0 / 3, "0.3333333333333333");
  writes(0.1 + 0.2, "0.30000000000000004");
  writes(1e100, "1e+100");
  writes(-2.5, "-2.5");
  writes(5e-324, "4.94065645841247e-324");
  writes(1.7976931348623157e308, "1.7976931348623157e+308");
  writes(9007199254740992.0, "9007199254740992");
}

static void round_trips(void) {
  char text[LL_NUMBER_SIZE];
  int i;
  for (i = 0; i < 20000; i++) {
    unsigned long long bits = random_bits();
    double v;
    float f;
    memcpy(&v, &bits, sizeof v);
    memcpy(&f, &bits, sizeof f);
    if (!isfinite(v) || !isfinite(f)) continue;
    ll_number_write(text, v);
    check(same(strtod(text, NULL), v), "reads back", text);
    ll_number_write_float(text, f);
    check(strlen(text) <= 15 && (float)strtod(text, NULL) == f,
          "reads back as a float", text);
  }
}

/* A host may have set a locale that writes 0,5. */
static void locale(void) {
  static const char *const names[] = {"de_DE.UTF-8", "fr_FR.UTF-8", "de_DE"};
  char text[LL_NUMBER_SIZE];
  ll_number n = {0, 0, 0};
  const char *hard = "0.500000000000000166533453693773481063544750213623046875";
  size_t i;
  for (i = 0; i < sizeof names / sizeof *names; i++)
    if (setlocale(LC_NUMERIC, names[i])) break;
  if (*localeconv()->decimal_point == '.') {
    printf("skipped: no locale with a decimal comma is installed\n");
    return;
  }
  ll_number_read(hard, hard + strlen(hard), &n);
  check(n.real > 0.5 && n.real < 0.6, "reads in another locale", hard);
  ll_number_write(text, 0.1);
  check(strcmp(text, "0.1") == 0, "writes in another locale", text);
  setlocale(LC_NUMERIC, "C");
}

int main(void) {
  kinds();
  where_it_stops();
  every_prefix();
  corners();
  very_long();
  at_random();
  short_texts();
  round_trips();
  locale();
  printf("%d passed, %d failed\n", passed, failed);
  return failed != 0;
}
