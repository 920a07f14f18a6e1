#include "fill.h"

#include <math.h>

#include "say.h"

typedef struct filler {
  mock_finder find;
  const mock_value *root;
  mock_str answer;
  size_t items;  /* that a list should have */
  size_t item;   /* the one under way, for lists of lines */
  size_t budget; /* values left: a schema can ask for any number */
  int sparse, depth;
} filler;

enum { MOST_DEPTH = 24, MOST_VALUES = 2000, MOST_ITEMS = 20 };

static int fill(mock_out *o, filler *f, const mock_value *schema,
                mock_str name);

static int one_of(mock_str name, const char *const *list) {
  for (; *list; list++)
    if (mock_str_has(name, *list)) return 1;
  return 0;
}

/* {==================================================================
** Schemas that stand for another one
** =================================================================== */

/* "#/$defs/Point" in the root schema. */
static const mock_value *refer(const filler *f, mock_str path) {
  const mock_value *at = f->root;
  mock_str step;
  if (!mock_str_split(&path, '/', &step) || !mock_str_is(step, "#"))
    return NULL;
  while (at && mock_str_split(&path, '/', &step))
    at = mock_get_str(at, step);
  return at;
}

static const mock_value *first_alternative(const mock_value *schema) {
  static const char *const names[] = {"anyOf", "oneOf", "allOf"};
  size_t i;
  for (i = 0; i < sizeof names / sizeof *names; i++) {
    const mock_value *list = mock_get(schema, names[i]), *m;
    for (m = mock_is(list, MOCK_ARRAY) ? list->first : NULL; m; m = m->next)
      if (!mock_str_is(mock_text(m, "type"), "null")) return m;
  }
  return NULL;
}

static const mock_value *resolve(const filler *f, const mock_value *schema) {
  int hops;
  for (hops = 0; schema && hops < MOST_DEPTH; hops++) {
    mock_str ref = mock_text(schema, "$ref");
    const mock_value *other = ref.s ? refer(f, ref) : first_alternative(schema);
    if (!other) break;
    schema = other;
  }
  return schema;
}

/* A type may be a list, as in ["string", "null"]. */
static mock_str type_of(const mock_value *schema) {
  const mock_value *type = mock_get(schema, "type");
  if (mock_is(type, MOCK_ARRAY) && type->first) type = type->first;
  if (mock_is(type, MOCK_STRING)) return type->text;
  if (mock_get(schema, "properties")) return mock_str_of("object");
  return mock_str_of(mock_get(schema, "items") ? "array" : "string");
}

/* }================================================================== */

/* {==================================================================
** Values. Each returns 1 when it was found in the text.
** =================================================================== */

static int fill_choice(mock_out *o, filler *f, const mock_value *options) {
  const mock_value *m;
  for (m = options->first; m; m = m->next)
    if (m->type == MOCK_STRING && m->text.n < 64) {
      mock_str option = mock_str_copy(f->find.arena, m->text);
      if (!mock_str_has_word(f->find.text, option.s)) continue;
      mock_out_quoted(o, m->text);
      return 1;
    }
  mock_tree_write(o, options->first);
  return 0;
}

static int fill_number(mock_out *o, filler *f, const mock_value *schema,
                       int whole) {
  double value = 1, least = mock_number(schema, "minimum", -1e15);
  double most = mock_number(schema, "maximum", 1e15);
  int found = mock_find_number(&f->find, &value);
  if (value < least) value = least;
  if (value > most) value = most;
  if (whole) value = floor(value);
  mock_outf(o, value == floor(value) && fabs(value) < 1e15 ? "%i" : "%f",
            value);
  return found;
}

static int fill_truth(mock_out *o, filler *f, mock_str name) {
  mock_words words = mock_words_of(f->find.arena, name);
  size_t i;
  int found = 0, negated = mock_str_has_word(f->find.text, "not") ||
                           mock_str_has_word(f->find.text, "without") ||
                           mock_str_has_word(f->find.text, "no");
  for (i = 0; i < words.n; i++)
    found |= mock_words_have(&f->find.words, words.v[i].hash);
  mock_out_text(o, found && negated ? "false" : "true");
  return found;
}

static mock_str special_string(filler *f, mock_str name, mock_str format) {
  static const char *const dates[] = {"date", "day", "when", "deadline", NULL};
  static const char *const whole[] = {"query",  "question", "prompt", "message",
                                      "search", "text",     "input",  NULL};
  mock_str found = {NULL, 0};
  if (mock_str_starts(format, "date") || one_of(name, dates)) {
    found = mock_find_date(&f->find);
    return found.s || !format.s ? found : mock_str_of("2025-01-01");
  }
  if (mock_str_has(name, "mail")) return mock_find_with(&f->find, "@");
  if (mock_str_has(name, "url") || mock_str_is(format, "uri"))
    return mock_find_with(&f->find, "://");
  if (f->sparse && one_of(name, whole)) {
    found = mock_find_quoted(&f->find);
    return found.s ? found : mock_str_trim(f->find.text);
  }
  return found;
}

