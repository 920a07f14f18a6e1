#include <ctype.h>

#include "fill.h"
#include "say.h"

static int is_format(const mock_dialog *d, const char *type) {
  return mock_str_is(mock_text(d->format, "type"), type);
}

static int prompt_asks(mock_str prompt) {
  static const char *const phrases[] = {
      "as json",     "in json",    "json object", "json array", "json list",
      "return json", "valid json", "only json",   "with json",  "output json",
      "json format", "json only",  "give me json"};
  size_t i;
  for (i = 0; i < sizeof phrases / sizeof *phrases; i++)
    if (mock_str_has(prompt, phrases[i])) return 1;
  return 0;
}

int mock_wants_json(const mock_dialog *d) {
  return is_format(d, "json_object") || is_format(d, "json_schema") ||
         prompt_asks(mock_str_sub(d->user, 0, 4000)) ||
         prompt_asks(mock_str_sub(d->system, 0, 4000));
}

/* chat has {json_schema:{schema:{}}}, responses {schema:{}}. */
static const mock_value *schema_of(const mock_dialog *d) {
  const mock_value *wrapped = mock_get(d->format, "json_schema");
  return mock_get(wrapped ? wrapped : d->format, "schema");
}

static int is_identifier(mock_str s) {
  size_t i;
  for (i = 0; i < s.n; i++)
    if (!isalnum((unsigned char)s.s[i]) && s.s[i] != '_') return 0;
  return s.n > 0 && s.n <= 40;
}

/* Names in quotes are taken for the keys: a schema is made of them. */
static const mock_value *schema_of_keys(mock_arena *a, mock_str prompt) {
  mock_finder find = mock_finder_of(a, prompt);
  mock_out o = {a, NULL, 0, 0};
  const char *why;
  mock_str key;
  int any = 0;
  mock_out_text(&o, "{\"type\":\"object\",\"properties\":{");
  while ((key = mock_find_quoted(&find)).s)
    if (is_identifier(key)) mock_outf(&o, "%s%Q:{}", any++ ? "," : "", key);
  mock_out_text(&o, "}}");
  return any ? mock_tree(a, mock_out_str(&o), &why) : NULL;
}

static void write_lines(mock_out *o, mock_str prompt, size_t n) {
  size_t i;
  mock_out_text(o, "[");
  for (i = 0; i < n; i++)
    mock_outf(o, "%s%Q", i ? "," : "", mock_list_line(o->arena, prompt, i));
  mock_out_text(o, "]");
}

mock_str mock_say_json(mock_arena *a, const mock_dialog *d, mock_str answer) {
  mock_out o = {a, NULL, 0, 0};
  const mock_value *schema = schema_of(d);
  mock_str question, context;
  size_t lines;
  mock_find_question(a, d, &question, &context);
  lines = mock_list_length(question);
  if (!schema) schema = schema_of_keys(a, d->user);
  if (schema) {
    mock_fill(&o, schema, d->user, answer, 0);
  } else if (lines && mock_str_has(d->user, "array")) {
    write_lines(&o, question, lines);
  } else if (lines) {
    mock_out_text(&o, "{\"items\":");
    write_lines(&o, question, lines);
    mock_out_text(&o, "}");
  } else {
    mock_outf(&o, "{'answer':%Q,'topic':%Q}", answer, mock_topic(a, question));
  }
  return mock_out_str(&o);
}
