#include "compat.h"

/* Like luaL_setfuncs, on all Luas; the value on top of the stack is the upvalue
 * of all functions, and stays. The table is below it. */
static void set_functions(lua_State *L, const luaL_Reg *list) {
  for (; list->name; list++) {
    lua_pushvalue(L, -1);
    lua_pushcclosure(L, list->func, 1);
    lua_setfield(L, -3, list->name);
  }
}

void llb_metatable(lua_State *L, const char *name, const luaL_Reg *methods,
                   const luaL_Reg *meta) {
  luaL_newmetatable(L, name);
  lua_pushstring(L, name);
  lua_setfield(L, -2, "__name");
  lua_pushvalue(L, -1);
  set_functions(L, meta);
  lua_pop(L, 1);
  if (methods) {
    lua_newtable(L);
    lua_pushvalue(L, -2);
    set_functions(L, methods);
    lua_pop(L, 1);
    lua_setfield(L, -2, "__index");
  }
  lua_pop(L, 1);
}

int llb_has_metatable(lua_State *L, int i, int meta) {
  int same;
  if (!lua_getmetatable(L, i)) return 0;
  same = lua_rawequal(L, -1, meta);
  lua_pop(L, 1);
  return same;
}

void *llb_self(lua_State *L, const char *name) {
  void *self = lua_touserdata(L, 1);
  if (self && llb_has_metatable(L, 1, lua_upvalueindex(1))) return self;
  return luaL_checkudata(L, 1, name); /* says what is wrong */
}
