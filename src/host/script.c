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

static int text_of_problem(lua_State *L) {
  lua_getglobal(L, "require");
  lua_pushliteral(L, "litellm.host.inspect");
  lua_call(L, 1, 1);
  lua_getfield(L, -1, "problem");
  lua_pushvalue(L, 1);
  lua_call(L, 1, 1);
  return 1;
}

/* The text of what was raised. Making it may fail as well. */
static void push_message(lua_State *L) {
  lua_pushcfunction(L, text_of_problem);
  lua_pushvalue(L, 1);
  if (lua_pcall(L, 1, 1, 0) != LUA_OK || lua_type(L, -1) != LUA_TSTRING)
    lua_pushfstring(L, "(error object is a %s value)", luaL_typename(L, 1));
}

/* Searched as luaL_traceback does: to look at a level takes as many steps. */
static int last_level(lua_State *L) {
  lua_Debug ar;
  int low = 1, high = 1;
  while (lua_getstack(L, high, &ar)) {
    low = high;
    high *= 2;
  }
  while (low < high) {
    int middle = (low + high) / 2;
    if (lua_getstack(L, middle, &ar))
      low = middle + 1;
    else
      high = middle;
  }
  return high - 1;
}

static int task_body(lua_State *L);

/* How many lines a traceback has for task_body and what lies below it, which
 * is the library's. */
static int lines_below_script(lua_State *L) {
  enum { AT_MOST = 8 };
  int i, lines = 0, level = last_level(L);
  for (i = 0; i < AT_MOST && level >= i; i++) {
    lua_Debug ar;
    lua_getstack(L, level - i, &ar);
    lua_getinfo(L, "ft", &ar);
    lines += ar.istailcall ? 2 : 1;
    if (lua_tocfunction(L, -1) == task_body) return lua_pop(L, 1), lines;
    lua_pop(L, 1);
  }
  return 0;
}

int script_traceback(lua_State *L) {
  const char *text;
  size_t len;
  int lines = lines_below_script(L);
  if (lua_type(L, 1) != LUA_TSTRING) push_message(L);
  luaL_traceback(L, L, lua_tostring(L, -1), 1);
  text = lua_tolstring(L, -1, &len);
  while (lines > 0 && len > 0)
    if (text[--len] == '\n') lines--;
  lua_pushlstring(L, text, len);
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
  lua_getfield(L, -1, "litellm.outcome");
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
