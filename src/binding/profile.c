/* Profiles: what many transfers have in common, made from a table once. */
#include "profile_object.h"

#include <stdint.h>
#include <string.h>

#include "binding.h"

#define NAME "litellm.profile"

llb_profile *llb_check_profile(lua_State *L, int i) {
  return luaL_checkudata(L, i, NAME);
}

/* The fields of a table keep their strings alive. */
static const char *opt_string(lua_State *L, int table, const char *key) {
  const char *s = NULL;
  lua_getfield(L, table, key);
  if (!lua_isnil(L, -1)) s = luaL_checkstring(L, -1);
  lua_pop(L, 1);
  return s;
}

static double opt_number(lua_State *L, int table, const char *key) {
  double n;
  lua_getfield(L, table, key);
  n = luaL_optnumber(L, -1, 0);
  lua_pop(L, 1);
  return n;
}

static int opt_boolean(lua_State *L, int table, const char *key) {
  int b;
  lua_getfield(L, table, key);
  b = lua_toboolean(L, -1);
  lua_pop(L, 1);
  return b;
}

static void check_memory(lua_State *L, ll_status status) {
  if (status != LL_OK) luaL_error(L, "not enough memory");
}

/* A limit beyond all sizes is none. */
static size_t opt_size(lua_State *L, int table, const char *key) {
  double n = opt_number(L, table, key);
  return n < (double)SIZE_MAX ? (size_t)(n > 0 ? n : 0) : SIZE_MAX;
}

static void set_limits(lua_State *L, int spec, ll_profile *p) {
  ll_limits limits;
  limits.connect = opt_number(L, spec, "connect");
  limits.first_byte = opt_number(L, spec, "first_byte");
  limits.idle = opt_number(L, spec, "idle");
  limits.head_bytes = opt_size(L, spec, "head_bytes");
  limits.body_bytes = opt_size(L, spec, "body_bytes");
  limits.event_bytes = opt_size(L, spec, "event_bytes");
  limits.json_depth = opt_size(L, spec, "json_depth");
  ll_profile_set_limits(p, &limits);
}

static void add_headers(lua_State *L, int spec, ll_profile *p) {
  int i;
  lua_getfield(L, spec, "headers");
  if (lua_istable(L, -1)) {
    for (i = 1; lua_rawgeti(L, -1, i), !lua_isnil(L, -1); i++) {
      check_memory(L, ll_profile_add_header(p, luaL_checkstring(L, -1)));
      lua_pop(L, 1);
    }
    lua_pop(L, 1);
  }
  lua_pop(L, 1);
}

static void set_tls(lua_State *L, int spec, ll_profile *p) {
  ll_tls tls;
  int table;
  lua_getfield(L, spec, "tls");
  table = lua_gettop(L);
  if (lua_istable(L, table)) {
    tls.ca_file = opt_string(L, table, "ca_file");
    tls.ca_path = opt_string(L, table, "ca_path");
    tls.client_cert = opt_string(L, table, "client_cert");
    tls.client_key = opt_string(L, table, "client_key");
    tls.min_version = (int)opt_number(L, table, "min_version");
    tls.insecure = opt_boolean(L, table, "insecure");
    check_memory(L, ll_profile_set_tls(p, &tls));
  }
  lua_pop(L, 1);
}

/* core.profile{headers=, collect=, fresh=, connect=, first_byte=, idle=,
 * head_bytes=, body_bytes=, event_bytes=, json_depth=, tls=, proxy=, no_proxy=,
 * pings_count=} */
static int core_profile(lua_State *L) {
  llb_profile *o;
  luaL_checktype(L, 1, LUA_TTABLE);
  lua_settop(L, 1);
  o = llb_newuserdata(L, sizeof *o);
  memset(o, 0, sizeof *o);
  luaL_getmetatable(L, NAME);
  lua_setmetatable(L, -2);
  if (!(o->profile = ll_profile_new())) check_memory(L, LL_NOMEM);
  add_headers(L, 1, o->profile);
  set_tls(L, 1, o->profile);
  check_memory(L, ll_profile_set_proxy(o->profile, opt_string(L, 1, "proxy"),
                                       opt_string(L, 1, "no_proxy")));
  set_limits(L, 1, o->profile);
  ll_profile_set_collect(o->profile, opt_boolean(L, 1, "collect"));
  ll_profile_set_fresh(o->profile, opt_boolean(L, 1, "fresh"));
  o->pings_count = opt_boolean(L, 1, "pings_count") ? 1 : 0;
  return 1;
}

static int profile_gc(lua_State *L) {
  llb_profile *o = llb_check_profile(L, 1);
  if (o->profile) ll_profile_release(o->profile);
  o->profile = NULL;
  return 0;
}

static const luaL_Reg functions[] = {{"profile", core_profile}, {NULL, NULL}};

static const luaL_Reg meta[] = {{"__gc", profile_gc}, {NULL, NULL}};

void llb_open_profile(lua_State *L) {
  llb_metatable(L, NAME, NULL, meta);
  luaL_setfuncs(L, functions, 0);
}
