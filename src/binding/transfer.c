/* Transfers as Lua sees them. Nothing here waits: a method says what there is
 * now, and nil when there is nothing yet. */
#include "transfer.h"

#include <string.h>

#include "binding.h"
#include "chunk.h"
#include "engine_object.h"
#include "header.h"
#include "profile_object.h"
#include "sse.h"

#define NAME "litellm.transfer"

/* Of one event, unless the profile says otherwise. */
static const size_t EVENT_BYTES = (size_t)256 * 1024 * 1024;

typedef struct transfer_object {
  ll_transfer *transfer; /* NULL once closed */
  ll_sse sse;
  ll_chunk chunk;
  ll_buffer head; /* what stays when it is closed */
  ll_buffer said;      /* texts handed out by text() since said() was asked */
  size_t used;         /* bytes of the body that the event in hand stands in */
  unsigned primed : 1; /* a chunk was read in full: texts may be short */
  unsigned pings_count : 1;  /* comments are progress for the idle limit */
  unsigned unterminated : 1; /* the event in hand lacks its blank line */
  unsigned ended : 1;
} transfer_object;

static transfer_object *to_object(lua_State *L) {
  transfer_object *o = luaL_checkudata(L, 1, NAME);
  luaL_argcheck(L, o->transfer, 1, "the transfer is closed");
  return o;
}

static ll_transfer *to_transfer(lua_State *L) {
  return to_object(L)->transfer;
}

/* ---- making one ---- */

static void check_memory(lua_State *L, ll_status status) {
  if (status == LL_NOMEM) luaL_error(L, "not enough memory");
}

static void set_checked(lua_State *L, ll_status status, const char *what) {
  check_memory(L, status);
  if (status != LL_OK) luaL_error(L, "libcurl refuses the %s", what);
}

/* A field of the part at the top of the stack; the part keeps the string. */
static const char *part_field(lua_State *L, const char *key) {
  const char *s;
  lua_getfield(L, -1, key);
  s = lua_tostring(L, -1);
  lua_pop(L, 1);
  return s;
}

static void add_part(lua_State *L, ll_transfer *t) {
  ll_part part;
  part.name = part_field(L, "name");
  part.path = part_field(L, "path");
  part.filename = part_field(L, "filename");
  part.content_type = part_field(L, "content_type");
  lua_getfield(L, -1, "data");
  part.data = lua_tolstring(L, -1, &part.data_len);
  if (!part.name || (!part.data && !part.path))
    luaL_error(L, "a part needs a name, and data or a path");
  set_checked(L, ll_transfer_add_part(t, &part), "part of the body");
  lua_pop(L, 1);
}

/* The body at index i: bytes, a list of parts, or none. */
static void set_body(lua_State *L, int i, ll_transfer *t) {
  size_t len;
  const char *bytes;
  int n;
  if (lua_istable(L, i)) {
    for (n = 1; lua_rawgeti(L, i, n), lua_istable(L, -1); n++) {
      add_part(L, t);
      lua_pop(L, 1);
    }
    lua_pop(L, 1);
  } else if (!lua_isnoneornil(L, i)) {
    bytes = luaL_checklstring(L, i, &len);
    set_checked(L, ll_transfer_set_body(t, bytes, len), "body");
  }
}

static void add_headers(lua_State *L, int i, ll_transfer *t) {
  int n;
  if (!lua_istable(L, i)) return;
  for (n = 1; lua_rawgeti(L, i, n), !lua_isnil(L, -1); n++) {
    check_memory(L, ll_transfer_add_header(t, luaL_checkstring(L, -1)));
    lua_pop(L, 1);
  }
  lua_pop(L, 1);
}

/* The empty object, which __gc can take, before anything is acquired. */
static transfer_object *new_object(lua_State *L, const ll_limits *limits) {
  transfer_object *o = llb_newuserdata(L, sizeof *o);
  memset(o, 0, sizeof *o);
  ll_sse_init(&o->sse, limits->event_bytes ? limits->event_bytes : EVENT_BYTES);
  ll_chunk_init(&o->chunk);
  ll_buffer_init(&o->said, (size_t)-1);
  luaL_getmetatable(L, NAME);
  lua_setmetatable(L, -2);
  return o;
}

/* engine:transfer(profile, method, url, body | parts | nil, total | nil,
 * headers | nil) -> transfer, started */
int llb_engine_transfer(lua_State *L) {
  ll_engine *e = llb_check_engine(L, 1);
  llb_profile *p = llb_check_profile(L, 2);
  const char *method = luaL_checkstring(L, 3);
  const char *url = luaL_checkstring(L, 4);
  double total = luaL_optnumber(L, 6, 0);
  transfer_object *o;
  lua_settop(L, 7); /* what was left out must not be the new object */
  o = new_object(L, ll_profile_limits(p->profile));
  o->pings_count = p->pings_count;
  o->transfer = ll_transfer_new(e, p->profile);
  if (!o->transfer) return luaL_error(L, "not enough memory");
  set_checked(L, ll_transfer_set_url(o->transfer, url), "URL");
  set_checked(L, ll_transfer_set_method(o->transfer, method), "method");
  set_body(L, 5, o->transfer);
  add_headers(L, 7, o->transfer);
  ll_transfer_set_total(o->transfer, total);
  set_checked(L, ll_transfer_start(o->transfer), "request");
  return 1;
}

