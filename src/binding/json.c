/* JSON to Lua values, in one pass over the tokens of the core's reader.
 *
 * The items of an object or array wait on the Lua stack until its end, so that
 * its table is made in the right size at once. Those of a large one are moved
 * into the table when PENDING slots are full, and one by one from then on. */
#include "json.h"

#include <string.h>

#include "binding.h"
#include "json_text.h"
#include "lint.h"
#include "vector.h"

enum {
  MAX_DEPTH = 256,
  PENDING = 24, /* even. With MAX_DEPTH it stays below the 8000 of Lua 5.1 */
  ON_STACK = 512
};

/* An object or array that is open. Its slot on the Lua stack holds nil, with
 * the items above it, or the table. */
typedef struct level {
  int slot;
  int pending; /* slots of waiting items: two each in an object */
  int filled;  /* the table is there */
  int array;
  int index; /* of the last element moved into the array's table */
} level;

typedef struct build {
  lua_State *L;
  ll_json r;
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

static void push_text(lua_State *L, const ll_json *r) {
  if (r->escaped)
    push_decoded(L, r);
  else
    lua_pushlstring(L, r->text, r->length);
}

/* ---- objects and arrays ---- */

/* Moves what waits into the table, which has room for it. */
static void move_elements(lua_State *L, level *v) {
  int i = v->index += v->pending;
  for (; v->pending > 0; v->pending--)
    lua_rawseti(L, v->slot, i--);
}

/* In the order of the text: of two members of one name the later one counts. */
static void move_members(lua_State *L, level *v) {
  int i;
  for (i = 1; i <= v->pending; i += 2) {
    lua_pushvalue(L, v->slot + i);
    lua_pushvalue(L, v->slot + i + 1);
    lua_rawset(L, v->slot);
  }
  lua_settop(L, v->slot);
  v->pending = 0;
}

static void make_table(lua_State *L, level *v, int size) {
  lua_createtable(L, v->array ? size : 0, v->array ? 0 : size);
  lua_replace(L, v->slot);
  v->filled = 1;
}

static void move_items(lua_State *L, level *v) {
  if (v->array)
    move_elements(L, v);
  else
    move_members(L, v);
}

static void open_level(build *b, int array) {
  level *v = ++b->top;
  luaL_checkstack(b->L, PENDING + 8, "JSON nested too deep");
  lua_pushnil(b->L);
  v->slot = lua_gettop(b->L);
  v->pending = v->filled = v->index = 0;
  v->array = array;
}

/* The table is the value that is now on top of the stack. */
static void close_level(build *b) {
  level *v = b->top--;
  if (!v->filled) {
    make_table(b->L, v, v->array ? v->pending : v->pending / 2);
    if (v->array && v->pending == 0) llb_set_array(b->L);
  }
  move_items(b->L, v);
}

/* A value, with its key below it in an object, is on top of the stack. */
static void add_item(build *b) {
  level *v = b->top;
  v->pending += v->array ? 1 : 2;
  if (v->filled) {
    move_items(b->L, v);
  } else if (v->pending == PENDING) {
    make_table(b->L, v, 2 * PENDING);
    move_items(b->L, v);
  }
}

/* A null leaves out the member, and in an array a hole. */
static void add_null(build *b) {
  if (b->top->array) {
    lua_pushnil(b->L);
    add_item(b);
  } else {
    lua_pop(b->L, 1);
  }
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

/* ---- the loop ---- */

/* Pushes what the token stands for, or opens a level. */
static int take(build *b, ll_json_token token) {
  lua_State *L = b->L;
  switch (token) {
  case LL_JSON_OBJECT: open_level(b, 0); return 1;
  case LL_JSON_ARRAY: open_level(b, 1); return 1;
  case LL_JSON_KEY: push_text(L, &b->r); return 1;
  case LL_JSON_OBJECT_END:
  case LL_JSON_ARRAY_END: close_level(b); break;
  case LL_JSON_STRING: push_text(L, &b->r); break;
  case LL_JSON_INTEGER: llb_pushinteger(L, b->r.integer); break;
  case LL_JSON_NUMBER: lua_pushnumber(L, b->r.number); break;
  case LL_JSON_TRUE: lua_pushboolean(L, 1); break;
  case LL_JSON_FALSE: lua_pushboolean(L, 0); break;
  case LL_JSON_NULL: add_null(b); return 1;
  default: return 0;
  }
  add_item(b);
  return 1;
}

/* The key is on top of the stack. */
static int take_embedding(build *b) {
  ll_json_token token = ll_json_next(&b->r);
  int ok;
  if (token == LL_JSON_ARRAY)
    ok = push_array_vector(b);
  else if (token == LL_JSON_STRING)
    ok = push_base64_vector(b);
  else
    return take(b, token);
  if (ok) add_item(b);
  return ok;
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

int llb_push_json(lua_State *L, const char *json, size_t len, int flags) {
  build b;
  int base = lua_gettop(L);
  b.L = L;
  b.vectors = flags & LLB_VECTORS;
  b.problem = NULL;
  b.top = b.levels;
  /* The document itself is the one element of an array that is never made. */
  b.top->array = 1;
  b.top->filled = b.top->pending = 0;
  ll_json_init(&b.r, json, len, NULL);
  if (take_document(&b)) return 1;
  lua_settop(L, base);
  lua_pushnil(L);
  lua_pushfstring(L, "invalid %s at byte %d: %s",
                  b.problem ? "embedding" : "JSON", (int)b.r.offset + 1,
                  b.problem ? b.problem : b.r.error);
  return 2;
}

/* ---- functions ---- */

/* core.json_decode(text [, vectors]) -> value | nil, message */
static int json_decode(lua_State *L) {
  size_t len;
  const char *text = luaL_checklstring(L, 1, &len);
  return llb_push_json(L, text, len, lua_toboolean(L, 2) ? LLB_VECTORS : 0);
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
#ifdef LL_WITH_CJSON
                                     {"cjson", json_cjson},
#endif
                                     {NULL, NULL}};

void llb_open_json(lua_State *L) {
  luaL_setfuncs(L, functions, 0);
  llb_open_lint(L);
}
