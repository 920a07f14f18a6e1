#include "tree.h"

#include "../../core/json.h"
#include "../../core/json_text.h"
#include "out.h"

/* A body is 64 MiB at most, but a value takes more room than the two bytes
 * that it may have in the text. */
enum { DEPTH = 200, MOST_VALUES = 4 * 1000 * 1000 };

static mock_str decoded(mock_arena *a, const ll_json *json) {
  mock_str s = {json->text, json->length};
  if (json->escaped) {
    char *to = mock_alloc(a, s.n + 1);
    s.n = ll_json_text_decode(to, s.s, s.n);
    s.s = to;
  }
  if (!s.s) s.s = ""; /* empty, not absent */
  return s;
}

static void read_scalar(mock_arena *a, const ll_json *json, ll_json_token token,
                        mock_value *v) {
  switch (token) {
  case LL_JSON_OBJECT: v->type = MOCK_OBJECT; break;
  case LL_JSON_ARRAY: v->type = MOCK_ARRAY; break;
  case LL_JSON_STRING:
    v->type = MOCK_STRING;
    v->text = decoded(a, json);
    break;
  case LL_JSON_INTEGER:
  case LL_JSON_NUMBER:
    v->type = MOCK_NUMBER;
    v->number = json->number;
    v->whole = token == LL_JSON_INTEGER;
    break;
  case LL_JSON_TRUE: v->truth = 1; /* falls through */
  case LL_JSON_FALSE: v->type = MOCK_BOOL; break;
  default: v->type = MOCK_NULL; break;
  }
}

typedef struct level {
  mock_value *value, **last;
} level;

static void append(level *top, mock_value *v) {
  *top->last = v;
  top->last = &v->next;
  top->value->count++;
}

static int read_all(mock_arena *a, ll_json *json, mock_value *root) {
  level stack[DEPTH + 2];
  size_t depth = 0, values = 0;
  mock_str name = {NULL, 0};
  stack[0].value = root;
  stack[0].last = &root->first;
  for (;;) {
    ll_json_token token = ll_json_next(json);
    mock_value *v;
    if (token == LL_JSON_END) return 1;
    if (token == LL_JSON_ERROR || values++ > MOST_VALUES) return 0;
    if (token == LL_JSON_KEY) {
      name = decoded(a, json);
      continue;
    }
    if (token == LL_JSON_OBJECT_END || token == LL_JSON_ARRAY_END) {
      depth--;
      continue;
    }
    v = mock_alloc(a, sizeof *v);
    v->name = name;
    read_scalar(a, json, token, v);
    append(&stack[depth], v);
    name.s = NULL;
    if (v->type >= MOCK_ARRAY) {
      depth++;
      stack[depth].value = v;
      stack[depth].last = &v->first;
    }
  }
}

mock_value *mock_tree(mock_arena *a, mock_str json, const char **why) {
  ll_json_limits limits = {DEPTH, (size_t)-1, (size_t)-1};
  ll_json *reader = mock_alloc(a, sizeof *reader);
  mock_value *root = mock_alloc(a, sizeof *root);
  mock_str reason;
  ll_json_init(reader, json.s ? json.s : "", json.n, &limits);
  if (read_all(a, reader, root) && root->first) return root->first;
  if (reader->error)
    reason = mock_format(a, "%s: byte %z", reader->error, reader->offset);
  else
    reason = mock_str_of(root->first ? "too many values" : "it is empty");
  *why = reason.s;
  return NULL;
}

const mock_value *mock_get_str(const mock_value *v, mock_str name) {
  const mock_value *m, *found = NULL;
  if (!mock_is(v, MOCK_OBJECT)) return NULL;
  for (m = v->first; m; m = m->next)
    if (mock_str_same(m->name, name)) found = m;
  return mock_is(found, MOCK_NULL) ? NULL : found;
}

const mock_value *mock_get(const mock_value *v, const char *name) {
  return mock_get_str(v, mock_str_of(name));
}

int mock_is(const mock_value *v, mock_type type) {
  return v && v->type == type;
}

mock_str mock_text_of(const mock_value *v) {
  mock_str absent = {NULL, 0};
  return mock_is(v, MOCK_STRING) ? v->text : absent;
}

mock_str mock_text(const mock_value *v, const char *name) {
  return mock_text_of(mock_get(v, name));
}

double mock_number(const mock_value *v, const char *name, double fallback) {
  const mock_value *m = mock_get(v, name);
  return mock_is(m, MOCK_NUMBER) ? m->number : fallback;
}

int mock_truth(const mock_value *v, const char *name) {
  const mock_value *m = mock_get(v, name);
  return mock_is(m, MOCK_BOOL) && m->truth;
}

static void write_children(mock_out *o, const mock_value *v) {
  const mock_value *m;
  for (m = v->first; m; m = m->next) {
    if (m != v->first) mock_out_text(o, ",");
    if (v->type == MOCK_OBJECT) mock_outf(o, "%Q:", m->name);
    mock_tree_write(o, m);
  }
}

void mock_tree_write(mock_out *o, const mock_value *v) {
  switch (v->type) {
  case MOCK_NULL: mock_out_text(o, "null"); break;
  case MOCK_BOOL: mock_out_text(o, v->truth ? "true" : "false"); break;
  case MOCK_STRING: mock_out_quoted(o, v->text); break;
  case MOCK_NUMBER: mock_outf(o, v->whole ? "%i" : "%f", v->number); break;
  case MOCK_ARRAY:
  case MOCK_OBJECT:
    mock_out_text(o, v->type == MOCK_ARRAY ? "[" : "{");
    write_children(o, v);
    mock_out_text(o, v->type == MOCK_ARRAY ? "]" : "}");
    break;
  }
}
