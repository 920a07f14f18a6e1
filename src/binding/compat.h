#ifndef LL_COMPAT_H
#define LL_COMPAT_H

/* One place for what differs between Lua 5.1 (and LuaJIT), 5.2, 5.3 and 5.4.
 * Built against PUC 5.1's headers, one binary serves 5.1, LuaJIT, Neovim and
 * LOVE, so nothing that LuaJIT adds to the 5.1 API is used. */
#include <lauxlib.h>
#include <lua.h>

#if LUA_VERSION_NUM < 502
#undef luaL_newlib
#undef luaL_setfuncs
#undef lua_rawlen
#define lua_rawlen(L, i) lua_objlen(L, (i))
#define luaL_setfuncs(L, l, nup) luaL_register(L, NULL, (l))
#endif

#if LUA_VERSION_NUM >= 504
#define llb_newuserdata(L, n) lua_newuserdatauv(L, (n), 0)
#else
#define llb_newuserdata(L, n) lua_newuserdata(L, (n))
#endif

#if LUA_VERSION_NUM >= 503
#define llb_pushinteger(L, n) lua_pushinteger(L, (lua_Integer)(n))
#define llb_isinteger(L, i) lua_isinteger(L, (i))
#else
#define llb_pushinteger(L, n) lua_pushnumber(L, (lua_Number)(n))
#define llb_isinteger(L, i) 0
#endif

/* Makes the metatable `name` from methods and metamethods. __name stands in the
 * messages of luaL_checkudata. The metatable is the upvalue of all of them. */
void llb_metatable(lua_State *L, const char *name, const luaL_Reg *methods,
                   const luaL_Reg *meta);

/* Whether the value at i has the metatable at `meta`. */
int llb_has_metatable(lua_State *L, int i, int meta);

/* The userdata that a function of llb_metatable was called on; raises when it
 * is another thing. luaL_checkudata looks the name up each time. */
void *llb_self(lua_State *L, const char *name);

#endif
