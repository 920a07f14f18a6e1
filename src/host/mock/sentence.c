#include <ctype.h>
#include <string.h>

#include "text.h"

static size_t digits(mock_str s, size_t at) {
  size_t i = at;
  while (i < s.n && isdigit((unsigned char)s.s[i]))
    i++;
  return i - at;
}

static int small_number(mock_str s, size_t at, size_t n) {
  return n && n <= 4 ? (int)mock_str_number(mock_str_sub(s, at, at + n), 0) : 0;
}

static size_t label_length(mock_str line) {
  static const char *const labels[] = {"document ", "doc ",     "source ",
                                       "passage ",  "chunk ",   "context ",
                                       "scene ",    "snippet ", "section "};
  size_t i;
  for (i = 0; i < sizeof labels / sizeof *labels; i++)
    if (mock_str_starts(line, labels[i])) return strlen(labels[i]);
  return 0;
}

int mock_number_mark(mock_str line, mock_str *rest) {
  size_t label = label_length(line), at = label;
  int bracket = !label && line.n && strchr("[(", line.s[0]) != NULL;
  size_t n;
  int number;
  if (bracket) at = 1;
  if (line.n > at && line.s[at] == '#') at++;
  n = digits(line, at);
  number = small_number(line, at, n);
  at += n;
  if (!number || at >= line.n) return 0;
  if (!strchr(bracket ? "])" : label ? ":.)-" : ".):", line.s[at])) return 0;
  at++;
  if (bracket && at < line.n && line.s[at] == ':') at++;
  if (at < line.n && !isspace((unsigned char)line.s[at])) return 0;
  *rest = mock_str_trim(mock_str_sub(line, at, line.n));
  return number;
}

/* "e.g. this", "3.5", "v2. " and initials do not end a sentence. */
static int is_abbreviation(mock_str s, size_t dot) {
  size_t i = dot, n;
  while (i && !isspace((unsigned char)s.s[i - 1]))
    i--;
  n = dot - i;
  if (n == 1 && isupper((unsigned char)s.s[i])) return 1;
  return mock_str_find(mock_str_sub(s, i, dot), ".", 0) < n && n <= 5;
}

static size_t sentence_end(mock_str s) {
  size_t i;
  for (i = 0; i < s.n; i++) {
    if (!strchr(".!?", s.s[i]) || !s.s[i]) continue;
    if (i + 1 < s.n && !isspace((unsigned char)s.s[i + 1])) continue;
    if (s.s[i] == '.' && is_abbreviation(s, i)) continue;
    return i + 1;
  }
  return s.n;
}

static mock_str skip_bullet(mock_str line) {
  while (line.n > 1 && strchr("-*#>", line.s[0]) && strchr("-*#> ", line.s[1]))
    line = mock_str_trim(mock_str_sub(line, 1, line.n));
  return line;
}

static void add_line(mock_sentences *list, mock_str line, int source) {
  while (line.n) {
    size_t end = sentence_end(line);
    mock_sentence *s = &list->v[list->n];
    s->text = mock_str_trim(mock_str_sub(line, 0, end));
    s->source = source;
    if (s->text.n) list->n++;
    line = mock_str_trim(mock_str_sub(line, end, line.n));
  }
}

static size_t most_sentences(mock_str text) {
  size_t i, count = 1;
  for (i = 0; i < text.n; i++)
    if (text.s[i] == '\n' || strchr(".!?", text.s[i])) count++;
  return count;
}

mock_sentences mock_sentences_of(mock_arena *a, mock_str text) {
  mock_sentences list = {NULL, 0};
  mock_str line;
  int source = 0;
  list.v = mock_alloc_array(a, most_sentences(text), sizeof *list.v);
  while (mock_str_split(&text, '\n', &line)) {
    int mark;
    line = skip_bullet(mock_str_trim(line));
    mark = mock_number_mark(line, &line);
    if (mark) source = mark;
    add_line(&list, line, source);
  }
  return list;
}
