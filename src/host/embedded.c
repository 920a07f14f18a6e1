#include "embedded.h"

#include <stdlib.h>
#include <string.h>

#include <lauxlib.h>

extern int luaopen_litellm_core(lua_State *L);

static const embedded_module *find(const char *name) {
  const embedded_module *m;
  for (m = embedded_modules; m->name; m++)
    if (strcmp(m->name, name) == 0) return m;
  return NULL;
}

static int search(lua_State *L) {
  const char *name = luaL_checkstring(L, 1);
  const embedded_module *m = find(name);
  if (m == NULL) {
    lua_pushfstring(L, "no module '%s' inside litelua", name);
    return 1;
  }
  if (luaL_loadbufferx(L, (const char *)m->code, m->size, m->path, "b") !=
      LUA_OK)
    return lua_error(L);
  lua_pushstring(L, m->path);
  return 2;
}

/* package.searchers: 1 is package.preload's. */
static void insert_searcher(lua_State *L) {
  lua_Integer i;
  lua_getfield(L, -1, "searchers");
  for (i = luaL_len(L, -1); i >= 2; i--) {
    lua_geti(L, -1, i);
    lua_seti(L, -2, i + 1);
  }
  lua_pushcfunction(L, search);
  lua_seti(L, -2, 2);
  lua_pop(L, 1);
}

static void prepend_path(lua_State *L, const char *dir) {
  lua_getfield(L, -1, "path");
  lua_pushfstring(L, "%s/?.lua;%s/?/init.lua;%s", dir, dir,
                  lua_tostring(L, -1));
  lua_setfield(L, -3, "path");
  lua_pop(L, 1);
}

void embedded_open(lua_State *L) {
  const char *dir = getenv("LITELLM_LUA_DIR");
  luaL_getsubtable(L, LUA_REGISTRYINDEX, LUA_PRELOAD_TABLE);
  lua_pushcfunction(L, luaopen_litellm_core);
  lua_setfield(L, -2, "litellm.core");
  lua_pop(L, 1);
  lua_getglobal(L, "package");
  if (dir && *dir)
    prepend_path(L, dir);
  else
    insert_searcher(L);
  lua_pop(L, 1);
}
