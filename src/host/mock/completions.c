#include "say.h"
#include "text.h"

enum { MOST_CHOICES = 16 };

static const double IN = 1.5, OUT = 2; /* dollars for a million tokens */

typedef struct continuation {
  mock_str text;
  const char *finish;
} continuation;

typedef struct work {
  continuation choices[MOST_CHOICES];
  int n;
  size_t prompt, tokens;
} work;

/* A text goes on where the prompt ends: with a space. */
static void add_choice(mock_request *r, work *w, mock_str prompt, int i) {
  mock_dialog d = mock_dialog_of_prompt(r, prompt);
  mock_said said = mock_say(r, &d, i);
  continuation *c = &w->choices[w->n++];
  int echo = mock_truth(r->json, "echo");
  c->text = mock_format(&r->arena, "%S %S%S", echo ? prompt : mock_str_of(""),
                        said.text, mock_text(r->json, "suffix"));
  c->finish = said.finish;
  w->tokens += said.tokens;
  if (i == 0) w->prompt += d.tokens;
}

static void add_prompt(mock_request *r, work *w, const mock_value *prompt) {
  double n = mock_number(r->json, "n", 1);
  mock_str text = mock_text_of(prompt);
  int i;
  if (!text.s) {
    mock_out ids = {&r->arena, NULL, 0, 0}; /* token ids */
    mock_tree_write(&ids, prompt);
    text = mock_out_str(&ids);
  }
  for (i = 0; i < n && w->n < MOST_CHOICES; i++)
    add_choice(r, w, text, i);
}

static void add_prompts(mock_request *r, work *w, const mock_value *prompt) {
  const mock_value *p;
  if (!mock_is(prompt, MOCK_ARRAY) || mock_is(prompt->first, MOCK_NUMBER)) {
    add_prompt(r, w, prompt);
    return;
  }
  for (p = prompt->first; p; p = p->next)
    add_prompt(r, w, p);
}

static mock_str usage_of(mock_request *r, const work *w) {
  return mock_format(&r->arena,
                     "{'completion_tokens':%z,'prompt_tokens':%z,"
                     "'total_tokens':%z,'completion_tokens_details':null,"
                     "'prompt_tokens_details':null}",
                     w->tokens, w->prompt, w->tokens + w->prompt);
}

static void answer_whole(mock_request *r, const work *w) {
  mock_out *o = mock_answer_json(r);
  int i;
  mock_outf(o,
            "{'id':'cmpl-%S','object':'text_completion','created':%z,"
            "'model':%Q,'choices':[",
            r->id, (size_t)r->created, r->model);
  for (i = 0; i < w->n; i++)
    mock_outf(o,
              "%s{'finish_reason':'%s','index':%d,'text':%Q,"
              "'logprobs':null}",
              i ? "," : "", w->choices[i].finish, i, w->choices[i].text);
  mock_outf(o, "],'usage':%S,'system_fingerprint':null}", usage_of(r, w));
  mock_count(r, w->prompt, w->tokens);
  mock_charge(r, IN, OUT);
}

static void send_chunk(mock_request *r, mock_str choice, mock_str usage) {
  mock_out o = {&r->arena, NULL, 0, 0};
  mock_outf(&o,
            "{'id':'cmpl-%S','object':'text_completion','created':%z,"
            "'model':%Q,'choices':[%S]",
            r->id, (size_t)r->created, r->model, choice);
  if (usage.s) mock_outf(&o, ",'usage':%S", usage);
  mock_out_text(&o, "}");
  mock_event(r, mock_out_str(&o));
}

static void send_choice(mock_request *r, const continuation *c, int i) {
  mock_str rest = c->text, none = {NULL, 0};
  while (rest.n)
    send_chunk(r,
               mock_format(&r->arena, "{'index':%d,'text':%Q}", i,
                           mock_next_piece(&rest)),
               none);
  /* A proxy takes an event of its provider without text for a broken one. */
  send_chunk(r,
             mock_format(&r->arena, "{'finish_reason':'%s','index':%d%s}",
                         c->finish, i, r->for_proxy ? ",\"text\":\"\"" : ""),
             none);
}

static void answer_stream(mock_request *r, const work *w) {
  int i;
  mock_answer_events(r);
  for (i = 0; i < w->n; i++)
    send_choice(r, &w->choices[i], i);
  if (mock_truth(mock_get(r->json, "stream_options"), "include_usage"))
    send_chunk(r, mock_str_of(r->for_proxy ? "" : "{\"index\":0}"),
               usage_of(r, w));
  mock_event(r, mock_str_of("[DONE]"));
}

void mock_completions(mock_request *r) {
  const mock_value *prompt = mock_get(r->json, "prompt");
  work w = {0};
  if (!prompt) {
    mock_fail(r, 500, "None", "None", mock_str_of("'prompt'"));
    return;
  }
  add_prompts(r, &w, prompt);
  if (mock_truth(r->json, "stream"))
    answer_stream(r, &w);
  else
    answer_whole(r, &w);
}