/* ---- its end ---- */

/* Lets everything go but the head; NULL when it was closed before. */
static ll_transfer *let_go(transfer_object *o) {
  ll_transfer *t = o->transfer;
  o->transfer = NULL;
  if (!t) return NULL;
  ll_transfer_take_head(t, &o->head);
  ll_sse_free(&o->sse);
  ll_chunk_free(&o->chunk);
  ll_buffer_free(&o->said);
  return t;
}

static int transfer_close(lua_State *L) {
  ll_transfer *t = let_go(luaL_checkudata(L, 1, NAME));
  if (t) ll_transfer_free(t);
  return 0;
}

/* transfer:release(): as close, when the end of the body is about to come */
static int transfer_release(lua_State *L) {
  ll_transfer *t = let_go(luaL_checkudata(L, 1, NAME));
  if (t) ll_transfer_release(t);
  return 0;
}

static int transfer_gc(lua_State *L) {
  transfer_object *o = luaL_checkudata(L, 1, NAME);
  transfer_close(L);
  ll_buffer_free(&o->head);
  return 0;
}

static int transfer_cancel(lua_State *L) {
  transfer_object *o = luaL_checkudata(L, 1, NAME);
  if (o->transfer) ll_transfer_cancel(o->transfer);
  return 0;
}

/* ---- what is known of it ---- */

static int transfer_id(lua_State *L) {
  llb_pushinteger(L, ll_transfer_id(to_transfer(L)));
  return 1;
}

static int transfer_done(lua_State *L) {
  lua_pushboolean(L, ll_transfer_done(to_transfer(L)));
  return 1;
}

/* transfer:status() -> status code | nil while the head is not there */
static int transfer_status(lua_State *L) {
  int status = ll_transfer_status(to_transfer(L));
  if (!status) return 0;
  llb_pushinteger(L, status);
  return 1;
}

/* transfer:failure() -> kind, message | nil */
static int transfer_failure(lua_State *L) {
  const char *message;
  ll_failure f = ll_transfer_failure(to_transfer(L), &message);
  if (f == LL_FAILED_NONE) return 0;
  lua_pushstring(L, ll_failure_name(f));
  lua_pushstring(L, message);
  return 2;
}

/* transfer:timing() -> first byte, total (seconds | nil), bytes, sent, reused
 */
static int transfer_timing(lua_State *L) {
  ll_timing timing;
  ll_transfer_timing(to_transfer(L), &timing);
  if (timing.first_byte < 0)
    lua_pushnil(L);
  else
    lua_pushnumber(L, timing.first_byte);
  if (timing.total < 0)
    lua_pushnil(L);
  else
    lua_pushnumber(L, timing.total);
  llb_pushinteger(L, timing.received);
  lua_pushboolean(L, timing.sent);
  lua_pushboolean(L, timing.reused);
  return 5;
}

static const ll_buffer *to_head(lua_State *L) {
  const transfer_object *o = luaL_checkudata(L, 1, NAME);
  return o->transfer ? ll_transfer_head(o->transfer) : &o->head;
}

/* transfer:head() -> the raw header lines, also when it is closed */
static int transfer_head(lua_State *L) {
  const ll_buffer *head = to_head(L);
  lua_pushlstring(L, head->len ? ll_buffer_begin(head) : "", head->len);
  return 1;
}

/* transfer:header(name) -> its last value | nil, also when it is closed */
static int transfer_header(lua_State *L) {
  ll_header h;
  if (ll_header_find(to_head(L), luaL_checkstring(L, 2), &h) != LL_OK) return 0;
  lua_pushlstring(L, h.value, h.value_len);
  return 1;
}

/* ---- the body ---- */

static void push_body(lua_State *L, const ll_buffer *body, size_t n) {
  lua_pushlstring(L, n ? ll_buffer_begin(body) : "", n);
}

/* transfer:body([n]) -> the first n, or all, bytes that were not taken yet */
static int transfer_body(lua_State *L) {
  ll_buffer *body = ll_transfer_body(to_transfer(L));
  size_t n = (size_t)luaL_optnumber(L, 2, (lua_Number)body->len);
  push_body(L, body, n < body->len ? n : body->len);
  return 1;
}

/* transfer:json([vectors]) -> value | nil, message */
static int transfer_json(lua_State *L) {
  ll_buffer *body = ll_transfer_body(to_transfer(L));
  int flags = lua_toboolean(L, 2) ? LLB_VECTORS : 0;
  return llb_push_json(L, body->len ? ll_buffer_begin(body) : "", body->len,
                       flags);
}

