/* Whether what a route was made from is still as it was. */
#include <stdlib.h>
#include <string.h>

#include "binding.h"

static int is_same(const char *now, const char *was) {
  return now && was ? strcmp(now, was) == 0 : now == was;
}

/* core.same_environment(names, values) -> whether all of these variables have
 * these values still; false for one that is not set */
static int core_same_environment(lua_State *L) {
  int i, same = 1, n;
  luaL_checktype(L, 1, LUA_TTABLE);
  luaL_checktype(L, 2, LUA_TTABLE);
  n = (int)lua_rawlen(L, 1);
  for (i = 1; same && i <= n; i++) {
    lua_rawgeti(L, 1, i);
    lua_rawgeti(L, 2, i);
    same = is_same(getenv(luaL_checkstring(L, -2)), lua_tostring(L, -1));
    lua_pop(L, 2);
  }
  lua_pushboolean(L, same);
  return 1;
}

/* core.same_fields(table, other, n) -> whether it has the n fields of the
 * other, with the same values */
static int core_same_fields(lua_State *L) {
  lua_Integer n = luaL_checkinteger(L, 3);
  int same = 1;
  luaL_checktype(L, 1, LUA_TTABLE);
  luaL_checktype(L, 2, LUA_TTABLE);
  lua_pushnil(L);
  for (; same && lua_next(L, 1); n--) {
    lua_pushvalue(L, -2);
    lua_rawget(L, 2);
    same = lua_rawequal(L, -1, -2);
    lua_pop(L, 2);
  }
  lua_pushboolean(L, same && n == 0);
  return 1;
}

static const luaL_Reg functions[] = {
    {"same_environment", core_same_environment},
    {"same_fields", core_same_fields},
    {NULL, NULL}};

void llb_open_unchanged(lua_State *L) {
  luaL_setfuncs(L, functions, 0);
}
