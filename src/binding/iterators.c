/* Iterators in C over the events that need no thought. What else comes is held
 * back and left to a Lua function, which may wait. */
#include "binding.h"
#include "events.h"

#if LUA_VERSION_NUM >= 503

/* Takes an event, and pushes what it is to the loop: 1. 0: the next event is to
 * be looked at. -1: it needs thought. */
static int take(lua_State *L, transfer_object *o, const ll_sse_event *ev,
                int short_text) {
  const char *text;
  size_t len;
  if (!llb_take_text(L, o, ev, &text, &len)) return -1;
  if (!short_text)
    llb_push_text_chunk(L, o, ev, text, len);
  else if (len == 0)
    return 0;
  else
    lua_pushlstring(L, text, len);
  return 1;
}

static int finished_slow(lua_State *L, int status, lua_KContext context) {
  (void)L;
  (void)status;
  (void)context;
  return 1;
}

static int leave_to(lua_State *L, int slow, int stream) {
  lua_pushvalue(L, slow);
  lua_pushvalue(L, stream);
  lua_callk(L, 1, 1, 0, finished_slow);
  return 1;
}

/* The bytes of the event stay where they are: an error of a hook may come
 * before it is looked at, and then the engine may turn. */
static void hold(transfer_object *o, ll_status status, const ll_sse_event *ev) {
  o->held = status;
  if (status != LL_OK) return;
  o->event = *ev;
  ll_transfer_hold_body(o->transfer, 1);
}

/* 1: something was pushed. An event that Lua has no memory for is gone: no
 * other one comes then. */
static int read_quick(lua_State *L, transfer_object *o, int short_text) {
  ll_sse_event ev;
  ll_status status;
  int taken = 0;
  if (!o->transfer || !o->shorten) return 0;
  while (taken == 0 && (status = llb_next_event(o, &ev)) == LL_OK) {
    llb_take_in_hand(o);
    taken = take(L, o, &ev, short_text);
    llb_put_down(o);
  }
  if (taken != 1) hold(o, status, &ev);
  return taken == 1;
}

/* The upvalues of an iterator over texts. */
enum { TRANSFER = 1, SLOW, STREAM };

static int read_text(lua_State *L) {
  transfer_object *o = lua_touserdata(L, lua_upvalueindex(TRANSFER));
  if (read_quick(L, o, 1)) return 1;
  return leave_to(L, lua_upvalueindex(SLOW), lua_upvalueindex(STREAM));
}

/* transfer:texts(slow, stream) -> an iterator over texts */
int llb_transfer_texts(lua_State *L) {
  llb_check_transfer(L);
  luaL_checktype(L, 2, LUA_TFUNCTION);
  lua_settop(L, 3);
  lua_pushcclosure(L, read_text, STREAM);
  return 1;
}

/* A stream is its own iterator; the first upvalue is the metatable of
 * transfers. */
static int read_chunk(lua_State *L) {
  lua_settop(L, 1);
  lua_getfield(L, 1, "transfer");
  if (llb_has_metatable(L, 2, lua_upvalueindex(1)) &&
      read_quick(L, lua_touserdata(L, 2), 0))
    return 1;
  return leave_to(L, lua_upvalueindex(2), 1);
}

/* core.chunks(slow) -> what calling a stream does, where slow(stream) does it
 * otherwise */
static int core_chunks(lua_State *L) {
  luaL_checktype(L, 1, LUA_TFUNCTION);
  luaL_getmetatable(L, LLB_TRANSFER);
  lua_pushvalue(L, 1);
  lua_pushcclosure(L, read_chunk, 2);
  return 1;
}

#else

/* Nothing may be yielded across an iterator in C here: the functions that read
 * all kinds of events are the iterators. */
int llb_transfer_texts(lua_State *L) {
  llb_check_transfer(L);
  return 0;
}

static int core_chunks(lua_State *L) {
  luaL_checktype(L, 1, LUA_TFUNCTION);
  lua_settop(L, 1);
  return 1;
}

#endif

void llb_open_iterators(lua_State *L) {
  lua_pushcfunction(L, core_chunks);
  lua_setfield(L, -2, "chunks");
}
