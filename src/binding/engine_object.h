#ifndef LL_ENGINE_OBJECT_H
#define LL_ENGINE_OBJECT_H

#include "compat.h"
#include "engine.h"

/* The engine that a method was called on; raises when it is none or closed. */
ll_engine *llb_check_engine(lua_State *L);

/* engine:transfer(spec), in transfer.c. */
int llb_engine_transfer(lua_State *L);

/* Whether the transfer at index i, if one is there, is closed or has news that
 * its reader has not seen. */
int llb_is_over(lua_State *L, int i);

#endif
