/* Tapes as Lua tables. */
#include "tape_table.h"

#include <stdio.h>

static double number_field(lua_State *L, int i, const char *key) {
  double n;
  lua_getfield(L, i, key);
  n = luaL_optnumber(L, -1, 0);
  lua_pop(L, 1);
  return n;
}

static void check_memory(lua_State *L, ll_status status) {
  if (status != LL_OK) luaL_error(L, "not enough memory");
}

/* The pair on top of the stack. */
static void add_pair(lua_State *L, ll_tape *tape) {
  size_t n;
  const char *bytes;
  double at;
  lua_rawgeti(L, -1, 1);
  lua_rawgeti(L, -2, 2);
  at = luaL_checknumber(L, -2);
  bytes = luaL_checklstring(L, -1, &n);
  check_memory(L, ll_tape_add(tape, at, bytes, n));
  lua_pop(L, 2);
}

static void read_head(lua_State *L, int i, ll_tape *tape) {
  size_t n;
  const char *head;
  lua_getfield(L, i, "head");
  if ((head = lua_tolstring(L, -1, &n)))
    check_memory(L, ll_buffer_append(&tape->head, head, n));
  lua_pop(L, 1);
}

static void read_failure(lua_State *L, int i, ll_tape *tape) {
  const char *name;
  lua_getfield(L, i, "failure");
  lua_getfield(L, i, "message");
  if ((name = lua_tostring(L, -2))) tape->failure = ll_failure_of_name(name);
  snprintf(tape->message, sizeof tape->message, "%s",
           luaL_optstring(L, -1, ""));
  lua_pop(L, 2);
}

void llb_read_tape(lua_State *L, int i, ll_tape *tape) {
  int n;
  tape->head_at = number_field(L, i, "head_at");
  tape->ended = number_field(L, i, "ended");
  lua_getfield(L, i, "sent");
  tape->sent = lua_toboolean(L, -1);
  lua_pop(L, 1);
  read_head(L, i, tape);
  read_failure(L, i, tape);
  for (n = 1; lua_rawgeti(L, i, n), lua_istable(L, -1); n++) {
    add_pair(L, tape);
    lua_pop(L, 1);
  }
  lua_pop(L, 1);
}

void llb_push_tape(lua_State *L, const ll_tape *tape) {
  size_t i, n;
  const char *bytes;
  lua_createtable(L, (int)tape->len, 0);
  for (i = 0; i < tape->len; i++) {
    bytes = ll_tape_bytes(tape, i, &n);
    lua_createtable(L, 2, 0);
    lua_pushnumber(L, tape->cues[i].at);
    lua_rawseti(L, -2, 1);
    lua_pushlstring(L, bytes, n);
    lua_rawseti(L, -2, 2);
    lua_rawseti(L, -2, (int)i + 1);
  }
}
