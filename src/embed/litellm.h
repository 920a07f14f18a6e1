#ifndef LITELLM_H
#define LITELLM_H

/* The library inside a program that has Lua inside: liblitellm.a holds the
 * compiled part, lua-cjson and all Lua files, for one version of Lua. */
#include <lua.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Lets `require "litellm"` find the library inside the program. To be called
 * after luaL_openlibs (or luaopen_package); nothing is loaded before the
 * require. Each lua_State has an engine of its own. */
void litellm_preload(lua_State *L);

/* The compiled part alone, `litellm.core`, which the Lua files require. */
int luaopen_litellm_core(lua_State *L);

#ifdef __cplusplus
}
#endif

#endif
