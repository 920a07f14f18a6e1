/* Transfers as Lua sees them. Nothing here waits: a method says what there is
 * now, and nil when there is nothing yet. */
#include <string.h>

#include "binding.h"
#include "engine_object.h"
#include "header.h"
#include "profile_object.h"
#include "tape_table.h"
#include "transfer_object.h"

/* Of one event, unless the profile says otherwise. */
static const size_t EVENT_BYTES = (size_t)256 * 1024 * 1024;

/* Of the chunks that are kept whole: most streams have two. */
enum { WHOLE_BYTES = 64 * 1024 };

transfer_object *llb_to_transfer(lua_State *L) {
  return llb_self(L, LLB_TRANSFER);
}

transfer_object *llb_check_transfer(lua_State *L) {
  transfer_object *o = llb_to_transfer(L);
  luaL_argcheck(L, o->transfer, 1, "the transfer is closed");
  return o;
}

static ll_transfer *to_transfer(lua_State *L) {
  return llb_check_transfer(L)->transfer;
}

/* ---- making one ---- */

static void set_checked(lua_State *L, ll_status status, const char *what) {
  llb_check_memory(L, status);
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
  if (lua_type(L, i) == LUA_TSTRING)
    llb_check_memory(L, ll_transfer_add_header(t, lua_tostring(L, i)));
  if (!lua_istable(L, i)) return;
  for (n = 1; lua_rawgeti(L, i, n), !lua_isnil(L, -1); n++) {
    llb_check_memory(L, ll_transfer_add_header(t, luaL_checkstring(L, -1)));
    lua_pop(L, 1);
  }
  lua_pop(L, 1);
}

/* The empty object, which __gc can take, before anything is acquired. */
static transfer_object *new_object(lua_State *L, const ll_limits *limits) {
  transfer_object *o = llb_newuserdata(L, sizeof *o);
  memset(o, 0, sizeof *o);
  ll_sse_init(&o->sse, limits->event_bytes ? limits->event_bytes : EVENT_BYTES);
  o->depth = limits->json_depth;
  ll_chunk_init(&o->chunk, o->depth);
  llb_mould_init(&o->mould);
  ll_buffer_init(&o->said, (size_t)-1);
  ll_buffer_init(&o->whole, WHOLE_BYTES);
  o->held = LL_AGAIN;
  luaL_getmetatable(L, LLB_TRANSFER);
  lua_setmetatable(L, -2);
  return o;
}

/* true: what comes is recorded; a table: it comes in place of an answer, and
 * nothing is sent. */
static void set_tape(lua_State *L, int i, ll_transfer *t) {
  ll_tape *tape;
  if (lua_istable(L, i)) {
    if (!(tape = ll_tape_new())) llb_check_memory(L, LL_NOMEM);
    ll_transfer_play(t, tape);
    llb_read_tape(L, i, tape);
  } else if (lua_toboolean(L, i)) {
    llb_check_memory(L, ll_transfer_record(t));
  }
}

/* engine:transfer(profile, method, url, body | parts | nil, total | nil,
 * header | headers | nil, tape | nil) -> transfer, started */
int llb_engine_transfer(lua_State *L) {
  ll_engine *e = llb_check_engine(L);
  llb_profile *p = llb_check_profile(L, 2);
  const char *method = luaL_checkstring(L, 3);
  const char *url = luaL_checkstring(L, 4);
  double total = luaL_optnumber(L, 6, 0);
  transfer_object *o;
  lua_settop(L, 8); /* what was left out must not be the new object */
  o = new_object(L, ll_profile_limits(p->profile));
  o->pings_count = p->pings_count;
  o->transfer = ll_transfer_new(e, p->profile);
  if (!o->transfer) return luaL_error(L, "not enough memory");
  set_checked(L, ll_transfer_set_url(o->transfer, url), "URL");
  set_checked(L, ll_transfer_set_method(o->transfer, method), "method");
  set_body(L, 5, o->transfer);
  add_headers(L, 7, o->transfer);
  ll_transfer_set_total(o->transfer, total);
  set_tape(L, 8, o->transfer);
  set_checked(L, ll_transfer_start(o->transfer), "request");
  return 1;
}

