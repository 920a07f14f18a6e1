/* Vectors: immutable arrays of float32 in a userdata. */
#include "vector.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base64.h"
#include "binding.h"

#define VECTOR "litellm.vector"

/* tostring shows so many components. */
enum { SHOWN = 3 };

typedef struct vector {
  size_t n;
  float at[];
} vector;

/* ---- making and checking ---- */

float *llb_new_vector(lua_State *L, size_t n) {
  vector *v;
  if (n > (SIZE_MAX - sizeof *v) / sizeof(float))
    luaL_error(L, "vector of %f components is too large", (lua_Number)n);
  v = llb_newuserdata(L, sizeof *v + n * sizeof(float));
  v->n = n;
  luaL_getmetatable(L, VECTOR);
  lua_setmetatable(L, -2);
  return v->at;
}

static vector *check_vector(lua_State *L, int arg) {
  return luaL_checkudata(L, arg, VECTOR);
}

/* The vector at an index, or NULL. `meta` is the index of the metatable. */
static vector *test_vector(lua_State *L, int i, int meta) {
  void *v = lua_touserdata(L, i);
  int same;
  if (!v || !lua_getmetatable(L, i)) return NULL;
  same = lua_rawequal(L, -1, meta);
  lua_pop(L, 1);
  return same ? v : NULL;
}

/* The same in functions that have the metatable as their first upvalue: much
 * cheaper than luaL_checkudata, for what runs once a component. */
static vector *upvalue_vector(lua_State *L) {
  vector *v = test_vector(L, 1, lua_upvalueindex(1));
  return v ? v : check_vector(L, 1);
}

static void check_same_size(lua_State *L, const vector *v, const vector *w) {
  if (v->n != w->n)
    luaL_error(L, "vectors differ in size: %d and %d components", (int)v->n,
               (int)w->n);
}

static int from_table(lua_State *L, int t) {
  size_t n = lua_rawlen(L, t), i;
  float *at = llb_new_vector(L, n);
  for (i = 0; i < n; i++) {
    lua_rawgeti(L, t, (int)i + 1);
    if (lua_type(L, -1) != LUA_TNUMBER)
      return luaL_error(L, "component %d of the vector is a %s, not a number",
                        (int)i + 1, luaL_typename(L, -1));
    at[i] = (float)lua_tonumber(L, -1);
    lua_pop(L, 1);
  }
  return 1;
}

static int from_base64(lua_State *L, int s) {
  size_t len, n;
  const char *text = lua_tolstring(L, s, &len);
  if (ll_vector_base64_count(text, len, &n) == LL_OK &&
      ll_vector_from_base64(llb_new_vector(L, n), n, text, len) == LL_OK)
    return 1;
  lua_pushnil(L);
  lua_pushliteral(L, "not a vector: expected base64 of 32-bit floats");
  return 2;
}

/* core.vector(table | base64 | vector) */
static int vector_new(lua_State *L) {
  switch (lua_type(L, 1)) {
  case LUA_TTABLE: return from_table(L, 1);
  case LUA_TSTRING: return from_base64(L, 1);
  default: check_vector(L, 1); lua_settop(L, 1);
  }
  return 1;
}

/* ---- methods ---- */

static int vector_dot(lua_State *L) {
  vector *v = check_vector(L, 1), *w = check_vector(L, 2);
  check_same_size(L, v, w);
  lua_pushnumber(L, ll_vector_dot(v->at, w->at, v->n));
  return 1;
}

static int vector_cosine(lua_State *L) {
  vector *v = check_vector(L, 1), *w = check_vector(L, 2);
  check_same_size(L, v, w);
  lua_pushnumber(L, ll_vector_cosine(v->at, w->at, v->n));
  return 1;
}

static int vector_norm(lua_State *L) {
  vector *v = check_vector(L, 1);
  lua_pushnumber(L, ll_vector_norm(v->at, v->n));
  return 1;
}

static int vector_totable(lua_State *L) {
  vector *v = check_vector(L, 1);
  size_t i;
  lua_createtable(L, (int)v->n, 0);
  for (i = 0; i < v->n; i++) {
    lua_pushnumber(L, (lua_Number)v->at[i]);
    lua_rawseti(L, -2, (int)i + 1);
  }
  return 1;
}

