/* Reading a stream's events. Nothing here waits: a method says what there is
 * now, and nil when there is nothing yet. */
#include <string.h>

#include "binding.h"
#include "events.h"

void llb_check_memory(lua_State *L, ll_status status) {
  if (status == LL_NOMEM) luaL_error(L, "not enough memory");
}

static ll_status last_event(transfer_object *o, ll_sse_event *ev) {
  ll_buffer *body = ll_transfer_body(o->transfer);
  if (o->ended) return LL_END;
  o->ended = 1;
  o->unterminated = 1;
  o->used = body->len;
  return ll_sse_finish(&o->sse, ll_buffer_begin(body), body->len, ev);
}

static void note_progress(transfer_object *o, ll_status status) {
  if (status == LL_OK || (o->sse.comment && o->pings_count))
    ll_transfer_progress(o->transfer);
  o->sse.comment = 0;
}

/* LL_AGAIN: nothing yet. The event stands in the body until the next call. */
static ll_status next_event(transfer_object *o, ll_sse_event *ev) {
  ll_buffer *body = ll_transfer_body(o->transfer);
  ll_status status;
  do {
    ll_buffer_consume(body, o->used);
    o->used = 0;
    status =
        ll_sse_next(&o->sse, ll_buffer_begin(body), body->len, ev, &o->used);
    note_progress(o, status);
    if (status != LL_AGAIN) return status;
  } while (ll_transfer_want(o->transfer));
  if (!ll_transfer_done(o->transfer)) {
    ll_transfer_found_nothing(o->transfer);
    return LL_AGAIN;
  }
  ll_buffer_consume(body, o->used);
  o->used = 0;
  return last_event(o, ev);
}

ll_status llb_next_event(transfer_object *o, ll_sse_event *ev) {
  ll_status status = o->held;
  if (o->in_hand) return LL_NOMEM;
  if (status != LL_AGAIN) {
    *ev = o->event;
    o->held = LL_AGAIN;
    return status;
  }
  do {
    status = next_event(o, ev);
  } while (status == LL_OK && ev->data_len == 0);
  o->in_hand = status == LL_NOMEM;
  return status;
}

static const char *reason(ll_status status) {
  if (status == LL_NOMEM) return "memory";
  return status == LL_END ? "end" : "limit";
}

static int push_stop(lua_State *L, const char *why) {
  lua_pushboolean(L, 0);
  lua_pushstring(L, why);
  return 2;
}

/* nil for LL_AGAIN, else false and the reason. */
static int push_no_event(lua_State *L, ll_status status) {
  if (status == LL_AGAIN) {
    lua_pushnil(L);
    return 1;
  }
  return push_stop(L, reason(status));
}

static int is_done_mark(const ll_sse_event *ev) {
  return ev->data_len >= 6 && memcmp(ev->data, "[DONE]", 6) == 0;
}

/* The event as a table, or false and why it is none. */
static int push_chunk(lua_State *L, transfer_object *o,
                      const ll_sse_event *ev) {
  int values;
  if (is_done_mark(ev)) return push_stop(L, "done");
  values = llb_push_json(L, ev->data, ev->data_len, 0, o->depth);
  if (lua_istable(L, -1)) {
    o->primed = 1;
    return 1;
  }
  if (values == 1) lua_pushliteral(L, "an object was expected");
  if (o->unterminated) return push_stop(L, "end"); /* it was cut off */
  lua_pushboolean(L, 0);
  lua_pushliteral(L, "bad");
  lua_pushlstring(L, ev->data, ev->data_len);
  lua_pushvalue(L, -4);
  return 4;
}

/* Keeps a chunk as it came, for whole(): its length and its bytes. 0: there are
 * so many that somebody had better look at them. */
static int keep_whole(lua_State *L, transfer_object *o,
                      const ll_sse_event *ev) {
  size_t n = ev->data_len;
  ll_status why;
  char *to = ll_buffer_reserve(&o->whole, sizeof n + n, &why);
  llb_check_memory(L, why);
  if (!to) {
    ll_chunk_forget(&o->chunk);
    return 0;
  }
  memcpy(to, &n, sizeof n);
  memcpy(to + sizeof n, ev->data, n);
  ll_buffer_grow(&o->whole, sizeof n + n);
  o->primed = 1;
  return 1;
}

/* The text is kept for said(), or all of the event for whole(), whose texts
 * come first. */