/* transfer:read() -> bytes | nil: none yet | false: the end */
static int transfer_read(lua_State *L) {
  ll_transfer *t = to_transfer(L);
  ll_buffer *body = ll_transfer_body(t);
  if (!body->len && !ll_transfer_want(t)) {
    if (!ll_transfer_done(t)) return 0;
    lua_pushboolean(L, 0);
    return 1;
  }
  push_body(L, body, body->len);
  ll_buffer_consume(body, body->len);
  ll_transfer_progress(t);
  return 1;
}

/* ---- events ---- */

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
  if (!ll_transfer_done(o->transfer)) return LL_AGAIN;
  ll_buffer_consume(body, o->used);
  o->used = 0;
  return last_event(o, ev);
}

/* The next event that says something: pings may come as events without data. */
static ll_status next_filled(transfer_object *o, ll_sse_event *ev) {
  ll_status status;
  do {
    status = next_event(o, ev);
  } while (status == LL_OK && ev->data_len == 0);
  return status;
}

static int push_stop(lua_State *L, const char *why) {
  lua_pushboolean(L, 0);
  lua_pushstring(L, why);
  return 2;
}

/* nil for LL_AGAIN, else false and the reason. */
static int push_no_event(lua_State *L, ll_status status) {
  check_memory(L, status);
  if (status == LL_AGAIN) {
    lua_pushnil(L);
    return 1;
  }
  return push_stop(L, status == LL_END ? "end" : "limit");
}

/* transfer:event() -> data, type | nil: none yet | false, "end" or "limit" */
static int transfer_event(lua_State *L) {
  ll_sse_event ev;
  ll_status status = next_event(to_object(L), &ev);
  if (status != LL_OK) return push_no_event(L, status);
  lua_pushlstring(L, ev.data, ev.data_len);
  lua_pushlstring(L, ev.type_len ? ev.type : "", ev.type_len);
  return 2;
}

static int is_done_mark(const ll_sse_event *ev) {
  return ev->data_len >= 6 && memcmp(ev->data, "[DONE]", 6) == 0;
}

/* The event as a table, or false and why it is none. */
static int push_chunk(lua_State *L, transfer_object *o,
                      const ll_sse_event *ev) {
  if (is_done_mark(ev)) return push_stop(L, "done");
  if (llb_push_json(L, ev->data, ev->data_len, 0) == 1) {
    o->primed = 1;
    return 1;
  }
  if (o->unterminated) return push_stop(L, "end"); /* it was cut off */
  lua_pushboolean(L, 0);
  lua_pushliteral(L, "bad");
  lua_pushlstring(L, ev->data, ev->data_len);
  lua_pushvalue(L, -4);
  return 4;
}

/* transfer:chunk() -> the next event's JSON | nil: none yet |
 * false, "done" | "end" | "limit" | "bad", data, message */
static int transfer_chunk(lua_State *L) {
  transfer_object *o = to_object(L);
  ll_sse_event ev;
  ll_status status = next_filled(o, &ev);
  if (status != LL_OK) return push_no_event(L, status);
  return push_chunk(L, o, &ev);
}

/* transfer:text() -> as chunk, but a chunk that is nothing but text of the
 * first choice comes as that text, and is kept for said() */
static int transfer_text(lua_State *L) {
  transfer_object *o = to_object(L);
  const char *text;
  size_t len;
  ll_sse_event ev;
  ll_status status = next_filled(o, &ev);
  if (status != LL_OK) return push_no_event(L, status);
  if (!o->primed ||
      ll_chunk_text(&o->chunk, ev.data, ev.data_len, &text, &len) != LL_OK)
    return push_chunk(L, o, &ev);
  check_memory(L, ll_buffer_append(&o->said, text, len));
  lua_pushlstring(L, text, len);
  return 1;
}

/* transfer:said() -> the texts that text() gave since the last call, joined */
static int transfer_said(lua_State *L) {
  transfer_object *o = luaL_checkudata(L, 1, NAME);
  push_body(L, &o->said, o->said.len);
  ll_buffer_free(&o->said);
  return 1;
}

static const luaL_Reg methods[] = {
    {"id", transfer_id},         {"done", transfer_done},
    {"status", transfer_status}, {"failure", transfer_failure},
    {"timing", transfer_timing}, {"head", transfer_head},
    {"header", transfer_header}, {"body", transfer_body},
    {"json", transfer_json},     {"read", transfer_read},
    {"event", transfer_event},   {"chunk", transfer_chunk},
    {"text", transfer_text},     {"said", transfer_said},
    {"cancel", transfer_cancel}, {"release", transfer_release},
    {"close", transfer_close},   {NULL, NULL}};

static const luaL_Reg meta[] = {
    {"__gc", transfer_gc}, {"__close", transfer_close}, {NULL, NULL}};

void llb_open_transfer(lua_State *L) {
  llb_metatable(L, NAME, methods, meta);
}
