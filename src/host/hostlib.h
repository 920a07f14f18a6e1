#ifndef HOSTLIB_H
#define HOSTLIB_H

#include <lua.h>

/* The module litellm.host, which only litelua has:
 *   on_interrupt(f | nil)  calls f at Ctrl-C, between two instructions of what
 *                          runs, instead of ending the script
 *   isatty(file)           whether an open file is a terminal
 *   readline(prompt)       a line edited at the terminal; nil at its end; nil,
 *                          "interrupted" after Ctrl-C
 *   history(path)          keeps the lines of readline in a file
 *   setenv(name, value)    sets a variable that is not set; whether it did */
void hostlib_open(lua_State *L);

/* Gives one-liners and the REPL the global `litellm`. */
void hostlib_globals(lua_State *L);

#endif
