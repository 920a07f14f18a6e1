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

void llb_open_environment(lua_State *L) {
  lua_pushcfunction(L, core_same_environment);
  lua_setfield(L, -2, "same_environment");
}
