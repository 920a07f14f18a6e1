#ifndef LITELUA_STATE_H
#define LITELUA_STATE_H

#include <stdbool.h>

#include <lua.h>

#include "heap.h"

/* A Lua state as luaL_newstate makes it, with a heap of its own. */
typedef struct state {
  lua_State *L; /* NULL: no memory */
  heap heap;
  bool warns, warning; /* whether warnings are shown; in the middle of one */
} state;

/* Fills `s`, which has to stay where it is. */
void state_open(state *s);
void state_close(state *s);

#endif
