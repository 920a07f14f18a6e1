#ifndef LL_ENGINE_H
#define LL_ENGINE_H

#include <stddef.h>
#include <stdint.h>

/* Runs transfers (transfer.h) on libcurl. No callback of the engine runs user
 * code: what happened is kept, and the caller asks for it after a turn. One
 * thread at a time may use an engine and its transfers. */
typedef struct ll_engine ll_engine;

/* NULL: no memory, or no file descriptor left. */
ll_engine *ll_engine_new(void);

/* Cancels what is under way; the transfers that still exist stay readable. */
void ll_engine_free(ll_engine *e);

/* Does what there is to do, and waits for more until there is news of a
 * transfer, the alarm is due or ms milliseconds have passed (0: waits not at
 * all, negative: without end). -1 when a signal cut the wait short, else 0. */
int ll_engine_turn(ll_engine *e, int ms);

/* A descriptor that is readable whenever a turn has something to do, for a
 * loop of the caller's; -1 where the system has none. */
int ll_engine_fd(ll_engine *e);

/* Ends a wait at `due` on the clock of clock.h; negative: no such moment. */
void ll_engine_alarm(ll_engine *e, double due);

/* The id of the next transfer with news: its head, bytes, or its end. 0 when
 * there is none. */
uint64_t ll_engine_ready(ll_engine *e);

/* True in a child of fork: the engine is the parent's, with its connections.
 * There it and its transfers must only be freed, which leaves them alone. */
int ll_engine_is_foreign(const ll_engine *e);

/* Transfers under way. */
size_t ll_engine_running(const ll_engine *e);

#endif
