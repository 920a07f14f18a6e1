#ifndef LL_EVENTS_H
#define LL_EVENTS_H

#include "transfer_object.h"

/* The next event that says something: pings may come as events without data.
 * LL_AGAIN: nothing yet. It stands in the body until the next call. */
ll_status llb_next_event(transfer_object *o, ll_sse_event *ev);

/* Whether an event need not be looked at, because it is kept. Its text, which
 * may be empty. */
int llb_take_text(lua_State *L, transfer_object *o, const ll_sse_event *ev,
                  const char **text, size_t *len);

/* Pushes the table of an event that was taken so. */
void llb_push_text_chunk(lua_State *L, transfer_object *o,
                         const ll_sse_event *ev, const char *text, size_t len);

#endif
