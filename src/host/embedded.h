#ifndef EMBEDDED_H
#define EMBEDDED_H

#include <stddef.h>

#include <lua.h>

/* The Lua files of the library in a table that src/host/tool/embed.c writes,
 * compiled or as they are, and a zeroed entry ends. */
typedef struct embedded_module {
  const char *name;  /* "litellm.stream" */
  const char *chunk; /* "@litellm/stream.lua" */
  const unsigned char *code;
  size_t size;
} embedded_module;

extern const embedded_module embedded_modules[];

/* Makes `require` find the library inside this program before any other, so
 * that the program never runs half of some other version. LITELLM_LUA_DIR names
 * a folder to take the Lua modules from instead. */
void embedded_open(lua_State *L);

#endif
