#include "dialog.h"

#include "text.h"

/* What is longer is not read: the answer is made of sentences, and finding
 * them in megabytes would take seconds. */
enum { MOST_TEXT = 256 * 1024 };

static int is_text_part(const mock_value *part) {
  mock_str type = mock_text(part, "type");
  return !type.s || mock_str_is(type, "text") ||
         mock_str_is(type, "input_text") || mock_str_is(type, "output_text");
}

/* content is a string or an array of parts. */
static mock_str content_text(mock_arena *a, const mock_value *content) {
  mock_out all = {a, NULL, 0, 0};
  const mock_value *part;
  if (!mock_is(content, MOCK_ARRAY)) {
    mock_str text = mock_text_of(content);
    return text.s ? text : mock_str_of("");
  }
  for (part = content->first; part; part = part->next) {
    mock_str text =
        part->type == MOCK_STRING ? part->text : mock_text(part, "text");
    if (!text.s || !is_text_part(part)) continue;
    if (all.n) mock_out_text(&all, "\n");
    mock_out_bytes(&all, text.s, text.n);
  }
  return mock_out_str(&all);
}

static mock_dialog new_dialog(mock_request *r, size_t most) {
  mock_dialog d = {0};
  d.messages = mock_alloc_array(&r->arena, most + 1, sizeof *d.messages);
  d.system = d.user = mock_str_of("");
  d.limit = (size_t)-1;
  return d;
}

static void add_message(mock_dialog *d, mock_str role,
                        const mock_value *content, mock_str text) {
  mock_message *m = &d->messages[d->n++];
  m->role = role.s ? role : mock_str_of("user");
  m->text = mock_str_sub(text, 0, MOST_TEXT);
  if (!m->text.s) m->text = mock_str_of("");
  if (mock_is(content, MOCK_ARRAY)) m->parts = content;
  d->tokens += mock_count_tokens(text) + 1;
  if (mock_str_is(m->role, "user")) d->user = m->text;
}

static void join_system(mock_request *r, mock_dialog *d) {
  mock_out all = {&r->arena, NULL, 0, 0};
  size_t i;
  for (i = 0; i < d->n && all.n < MOST_TEXT; i++) {
    const mock_message *m = &d->messages[i];
    if (!mock_str_is(m->role, "system") && !mock_str_is(m->role, "developer"))
      continue;
    mock_outf(&all, "%s%S", all.n ? "\n" : "", m->text);
  }
  d->system = mock_out_str(&all);
}

static size_t limit_of(const mock_value *json) {
  static const char *const names[] = {"max_completion_tokens", "max_tokens",
                                      "max_output_tokens"};
  size_t i;
  for (i = 0; i < sizeof names / sizeof *names; i++) {
    double n = mock_number(json, names[i], 0);
    if (n >= 1 && n < 1e9) return (size_t)n;
  }
  return (size_t)-1;
}

static void read_options(mock_request *r, mock_dialog *d) {
  const mock_value *parallel = mock_get(r->json, "parallel_tool_calls");
  d->tools = mock_get(r->json, "tools");
  d->tool_choice = mock_get(r->json, "tool_choice");
  d->stop = mock_get(r->json, "stop");
  d->limit = limit_of(r->json);
  d->one_call = mock_is(parallel, MOCK_BOOL) && !parallel->truth;
  d->reasons = mock_get(r->json, "reasoning_effort") != NULL ||
               mock_str_has(r->model, "reason");
}

mock_dialog mock_dialog_of_chat(mock_request *r) {
  const mock_value *messages = mock_get(r->json, "messages"), *m;
  mock_dialog d = new_dialog(r, messages ? messages->count : 0);
  read_options(r, &d);
  d.format = mock_get(r->json, "response_format");
  for (m = messages ? messages->first : NULL; m; m = m->next) {
    const mock_value *content = mock_get(m, "content");
    add_message(&d, mock_text(m, "role"), content,
                content_text(&r->arena, content));
    d.messages[d.n - 1].calls = mock_get(m, "tool_calls");
    d.messages[d.n - 1].tool_call_id = mock_text(m, "tool_call_id");
  }
  join_system(r, &d);
  return d;
}

mock_dialog mock_dialog_of_prompt(mock_request *r, mock_str prompt) {
  mock_dialog d = new_dialog(r, 1);
  read_options(r, &d);
  d.tools = NULL;
  add_message(&d, mock_str_of("user"), NULL, prompt);
  d.tokens--;
  return d;
}

static void add_item(mock_request *r, mock_dialog *d, const mock_value *item) {
  const mock_value *content = mock_get(item, "content");
  mock_str type = mock_text(item, "type");
  if (item->type == MOCK_STRING) {
    add_message(d, mock_str_of("user"), NULL, item->text);
  } else if (type.s && mock_str_is(type, "function_call_output")) {
    add_message(d, mock_str_of("tool"), NULL, mock_text(item, "output"));
    d->messages[d->n - 1].tool_call_id = mock_text(item, "call_id");
  } else if (content) {
    add_message(d, mock_text(item, "role"), content,
                content_text(&r->arena, content));
  }
}

mock_dialog mock_dialog_of_responses(mock_request *r,
                                     const mock_value *earlier) {
  const mock_value *input = mock_get(r->json, "input"), *item;
  mock_str instructions = mock_text(r->json, "instructions");
  mock_dialog d = new_dialog(r, (input ? input->count : 0) +
                                    (earlier ? earlier->count : 0) + 2);
  read_options(r, &d);
  d.format = mock_get(mock_get(r->json, "text"), "format");
  if (mock_get(r->json, "reasoning")) d.reasons = 1;
  if (instructions.n)
    add_message(&d, mock_str_of("system"), NULL, instructions);
  for (item = earlier ? earlier->first : NULL; item; item = item->next)
    add_item(r, &d, item);
  if (mock_is(input, MOCK_STRING))
    add_message(&d, mock_str_of("user"), NULL, input->text);
  else
    for (item = input ? input->first : NULL; item; item = item->next)
      add_item(r, &d, item);
  join_system(r, &d);
  return d;
}

void mock_dialog_write(mock_out *o, const mock_dialog *d) {
  size_t i;
  mock_out_text(o, "[");
  for (i = 0; i < d->n; i++)
    mock_outf(o, "%s{'role':%Q,'content':%Q}", i ? "," : "",
              d->messages[i].role, d->messages[i].text);
  mock_out_text(o, "]");
}

static const mock_value *parts_of_last_user(const mock_dialog *d) {
  size_t i = d->n;
  while (i-- > 0)
    if (mock_str_is(d->messages[i].role, "user")) return d->messages[i].parts;
  return NULL;
}

mock_str mock_dialog_picture(const mock_dialog *d, const mock_value **at) {
  const mock_value *parts = parts_of_last_user(d);
  mock_str absent = {NULL, 0};
  *at = *at ? (*at)->next : parts ? parts->first : NULL;
  for (; *at; *at = (*at)->next) {
    const mock_value *picture = mock_get(*at, "image_url");
    if (mock_is(picture, MOCK_STRING)) return picture->text;
    if (mock_text(picture, "url").s) return mock_text(picture, "url");
  }
  return absent;
}
