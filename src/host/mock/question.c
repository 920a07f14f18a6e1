#include <string.h>

#include "say.h"
#include "text.h"

static size_t line_end(mock_str s, size_t from) {
  return mock_str_find(s, "\n", from);
}

/* Where the last line that begins with the label has its text; s.n if none. */
static size_t find_label(mock_str s, const char *label) {
  size_t at = 0, found = s.n;
  while (at < s.n) {
    size_t end = line_end(s, at), skip = at;
    while (skip < end && strchr(" \t*#>", s.s[skip]))
      skip++;
    if (mock_str_starts(mock_str_sub(s, skip, end), label))
      found = skip + strlen(label);
    at = end + 1;
  }
  return found;
}

static int labelled(mock_str text, mock_str *question, size_t *from,
                    size_t *to) {
  static const char *const labels[] = {
      "question:", "**question:**", "user question:", "query:", "q:", "task:"};
  size_t i;
  for (i = 0; i < sizeof labels / sizeof *labels; i++) {
    size_t at = find_label(text, labels[i]), end;
    if (at >= text.n) continue;
    end = mock_str_find(text, "\nanswer", at);
    if (mock_str_find(text, "\n\n", at) < end &&
        mock_str_trim(mock_str_sub(text, at, line_end(text, at))).n)
      end = mock_str_find(text, "\n\n", at);
    *question = mock_str_trim(mock_str_sub(text, at, end));
    *from = at - strlen(labels[i]);
    *to = end;
    return question->n > 0;
  }
  return 0;
}

static size_t last_paragraph(mock_str text) {
  size_t at = 0, next;
  while ((next = mock_str_find(text, "\n\n", at)) < text.n)
    at = next + 2;
  return at;
}

/* A text of one paragraph: the question is the sentence that asks. */
static void ask_in_paragraph(mock_arena *a, mock_str text, mock_str *question,
                             size_t *from, size_t *to) {
  mock_sentences all = mock_sentences_of(a, text);
  size_t i;
  *question = all.n ? all.v[0].text : text;
  for (i = all.n; i-- > 0;)
    if (all.v[i].text.s[all.v[i].text.n - 1] == '?') {
      *question = all.v[i].text;
      break;
    }
  *from = (size_t)(question->s - text.s);
  *to = *from + question->n;
}

static void ask_in_paragraphs(mock_str text, mock_str *question, size_t *from,
                              size_t *to) {
  size_t first = mock_str_find(text, "\n\n", 0), last = last_paragraph(text);
  mock_str head = mock_str_trim(mock_str_sub(text, 0, first));
  mock_str tail = mock_str_trim(mock_str_sub(text, last, text.n));
  int asks_first = head.n && strchr("?:", head.s[head.n - 1]);
  int asks_last = tail.n && tail.s[tail.n - 1] == '?';
  if (asks_last || (!asks_first && tail.n <= head.n)) {
    *question = tail;
    *from = last;
    *to = text.n;
  } else {
    *question = head;
    *from = 0;
    *to = first;
  }
}

void mock_find_question(mock_arena *a, const mock_dialog *d, mock_str *question,
                        mock_str *context) {
  enum { SHORT = 300 };
  mock_str text = mock_str_trim(d->user), before, behind;
  size_t from = 0, to = text.n;
  *question = text;
  if (!labelled(text, question, &from, &to)) {
    if (mock_str_find(text, "\n\n", 0) < text.n)
      ask_in_paragraphs(text, question, &from, &to);
    else if (text.n > SHORT || mock_str_find(text, "\n", 0) < text.n)
      ask_in_paragraph(a, text, question, &from, &to);
  }
  before = mock_str_trim(mock_str_sub(text, 0, from));
  behind = mock_str_trim(mock_str_sub(text, to, text.n));
  *context =
      mock_str_trim(mock_format(a, "%S\n%S\n%S", d->system, before, behind));
}
