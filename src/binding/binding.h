#ifndef LL_BINDING_H
#define LL_BINDING_H

#include <stddef.h>

#include "compat.h"

/* Each adds its functions to the table on top of the stack, the module
 * litellm.core, and makes its metatables. */
void llb_open_engine(lua_State *L);
void llb_open_unchanged(lua_State *L);
void llb_open_fields(lua_State *L);
void llb_open_random(lua_State *L);
void llb_open_profile(lua_State *L);
void llb_open_transfer(lua_State *L);
void llb_open_iterators(lua_State *L);
void llb_open_disk(lua_State *L);
void llb_open_json(lua_State *L);
void llb_open_plain(lua_State *L);
void llb_open_vector(lua_State *L); /* opens base64 too */
void llb_open_base64(lua_State *L);

/* Flags of llb_push_json. */
enum {
  /* "embedding": an array of numbers, or a string of base64, is a vector */
  LLB_VECTORS = 1
};

/* Reads one JSON document of at most so many levels (0, or more than that:
 * 256). Pushes the value and returns 1, or pushes nil and a message that names
 * what is wrong and the byte where, and returns 2. A JSON null in a table is an
 * absent field; the document `null` itself is nil. May raise a Lua memory
 * error; owns no memory that this would lose. */
int llb_push_json(lua_State *L, const char *json, size_t len, int flags,
                  size_t depth);

/* Pushes a vector of n components, uninitialised, and returns them. */
float *llb_new_vector(lua_State *L, size_t n);

#endif
