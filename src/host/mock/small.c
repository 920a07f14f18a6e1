#include <ctype.h>
#include <math.h>
#include <string.h>

#include "say.h"
#include "text.h"

/* {==================================================================
** "Say X": the answer is X
** =================================================================== */

static mock_str unquoted(mock_str s) {
  static const char open[] = "\"'`", close[] = "\"'`";
  const char *q;
  s = mock_str_trim(s);
  q = s.n > 1 ? memchr(open, s.s[0], sizeof open - 1) : NULL;
  if (q) {
    const char *end = memchr(s.s + 1, close[q - open], s.n - 1);
    if (end) return mock_str_sub(s, 1, (size_t)(end - s.s));
  }
  if (s.n && s.s[s.n - 1] == '.') s.n--;
  return s;
}

static mock_str repeat_after(mock_str prompt) {
  static const char *const fronts[] = {"say exactly",
                                       "reply with exactly",
                                       "answer with exactly",
                                       "respond with exactly",
                                       "reply with only",
                                       "reply only with",
                                       "answer only with",
                                       "respond only with",
                                       "reply with just",
                                       "answer with just",
                                       "reply with",
                                       "respond with",
                                       "repeat after me",
                                       "repeat",
                                       "say",
                                       "echo"};
  static const char *const fillers[] = {":", "the word", "the words"};
  mock_str none = {NULL, 0};
  size_t i, k;
  if (mock_str_starts(prompt, "please "))
    prompt = mock_str_sub(prompt, 7, prompt.n);
  for (i = 0; i < sizeof fronts / sizeof *fronts; i++) {
    mock_str rest;
    if (!mock_str_starts(prompt, fronts[i])) continue;
    rest = mock_str_sub(prompt, strlen(fronts[i]), prompt.n);
    if (rest.n && !strchr(" :", rest.s[0])) continue;
    rest = mock_str_trim(rest);
    for (k = 0; k < sizeof fillers / sizeof *fillers; k++)
      if (mock_str_starts(rest, fillers[k]))
        rest = mock_str_trim(mock_str_sub(rest, strlen(fillers[k]), rest.n));
    return rest.n ? unquoted(rest) : none;
  }
  return none;
}

/* }================================================================== */

/* {==================================================================
** Sums: the first arithmetic expression of the prompt
** =================================================================== */

typedef struct sum {
  mock_str s;
  size_t at;
  int depth, operators, bad;
} sum;

static double terms(sum *x);

static char peek(sum *x) {
  while (x->at < x->s.n && x->s.s[x->at] == ' ')
    x->at++;
  return x->at < x->s.n ? x->s.s[x->at] : '\0';
}

static double factor(sum *x) {
  char c = peek(x);
  double value;
  size_t from = x->at;
  if (c == '(' && x->depth < 50) {
    x->at++;
    x->depth++;
    value = terms(x);
    x->depth--;
    if (peek(x) == ')')
      x->at++;
    else
      x->bad = 1;
    return value;
  }
  if (c == '-' && x->depth < 50) {
    x->at++;
    x->depth++;
    value = -factor(x);
    x->depth--;
    return value;
  }
  while (x->at < x->s.n && (isdigit((unsigned char)x->s.s[x->at]) ||
                            (x->s.s[x->at] == '.' && x->at + 1 < x->s.n &&
                             isdigit((unsigned char)x->s.s[x->at + 1]))))
    x->at++;
  if (x->at == from) x->bad = 1;
  return mock_str_number(mock_str_sub(x->s, from, x->at), 0);
}

static double product(sum *x) {
  double value = factor(x);
  while (!x->bad) {
    char c = peek(x);
    if (c == '*' || c == 'x') {
      x->at++;
      value *= factor(x);
    } else if (c == '/') {
      x->at++;
      value /= factor(x);
    } else {
      break;
    }
    x->operators++;
  }
  return value;
}

