#include <ctype.h>
#include <string.h>

#include "say.h"
#include "text.h"

enum { MOST_LINES = 50 };

#define LIST(list) list, sizeof list / sizeof *list

static int any(int (*test)(mock_str text, const char *word), mock_str text,
               const char *const *words, size_t n) {
  size_t i;
  for (i = 0; i < n; i++)
    if (test(text, words[i])) return 1;
  return 0;
}

/* {==================================================================
** What is asked for
** =================================================================== */

static size_t number_of(mock_str word) {
  static const char *const names[] = {"one",  "two", "three",  "four",
                                      "five", "six", "seven",  "eight",
                                      "nine", "ten", "eleven", "twelve"};
  size_t i;
  if (isdigit((unsigned char)word.s[0])) {
    double n = mock_str_number(word, 0);
    return n >= 1 && n <= MOST_LINES ? (size_t)n : 0;
  }
  for (i = 0; i < sizeof names / sizeof *names; i++)
    if (mock_str_like(word, names[i])) return i + 1;
  return 0;
}

static int is_list_noun(mock_str word) {
  static const char *const nouns[] = {
      "scenes",   "lines",  "ideas",   "items",    "names",     "questions",
      "steps",    "titles", "facts",   "tips",     "reasons",   "points",
      "shots",    "panels", "frames",  "examples", "headlines", "bullets",
      "prompts",  "things", "verses",  "captions", "pictures",  "chapters",
      "headings", "tasks",  "slogans", "keywords", "images",    "options",
      "topics",   "uses",   "ways",    "bullet",   "beats",     "moments"};
  return any(mock_str_like, word, LIST(nouns));
}

static int asks_to_make(mock_str prompt) {
  static const char *const verbs[] = {
      "write",   "list",    "give",    "name",   "suggest",  "generate",
      "create",  "draft",   "make",    "invent", "propose",  "describe",
      "plan",    "outline", "produce", "return", "think of", "brainstorm",
      "come up", "tell",    "split",   "break",  "need",     "imagine"};
  return any(mock_str_has_word, prompt, LIST(verbs));
}

static int is_sentence(mock_str word) {
  return mock_str_like(word, "sentence") || mock_str_like(word, "sentences");
}

/* The number that stands at most five words before a word of that kind. */
static size_t number_before(mock_str prompt, int (*is_kind)(mock_str word)) {
  mock_arena a = {NULL};
  mock_words words = mock_words_of(&a, mock_str_sub(prompt, 0, 2000));
  size_t i, k, count = 0;
  for (i = 0; i < words.n && !count; i++) {
    size_t n = number_of(words.v[i].source);
    for (k = i + 1; n && !count && k < words.n && k <= i + 5; k++)
      if (is_kind(words.v[k].source)) count = n;
  }
  mock_arena_free(&a);
  return count;
}

size_t mock_list_length(mock_str prompt) {
  if (!asks_to_make(mock_str_sub(prompt, 0, 2000))) return 0;
  return number_before(prompt, is_list_noun);
}

size_t mock_sentence_limit(mock_str prompt) {
  return number_before(prompt, is_sentence);
}

static size_t topic_start(mock_str prompt) {
  static const char *const fronts[] = {
      " about ", " on the subject of ", " titled ", " named ", " for ", " of "};
  size_t i, at;
  for (i = 0; i < sizeof fronts / sizeof *fronts; i++) {
    at = mock_str_find(prompt, fronts[i], 0);
    if (at < prompt.n) return at + strlen(fronts[i]);
  }
  return prompt.n;
}

static int asks_only(mock_str stem) {
  static const char *const words[] = {
      "write",   "writ",   "list",    "giv",   "mak",    "creat",
      "describ", "tel",    "explain", "what",  "short",  "brief",
      "picture", "pictur", "story",   "scen",  "lin",    "ide",
      "answer",  "need",   "generat", "gener", "sentenc"};
  return any(mock_str_is, stem, LIST(words));
}

static mock_str joined_keywords(mock_arena *a, mock_str prompt) {
  mock_words keys = mock_keywords_of(a, prompt);
  mock_out all = {a, NULL, 0, 0};
  const char *end = NULL; /* of the word before */
  size_t i, count = 0;
  for (i = 0; i < keys.n && count < 4; i++) {
    const mock_word *w = &keys.v[i];
    if (asks_only(w->stem) || number_of(w->source) || is_list_noun(w->source))
      continue;
    mock_outf(&all, "%s%S",
              !count                   ? ""
              : w->source.s == end + 1 ? " "
                                       : ", ",
              w->source);
    end = w->source.s + w->source.n;
    count++;
  }
  return count ? mock_out_str(&all) : mock_str_of("that");
}

/* The words behind "about", to the end of their clause; else keywords. */
mock_str mock_topic(mock_arena *a, mock_str prompt) {
  mock_str head = mock_str_sub(prompt, 0, 2000), topic;
  size_t from = topic_start(head), to = from;
  while (to < head.n && !strchr("\n?!;:", head.s[to]) &&
         !(strchr(".,", head.s[to]) &&
           (to + 1 >= head.n || isspace((unsigned char)head.s[to + 1]))))
    to++;
  topic = mock_str_trim(mock_str_sub(head, from, to));
  if (mock_str_starts(topic, "\"") && topic.n > 2)
    topic = mock_str_sub(topic, 1, topic.n - (topic.s[topic.n - 1] == '"'));
  if (topic.n > 1 && topic.n <= 120) return topic;
  return joined_keywords(a, head);
}

