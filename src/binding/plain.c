/* Writes JSON that needs no thought: texts, numbers, booleans, lists and named
 * fields. Nearly all bodies are nothing else. What is, and whatever is wrong,
 * is for lua/litellm/json.lua, with lint.c and lua-cjson; they write the same,
 * but for slashes and DEL, which lua-cjson escapes. */
#include <math.h>
#include <string.h>

#include "binding.h"
#include "json_text.h"
#include "lint.h"
#include "number.h"
#include "utf8.h"

enum {
  MAX_DEPTH = 32,
  ON_STACK = 2048, /* bytes that are written without an allocation */
  BLOCK = 2        /* where more of them are on the stack of Lua */
};

typedef struct text {
  lua_State *L;
  char *begin, *at, *end;
  char first[ON_STACK];
} text;

/* ---- bytes ---- */

/* Room for n more of them, in a userdata, which errors leave to the collector.
 */
static void grow(text *t, size_t n) {
  size_t len = (size_t)(t->at - t->begin);
  size_t cap = (size_t)(t->end - t->begin) * 2;
  char *block;
  if (cap < len + n) cap = len + n;
  block = llb_newuserdata(t->L, cap);
  memcpy(block, t->begin, len);
  lua_replace(t->L, BLOCK);
  t->begin = block;
  t->at = block + len;
  t->end = block + cap;
}

static char *room(text *t, size_t n) {
  if ((size_t)(t->end - t->at) < n) grow(t, n);
  return t->at;
}

static void put(text *t, const char *bytes, size_t n) {
  memcpy(room(t, n), bytes, n);
  t->at += n;
}

static void put_char(text *t, char c) {
  *room(t, 1) = c;
  t->at++;
}

/* ---- scalars ---- */

/* What stands behind the backslash; u: four hexadecimal digits follow. */
static char escape_of(char c) {
  static const char low[] = "uuuuuuuubtnufruuuuuuuuuuuuuuuuuu";
  return (unsigned char)c < 0x20 ? low[(unsigned char)c] : c;
}

static void put_escape(text *t, char c) {
  static const char digits[] = "0123456789abcdef";
  char code[] = "\\?00??";
  code[1] = escape_of(c);
  code[4] = digits[c >> 4 & 15];
  code[5] = digits[c & 15];
  put(t, code, code[1] == 'u' ? 6 : 2);
}

static int put_text(text *t, int i) {
  size_t n;
  const char *p = lua_tolstring(t->L, i, &n), *end = p + n, *run;
  if (ll_utf8_valid(p, n) != n) return 0;
  room(t, n + 2);
  put_char(t, '"');
  while (p < end) {
    run = p;
    p = ll_json_text_plain(p, end);
    put(t, run, (size_t)(p - run));
    if (p < end) put_escape(t, *p++);
  }
  put_char(t, '"');
  return 1;
}

static void put_integer(text *t, long long v) {
  char digits[24], *p = digits + sizeof digits;
  unsigned long long left =
      v < 0 ? 0 - (unsigned long long)v : (unsigned long long)v;
  do {
    *--p = (char)('0' + left % 10);
    left /= 10;
  } while (left);
  if (v < 0) *--p = '-';
  put(t, p, (size_t)(digits + sizeof digits - p));
}

static int put_number(text *t, int i) {
  double v = (double)lua_tonumber(t->L, i);
  char *to;
  if (llb_isinteger(t->L, i)) {
    put_integer(t, (long long)lua_tointeger(t->L, i));
  } else if (fabs(v) < 1e15 && v == floor(v) && v != 0) {
    put_integer(t, (long long)v);
  } else {
    if (v - v != 0) return 0;
    to = room(t, LL_NUMBER_SIZE);
    t->at = to + ll_number_write(to, v);
  }
  return 1;
}

/* ---- tables ---- */

static int put_value(text *t, int i, int depth);

/* The first key and value of a table are above it, here and in put_fields. Only
 * where the keys come one after the other it is seen to be a list. */
static int put_list(text *t, int table, int depth) {
  lua_State *L = t->L;
  lua_Number place = 1;
  put_char(t, '[');
  do {
    if (lua_type(L, table + 1) != LUA_TNUMBER ||
        lua_tonumber(L, table + 1) != place)
      return 0;
    if (place++ > 1) put_char(t, ',');
    if (!put_value(t, table + 2, depth)) return 0;
    lua_pop(L, 1);
  } while (lua_next(L, table));
  put_char(t, ']');
  return 1;
}

static int put_fields(text *t, int table, int depth) {
  lua_State *L = t->L;
  char before = '{';
  do {
    if (lua_type(L, table + 1) != LUA_TSTRING) return 0;
    put_char(t, before);
    if (!put_text(t, table + 1)) return 0;
    put_char(t, ':');
    if (!put_value(t, table + 2, depth)) return 0;
    lua_pop(L, 1);
    before = ',';
  } while (lua_next(L, table));
  put_char(t, '}');
  return 1;
}

/* An array of JSON, marked as such, may be empty; what other metatables mean
 * needs thought. */
static int is_marked(lua_State *L, int table, int *marked) {
  *marked = 0;
  if (!lua_getmetatable(L, table)) return 1;
  llb_push_array_meta(L);
  *marked = lua_rawequal(L, -1, -2);
  lua_pop(L, 2);
  return *marked;
}

static int put_table(text *t, int table, int depth) {
  lua_State *L = t->L;
  int marked;
  if (depth == MAX_DEPTH || !lua_checkstack(L, 8)) return 0;
  if (!is_marked(L, table, &marked)) return 0;
  lua_pushnil(L);
  if (!lua_next(L, table)) {
    put(t, marked ? "[]" : "{}", 2);
    return 1;
  }
  if (lua_type(L, table + 1) == LUA_TNUMBER)
    return put_list(t, table, depth + 1);
  return !marked && put_fields(t, table, depth + 1);
}

/* The value is on top of the stack, at i. 0: it needs thought. */
static int put_value(text *t, int i, int depth) {
  switch (lua_type(t->L, i)) {
  case LUA_TSTRING: return put_text(t, i);
  case LUA_TNUMBER: return put_number(t, i);
  case LUA_TBOOLEAN:
    if (lua_toboolean(t->L, i))
      put(t, "true", 4);
    else
      put(t, "false", 5);
    return 1;
  case LUA_TTABLE: return put_table(t, i, depth);
  default: return 0;
  }
}

/* core.json_plain(value) -> its JSON | nil: it needs thought */
static int json_plain(lua_State *L) {
  text t;
  luaL_checkany(L, 1);
  lua_settop(L, 1);
  lua_pushnil(L); /* BLOCK */
  lua_pushvalue(L, 1);
  t.L = L;
  t.begin = t.at = t.first;
  t.end = t.first + sizeof t.first;
  if (!put_value(&t, 3, 0)) return 0;
  lua_pushlstring(L, t.begin, (size_t)(t.at - t.begin));
  return 1;
}

void llb_open_plain(lua_State *L) {
  lua_pushcfunction(L, json_plain);
  lua_setfield(L, -2, "json_plain");
}
