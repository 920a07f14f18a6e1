#include "request.h"

typedef struct category {
  const char *name;
  const char *words[8];
} category;

static const category categories[] = {
    {"harassment", {"idiot", "stupid", "loser", "moron", NULL}},
    {"harassment/threatening", {"i will hurt you", "hurt you", NULL}},
    {"hate", {"hate them all", "subhuman", "inferior race", NULL}},
    {"hate/threatening", {"exterminate them", NULL}},
    {"illicit", {"steal", "forge", "smuggle", "hack into", NULL}},
    {"illicit/violent", {"build a bomb", "make a bomb", NULL}},
    {"self-harm", {"suicide", "self-harm", "hurt myself", NULL}},
    {"self-harm/intent", {"kill myself", "end my life", NULL}},
    {"self-harm/instructions", {"how to kill myself", NULL}},
    {"sexual", {"porn", "nude", "explicit sex", NULL}},
    {"sexual/minors", {NULL}},
    {"violence", {"kill", "murder", "shoot", "stab", "attack", "bomb", NULL}},
    {"violence/graphic", {"gore", "dismember", "bloodbath", NULL}},
};

enum { CATEGORIES = sizeof categories / sizeof *categories };

static int count_hits(const category *c, mock_str text) {
  int i, hits = 0;
  for (i = 0; c->words[i]; i++)
    hits += mock_str_has_word(text, c->words[i]);
  return hits;
}

/* "I will kill the process" is about a computer. */
static int is_technical(mock_str text) {
  return mock_str_has_word(text, "process") ||
         mock_str_has_word(text, "server") || mock_str_has_word(text, "thread");
}

static void write_result(mock_out *o, mock_str text) {
  double scores[CATEGORIES];
  int i, flagged = 0, technical;
  text = mock_str_sub(text, 0, 65536);
  technical = is_technical(text);
  for (i = 0; i < CATEGORIES; i++) {
    int hits = technical ? 0 : count_hits(&categories[i], text);
    /* What is not flagged is not quite nothing either. */
    double least = (double)(mock_hash(text, (uint64_t)i) % 1000) / 1e6;
    scores[i] = hits ? 1 - 0.3 / (hits + 1) + least : least;
    flagged |= hits > 0;
  }
  mock_outf(o, "{'flagged':%s,'categories':{", flagged ? "true" : "false");
  for (i = 0; i < CATEGORIES; i++)
    mock_outf(o, "%s'%s':%s", i ? "," : "", categories[i].name,
              scores[i] > 0.5 ? "true" : "false");
  mock_out_text(o, "},\"category_scores\":{");
  for (i = 0; i < CATEGORIES; i++)
    mock_outf(o, "%s'%s':%f", i ? "," : "", categories[i].name, scores[i]);
  mock_out_text(o, "},\"category_applied_input_types\":{");
  for (i = 0; i < CATEGORIES; i++)
    mock_outf(o, "%s'%s':['text']", i ? "," : "", categories[i].name);
  mock_out_text(o, "}}");
}

static mock_str input_text(const mock_value *input) {
  mock_str text = mock_text_of(input);
  if (!text.s) text = mock_text(input, "text");
  return text.s ? text : mock_str_of("");
}

void mock_moderations(mock_request *r) {
  const mock_value *input = mock_get(r->json, "input"), *m;
  mock_out *o;
  if (!input) {
    mock_fail(r, 400, "invalid_request_error", "input",
              mock_str_of("/moderations: Missing required parameter: "
                          "'input'."));
    return;
  }
  o = mock_answer_json(r);
  mock_outf(o, "{'id':'modr-%S','model':%Q,'results':[", r->id, r->model);
  if (mock_is(input, MOCK_ARRAY))
    for (m = input->first; m; m = m->next) {
      if (m != input->first) mock_out_text(o, ",");
      write_result(o, input_text(m));
    }
  else
    write_result(o, input_text(input));
  mock_out_text(o, "]}");
}