/* ---- its end ---- */

void llb_take_in_hand(transfer_object *o) {
  o->in_hand = 1;
  ll_transfer_hold_body(o->transfer, 1);
}

void llb_put_down(transfer_object *o) {
  o->in_hand = 0;
  if (o->transfer) ll_transfer_hold_body(o->transfer, 0);
}

/* Ends a transfer, whose body stays. */
static void keep(transfer_object *o, ll_transfer *t) {
  ll_transfer_cancel(t);
  o->kept = t;
}

/* Lets everything go but the head, what was said and what is in hand; NULL when
 * there is nothing to be ended. */
static ll_transfer *let_go(lua_State *L, transfer_object *o) {
  ll_transfer *t = o->transfer;
  o->transfer = NULL;
  if (t) ll_transfer_take_head(t, &o->head);
  if (o->in_hand) {
    if (t) keep(o, t);
    return NULL;
  }
  llb_mould_free(L, &o->mould);
  ll_sse_free(&o->sse);
  ll_chunk_free(&o->chunk);
  return t;
}

static int transfer_close(lua_State *L) {
  ll_transfer *t = let_go(L, llb_to_transfer(L));
  if (t) ll_transfer_free(t);
  return 0;
}

/* transfer:release(): as close, when the end of the body is about to come */
static int transfer_release(lua_State *L) {
  ll_transfer *t = let_go(L, llb_to_transfer(L));
  if (t) ll_transfer_release(t);
  return 0;
}

static int transfer_gc(lua_State *L) {
  transfer_object *o = llb_to_transfer(L);
  o->in_hand = 0;
  transfer_close(L);
  if (o->kept) ll_transfer_free(o->kept);
  o->kept = NULL;
  ll_buffer_free(&o->head);
  ll_buffer_free(&o->said);
  ll_buffer_free(&o->whole);
  return 0;
}

static int transfer_cancel(lua_State *L) {
  transfer_object *o = llb_to_transfer(L);
  if (o->transfer) ll_transfer_cancel(o->transfer);
  return 0;
}

/* ---- what is known of it ---- */

static int transfer_id(lua_State *L) {
  llb_pushinteger(L, ll_transfer_id(to_transfer(L)));
  return 1;
}

/* transfer:done() -> whether it has ended; if not, that is a look that found
 * nothing: see unseen */
static int transfer_done(lua_State *L) {
  ll_transfer *t = to_transfer(L);
  int done = ll_transfer_done(t);
  if (!done) ll_transfer_found_nothing(t);
  lua_pushboolean(L, done);
  return 1;
}

static int is_over(const transfer_object *o) {
  return !o->transfer || ll_transfer_unseen(o->transfer);
}

/* transfer:unseen() -> whether there was news since a method last said that
 * there is nothing yet; a closed one will have no other */
static int transfer_unseen(lua_State *L) {
  lua_pushboolean(L, is_over(llb_to_transfer(L)));
  return 1;
}

int llb_is_over(lua_State *L, int i) {
  if (lua_type(L, i) != LUA_TUSERDATA) return 0; /* a cassette's is a table */
  return is_over(luaL_checkudata(L, i, LLB_TRANSFER));
}

/* transfer:status() -> status code | nil while the head is not there */
static int transfer_status(lua_State *L) {
  int status = ll_transfer_status(to_transfer(L));
  if (!status) return 0;
  llb_pushinteger(L, status);
  return 1;
}

/* transfer:answered() -> nil while there is nothing to look at, else status |
 * false, whether there is an answer to read */
