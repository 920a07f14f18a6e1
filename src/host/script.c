#include "script.h"

#include <stdio.h>

#include <lauxlib.h>

#include "interrupt.h"

void script_arg(lua_State *L, char **argv, int script) {
  int i;
  lua_newtable(L);
  for (i = 0; argv[i]; i++) {
    lua_pushstring(L, argv[i]);
    lua_rawseti(L, -2, i - script);
  }
  lua_setglobal(L, "arg");
}

/* The value as it would be printed, or what it is when it has no such form. */
static void push_message(lua_State *L) {
  if (lua_type(L, 1) == LUA_TSTRING || luaL_getmetafield(L, 1, "__tostring"))
    luaL_tolstring(L, 1, NULL);
  else
    lua_pushfstring(L, "(error object is a %s value)", luaL_typename(L, 1));
}

int script_traceback(lua_State *L) {
  push_message(L);
  luaL_traceback(L, L, lua_tostring(L, -1), 1);
  return 1;
}

void script_report(lua_State *L) {
  const char *message = lua_tostring(L, -1);
  if (!interrupt_pending()) {
    fflush(stdout);
    fprintf(stderr, "litelua: %s\n", message ? message : "(no message)");
    fflush(stderr);
  }
  lua_pop(L, 1);
}

/* The task printed its error, which is raised again to end litellm.run. */
static bool reported;

static int task_done(lua_State *L, int status, lua_KContext ctx) {
  (void)ctx;
  if (status == LUA_OK || status == LUA_YIELD) return 0;
  lua_pushvalue(L, -1);
  script_report(L);
  reported = true;
  return lua_error(L);
}

/* The body of the task: a chunk and its arguments. The message handler runs
 * here, where the stack is the script's. */
static int task_body(lua_State *L) {
  int n = lua_gettop(L) - 1;
  interrupt_watch(L);
  lua_pushcfunction(L, script_traceback);
  lua_insert(L, 1);
  return task_done(L, lua_pcallk(L, n, 0, 1, 0, task_done), 0);
}

static int push_args(lua_State *L) {
  int i, n;
  lua_getglobal(L, "arg");
  if (!lua_istable(L, -1)) return luaL_error(L, "'arg' is not a table");
  n = (int)luaL_len(L, -1);
  luaL_checkstack(L, n + 3, "too many arguments to script");
  for (i = 1; i <= n; i++)
    lua_rawgeti(L, -i, i);
  lua_remove(L, -n - 1);
  return n;
}

/* Calls litellm.run with the chunk at 1, and the arguments if 2 says so. */
static int run_task(lua_State *L) {
  lua_getglobal(L, "require");
  lua_pushliteral(L, "litellm");
  lua_call(L, 1, 1);
  lua_getfield(L, -1, "run");
  lua_pushcfunction(L, task_body);
  lua_pushvalue(L, 1);
  lua_call(L, (lua_toboolean(L, 2) ? push_args(L) : 0) + 2, 0);
  return 0;
}

/* A task that nobody awaited failed: it was reported, and is the script's. */
static bool any_task_failed(lua_State *L) {
  bool failed;
  luaL_getsubtable(L, LUA_REGISTRYINDEX, LUA_LOADED_TABLE);
  lua_getfield(L, -1, "litellm.task");
  if (lua_istable(L, -1)) lua_getfield(L, -1, "failed");
  failed = lua_tonumber(L, -1) > 0;
  return failed;
}

bool script_run(lua_State *L, bool args) {
  int base = lua_gettop(L);
  bool ok;
  lua_pushcfunction(L, script_traceback);
  lua_insert(L, base);
  lua_pushcfunction(L, run_task);
  lua_insert(L, base + 1);
  reported = false;
  lua_pushboolean(L, args);
  ok = lua_pcall(L, 2, 0, base) == LUA_OK;
  if (!ok && !reported) script_report(L);
  if (ok) ok = !any_task_failed(L);
  lua_settop(L, base - 1);
  return ok;
}