int llb_take_text(lua_State *L, transfer_object *o, const ll_sse_event *ev,
                  const char **text, size_t *len) {
  if (!o->shorten ||
      ll_chunk_text(&o->chunk, ev->data, ev->data_len, text, len) != LL_OK)
    return 0;
  if (!o->chunk.framed) llb_mould_free(L, &o->mould);
  if (*len == 0 || ((o->chunk.more || !o->primed) && o->said.len == 0))
    return keep_whole(L, o, ev);
  if (o->chunk.more) {
    ll_chunk_forget(&o->chunk);
    return 0;
  }
  llb_check_memory(L, ll_buffer_append(&o->said, *text, *len));
  return 1;
}

/* The first two chunks of a frame are read: there may be no third. */
void llb_push_text_chunk(lua_State *L, transfer_object *o,
                         const ll_sse_event *ev, const char *text, size_t len) {
  if (o->mould.parts) {
    llb_mould_cast(L, &o->mould, text, len);
    return;
  }
  if (push_chunk(L, o, ev) != 1) luaL_error(L, "the walks disagree");
  if (o->chunk.framed) llb_mould_make(L, &o->mould);
}

/* Pushes nothing when there is no text where a text is wanted. */
static int push_event(lua_State *L, transfer_object *o, const ll_sse_event *ev,
                      int short_text) {
  const char *text;
  size_t len;
  if (!llb_take_text(L, o, ev, &text, &len)) return push_chunk(L, o, ev);
  if (short_text) {
    if (len == 0) return 0;
    lua_pushlstring(L, text, len);
    return 1;
  }
  llb_push_text_chunk(L, o, ev, text, len);
  lua_pushboolean(L, 1);
  return 2;
}

/* An event that Lua has no memory for is gone: no other one comes then. */
static int push_next(lua_State *L, int short_text) {
  transfer_object *o = llb_check_transfer(L);
  ll_sse_event ev;
  int n;
  do {
    ll_status status = llb_next_event(o, &ev);
    if (status != LL_OK) return push_no_event(L, status);
    llb_take_in_hand(o);
    n = push_event(L, o, &ev, short_text);
    llb_put_down(o);
  } while (n == 0);
  return n;
}

/* transfer:chunk() -> the next event's JSON, true when said() and whole() have
 * what it says |
 * nil: none yet | false, "done" | "end" | "limit" | "memory" | "bad", data,
 * message */
int llb_transfer_chunk(lua_State *L) {
  return push_next(L, 0);
}

/* transfer:text() -> as chunk, but a chunk that is nothing but text comes as
 * that text, and one without text not at all */
int llb_transfer_text(lua_State *L) {
  return push_next(L, 1);
}

/* Moves what a buffer holds to a userdata on top of the stack. A finalizer that
 * runs when that is made may do so, too. */
static const char *take_all(lua_State *L, ll_buffer *b, size_t *n) {
  char *to;
  for (;;) {
    *n = b->len;
    to = llb_newuserdata(L, *n);
    if (b->len == *n) break;
    lua_pop(L, 1);
  }
  if (*n) memcpy(to, ll_buffer_begin(b), *n);
  ll_buffer_free(b);
  return to;
}

/* transfer:said() -> the texts kept since the last call, joined; also when it
 * is closed */
int llb_transfer_said(lua_State *L) {
  size_t n;
  const char *text = take_all(L, &llb_to_transfer(L)->said, &n);
  lua_pushlstring(L, text, n);
  return 1;
}

/* transfer:whole() -> a list of the chunks kept since the last call, none of
 * which has a text that comes after said(); also when it is closed */
int llb_transfer_whole(lua_State *L) {
  transfer_object *o = llb_to_transfer(L);
  size_t len;
  const char *at = take_all(L, &o->whole, &len), *end = at + len;
  int n = 0;
  lua_newtable(L);
  while (at < end) {
    memcpy(&len, at, sizeof len);
    at += sizeof len;
    if (llb_push_json(L, at, len, 0, o->depth) != 1)
      return luaL_error(L, "the walks disagree");
    lua_rawseti(L, -2, ++n);
    at += len;
  }
  return 1;
}

/* transfer:shorten(): from now on most chat chunks of one choice need not be
 * looked at: said() and whole() have what they say */
int llb_transfer_shorten(lua_State *L) {
  llb_check_transfer(L)->shorten = 1;
  return 0;
}
