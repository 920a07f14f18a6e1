#ifndef MOCK_TEXT_H
#define MOCK_TEXT_H

#include "str.h"

/* One word of a text. */
typedef struct mock_word {
  mock_str source; /* as it stands in the text */
  mock_str stem;   /* lower case, endings off: "Cancelling" is "cancel" */
  uint64_t hash;   /* of the stem */
  int stop;        /* "the", "how", "please": says little about the subject */
} mock_word;

typedef struct mock_words {
  mock_word *v;
  size_t n;
} mock_words;

/* Letters and digits in any script are words; each Chinese or Japanese
 * character is one. */
mock_words mock_words_of(mock_arena *a, mock_str text);

/* Without the stop words, each stem once. */
mock_words mock_keywords_of(mock_arena *a, mock_str text);

int mock_words_have(const mock_words *words, uint64_t stem_hash);

typedef struct mock_sentence {
  mock_str text;
  int source; /* the n of the last "[n]", "n." or "Document n:" before; or 0 */
} mock_sentence;

typedef struct mock_sentences {
  mock_sentence *v;
  size_t n;
} mock_sentences;

/* Lines and the sentences in them, trimmed, none empty, marks of numbering
 * taken off. */
mock_sentences mock_sentences_of(mock_arena *a, mock_str text);

/* "[3] ", "3. ", "3) ", "Document 3: " at the start of a line: the number, and
 * *rest behind it; else 0. */
int mock_number_mark(mock_str line, mock_str *rest);

/* The text in pieces as a stream sends them: a word with the space behind it.
 * The count of pieces is also the count of tokens. */
mock_str mock_next_piece(mock_str *rest);
size_t mock_count_tokens(mock_str text);

#endif
