#include "names.h"

#include <string.h>

enum {
  SLOTS = 256,
  LONGEST = 40 /* Lua keeps each short string once; those of 5.4 are so long */
};

/* Its string is in the table of strings, which keeps the bytes alive. */
struct llb_name {
  const char *text;
  size_t len; /* 0: the slot is empty */
};

/* The table of strings in the registry. At 0 are the slots. */
#define NAMES "litellm.names"

void llb_open_names(lua_State *L) {
  size_t size = SLOTS * sizeof(llb_name);
  lua_createtable(L, SLOTS, 1);
  memset(llb_newuserdata(L, size), 0, size);
  lua_rawseti(L, -2, 0);
  lua_setfield(L, LUA_REGISTRYINDEX, NAMES);
}

void llb_use_names(lua_State *L, llb_names *names) {
  lua_getfield(L, LUA_REGISTRYINDEX, NAMES);
  names->strings = lua_gettop(L);
  lua_rawgeti(L, -1, 0);
  names->slots = lua_touserdata(L, -1);
  lua_pop(L, 1);
}

/* Tried on the names of the API: of 81 two share a slot with another. */
static int slot_of(const char *text, size_t len) {
  const unsigned char *s = (const void *)text;
  size_t sum = len + 17U * s[0] + 5U * s[len / 2] + 9U * s[len - 1];
  return (int)(sum % SLOTS);
}

void llb_push_name(lua_State *L, const llb_names *names, const char *text,
                   size_t len) {
  llb_name *name;
  int slot;
  if (len == 0 || len > LONGEST) {
    lua_pushlstring(L, text, len);
    return;
  }
  slot = slot_of(text, len);
  name = &names->slots[slot];
  if (name->len == len && memcmp(name->text, text, len) == 0) {
    lua_rawgeti(L, names->strings, slot + 1);
    return;
  }
  lua_pushlstring(L, text, len);
  lua_pushvalue(L, -1);
  lua_rawseti(L, names->strings, slot + 1);
  name->text = lua_tostring(L, -1);
  name->len = len;
}