static int vector_base64(lua_State *L) {
  vector *v = check_vector(L, 1);
  size_t bytes = v->n * sizeof(float);
  size_t size = ll_base64_encoded_size(bytes);
  char *text = lua_newuserdata(L, size + bytes);
  float *le = memcpy(text + size, v->at, bytes);
  ll_vector_little_endian(le, v->n);
  ll_base64_encode(text, le, bytes);
  lua_pushlstring(L, text, size);
  return 1;
}

/* ---- each component ---- */

static int push_component(lua_State *L, const vector *v, lua_Number i) {
  size_t at = i >= 1 && i <= (lua_Number)v->n ? (size_t)i : 0;
  if (at && (lua_Number)at == i)
    lua_pushnumber(L, (lua_Number)v->at[at - 1]);
  else
    lua_pushnil(L);
  return 1;
}

/* Upvalues: the metatable, the methods. */
static int vector_index(lua_State *L) {
  vector *v = upvalue_vector(L);
  if (lua_type(L, 2) == LUA_TNUMBER)
    return push_component(L, v, lua_tonumber(L, 2));
  lua_settop(L, 2);
  lua_rawget(L, lua_upvalueindex(2));
  return 1;
}

static int vector_next(lua_State *L) {
  vector *v = upvalue_vector(L);
  size_t i = (size_t)luaL_checkinteger(L, 2);
  if (i >= v->n) return 0;
  llb_pushinteger(L, i + 1);
  lua_pushnumber(L, (lua_Number)v->at[i]);
  return 2;
}

/* Upvalues: the metatable, vector_next. */
static int vector_each(lua_State *L) {
  upvalue_vector(L);
  lua_pushvalue(L, lua_upvalueindex(2));
  lua_pushvalue(L, 1);
  llb_pushinteger(L, 0);
  return 3;
}

/* ---- metamethods ---- */

/* Upvalue: the metatable. */
static int vector_len(lua_State *L) {
  llb_pushinteger(L, upvalue_vector(L)->n);
  return 1;
}

static int vector_newindex(lua_State *L) {
  return luaL_error(L, "a vector cannot be changed: v:totable() is a copy "
                       "that can");
}

/* Called when either is a vector. Upvalue: the metatable. */
static int vector_eq(lua_State *L) {
  vector *v = test_vector(L, 1, lua_upvalueindex(1));
  vector *w = test_vector(L, 2, lua_upvalueindex(1));
  size_t i, n = v && w && v->n == w->n ? v->n : 0;
  for (i = 0; i < n && v->at[i] == w->at[i];)
    i++;
  lua_pushboolean(L, v && w && v->n == w->n && i == n);
  return 1;
}

static int vector_tostring(lua_State *L) {
  vector *v = check_vector(L, 1);
  size_t i, shown = v->n < SHOWN ? v->n : SHOWN;
  luaL_Buffer b;
  luaL_buffinit(L, &b);
  lua_pushfstring(L, "vector(%d) [", (int)v->n);
  luaL_addvalue(&b);
  for (i = 0; i < shown; i++) {
    char text[32];
    snprintf(text, sizeof text, i ? ", %.4g" : "%.4g", (double)v->at[i]);
    luaL_addstring(&b, text);
  }
  luaL_addstring(&b, v->n > shown ? ", ...]" : "]");
  luaL_pushresult(&b);
  return 1;
}

/* ---- ranking ---- */

/* Puts the vector at index i on top of the stack: the value itself, or its
 * field `embedding` when it is a table. NULL: it is neither. */
static vector *embedding(lua_State *L, int i) {
  if (lua_istable(L, i))
    lua_getfield(L, i, "embedding");
  else
    lua_pushvalue(L, i);
  return test_vector(L, lua_gettop(L), lua_upvalueindex(1));
}

static int bad_element(lua_State *L, size_t i) {
  return luaL_error(L,
                    "list[%d] is neither a vector nor a table with one in "
                    "`embedding`: litellm.vector(t) makes one of numbers",
                    (int)i + 1);
}

