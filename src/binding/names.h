#ifndef LL_NAMES_H
#define LL_NAMES_H

#include <stddef.h>

#include "compat.h"

/* The names of JSON's members are the same few in every answer. Lua hashes all
 * bytes of a string to see whether it has it; what was seen before is found
 * here by three of them and one comparison. */
typedef struct llb_name llb_name;

typedef struct llb_names {
  llb_name *slots;
  int strings; /* where the strings of the slots are on the stack */
} llb_names;

/* Makes the names of this Lua state. */
void llb_open_names(lua_State *L);

/* Pushes a value, which is to stay for as long as these are used. */
void llb_use_names(lua_State *L, llb_names *names);

/* Pushes the string of these bytes, as lua_pushlstring does. */
void llb_push_name(lua_State *L, const llb_names *names, const char *text,
                   size_t len);

#endif
