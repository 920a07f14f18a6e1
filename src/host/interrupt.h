#ifndef INTERRUPT_H
#define INTERRUPT_H

#include <stdbool.h>

#include <lua.h>

/* Ctrl-C. The first one raises an error in the Lua code that runs, or calls the
 * function given to interrupt_handler; one more before that could happen ends
 * the process. */

/* Catches SIGINT for the state whose main thread is L. */
void interrupt_open(lua_State *L);

/* Leaves SIGINT to the system; for the time after the state is closed. */
void interrupt_close(void);

/* Says that the coroutine L runs the script's code. A hook reaches one
 * coroutine only, so this one and the main thread, where the tasks' loop runs,
 * have it. */
void interrupt_watch(lua_State *L);

/* The function on top of the stack, which is popped, is called at an interrupt
 * from now on; nil restores the error. */
void interrupt_handler(lua_State *L);

/* Whether an interrupt came that nobody has handled; interrupt_take handles it.
 */
bool interrupt_pending(void);
bool interrupt_take(void);

#endif
