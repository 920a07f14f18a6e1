/* Looks through a value before lua-cjson writes it: whether it has a JSON form
 * at all, and whether lua-cjson gets it right. What it does not, the older one
 * in particular, becomes a placeholder that lua/litellm/json.lua puts the right
 * text in for. */
#include "lint.h"

#include <locale.h>
#include <math.h>
#include <string.h>

#include "number.h"
#include "utf8.h"

#define ARRAY "litellm.array"
#define VECTOR "litellm.vector"

enum {
  MAX_DEPTH = 256,
  SHOWN = 8 /* keys of a path; what lies deeper is cut off */
};

/* Indexes in the stack of what values are compared with. */
enum { NULL_VALUE = 2, ARRAY_META, VECTOR_META, BASE };

/* The tables on the way to the value in hand and the keys between them lie on
 * the stack without a gap from BASE on: table, key, table, key, ..., value. */
typedef struct walk {
  lua_State *L;
  int depth;   /* tables that are open */
  int rewrite; /* lua-cjson would get something wrong */
  /* When it fails: the problem is on top of the stack, at a path of so many
   * keys. */
  int steps;
} walk;

/* ---- what lua-cjson gets right ---- */

/* Whether its "%.14g" reads back as v. So it does for m / 10^k with m below
 * 10^14, and dividing gives v again only if v is the double nearest to that. A
 * fraction needs a decimal point, too, which may be another in this locale. */
static int is_plain_number(double v) {
  static const double scales[] = {1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6};
  size_t k;
  for (k = 0; k < sizeof scales / sizeof *scales; k++) {
    double m = v * scales[k];
    if (fabs(m) >= 1e14) return 0;
    if (m == floor(m) && m / scales[k] == v)
      return k == 0 || strcmp(localeconv()->decimal_point, ".") == 0;
  }
  return 0;
}

static int is_finite(double v) {
  return v - v == 0;
}

/* ---- the walk ---- */

static int problem(walk *w, int steps, const char *message) {
  lua_pushstring(w->L, message);
  w->steps = steps;
  return 0;
}

static int check_text(walk *w, int i) {
  size_t n, valid;
  const char *s = lua_tolstring(w->L, i, &n);
  valid = ll_utf8_valid(s, n);
  if (valid == n) return 1;
  lua_pushfstring(w->L, "invalid UTF-8 at byte %d", (int)valid + 1);
  w->steps = w->depth;
  return 0;
}

static int check_number(walk *w, int i) {
  lua_Number v = lua_tonumber(w->L, i);
  if (!is_finite((double)v))
    return problem(w, w->depth, "NaN and infinity have no JSON form");
  if (!is_plain_number((double)v)) w->rewrite = 1;
  return 1;
}

/* The components of a vector are those of its table. */
static int check_vector(walk *w, int i) {
  lua_State *L = w->L;
  int ok = 1, n, k;
  lua_getfield(L, i, "totable");
  lua_pushvalue(L, i);
  lua_call(L, 1, 1);
  n = (int)lua_rawlen(L, -1);
  for (k = 1; ok && k <= n; k++) {
    lua_rawgeti(L, -1, k);
    ok = is_finite((double)lua_tonumber(L, -1));
    lua_pop(L, 1);
  }
  lua_pop(L, 1);
  w->rewrite = 1;
  return ok ? 1 : problem(w, w->depth, "NaN and infinity have no JSON form");
}

static int check_userdata(walk *w, int i) {
  lua_State *L = w->L;
  if (llb_has_metatable(L, i, VECTOR_META)) return check_vector(w, i);
  if (lua_islightuserdata(L, i) && !lua_touserdata(L, i)) return 1;
  lua_pushfstring(L, "a %s has no JSON form", luaL_typename(L, i));
  w->steps = w->depth;
  return 0;
}

static int check_table(walk *w, int t);

static int check(walk *w, int i) {
  switch (lua_type(w->L, i)) {
  case LUA_TNIL:
  case LUA_TBOOLEAN: return 1;
  case LUA_TSTRING: return check_text(w, i);
  case LUA_TNUMBER: return check_number(w, i);
  case LUA_TTABLE: return check_table(w, i);
  default: return check_userdata(w, i);
  }
}

/* What has been met among the keys of a table. */
typedef struct keys {
  int names;
  double numbers, largest;
} keys;

