#include "text.h"

#include <ctype.h>
#include <string.h>

#include "../../core/utf8.h"
#include "utf8.h"

static int is_ideograph(uint32_t c) {
  return (c >= 0x3040 && c < 0x3100) || (c >= 0x3400 && c < 0xa000) ||
         (c >= 0xf900 && c < 0xfb00);
}

static int is_word_char(uint32_t c) {
  if (c < 0x80) return isalnum((int)c) || c == '_';
  /* General punctuation, CJK punctuation, arrows and symbols are no words. */
  return c >= 0xaa && c != 0xab && c != 0xbb && c != 0xd7 && c != 0xf7 &&
         !(c >= 0x2000 && c < 0x2c00) && !(c >= 0x3000 && c < 0x3040) &&
         !(c >= 0xff00 && c < 0xff10) && c != 0xfffd;
}

static int ends(const char *s, size_t n, const char *suffix) {
  size_t k = strlen(suffix);
  return n >= k && memcmp(s + n - k, suffix, k) == 0;
}

static int has_vowel(const char *s, size_t n) {
  size_t i;
  for (i = 0; i < n; i++)
    if (strchr("aeiouy", s[i])) return 1;
  return 0;
}

static size_t drop(const char *s, size_t n, const char *suffix, size_t least) {
  size_t k = strlen(suffix);
  if (!ends(s, n, suffix) || n - k < least || !has_vowel(s, n - k)) return n;
  return n - k;
}

/* Takes endings off until words of one family agree; the result need not be a
 * word. It works on the ASCII ending only. */
static size_t stem_length(char *s, size_t n) {
  if (n > 4 && ends(s, n, "ies")) {
    s[n - 3] = 'y';
    n -= 2;
  } else if (n > 3 && s[n - 1] == 's' && !strchr("sui", s[n - 2])) {
    n--;
  }
  n = drop(s, n, "ly", 3);
  n = drop(s, n, "ation", 5);
  n = drop(s, n, "ing", 3);
  n = drop(s, n, "ed", 3);
  n = drop(s, n, "e", 3);
  n = drop(s, n, "at", 5);
  if (n > 3 && s[n - 1] == s[n - 2] && s[n - 1] > 0 && isalpha(s[n - 1])) n--;
  return n;
}

static int is_stop_word(mock_str w) {
  static const char list[] =
      " a about after all also am an and any are as at be been before but by "
      "can could did do does doing each else ever for from get got had has "
      "have having he her here him his how i if in into is it its just let me "
      "may might more most must my no nor not now of off on one only or other "
      "our out over own please she should so some such than that the their "
      "them then there these they this those through to too under until up "
      "us use very was we were what when where which while who whom whose why "
      "will with would you your yours ";
  char key[16];
  if (w.n > 10) return 0;
  key[0] = ' ';
  memcpy(key + 1, w.s, w.n);
  key[w.n + 1] = ' ';
  key[w.n + 2] = 0;
  return strstr(list, key) != NULL;
}

static mock_word make_word(mock_arena *a, mock_str source) {
  mock_word w = {source, {NULL, 0}, 0, 0};
  char *s = mock_alloc(a, source.n * 2 + 4), *end = s;
  size_t i = 0, len;
  while (i < source.n) {
    uint32_t c = mock_utf8_decode(source, i, &len);
    end = ll_utf8_put(end, mock_utf8_lower(c));
    i += len;
  }
  w.stem.s = s;
  w.stem.n = (size_t)(end - s);
  w.stop = is_stop_word(w.stem);
  if (!w.stop) w.stem.n = stem_length(s, w.stem.n);
  w.hash = mock_hash(w.stem, 0);
  return w;
}

/* The next word at or after *at; 0 at the end. */
static int next_word(mock_str text, size_t *at, mock_str *word) {
  size_t i = *at, len = 0;
  uint32_t c = 0;
  while (i < text.n && !is_word_char(c = mock_utf8_decode(text, i, &len)))
    i += len;
  if (i >= text.n) return 0;
  word->s = text.s + i;
  word->n = len;
  if (!is_ideograph(c)) {
    size_t k = i + len;
    while (k < text.n) {
      c = mock_utf8_decode(text, k, &len);
      if (!is_word_char(c) || is_ideograph(c)) break;
      k += len;
    }
    word->n = k - i;
  }
  *at = i + word->n;
  return 1;
}

mock_words mock_words_of(mock_arena *a, mock_str text) {
  mock_words words = {NULL, 0};
  mock_str source;
  size_t at = 0, count = 0;
  while (next_word(text, &at, &source))
    count++;
  words.v = mock_alloc_array(a, count + 1, sizeof *words.v);
  at = 0;
  while (next_word(text, &at, &source))
    words.v[words.n++] = make_word(a, source);
  return words;
}

int mock_words_have(const mock_words *words, uint64_t stem_hash) {
  size_t i;
  for (i = 0; i < words->n; i++)
    if (words->v[i].hash == stem_hash) return 1;
  return 0;
}

mock_words mock_keywords_of(mock_arena *a, mock_str text) {
  mock_words all = mock_words_of(a, mock_str_sub(text, 0, 16384));
  mock_words keys = {all.v, 0};
  size_t i;
  for (i = 0; i < all.n; i++)
    if (!all.v[i].stop && !mock_words_have(&keys, all.v[i].hash))
      keys.v[keys.n++] = all.v[i];
  return keys;
}

mock_str mock_next_piece(mock_str *rest) {
  size_t i = 0;
  mock_str piece;
  while (i < rest->n && isspace((unsigned char)rest->s[i]))
    i++;
  while (i < rest->n && !isspace((unsigned char)rest->s[i]))
    i++;
  while (i < rest->n && isspace((unsigned char)rest->s[i]))
    i++;
  piece = mock_str_sub(*rest, 0, i);
  *rest = mock_str_sub(*rest, i, rest->n);
  return piece;
}

size_t mock_count_tokens(mock_str text) {
  size_t count = 0;
  while (text.n) {
    mock_next_piece(&text);
    count++;
  }
  return count;
}
