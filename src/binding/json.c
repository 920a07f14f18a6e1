/* JSON to Lua values, in one pass over the tokens of the core's reader. */
#include "json.h"

#include <string.h>

#include "binding.h"
#include "json_text.h"
#include "lint.h"
#include "names.h"
#include "number.h"
#include "vector.h"

enum {
  MAX_DEPTH = 256,
  EXPECTED_ITEMS = 4,
  ON_STACK = 512 /* bytes of text that are decoded without an allocation */
};

/* An object or array that is open. Its table is on the Lua stack; above it are,
 * in an object, the key of the next member, and then the value under way. */
typedef struct level {
  int table;
  int array;
  int count; /* of elements, holes included */
} level;

typedef struct build {
  lua_State *L;
  ll_json r;
  llb_names names;
  int vectors;
  const char *problem; /* of an embedding; those of JSON are the reader's */
  level *top;
  level levels[MAX_DEPTH + 1]; /* the first one stands outside the document */
} build;

/* ---- strings ---- */

static void push_decoded(lua_State *L, const ll_json *r) {
  char small[ON_STACK];
  char *text = r->length <= ON_STACK ? small : llb_newuserdata(L, r->length);
  lua_pushlstring(L, text, ll_json_text_decode(text, r->text, r->length));
  if (text != small) lua_remove(L, -2);
}

static void push_text(build *b) {
  if (b->r.escaped)
    push_decoded(b->L, &b->r);
  else
    lua_pushlstring(b->L, b->r.text, b->r.length);
}

static void push_key(build *b) {
  if (b->r.escaped)
    push_decoded(b->L, &b->r);
  else
    llb_push_name(b->L, &b->names, b->r.text, b->r.length);
}

/* ---- objects and arrays ---- */

/* Nearly every object of the API has room in these sizes: the answer itself and
 * its usage in the larger one. Exact ones would be known at the end only. */
static int expected_fields(const build *b) {
  return b->top <= b->levels + 2 ? 8 : 4;
}

static void open_level(build *b, int array) {
  lua_State *L = b->L;
  level *v = ++b->top;
  luaL_checkstack(L, 8, "JSON nested too deep");
  lua_createtable(L, array ? EXPECTED_ITEMS : 0,
                  array ? 0 : expected_fields(b));
  v->table = lua_gettop(L);
  v->array = array;
  v->count = 0;
}

/* The table is now the value on top of the stack. */
static void close_level(build *b) {
  const level *v = b->top--;
  if (v->array && v->count == 0) llb_set_array(b->L);
}

/* Takes the value on top of the stack, and its key. */
static void add_item(build *b) {
  level *v = b->top;
  if (v->array)
    lua_rawseti(b->L, v->table, ++v->count);
  else
    lua_rawset(b->L, v->table);
}

/* The key on top of the stack has the value null: the member is absent. An
 * earlier one of the same name is so, too; to set each null to nil would fill
 * the table with empty places in the older Luas. */
static void add_null_member(lua_State *L, int table) {
  lua_pushvalue(L, -1);
  lua_rawget(L, table);
  if (lua_isnil(L, -1)) {
    lua_pop(L, 2);
    return;
  }
  lua_pop(L, 1);
  lua_pushnil(L);
  lua_rawset(L, table);
}

/* In an array a null leaves a hole. */
static void add_null(build *b) {
  if (b->top == b->levels)
    lua_pushnil(b->L);
  else if (b->top->array)
    b->top->count++;
  else
    add_null_member(b->L, b->top->table);
}

/* ---- embeddings ---- */

static int is_embedding(const build *b) {
  static const char name[] = "embedding";
  return b->vectors && b->r.length == sizeof name - 1 &&
         memcmp(b->r.text, name, sizeof name - 1) == 0;
}

static int wrong_embedding(build *b, const char *at) {
  b->problem = "neither numbers nor base64 of 32-bit floats";
  b->r.offset = (size_t)(at - b->r.start);
  return 0;
}

static int push_array_vector(build *b) {
  size_t n = ll_json_count(&b->r);
  float *to = llb_new_vector(b->L, n);
  ll_json_token token;
  if (ll_json_floats(&b->r, to, n, &n)) return 1;
  do {
    token = ll_json_next(&b->r);
  } while (token == LL_JSON_INTEGER || token == LL_JSON_NUMBER);
  return token == LL_JSON_ERROR ? 0 : wrong_embedding(b, b->r.at - 1);
}

static int push_base64_vector(build *b) {
  const char *text = b->r.text;
  size_t len = b->r.length, n;
  int escaped = b->r.escaped;
  if (escaped) {
    push_decoded(b->L, &b->r);
    text = lua_tolstring(b->L, -1, &len);
  }
  if (ll_vector_base64_count(text, len, &n) != LL_OK ||
      ll_vector_from_base64(llb_new_vector(b->L, n), n, text, len) != LL_OK)
    return wrong_embedding(b, b->r.text);
  if (escaped) lua_remove(b->L, -2);
  return 1;
}

