#ifndef LL_LINT_H
#define LL_LINT_H

#include "compat.h"

/* Gives the table on top of the stack the metatable of JSON arrays: it is
 * written as [] though it is empty. */
void llb_set_array(lua_State *L);

/* Pushes that metatable. */
void llb_push_array_meta(lua_State *L);

/* Adds what the writing of JSON needs to the module on top of the stack. */
void llb_open_lint(lua_State *L);

#endif