static mock_str answer_string(filler *f, mock_str name) {
  static const char *const answers[] = {
      "answer", "summary", "text",    "description", "explanation", "reason",
      "reply",  "content", "caption", "prompt",      "sentence",    NULL};
  static const char *const lines[] = {"scene", "title", "idea", "step",
                                      "line",  "point", "item", NULL};
  mock_str none = {NULL, 0};
  if (f->sparse) return none;
  if (f->items && (one_of(name, answers) || one_of(name, lines)))
    return mock_list_line(f->find.arena, f->find.text, f->item);
  if (one_of(name, answers)) return f->answer;
  if (one_of(name, lines)) return mock_topic(f->find.arena, f->find.text);
  return none;
}

static mock_str placed_string(filler *f, mock_str name) {
  static const char *const froms[] = {"from", "origin", "source", "start",
                                      NULL};
  static const char *const tos[] = {"to", "dest", "target", "recipient", NULL};
  mock_str found = {NULL, 0};
  if (one_of(name, froms)) found = mock_find_after(&f->find, "from");
  if (!found.s && (mock_str_is(name, "to") || one_of(name, tos + 1)))
    found = mock_find_after(&f->find, "to");
  return found;
}

static int fill_string(mock_out *o, filler *f, const mock_value *schema,
                       mock_str name) {
  mock_str format = mock_text(schema, "format"), found;
  found = special_string(f, name, format);
  if (!found.s) found = placed_string(f, name);
  if (!found.s) found = answer_string(f, name);
  if (!found.s) found = mock_find_quoted(&f->find);
  if (!found.s) found = mock_find_name(&f->find);
  if (found.s) {
    mock_out_quoted(o, found);
    return 1;
  }
  found = mock_find_keyword(&f->find);
  mock_out_quoted(o, found.s ? found : name);
  return 0;
}

static int is_required(const mock_value *schema, mock_str name) {
  const mock_value *list = mock_get(schema, "required"), *m;
  for (m = mock_is(list, MOCK_ARRAY) ? list->first : NULL; m; m = m->next)
    if (mock_str_same(mock_text_of(m), name)) return 1;
  return 0;
}

static int fill_object(mock_out *o, filler *f, const mock_value *schema) {
  const mock_value *members = mock_get(schema, "properties"), *m;
  int any = 0, found = 0;
  mock_out_text(o, "{");
  for (m = members ? members->first : NULL; m; m = m->next) {
    size_t before = o->n;
    mock_outf(o, "%s%Q:", any ? "," : "", m->name);
    if (fill(o, f, m, m->name))
      found = 1;
    else if (f->sparse && !is_required(schema, m->name)) {
      o->n = before;
      continue;
    }
    any = 1;
  }
  mock_out_text(o, "}");
  return found;
}

static int fill_array(mock_out *o, filler *f, const mock_value *schema,
                      mock_str name) {
  const mock_value *items = mock_get(schema, "items");
  double least = mock_number(schema, "minItems", 0);
  double most = mock_number(schema, "maxItems", MOST_ITEMS);
  double n = f->items ? (double)f->items : f->sparse ? 1 : 3;
  size_t i, outer = f->item;
  int found = 0;
  if (n < least) n = least;
  if (n > most) n = most;
  if (n > MOST_ITEMS) n = MOST_ITEMS;
  mock_out_text(o, "[");
  for (i = 0; i < (size_t)n; i++) {
    if (i) mock_out_text(o, ",");
    f->item = i;
    found |= fill(o, f, items, name);
  }
  f->item = outer;
  mock_out_text(o, "]");
  return found;
}

/* }================================================================== */

static int fill_type(mock_out *o, filler *f, const mock_value *schema,
                     mock_str name) {
  mock_str type = type_of(schema);
  if (mock_str_is(type, "object")) return fill_object(o, f, schema);
  if (mock_str_is(type, "array")) return fill_array(o, f, schema, name);
  if (mock_str_is(type, "integer")) return fill_number(o, f, schema, 1);
  if (mock_str_is(type, "number")) return fill_number(o, f, schema, 0);
  if (mock_str_is(type, "boolean")) return fill_truth(o, f, name);
  if (mock_str_is(type, "null")) {
    mock_out_text(o, "null");
    return 0;
  }
  return fill_string(o, f, schema, name);
}

static int fill(mock_out *o, filler *f, const mock_value *schema,
                mock_str name) {
  const mock_value *fixed;
  int found = 0;
  schema = resolve(f, schema);
  fixed = mock_get(schema, "const");
  if (f->depth >= MOST_DEPTH || f->budget == 0) {
    mock_out_text(o, "null");
    return 0;
  }
  f->depth++;
  f->budget--;
  if (fixed)
    mock_tree_write(o, fixed);
  else if (mock_is(mock_get(schema, "enum"), MOCK_ARRAY) &&
           mock_get(schema, "enum")->first)
    found = fill_choice(o, f, mock_get(schema, "enum"));
  else
    found = fill_type(o, f, schema, name);
  f->depth--;
  return found;
}

void mock_fill(mock_out *o, const mock_value *schema, mock_str text,
               mock_str answer, int sparse) {
  filler f = {0};
  f.find = mock_finder_of(o->arena, text);
  f.root = schema;
  f.answer = answer;
  f.items = mock_list_length(text);
  f.budget = MOST_VALUES;
  f.sparse = sparse;
  fill(o, &f, schema, mock_str_of("value"));
}
