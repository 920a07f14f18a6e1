#include <curl/curl.h>
#include <limits.h>
#include <string.h>

#include "binding.h"
#include "clock.h"
#include "engine.h"
#include "engine_object.h"

#define NAME "litellm.engine"

typedef struct engine_object {
  ll_engine *engine; /* NULL once closed */
} engine_object;

ll_engine *llb_check_engine(lua_State *L) {
  engine_object *o = llb_self(L, NAME);
  luaL_argcheck(L, o->engine, 1, "the engine is closed");
  if (ll_engine_is_foreign(o->engine))
    luaL_error(L, "litellm was used before this process was forked, and its "
                  "connections are the parent's: make the first call after "
                  "the fork");
  return o->engine;
}

/* core.engine() -> engine | nil, message */
static int core_engine(lua_State *L) {
  engine_object *o = llb_newuserdata(L, sizeof *o);
  o->engine = NULL;
  luaL_getmetatable(L, NAME);
  lua_setmetatable(L, -2);
  if ((o->engine = ll_engine_new())) return 1;
  lua_pushnil(L);
  lua_pushliteral(L, "libcurl could not be started: no memory or no file "
                     "descriptor left");
  return 2;
}

/* core.now() -> seconds on the monotonic clock */
static int core_now(lua_State *L) {
  lua_pushnumber(L, ll_now());
  return 1;
}

/* core.curl_info() -> version text, file of certificates | nil */
static int core_curl_info(lua_State *L) {
  const curl_version_info_data *v = curl_version_info(CURLVERSION_NOW);
  lua_pushstring(L, curl_version());
  lua_pushstring(L, v->age >= CURLVERSION_SEVENTH ? v->cainfo : NULL);
  return 2;
}

static int engine_close(lua_State *L) {
  engine_object *o = luaL_checkudata(L, 1, NAME);
  ll_engine *e = o->engine;
  o->engine = NULL;
  if (e) ll_engine_free(e);
  return 0;
}

/* Rounded up, so that a wait for less than one does not become none. */
static int to_milliseconds(lua_Number n) {
  if (n < 0) return -1;
  if (n >= INT_MAX) return INT_MAX;
  return n > (int)n ? (int)n + 1 : (int)n;
}

/* The next transfer with news. */
static int push_ready(lua_State *L, ll_engine *e) {
  uint64_t id = ll_engine_ready(e);
  if (!id) return 0;
  llb_pushinteger(L, id);
  return 1;
}

/* engine:turn(ms, transfer | nil) -> id of a transfer with news | nil; it does
 * not wait when there is nothing to wait for with that one */
static int engine_turn(lua_State *L) {
  ll_engine *e = llb_check_engine(L);
  lua_Number ms = luaL_checknumber(L, 2);
  luaL_argcheck(L, ms == ms, 2, "nan");
  if (llb_is_over(L, 3)) ms = 0;
  (void)ll_engine_turn(e, to_milliseconds(ms)); /* a signal is the host's */
  return push_ready(L, e);
}

/* engine:ready() -> id of the next one | nil */
static int engine_ready(lua_State *L) {
  return push_ready(L, llb_check_engine(L));
}

/* engine:alarm(due | nil) */
static int engine_alarm(lua_State *L) {
  ll_engine_alarm(llb_check_engine(L), luaL_optnumber(L, 2, -1));
  return 0;
}

/* engine:fd() -> descriptor | nil */
static int engine_fd(lua_State *L) {
  int fd = ll_engine_fd(llb_check_engine(L));
  if (fd < 0) return 0;
  llb_pushinteger(L, fd);
  return 1;
}

static int engine_running(lua_State *L) {
  llb_pushinteger(L, ll_engine_running(llb_check_engine(L)));
  return 1;
}

static const luaL_Reg functions[] = {{"engine", core_engine},
                                     {"now", core_now},
                                     {"curl_info", core_curl_info},
                                     {NULL, NULL}};

static const luaL_Reg methods[] = {{"turn", engine_turn},
                                   {"ready", engine_ready},
                                   {"fd", engine_fd},
                                   {"running", engine_running},
                                   {"close", engine_close},
                                   {"alarm", engine_alarm},
                                   {"transfer", llb_engine_transfer},
                                   {NULL, NULL}};

static const luaL_Reg meta[] = {
    {"__gc", engine_close}, {"__close", engine_close}, {NULL, NULL}};

void llb_open_engine(lua_State *L) {
  llb_metatable(L, NAME, methods, meta);
  luaL_setfuncs(L, functions, 0);
}
