#ifndef LLB_TAPE_TABLE_H
#define LLB_TAPE_TABLE_H

#include "compat.h"
#include "tape.h"

/* Fills a new tape from the table at index i: { head = raw lines | nil,
 * head_at =, { seconds, bytes }..., ended =, failure = kind | nil, message =,
 * sent = }. May raise; the tape is the caller's. */
void llb_read_tape(lua_State *L, int i, ll_tape *tape);

/* Pushes the list of { seconds, bytes } that was recorded. */
void llb_push_tape(lua_State *L, const ll_tape *tape);

#endif
