#ifndef LL_TRANSFER_OBJECT_H
#define LL_TRANSFER_OBJECT_H

#include "chunk.h"
#include "compat.h"
#include "mould.h"
#include "sse.h"
#include "transfer.h"

#define LLB_TRANSFER "litellm.transfer" /* the name of their metatable */

/* A transfer as Lua holds it, with what reads events from its body. */
typedef struct transfer_object {
  ll_transfer *transfer; /* NULL once closed */
  ll_transfer *kept;     /* closed with something in hand that stands in it */
  ll_sse sse;
  ll_chunk chunk;
  ll_buffer head;     /* what stays when it is closed */
  ll_buffer said;     /* texts of chunks that nobody else keeps: see shorten */
  ll_buffer whole;    /* chunks that say more, likewise: see keep_whole */
  ll_mould mould;     /* of the frame of `chunk` */
  ll_sse_event event; /* held back: the next one to be given */
  ll_status held;     /* LL_AGAIN: none is held back */
  size_t depth;       /* of JSON, at most; 0: as deep as any */
  size_t used;        /* bytes of the body that the event in hand stands in */
  unsigned shorten : 1;
  unsigned primed : 1;       /* a chunk was kept whole: texts may be short */
  unsigned pings_count : 1;  /* comments are progress for the idle limit */
  unsigned unterminated : 1; /* the event in hand lacks its blank line */
  unsigned ended : 1;
  unsigned in_hand : 1; /* Lua makes a value of what came; it stays so where
                           memory runs out: that is lost */
} transfer_object;

/* The transfer that a method was called on; raises when it is none, the second
 * one also when it is closed. */
transfer_object *llb_to_transfer(lua_State *L);
transfer_object *llb_check_transfer(lua_State *L);

void llb_check_memory(lua_State *L, ll_status status);

/* Around making a Lua value of bytes of the body. Finalizers may run meanwhile,
 * which close the transfer or let the engine turn: the bytes stay. */
void llb_take_in_hand(transfer_object *o);
void llb_put_down(transfer_object *o);

/* Methods of transfers, in events.c and iterators.c. */
int llb_transfer_chunk(lua_State *L);
int llb_transfer_text(lua_State *L);
int llb_transfer_said(lua_State *L);
int llb_transfer_whole(lua_State *L);
int llb_transfer_shorten(lua_State *L);
int llb_transfer_texts(lua_State *L);

#endif