/* No character of base64 is special in JSON, so that to decode such a string is
 * to check it. 0: it is none, and nothing was taken. */
static int push_plain_base64(build *b) {
  size_t len, n;
  const char *text = ll_json_peek(&b->r, &len);
  if (!text || ll_vector_base64_count(text, len, &n) != LL_OK) return 0;
  if (ll_vector_from_base64(llb_new_vector(b->L, n), n, text, len) == LL_OK) {
    ll_json_pass(&b->r, text, len);
    return 1;
  }
  lua_pop(b->L, 1);
  return 0;
}

/* ---- the loop ---- */

/* A value is on top of the stack: that of the document, or one inside. */
static int value_done(build *b) {
  if (b->top > b->levels) add_item(b);
  return 1;
}

/* Pushes what the token stands for, or opens a level. */
static int take(build *b, ll_json_token token) {
  lua_State *L = b->L;
  switch (token) {
  case LL_JSON_OBJECT: open_level(b, 0); return 1;
  case LL_JSON_ARRAY: open_level(b, 1); return 1;
  case LL_JSON_KEY: push_key(b); return 1;
  case LL_JSON_OBJECT_END:
  case LL_JSON_ARRAY_END: close_level(b); break;
  case LL_JSON_STRING: push_text(b); break;
  case LL_JSON_INTEGER: llb_pushinteger(L, b->r.integer); break;
  case LL_JSON_NUMBER: lua_pushnumber(L, b->r.number); break;
  case LL_JSON_TRUE: lua_pushboolean(L, 1); break;
  case LL_JSON_FALSE: lua_pushboolean(L, 0); break;
  case LL_JSON_NULL: add_null(b); return 1;
  default: return 0;
  }
  return value_done(b);
}

/* The key is on top of the stack. */
static int take_embedding(build *b) {
  ll_json_token token;
  int ok;
  if (push_plain_base64(b)) return value_done(b);
  token = ll_json_next(&b->r);
  if (token == LL_JSON_ARRAY)
    ok = push_array_vector(b);
  else if (token == LL_JSON_STRING)
    ok = push_base64_vector(b);
  else
    return take(b, token);
  return ok && value_done(b);
}

static int take_document(build *b) {
  ll_json_token token;
  do {
    token = ll_json_next(&b->r);
    if (!take(b, token)) return 0;
    if (token == LL_JSON_KEY && is_embedding(b) && !take_embedding(b)) return 0;
  } while (b->top > b->levels);
  return ll_json_next(&b->r) == LL_JSON_END;
}

int llb_push_json(lua_State *L, const char *json, size_t len, int flags,
                  size_t depth) {
  ll_json_limits limits = {MAX_DEPTH, SIZE_MAX, SIZE_MAX};
  build b;
  int base = lua_gettop(L);
  b.L = L;
  llb_use_names(L, &b.names);
  b.vectors = flags & LLB_VECTORS;
  b.problem = NULL;
  b.top = b.levels;
  if (depth && depth < MAX_DEPTH) limits.depth = depth;
  ll_json_init(&b.r, json, len, &limits);
  if (take_document(&b)) {
    lua_remove(L, b.names.strings);
    return 1;
  }
  lua_settop(L, base);
  lua_pushnil(L);
  lua_pushfstring(L, "invalid %s at byte %d: %s",
                  b.problem ? "embedding" : "JSON", (int)b.r.offset + 1,
                  b.problem ? b.problem : b.r.error);
  return 2;
}

/* ---- functions ---- */

/* core.json_decode(text [, vectors [, depth]]) -> value | nil, message */
static int json_decode(lua_State *L) {
  size_t len;
  const char *text = luaL_checklstring(L, 1, &len);
  return llb_push_json(L, text, len, lua_toboolean(L, 2) ? LLB_VECTORS : 0,
                       (size_t)luaL_optnumber(L, 3, 0));
}

/* core.json_number(text) -> the number that all of it is | nil; the host's
 * locale has no say, which it has in tonumber */
static int json_number(lua_State *L) {
  size_t len;
  const char *text = luaL_checklstring(L, 1, &len);
  ll_number n;
  if (ll_number_read(text, text + len, &n) != text + len) return 0;
  lua_pushnumber(L, n.real);
  return 1;
}

#ifdef LL_WITH_CJSON
int luaopen_cjson(lua_State *L);

/* core.cjson() -> the lua-cjson that is linked in, a new one at each call */
static int json_cjson(lua_State *L) {
  lua_pushcfunction(L, luaopen_cjson);
  lua_call(L, 0, 1);
  return 1;
}
#endif

static const luaL_Reg functions[] = {{"json_decode", json_decode},
                                     {"json_number", json_number},
#ifdef LL_WITH_CJSON
                                     {"cjson", json_cjson},
#endif
                                     {NULL, NULL}};

void llb_open_json(lua_State *L) {
  luaL_setfuncs(L, functions, 0);
  llb_open_names(L);
  llb_open_lint(L);
}