static int check_name(walk *w, int i) {
  if (check_text(w, i)) return 1;
  lua_pushliteral(w->L, " of a key");
  lua_concat(w->L, 2);
  w->steps = w->depth - 1;
  return 0;
}

static int wrong_key(walk *w, int i) {
  lua_State *L = w->L;
  if (lua_type(L, i) == LUA_TNUMBER) {
    lua_pushvalue(L, i);
    lua_pushfstring(L, "the key %s is no place in a list: use string keys",
                    lua_tostring(L, -1));
  } else {
    lua_pushfstring(L, "a key is a %s: use string keys", luaL_typename(L, i));
  }
  w->steps = w->depth - 1;
  return 0;
}

static int check_key(walk *w, int i, keys *k) {
  double v;
  if (lua_type(w->L, i) == LUA_TSTRING) {
    k->names = 1;
    return check_name(w, i);
  }
  if (lua_type(w->L, i) != LUA_TNUMBER) return wrong_key(w, i);
  v = (double)lua_tonumber(w->L, i);
  if (v < 1 || v != floor(v)) return wrong_key(w, i);
  k->numbers++;
  if (v > k->largest) k->largest = v;
  return 1;
}

static int check_shape(walk *w, int t, const keys *k) {
  int marked = llb_has_metatable(w->L, t, ARRAY_META);
  if (k->names && k->numbers > 0)
    return problem(w, w->depth - 1,
                   "both a list and named fields: use string keys only");
  if (k->names && marked)
    return problem(w, w->depth - 1, "an array with named fields");
  if (k->largest > k->numbers)
    return problem(w, w->depth - 1,
                   "a list with holes: fill them with litellm.null, or use "
                   "string keys");
  if (marked && k->numbers == 0) w->rewrite = 1;
  return 1;
}

static int too_deep(walk *w);

static int check_table(walk *w, int t) {
  lua_State *L = w->L;
  keys k = {0, 0, 0};
  if (lua_rawequal(L, t, NULL_VALUE)) return w->rewrite = 1;
  if (w->depth == MAX_DEPTH) return too_deep(w);
  luaL_checkstack(L, 8, "nested too deep");
  w->depth++;
  lua_pushnil(L);
  while (lua_next(L, t)) {
    if (!check_key(w, t + 1, &k) || !check(w, t + 2)) return 0;
    lua_pop(L, 1);
  }
  if (!check_shape(w, t, &k)) return 0;
  w->depth--;
  return 1;
}

/* ---- problems and their place ---- */

/* Where the table at the given depth stands in its own inside, or 0. */
static int repeated_at(const walk *w, int depth) {
  int d, t = BASE + 2 * depth;
  for (d = depth + 1; d <= w->depth; d++)
    if (lua_rawequal(w->L, t, BASE + 2 * d)) return d;
  return 0;
}

/* So deep is hardly ever meant: nearly always a table contains itself. */
static int too_deep(walk *w) {
  int d;
  for (d = 0; d < w->depth; d++) {
    int again = repeated_at(w, d);
    if (again) return problem(w, again, "the table contains itself");
  }
  return problem(w, w->depth, "nested too deep");
}

static int is_name(const char *s, size_t n) {
  static const char letters[] = "abcdefghijklmnopqrstuvwxyz"
                                "ABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789";
  return n > 0 && !(*s >= '0' && *s <= '9') && strspn(s, letters) == n;
}

/* Pushes one step of a path: [2], .name or ["any text"]. */
static void push_step(lua_State *L, int key, int first) {
  size_t n;
  const char *s;
  if (lua_type(L, key) == LUA_TNUMBER) {
    lua_pushfstring(L, "[%d]", (int)lua_tonumber(L, key));
    return;
  }
  s = lua_tolstring(L, key, &n);
  if (is_name(s, n))
    lua_pushfstring(L, first ? "%s" : ".%s", s);
  else
    lua_pushfstring(L, "[\"%s\"]", s);
}

/* Puts the path and a colon before the problem on top of the stack. */
static void add_path(const walk *w) {
  lua_State *L = w->L;
  int shown = w->steps > SHOWN ? SHOWN : w->steps, i;
  if (w->steps == 0) return;
  luaL_checkstack(L, SHOWN + 4, NULL);
  for (i = 0; i < shown; i++)
    push_step(L, BASE + 2 * i + 1, i == 0);
  lua_pushstring(L, w->steps > shown ? "...: " : ": ");
  lua_pushvalue(L, -2 - shown);
  lua_concat(L, shown + 2);
}

