#include <string.h>

#include "bm25.h"
#include "embed.h"
#include "say.h"

enum { ENOUGH = 160, MOST_SENTENCES = 2000 };

/* What tells the model how to answer is no part of a document. */
static int is_instruction(mock_str s) {
  static const char *const starts[] = {
      "you are", "answer",   "use ",          "cite",      "be ",
      "do not",  "don't",    "if the",        "if you",    "reply",
      "respond", "keep ",    "only ",         "please",    "write",
      "context", "sources",  "document",      "given the", "based on",
      "say ",    "quote",    "never",         "always",    "when you",
      "your ",   "return",   "the following", "below",     "here are",
      "here is", "from the", "in one",        "in two",    "in at most"};
  size_t i;
  if (s.n < 3 || s.s[s.n - 1] == ':') return 1;
  for (i = 0; i < sizeof starts / sizeof *starts; i++)
    if (mock_str_starts(s, starts[i])) return 1;
  return 0;
}

/* Numbered sentences are the documents; without any, all that instruct
 * nobody. Returns how many characters they have. */
static size_t keep_documents(mock_sentences *all, int *numbered) {
  size_t i, kept = 0, size = 0;
  *numbered = 0;
  for (i = 0; i < all->n; i++)
    if (all->v[i].source) *numbered = 1;
  for (i = 0; i < all->n && kept < MOST_SENTENCES; i++) {
    const mock_sentence *s = &all->v[i];
    if (*numbered ? !s->source : is_instruction(s->text)) continue;
    all->v[kept++] = *s;
    size += s->text.n;
  }
  all->n = kept;
  return size;
}

static void score(mock_arena *a, const mock_sentences *all, mock_str question,
                  double *scores) {
  enum { DIM = 256 };
  mock_words query = mock_words_of(a, mock_str_sub(question, 0, 4096));
  mock_str *texts = mock_alloc_array(a, all->n, sizeof *texts);
  float q[DIM], v[DIM];
  size_t i;
  for (i = 0; i < all->n; i++)
    texts[i] = all->v[i].text;
  mock_bm25(a, texts, all->n, &query, scores);
  mock_embed(a, question, q, DIM);
  for (i = 0; i < all->n; i++) {
    mock_embed(a, texts[i], v, DIM);
    scores[i] += 2 * mock_embed_near(q, v, DIM);
  }
}

static size_t best_of(const double *scores, size_t n) {
  size_t i, best = 0;
  for (i = 1; i < n; i++)
    if (scores[i] > scores[best]) best = i;
  return best;
}

/* The best sentences, best first: those nearly as good as the first of all.
 * Returns how many. */
static size_t choose(double *scores, size_t n, size_t most, size_t *chosen) {
  size_t count;
  double least = 0;
  for (count = 0; count < most && count < n; count++) {
    size_t best = best_of(scores, n);
    if (count == 0) least = 0.6 * scores[best];
    if (scores[best] < least || scores[best] <= 0) break;
    chosen[count] = best;
    scores[best] = -1;
  }
  return count;
}

/* With a line number it is a line of a list, else it follows in the text. */
static void cite(mock_out *o, const mock_sentence *s, int numbered,
                 size_t line) {
  mock_str text = s->text;
  char last = text.s[text.n - 1];
  int ends = strchr(".!?", last) != NULL;
  if (o->n) mock_out_text(o, line ? "\n" : " ");
  if (line) mock_outf(o, "%z. ", line);
  if (ends) text.n--;
  mock_outf(o, "%S", text);
  if (numbered) mock_outf(o, " [%d]", s->source);
  mock_out_bytes(o, ends ? &last : ".", 1);
}

static int shares_word(mock_arena *a, mock_str question, mock_str text) {
  mock_words keys = mock_keywords_of(a, question);
  mock_words words = mock_words_of(a, text);
  size_t i;
  for (i = 0; i < keys.n; i++)
    if (mock_words_have(&words, keys.v[i].hash)) return 1;
  return 0;
}

static int asks_for_summary(mock_str question) {
  return mock_str_has(question, "summar") || mock_str_has(question, "tl;dr") ||
         mock_str_has(question, "main point") ||
         mock_str_has(question, "shorten");
}

/* The first sentence of each document, or the first ones of the only one. */
static size_t choose_for_summary(const mock_sentences *all, size_t most,
                                 size_t *chosen) {
  size_t i, count = 0;
  for (i = 0; i < all->n && count < most; i++)
    if (i == 0 || !all->v[i].source || all->v[i].source != all->v[i - 1].source)
      chosen[count++] = i;
  return count;
}

/* A long text in a system message may as well be about manners: only what is
 * called a document is blamed for saying nothing. */
static mock_str nothing_found(mock_arena *a, mock_str question,
                              mock_str context, int numbered) {
  mock_str none = {NULL, 0};
  if (!numbered && !mock_str_has(context, "document") &&
      !mock_str_has(context, "context") && !mock_str_has(context, "source"))
    return none;
  return mock_format(a, "The documents given say nothing about %S.",
                     mock_topic(a, question));
}

static size_t choose_any(mock_arena *a, const mock_sentences *all,
                         mock_str question, size_t most, size_t *chosen) {
  double *scores = mock_alloc_array(a, all->n, sizeof *scores);
  if (asks_for_summary(question)) return choose_for_summary(all, most, chosen);
  score(a, all, question, scores);
  if (!shares_word(a, question, all->v[best_of(scores, all->n)].text)) return 0;
  return choose(scores, all->n, most, chosen);
}

mock_str mock_say_documents(mock_arena *a, const mock_dialog *d) {
  mock_str question, context, none = {NULL, 0};
  mock_out said = {a, NULL, 0, 0};
  size_t lines, most, *chosen, i, n;
  mock_sentences all;
  int numbered;
  mock_find_question(a, d, &question, &context);
  all = mock_sentences_of(a, context);
  if (keep_documents(&all, &numbered) < (numbered ? 1 : ENOUGH)) return none;
  chosen = mock_alloc_array(a, all.n, sizeof *chosen);
  most = lines = mock_list_length(question);
  if (!most) most = mock_sentence_limit(question);
  if (!most) most = mock_sentence_limit(d->system);
  n = choose_any(a, &all, question, most ? most : 3, chosen);
  if (!n) return nothing_found(a, question, context, numbered);
  for (i = 0; i < n; i++)
    cite(&said, &all.v[chosen[i]], numbered, lines ? i + 1 : 0);
  return mock_out_str(&said);
}

mock_str mock_say_history(mock_arena *a, const mock_dialog *d) {
  mock_out said = {a, NULL, 0, 0};
  mock_str *texts = mock_alloc_array(a, d->n + 1, sizeof *texts);
  double *scores = mock_alloc_array(a, d->n + 1, sizeof *scores);
  mock_str none = {NULL, 0};
  mock_words keys = mock_keywords_of(a, d->user);
  size_t i, n = 0;
  if (!mock_str_has(d->user, "?")) return none;
  for (i = 0; i + 1 < d->n && n < 200; i++)
    if (mock_str_is(d->messages[i].role, "user") && d->messages[i].text.n)
      texts[n++] = d->messages[i].text;
  if (!n) return none;
  mock_bm25(a, texts, n, &keys, scores);
  i = best_of(scores, n);
  if (scores[i] <= 0) return none;
  mock_outf(&said, "You said: %S", mock_str_sub(texts[i], 0, 400));
  return mock_out_str(&said);
}
