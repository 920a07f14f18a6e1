#ifndef EMBEDDED_H
#define EMBEDDED_H

#include <stddef.h>

#include <lua.h>

/* The Lua files of the library, compiled, in a table that src/host/tool/embed.c
 * writes and a zeroed entry ends. */
typedef struct embedded_module {
  const char *name; /* "litellm.stream" */
  const char *path; /* "litellm/stream.lua" */
  const unsigned char *code;
  size_t size;
} embedded_module;

extern const embedded_module embedded_modules[];

/* Makes `require` find the library inside this program: litellm.core is
 * preloaded, and the Lua modules come right after package.preload and before
 * package.path, so that the program never runs half of some other version.
 * LITELLM_LUA_DIR names a folder to take the Lua modules from instead. */
void embedded_open(lua_State *L);

#endif
