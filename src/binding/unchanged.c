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

/* Whether each field of the table at a is the same in that at b. */
static int is_part(lua_State *L, int a, int b) {
  int same = 1;
  lua_pushnil(L);
  while (same && lua_next(L, a)) {
    lua_pushvalue(L, -2);
    lua_rawget(L, b);
    same = lua_rawequal(L, -1, -2);
    lua_pop(L, 2);
  }
  return same;
}

/* core.same_fields(table, table) */
static int core_same_fields(lua_State *L) {
  luaL_checktype(L, 1, LUA_TTABLE);
  luaL_checktype(L, 2, LUA_TTABLE);
  lua_settop(L, 2);
  lua_pushboolean(L, is_part(L, 1, 2) && is_part(L, 2, 1));
  return 1;
}

static const luaL_Reg functions[] = {
    {"same_environment", core_same_environment},
    {"same_fields", core_same_fields},
    {NULL, NULL}};

void llb_open_unchanged(lua_State *L) {
  luaL_setfuncs(L, functions, 0);
}
