/* Whether the arguments of a call can be sent as they are. Most can; the others
 * are for lua/litellm/request.lua, which says what is wrong with them. */
#include <string.h>

#include "binding.h"

/* What endpoints.lua says of a field, as a sum. */
enum {
  NEEDED = 1,
  TEXT = 2,
  TABLE = 4,
  OTHER = 8,
  FILLED = 16, /* no empty string, nor a table without [1] */
  FLAG = 32,   /* a boolean */
  BARE = 64    /* no string that begins with PREFIX */
};

#define PREFIX "litellm_proxy/"

static int has_first(lua_State *L, int i) {
  int there;
  lua_rawgeti(L, i, 1);
  there = !lua_isnil(L, -1);
  lua_pop(L, 1);
  return there;
}

static int text_fits(lua_State *L, int i, int shape) {
  const char *text = lua_tostring(L, i);
  if (!(shape & TEXT) || (shape & FILLED && lua_rawlen(L, i) == 0)) return 0;
  return !(shape & BARE) || strncmp(text, PREFIX, sizeof PREFIX - 1) != 0;
}

static int fits(lua_State *L, int i, int shape) {
  switch (lua_type(L, i)) {
  case LUA_TSTRING: return text_fits(L, i, shape);
  case LUA_TBOOLEAN: return shape & (OTHER | FLAG);
  case LUA_TTABLE:
    return shape & TABLE && (!(shape & FILLED) || has_first(L, i));
  default: return shape & OTHER;
  }
}

/* What the table at i has for the key at k. */
static int look_up(lua_State *L, int i, int k) {
  lua_pushvalue(L, k);
  lua_rawget(L, i);
  return lua_type(L, -1);
}

/* core.are_plain(args, options, shapes, needed) -> whether this is a table,
 * none of its keys is among the options, each that has a shape fits it, and as
 * many as are needed are there; a metatable may have them look otherwise */
static int core_are_plain(lua_State *L) {
  enum { ARGS = 1, OPTIONS, SHAPES, COUNT, KEY, VALUE };
  int needed = (int)luaL_checkinteger(L, COUNT), plain;
  plain = lua_istable(L, ARGS) && !lua_getmetatable(L, ARGS);
  lua_settop(L, COUNT);
  lua_pushnil(L);
  while (plain && lua_next(L, ARGS)) {
    plain = look_up(L, OPTIONS, KEY) == LUA_TNIL;
    if (look_up(L, SHAPES, KEY) == LUA_TNUMBER) {
      int shape = (int)lua_tointeger(L, -1);
      plain = plain && fits(L, VALUE, shape);
      needed -= shape & NEEDED;
    }
    lua_settop(L, KEY);
  }
  lua_pushboolean(L, plain && needed == 0);
  return 1;
}

void llb_open_fields(lua_State *L) {
  lua_pushcfunction(L, core_are_plain);
  lua_setfield(L, -2, "are_plain");
}
