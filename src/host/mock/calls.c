#include <ctype.h>
#include <string.h>

#include "fill.h"
#include "say.h"

/* chat has {type, function: {name, ...}}, responses {type, name, ...}. */
static const mock_value *function_of(const mock_value *tool) {
  const mock_value *f = mock_get(tool, "function");
  return f ? f : tool;
}

/* "getWeather_now" as words: "get Weather now". */
static mock_str name_words(mock_arena *a, mock_str name) {
  mock_out o = {a, NULL, 0, 0};
  size_t i;
  for (i = 0; i < name.n && i < 128; i++) {
    char c = name.s[i];
    if (isupper((unsigned char)c) && i) mock_out_text(&o, " ");
    mock_out_bytes(&o, isalnum((unsigned char)c) ? &c : " ", 1);
  }
  return mock_out_str(&o);
}

static int count_shared(mock_arena *a, mock_str text, const mock_words *in) {
  mock_words keys = mock_keywords_of(a, text);
  size_t i;
  int count = 0;
  for (i = 0; i < keys.n; i++)
    count += mock_words_have(in, keys.v[i].hash);
  return count;
}

/* A word of the name, or two of the description. */
static int is_asked_for(mock_arena *a, const mock_value *tool,
                        const mock_words *prompt) {
  const mock_value *f = function_of(tool);
  mock_str description = mock_text(f, "description");
  if (count_shared(a, name_words(a, mock_text(f, "name")), prompt)) return 1;
  return description.s && count_shared(a, description, prompt) > 1;
}

static void add_call(mock_request *r, const mock_dialog *d,
                     const mock_value *tool, mock_said *said) {
  const mock_value *f = function_of(tool);
  const mock_value *parameters = mock_get(f, "parameters");
  mock_out arguments = {&r->arena, NULL, 0, 0};
  mock_call *call = &said->calls[said->n_calls];
  call->name = mock_text(f, "name");
  if (!call->name.s) return;
  call->id = mock_format(&r->arena, "call_%S%z", mock_str_sub(r->id, 0, 16),
                         said->n_calls);
  if (mock_get(parameters, "properties"))
    mock_fill(&arguments, parameters, d->user, d->user, 1);
  else
    mock_out_text(&arguments, "{}");
  call->arguments = mock_out_str(&arguments);
  said->n_calls++;
}

/* The function that tool_choice names; absent when it names none. */
static mock_str forced_name(const mock_dialog *d) {
  const mock_value *f = mock_get(d->tool_choice, "function");
  return mock_text(f ? f : d->tool_choice, "name");
}

void mock_say_calls(mock_request *r, const mock_dialog *d, mock_said *said) {
  mock_str choice = mock_text_of(d->tool_choice), name = forced_name(d);
  mock_words words;
  const mock_value *t;
  int required = choice.s && mock_str_is(choice, "required");
  size_t most = d->one_call ? 1 : MOCK_MOST_CALLS;
  if (!mock_is(d->tools, MOCK_ARRAY) || mock_str_is(choice, "none")) return;
  if (!name.s && d->n && mock_str_is(d->messages[d->n - 1].role, "tool"))
    return;
  words = mock_words_of(&r->arena, mock_str_sub(d->user, 0, 8192));
  for (t = d->tools->first; t && said->n_calls < most; t = t->next)
    if (name.s ? mock_str_same(name, mock_text(function_of(t), "name"))
               : is_asked_for(&r->arena, t, &words))
      add_call(r, d, t, said);
  if (required && !said->n_calls && d->tools->first)
    add_call(r, d, d->tools->first, said);
}

/* {==================================================================
** What the tools returned
** =================================================================== */

static mock_str name_of_call(const mock_dialog *d, mock_str id) {
  mock_str none = {NULL, 0};
  size_t i;
  for (i = d->n; i-- > 0;) {
    const mock_value *calls = d->messages[i].calls, *c;
    for (c = mock_is(calls, MOCK_ARRAY) ? calls->first : NULL; c; c = c->next)
      if (id.s && mock_str_same(mock_text(c, "id"), id))
        return mock_text(mock_get(c, "function"), "name");
  }
  return none;
}

static void write_members(mock_out *o, const mock_value *object) {
  const mock_value *m;
  for (m = object->first; m; m = m->next) {
    mock_outf(o, "%s%S ", m == object->first ? "" : ", ", m->name);
    if (m->type == MOCK_STRING)
      mock_out_bytes(o, m->text.s, m->text.n);
    else
      mock_tree_write(o, m);
  }
}

static void write_result(mock_arena *a, mock_out *o, mock_str text) {
  const char *why;
  const mock_value *json = mock_tree(a, text, &why);
  if (mock_is(json, MOCK_OBJECT) && json->count)
    write_members(o, json);
  else
    mock_outf(o, "%S", mock_str_trim(text));
}

mock_str mock_say_results(mock_arena *a, const mock_dialog *d) {
  mock_out said = {a, NULL, 0, 0};
  mock_str none = {NULL, 0};
  size_t i = d->n;
  while (i && mock_str_is(d->messages[i - 1].role, "tool") &&
         d->n - i < MOCK_MOST_CALLS)
    i--;
  if (i == d->n) return none;
  for (; i < d->n; i++) {
    mock_str name = name_of_call(d, d->messages[i].tool_call_id);
    if (said.n) mock_out_text(&said, " ");
    if (name.s) mock_outf(&said, "%S says: ", name);
    write_result(a, &said, d->messages[i].text);
    if (said.n && !strchr(".!?", said.s[said.n - 1])) mock_out_text(&said, ".");
  }
  return mock_out_str(&said);
}

/* }================================================================== */