/* ---- functions ---- */

/* Arranges the arguments (value, null) and what they are compared with. */
static void arrange(lua_State *L) {
  luaL_checkany(L, 1);
  lua_settop(L, NULL_VALUE);
  luaL_getmetatable(L, ARRAY);
  luaL_getmetatable(L, VECTOR);
  lua_pushvalue(L, 1);
}

/* core.json_lint(value, null) -> true: lua-cjson writes it rightly | false: it
 * needs json_raw | nil, message */
static int json_lint(lua_State *L) {
  walk w = {L, 0, 0, 0};
  arrange(L);
  if (check(&w, BASE)) {
    lua_pushboolean(L, !w.rewrite);
    return 1;
  }
  add_path(&w);
  lua_pushnil(L);
  lua_insert(L, -2);
  return 2;
}

static void push_number(lua_State *L, int i) {
  char text[LL_NUMBER_SIZE];
  int len;
  if (llb_isinteger(L, i)) {
    lua_pushvalue(L, i);
    lua_tostring(L, -1);
    return;
  }
  len = ll_number_write(text, (double)lua_tonumber(L, i));
  lua_pushlstring(L, text, (size_t)len);
}

static void push_vector(lua_State *L, int i) {
  luaL_Buffer b;
  int n, k, components;
  lua_getfield(L, i, "totable");
  lua_pushvalue(L, i);
  lua_call(L, 1, 1);
  components = lua_gettop(L);
  n = (int)lua_rawlen(L, components);
  luaL_buffinit(L, &b);
  luaL_addchar(&b, '[');
  for (k = 1; k <= n; k++) {
    char text[LL_NUMBER_SIZE];
    int len;
    float v;
    lua_rawgeti(L, components, k);
    v = (float)lua_tonumber(L, -1);
    lua_pop(L, 1);
    len = ll_number_write_float(text, v);
    if (k > 1) luaL_addchar(&b, ',');
    luaL_addlstring(&b, text, (size_t)len);
  }
  luaL_addchar(&b, ']');
  luaL_pushresult(&b);
}

/* core.json_raw(value, null) -> the JSON of a value that lua-cjson would get
 * wrong, tables that are not empty aside | nil */
static int json_raw(lua_State *L) {
  arrange(L);
  if (lua_type(L, 1) == LUA_TNUMBER) {
    if (is_plain_number((double)lua_tonumber(L, 1))) return 0;
    push_number(L, 1);
  } else if (lua_type(L, 1) == LUA_TUSERDATA) {
    if (!llb_has_metatable(L, 1, VECTOR_META)) return 0;
    push_vector(L, 1);
  } else if (lua_rawequal(L, 1, NULL_VALUE)) {
    lua_pushliteral(L, "null");
  } else {
    if (!lua_istable(L, 1) || !llb_has_metatable(L, 1, ARRAY_META)) return 0;
    lua_pushnil(L);
    if (lua_next(L, 1)) return 0;
    lua_pushliteral(L, "[]");
  }
  return 1;
}

/* core.json_array([table]) -> the table, marked as an array */
static int json_array(lua_State *L) {
  lua_settop(L, 1);
  if (lua_isnil(L, 1)) {
    lua_newtable(L);
    lua_replace(L, 1);
  }
  luaL_checktype(L, 1, LUA_TTABLE);
  if (lua_getmetatable(L, 1)) {
    luaL_getmetatable(L, ARRAY);
    luaL_argcheck(L, lua_rawequal(L, -1, -2), 1,
                  "a table without a metatable expected");
    lua_settop(L, 1);
    return 1;
  }
  llb_set_array(L);
  return 1;
}

void llb_push_array_meta(lua_State *L) {
  luaL_getmetatable(L, ARRAY);
}

void llb_set_array(lua_State *L) {
  llb_push_array_meta(L);
  lua_setmetatable(L, -2);
}

static const luaL_Reg no_methods[] = {{NULL, NULL}};

static const luaL_Reg functions[] = {{"json_lint", json_lint},
                                     {"json_raw", json_raw},
                                     {"json_array", json_array},
                                     {NULL, NULL}};

void llb_open_lint(lua_State *L) {
  llb_metatable(L, ARRAY, NULL, no_methods);
  luaL_setfuncs(L, functions, 0);
}
