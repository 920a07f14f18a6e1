#include "litellm.h"

#include <string.h>

#include <lauxlib.h>

#include "embedded.h"

static const embedded_module *find(const char *name) {
  const embedded_module *m;
  for (m = embedded_modules; m->name; m++)
    if (strcmp(m->name, name) == 0) return m;
  return NULL;
}

/* The loader of all modules: `require` says which one. */
static int load(lua_State *L) {
  const char *name = luaL_checkstring(L, 1);
  const embedded_module *m = find(name);
  if (!m) return luaL_error(L, "no module '%s' inside the program", name);
  if (luaL_loadbuffer(L, (const char *)m->code, m->size, m->chunk) != 0)
    return lua_error(L);
  lua_pushvalue(L, 1);
  lua_call(L, 1, 1);
  return 1;
}

void litellm_preload(lua_State *L) {
  const embedded_module *m;
  lua_getglobal(L, "package");
  lua_getfield(L, -1, "preload");
  lua_pushcfunction(L, luaopen_litellm_core);
  lua_setfield(L, -2, "litellm.core");
  for (m = embedded_modules; m->name; m++) {
    lua_pushcfunction(L, load);
    lua_setfield(L, -2, m->name);
  }
  lua_pop(L, 2);
}