static double terms(sum *x) {
  double value = product(x);
  while (!x->bad && (peek(x) == '+' || peek(x) == '-')) {
    int minus = x->s.s[x->at++] == '-';
    value += minus ? -product(x) : product(x);
    x->operators++;
  }
  return value;
}

static int find_sum(mock_str prompt, mock_str *text, double *value) {
  size_t i;
  for (i = 0; i < prompt.n; i++) {
    sum x = {prompt, i, 0, 0, 0};
    char before = i ? prompt.s[i - 1] : ' ';
    if (!strchr("(-0123456789", prompt.s[i]) || !prompt.s[i]) continue;
    if (isalnum((unsigned char)before) || strchr("-./", before)) continue;
    *value = terms(&x);
    if (x.bad || !x.operators) continue;
    *text = mock_str_trim(mock_str_sub(prompt, i, x.at));
    return isfinite(*value);
  }
  return 0;
}

static mock_str say_sum(mock_arena *a, mock_str prompt) {
  mock_str text, none = {NULL, 0};
  double value;
  int asks = mock_str_has(prompt, "what") || mock_str_has(prompt, "=") ||
             mock_str_has(prompt, "calculate") ||
             mock_str_has(prompt, "compute") ||
             mock_str_has(prompt, "how much");
  if (!asks || prompt.n > 300 || !find_sum(prompt, &text, &value)) return none;
  if (value == floor(value) && fabs(value) < 1e15)
    return mock_format(a, "%S = %i", text, value);
  return mock_format(a, "%S = %f", text, value);
}

/* }================================================================== */

typedef struct talk {
  const char *hears, *says;
} talk;

static const talk talks[] = {
    {"who are you", "I am the offline mock of litelua: a gateway without a "
                    "model behind it. I answer from what a prompt tells me."},
    {"what are you", "I am the offline mock of litelua: a gateway without a "
                     "model behind it. I answer from what a prompt tells me."},
    {"your name", "I have none; the program that runs me is called litelua."},
    {"how are you", "All endpoints are well, thank you. What can I do?"},
    {"what can you do", "I embed, rerank, answer from documents, call tools, "
                        "draw and edit pictures, speak and listen, all of it "
                        "offline and the same way every time."},
    {"joke", "A stream walks into a bar. The bartender asks: are you done? It "
             "says: [DONE]."},
    {"thank", "You are welcome."},
    {"good morning", "Good morning! What can I do for you?"},
    {"good evening", "Good evening! What can I do for you?"},
    {"goodbye", "Goodbye!"},
    {"bye", "Goodbye!"},
    {"hello", "Hello! What can I do for you?"},
    {"hi", "Hello! What can I do for you?"},
    {"hey", "Hello! What can I do for you?"},
    {"ping", "pong"},
    {"test", "It works."},
};

static int is_one_line(mock_str text) {
  return text.n <= 300 && mock_str_find(text, "\n", 0) == text.n;
}

mock_str mock_say_exact(mock_arena *a, mock_str prompt) {
  mock_str text = mock_str_trim(prompt), said = {NULL, 0};
  if (!is_one_line(text)) return said;
  said = repeat_after(text);
  return said.s ? said : say_sum(a, text);
}

mock_str mock_say_talk(mock_str prompt, size_t most_words) {
  mock_str text = mock_str_trim(prompt), none = {NULL, 0};
  size_t i;
  if (!is_one_line(text) || mock_count_tokens(text) > most_words) return none;
  for (i = 0; i < sizeof talks / sizeof *talks; i++)
    if (mock_str_has_word(text, talks[i].hears))
      return mock_str_of(talks[i].says);
  return none;
}

mock_str mock_say_anything(mock_arena *a, mock_str prompt) {
  if (!mock_str_trim(prompt).n)
    return mock_str_of("You have not said anything yet.");
  return mock_format(
      a,
      "About %S: I am the offline mock gateway and know only what a prompt "
      "tells me. Put documents or earlier messages into it and I answer from "
      "them.",
      mock_topic(a, prompt));
}