static int transfer_answered(lua_State *L) {
  ll_transfer *t = to_transfer(L);
  int status = ll_transfer_status(t);
  if (!ll_transfer_answered(t)) {
    ll_transfer_found_nothing(t);
    return 0;
  }
  if (status)
    llb_pushinteger(L, status);
  else
    lua_pushboolean(L, 0);
  lua_pushboolean(L, status >= 200 && status < 300 && ll_transfer_readable(t));
  return 2;
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
  const transfer_object *o = llb_to_transfer(L);
  return o->transfer ? ll_transfer_head(o->transfer) : &o->head;
}

/* transfer:head() -> the raw header lines, also when it is closed */
static int transfer_head(lua_State *L) {
  const ll_buffer *head = to_head(L);
  lua_pushlstring(L, head->len ? ll_buffer_begin(head) : "", head->len);
  return 1;
}

/* transfer:header(name, ...) -> the last value of each of up to four | nil,
 * also when it is closed. Several are for a head that is all there: a finalizer
 * may have the engine add to another while values are pushed. */
static int transfer_header(lua_State *L) {
  const char *names[LL_HEADERS_AT_ONCE];
  ll_header found[LL_HEADERS_AT_ONCE];
  int n = lua_gettop(L) - 1, i;
  luaL_argcheck(L, n >= 1 && n <= LL_HEADERS_AT_ONCE, 2, "one to four names");
  for (i = 0; i < n; i++)
    names[i] = luaL_checkstring(L, 2 + i);
  ll_header_find(to_head(L), names, (size_t)n, found);
  for (i = 0; i < n; i++) {
    if (found[i].name)
      lua_pushlstring(L, found[i].value, found[i].value_len);
    else
      lua_pushnil(L);
  }
  return n;
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
  transfer_object *o = llb_check_transfer(L);
  ll_buffer *body = ll_transfer_body(o->transfer);
  int flags = lua_toboolean(L, 2) ? LLB_VECTORS : 0;
  return llb_push_json(L, body->len ? ll_buffer_begin(body) : "", body->len,
                       flags, o->depth);
}

/* transfer:read() -> bytes | nil: none yet | false: the end */
static int transfer_read(lua_State *L) {
  transfer_object *o = llb_check_transfer(L);
  ll_transfer *t = o->transfer;
  ll_buffer *body = ll_transfer_body(t);
  if (!body->len && !ll_transfer_want(t)) {
    if (!ll_transfer_done(t)) {
      ll_transfer_found_nothing(t);
      return 0;
    }
    lua_pushboolean(L, 0);
    return 1;
  }
  llb_take_in_hand(o);
  push_body(L, body, body->len);
  ll_buffer_consume(body, body->len);
  ll_transfer_progress(t);
  llb_put_down(o);
  return 1;
}

/* transfer:recorded() -> { { seconds, bytes }, ... } | nil */
static int transfer_recorded(lua_State *L) {
  const ll_tape *tape = ll_transfer_tape(to_transfer(L));
  if (!tape) return 0;
  llb_push_tape(L, tape);
  return 1;
}

static const luaL_Reg methods[] = {{"id", transfer_id},
                                   {"done", transfer_done},
                                   {"unseen", transfer_unseen},
                                   {"status", transfer_status},
                                   {"answered", transfer_answered},
                                   {"failure", transfer_failure},
                                   {"timing", transfer_timing},
                                   {"head", transfer_head},
                                   {"header", transfer_header},
                                   {"body", transfer_body},
                                   {"json", transfer_json},
                                   {"read", transfer_read},
                                   {"recorded", transfer_recorded},
                                   {"chunk", llb_transfer_chunk},
                                   {"text", llb_transfer_text},
                                   {"said", llb_transfer_said},
                                   {"whole", llb_transfer_whole},
                                   {"shorten", llb_transfer_shorten},
                                   {"texts", llb_transfer_texts},
                                   {"cancel", transfer_cancel},
                                   {"release", transfer_release},
                                   {"close", transfer_close},
                                   {NULL, NULL}};

static const luaL_Reg meta[] = {
    {"__gc", transfer_gc}, {"__close", transfer_close}, {NULL, NULL}};

void llb_open_transfer(lua_State *L) {
  llb_metatable(L, LLB_TRANSFER, methods, meta);
}
