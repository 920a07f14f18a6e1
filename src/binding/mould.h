#ifndef LL_MOULD_H
#define LL_MOULD_H

#include "buffer.h"
#include "compat.h"

/* Chunks in one frame differ in their text only (see chunk.h), so that their
 * tables can be cast from a mould: the steps that build one, with the keys and
 * values of the frame at hand. A cast reads no JSON, and makes no string but
 * the text. */
typedef struct ll_mould {
  ll_buffer steps;
  int parts; /* a reference to their keys and values; 0: there is no mould */
} ll_mould;

void llb_mould_init(ll_mould *m);
void llb_mould_free(lua_State *L, ll_mould *m);

/* Makes one of the chunk's table on top of the stack, which stays. It may raise
 * for lack of memory; there is no mould then. */
void llb_mould_make(lua_State *L, ll_mould *m);

/* Pushes the table of a chunk of the frame with this text. */
void llb_mould_cast(lua_State *L, const ll_mould *m, const char *text,
                    size_t len);

#endif
