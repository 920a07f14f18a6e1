#include "find.h"

#include <ctype.h>
#include <string.h>

mock_finder mock_finder_of(mock_arena *a, mock_str text) {
  mock_finder f = {0};
  f.arena = a;
  f.text = mock_str_sub(text, 0, 8192);
  f.words = mock_words_of(a, f.text);
  f.keys = mock_keywords_of(a, f.text);
  return f;
}

mock_str mock_find_quoted(mock_finder *f) {
  mock_str none = {NULL, 0};
  for (; f->quote < f->text.n; f->quote++) {
    char c = f->text.s[f->quote];
    size_t from = f->quote + 1;
    const char *end;
    if (c != '"' && c != '`') continue;
    end = memchr(f->text.s + from, c, f->text.n - from);
    if (!end) continue;
    f->quote = (size_t)(end - f->text.s) + 1;
    if (end > f->text.s + from)
      return mock_str_sub(f->text, from, (size_t)(end - f->text.s));
  }
  return none;
}

static int is_number_start(mock_str s, size_t i) {
  if (!isdigit((unsigned char)s.s[i])) return 0;
  return i == 0 || !(isalnum((unsigned char)s.s[i - 1]) || s.s[i - 1] == '.');
}

int mock_find_number(mock_finder *f, double *value) {
  while (f->number < f->text.n) {
    size_t from = f->number++;
    if (!is_number_start(f->text, from)) continue;
    *value = mock_str_number(mock_str_sub(f->text, from, f->text.n), 0);
    if (from && f->text.s[from - 1] == '-' &&
        (from == 1 || isspace((unsigned char)f->text.s[from - 2])))
      *value = -*value;
    while (f->number < f->text.n &&
           isdigit((unsigned char)f->text.s[f->number]))
      f->number++;
    return 1;
  }
  return 0;
}

static int is_capital(const mock_word *w) {
  return isupper((unsigned char)w->source.s[0]) != 0;
}

/* At the start of a sentence a capital letter says nothing. */
static int starts_sentence(const mock_finder *f, size_t word) {
  const char *at = f->words.v[word].source.s;
  while (at > f->text.s && isspace((unsigned char)at[-1]))
    at--;
  return at == f->text.s || strchr(".!?:\n\"", at[-1]) != NULL;
}

static int adjacent(const mock_word *a, const mock_word *b) {
  const char *end = a->source.s + a->source.n;
  return b->source.s == end + 1 && (*end == ' ' || *end == '-');
}

static mock_str name_from(mock_finder *f, size_t first, size_t *behind) {
  size_t last = first;
  while (last + 1 < f->words.n && is_capital(&f->words.v[last + 1]) &&
         adjacent(&f->words.v[last], &f->words.v[last + 1]))
    last++;
  *behind = last + 1;
  return mock_str_sub(f->text, (size_t)(f->words.v[first].source.s - f->text.s),
                      (size_t)(f->words.v[last].source.s - f->text.s) +
                          f->words.v[last].source.n);
}

mock_str mock_find_name(mock_finder *f) {
  mock_str none = {NULL, 0};
  size_t i;
  for (i = f->name; i < f->words.n; i++) {
    const mock_word *w = &f->words.v[i];
    if (!is_capital(w) || w->stop || mock_str_is(w->source, "I")) continue;
    if (starts_sentence(f, i) && f->words.n > 2) continue;
    return name_from(f, i, &f->name);
  }
  f->name = f->words.n;
  return none;
}

mock_str mock_find_after(mock_finder *f, const char *word) {
  mock_str none = {NULL, 0};
  size_t i, behind;
  for (i = 0; i + 1 < f->words.n; i++) {
    const mock_word *next = &f->words.v[i + 1];
    if (!mock_str_like(f->words.v[i].source, word) || next->stop) continue;
    if (is_capital(next)) return name_from(f, i + 1, &behind);
    return next->source;
  }
  return none;
}

mock_str mock_find_date(const mock_finder *f) {
  static const char form[] = "dddd-dd-dd";
  mock_str none = {NULL, 0};
  size_t i, k, n = sizeof form - 1;
  for (i = 0; i + n <= f->text.n; i++) {
    for (k = 0; k < n; k++) {
      char c = f->text.s[i + k];
      if (form[k] == 'd' ? !isdigit((unsigned char)c) : c != '-') break;
    }
    if (k == n) return mock_str_sub(f->text, i, i + n);
  }
  if (mock_str_has_word(f->text, "tomorrow")) return mock_str_of("tomorrow");
  if (mock_str_has_word(f->text, "today")) return mock_str_of("today");
  return none;
}

mock_str mock_find_with(const mock_finder *f, const char *part) {
  mock_str rest = f->text, none = {NULL, 0};
  while (rest.n) {
    mock_str word = mock_str_trim(mock_next_piece(&rest));
    while (word.n && strchr(".,;!?)", word.s[word.n - 1]))
      word.n--;
    if (mock_str_has(word, part)) return word;
  }
  return none;
}

mock_str mock_find_keyword(mock_finder *f) {
  mock_str none = {NULL, 0};
  if (!f->keys.n) return none;
  return f->keys.v[f->key++ % f->keys.n].source;
}
