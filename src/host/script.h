#ifndef SCRIPT_H
#define SCRIPT_H

#include <stdbool.h>

#include <lua.h>

/* Makes the table `arg`: the script at argv[script] is arg[0], its arguments
 * follow, and what stood before it has negative indices. */
void script_arg(lua_State *L, char **argv, int script);

/* Runs the chunk on top of the stack, which is popped, as the first task of
 * litellm.run, with the elements of `arg` as its arguments if `args`. False
 * when it failed, after the message was printed. */
bool script_run(lua_State *L, bool args);

/* Turns an error into a message with a traceback; a message handler. */
int script_traceback(lua_State *L);

/* Prints the message on top of the stack on standard error and pops it; quiet
 * when the reason is an interrupt. */
void script_report(lua_State *L);

#endif