/* }================================================================== */

static const char *const scenes[] = {
    "Dawn over %S, a pale pink sky and the first golden sun.",
    "%S close by, warm orange light, long blue shadows on green hills.",
    "A storm gathers around %S: grey clouds, wind and a dark sea.",
    "Night falls on %S, a white moon and many stars over the mountains.",
    "%S the morning after, clear blue water and a small red boat.",
    "A last look back at %S, purple evening sky, the lights of a city.",
};

static const char *const sentences[] = {
    "It begins with %S, quietly, on an ordinary day.",
    "Nobody had thought much about %S before the rain came.",
    "Then something changed, and %S could not stay as it was.",
    "There was a plan, and there was %S, and the two did not agree.",
    "In the end %S turned out to be simpler than it had looked.",
    "What remains of %S is a good story and a clear sky.",
};

static const char *const steps[] = {
    "Write down what you know about %S.",
    "Find out what is missing from %S.",
    "Try the smallest part of %S first.",
    "Measure what that changed about %S.",
    "Do the rest of %S, one part after the other.",
    "Tell others what you learned about %S.",
};

static const char *const questions[] = {
    "What is the first thing to know about %S?",
    "Who needs %S, and when?",
    "What would change without %S?",
    "How can one tell that %S works?",
    "What does %S cost?",
    "Where does %S end?",
};

static const char *const others[] = {
    "The beginning of %S",  "%S, seen from the other side",
    "A small guide to %S",  "%S in numbers",
    "What %S leaves out",   "The day after %S",
    "%S for the impatient", "Two views of %S",
};

typedef struct kind {
  const char *word;
  const char *const *lines;
  size_t n;
} kind;

static const kind *kind_of(mock_str prompt) {
  static const kind kinds[] = {
      {"scene", LIST(scenes)},       {"shot", LIST(scenes)},
      {"panel", LIST(scenes)},       {"frame", LIST(scenes)},
      {"picture", LIST(scenes)},     {"step", LIST(steps)},
      {"task", LIST(steps)},         {"tip", LIST(steps)},
      {"question", LIST(questions)}, {"sentence", LIST(sentences)},
      {"line", LIST(sentences)},     {"verse", LIST(sentences)},
      {"fact", LIST(sentences)},     {"", LIST(others)},
  };
  size_t i = 0;
  while (*kinds[i].word && !mock_str_has(prompt, kinds[i].word))
    i++;
  return &kinds[i];
}

static mock_str capital(mock_arena *a, mock_str line) {
  mock_str copy = mock_str_copy(a, line);
  char first = (char)toupper((unsigned char)line.s[0]);
  return mock_format(a, "%S%S", (mock_str){&first, 1},
                     mock_str_sub(copy, 1, copy.n));
}

static mock_str line_of(mock_arena *a, const kind *k, mock_str topic,
                        size_t i) {
  mock_str line = mock_format(a, k->lines[i % k->n], topic);
  line = capital(a, line);
  return i < k->n ? line : mock_format(a, "%S (%z)", line, i / k->n + 1);
}

mock_str mock_list_line(mock_arena *a, mock_str prompt, size_t i) {
  mock_str head = mock_str_sub(prompt, 0, 2000);
  return line_of(a, kind_of(head), mock_topic(a, head), i);
}

mock_str mock_say_list(mock_arena *a, mock_str prompt, size_t shift) {
  mock_out said = {a, NULL, 0, 0};
  mock_str none = {NULL, 0}, head = mock_str_sub(prompt, 0, 2000);
  size_t i, n = mock_list_length(prompt);
  int bare = mock_str_has(head, "no number") ||
             mock_str_has(head, "without number") ||
             mock_str_has(head, "not number");
  if (!n) return none;
  for (i = 0; i < n; i++) {
    if (i) mock_out_text(&said, "\n");
    if (!bare) mock_outf(&said, "%z. ", i + 1);
    mock_outf(&said, "%S", mock_list_line(a, head, i + shift));
  }
  return mock_out_str(&said);
}

static int asks_for_prose(mock_str prompt) {
  static const char *const nouns[] = {
      "story", "poem", "haiku", "paragraph", "essay",     "tale",  "letter",
      "song",  "text", "post",  "limerick",  "sentences", "email", "sentence"};
  if (!asks_to_make(prompt)) return 0;
  return any(mock_str_has_word, prompt, LIST(nouns));
}

mock_str mock_say_prose(mock_arena *a, mock_str prompt, size_t shift) {
  static const kind prose = {"", LIST(sentences)};
  mock_out said = {a, NULL, 0, 0};
  mock_str none = {NULL, 0}, head = mock_str_sub(prompt, 0, 2000);
  int haiku = mock_str_has(head, "haiku");
  size_t i, n = mock_sentence_limit(head);
  if (!asks_for_prose(head)) return none;
  if (haiku) n = 3;
  if (!n) n = 5;
  for (i = 0; i < n; i++)
    mock_outf(&said, "%s%S",
              !i      ? ""
              : haiku ? "\n"
                      : " ",
              line_of(a, &prose, mock_topic(a, head), (i + shift) % prose.n));
  return mock_out_str(&said);
}