static void rank(lua_State *L, const vector *query, ll_top *top) {
  double norm = ll_vector_norm(query->at, query->n);
  size_t n = lua_rawlen(L, 2), i;
  for (i = 0; i < n; i++) {
    vector *v;
    lua_rawgeti(L, 2, (int)i + 1);
    v = embedding(L, lua_gettop(L));
    if (!v) bad_element(L, i);
    check_same_size(L, query, v);
    ll_top_offer(top, i, ll_vector_cosine_to(query->at, norm, v->at, v->n));
    lua_pop(L, 2);
  }
  ll_top_sort(top);
}

static void push_ranked(lua_State *L, const ll_top *top) {
  size_t i;
  lua_createtable(L, (int)top->count, 0);
  for (i = 0; i < top->count; i++) {
    lua_createtable(L, 0, 2);
    llb_pushinteger(L, top->best[i].index + 1);
    lua_setfield(L, -2, "index");
    lua_pushnumber(L, top->best[i].score);
    lua_setfield(L, -2, "score");
    lua_rawseti(L, -2, (int)i + 1);
  }
}

/* core.top(query, list [, k]); without k the whole list, in order. Upvalue: the
 * metatable. */
static int vector_top(lua_State *L) {
  ll_top top = {NULL, 0, 0};
  lua_Integer k = luaL_optinteger(L, 3, -1);
  const vector *query;
  luaL_checktype(L, 2, LUA_TTABLE);
  luaL_argcheck(L, k >= 0 || lua_isnoneornil(L, 3), 3,
                "a number of results expected, got a negative one");
  lua_settop(L, 2);
  query = embedding(L, 1);
  luaL_argcheck(L, query, 1,
                "a vector or a table with one in `embedding` "
                "expected");
  top.size = lua_rawlen(L, 2);
  if (k >= 0 && (size_t)k < top.size) top.size = (size_t)k;
  top.best = lua_newuserdata(L, top.size * sizeof *top.best);
  rank(L, query, &top);
  push_ranked(L, &top);
  return 1;
}

/* ---- the module ---- */

static const luaL_Reg methods[] = {
    {"dot", vector_dot},       {"cosine", vector_cosine},
    {"norm", vector_norm},     {"totable", vector_totable},
    {"base64", vector_base64}, {NULL, NULL}};

static const luaL_Reg meta[] = {{"__newindex", vector_newindex},
                                {"__tostring", vector_tostring},
                                {NULL, NULL}};

/* Pushes f with the metatable as its first upvalue and, if `taken` is 1, the
 * value on top of the stack as its second, which it takes. */
static void push_closure(lua_State *L, int mt, lua_CFunction f, int taken) {
  lua_pushvalue(L, mt);
  lua_insert(L, -1 - taken);
  lua_pushcclosure(L, f, 1 + taken);
}

/* The methods, on top of the stack, by name: for the prompt of litelua. */
static void list_names(lua_State *L, int mt) {
  lua_newtable(L);
  lua_pushvalue(L, -2);
  lua_rawseti(L, -2, 1);
  lua_setfield(L, mt, "__names");
}

/* __ipairs serves 5.2; from 5.3 on ipairs goes by __index. */
static void add_each(lua_State *L, int mt) {
  push_closure(L, mt, vector_next, 0);
  push_closure(L, mt, vector_each, 1);
  lua_pushvalue(L, -1);
  lua_setfield(L, mt, "__ipairs");
  lua_pushvalue(L, -1);
  lua_setfield(L, mt, "__pairs");
  lua_setfield(L, -2, "each");
}

void llb_open_vector(lua_State *L) {
  int module = lua_gettop(L), mt = module + 1;
  llb_metatable(L, VECTOR, NULL, meta);
  luaL_getmetatable(L, VECTOR);
  push_closure(L, mt, vector_eq, 0);
  lua_setfield(L, mt, "__eq");
  push_closure(L, mt, vector_len, 0);
  lua_setfield(L, mt, "__len");
  lua_newtable(L);
  luaL_setfuncs(L, methods, 0);
  add_each(L, mt);
  list_names(L, mt);
  push_closure(L, mt, vector_index, 1);
  lua_setfield(L, mt, "__index");
  lua_pushcfunction(L, vector_new);
  lua_setfield(L, module, "vector");
  push_closure(L, mt, vector_top, 0);
  lua_setfield(L, module, "top");
  lua_settop(L, module);
  llb_open_base64(L);
}
