#include "embedded.h"

#include <stdlib.h>

#include <lauxlib.h>

#include "../embed/litellm.h"

static void take_from(lua_State *L, const char *dir) {
  luaL_getsubtable(L, LUA_REGISTRYINDEX, LUA_PRELOAD_TABLE);
  lua_pushcfunction(L, luaopen_litellm_core);
  lua_setfield(L, -2, "litellm.core");
  lua_getglobal(L, "package");
  lua_getfield(L, -1, "path");
  lua_pushfstring(L, "%s/?.lua;%s/?/init.lua;%s", dir, dir,
                  lua_tostring(L, -1));
  lua_setfield(L, -3, "path");
  lua_pop(L, 3);
}

void embedded_open(lua_State *L) {
  const char *dir = getenv("LITELLM_LUA_DIR");
  if (dir && *dir)
    take_from(L, dir);
  else
    litellm_preload(L);
}
