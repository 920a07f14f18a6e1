/* litelua: runs Lua scripts with the library inside. The shape is lua.c's: all
 * of it happens in a protected call, the state is always closed, and the exit
 * status says how it went. */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>

#include "embedded.h"
#include "gateway.h"
#include "hostlib.h"
#include "interrupt.h"
#include "options.h"
#include "script.h"
#include "state.h"
#include "usage.h"

/* What the command line asks for. */
typedef struct plan {
  char **argv;
  int script; /* index of the script in argv, or of the NULL at its end */
  bool code, interactive, mock, tape;
} plan;

static option read_option(char **argv, int i) {
  return option_read(COMMAND_RUN, argv, i);
}

/* Fills the plan, or ends with the exit status that is returned; -1: go on. */
static int read_plan(plan *p, char **argv) {
  option o;
  int i;
  p->argv = argv;
  for (i = 1; (o = read_option(argv, i)).id != OPTION_END; i = o.next) {
    switch (o.id) {
    case OPTION_HELP: return usage_print(COMMAND_RUN);
    case OPTION_VERSION: return usage_version();
    case OPTION_CODE: p->code = true; break;
    case OPTION_INTERACTIVE: p->interactive = true; break;
    case OPTION_MOCK: p->mock = true; break;
    case OPTION_RECORD:
    case OPTION_REPLAY: p->tape = true; break;
    case OPTION_TRACE:
    case OPTION_ENV: break;
    default: return usage_option(COMMAND_RUN, &o);
    }
  }
  p->script = o.next;
  return -1;
}

/* Calls the function of the Lua module `name` with one argument; raises the
 * message when it returns nil and one. */
static void call_module(lua_State *L, const char *name, const char *function,
                        const char *argument) {
  lua_getglobal(L, "require");
  lua_pushstring(L, name);
  lua_call(L, 1, 1);
  lua_getfield(L, -1, function);
  lua_pushstring(L, argument);
  lua_call(L, 1, 2);
  if (lua_isnil(L, -2) && lua_isstring(L, -1)) lua_error(L);
  lua_pop(L, 3);
}

/* Nothing that the library loads is garbage: the collector waits meanwhile. */
static void load_library(lua_State *L) {
  enum { LONG_PAUSE = 1000, PAUSE = 200 }; /* the last is Lua's own */
  lua_gc(L, LUA_GCINC, LONG_PAUSE, 0, 0);
  lua_getglobal(L, "require");
  lua_pushliteral(L, "litellm");
  lua_call(L, 1, 0);
  lua_gc(L, LUA_GCINC, PAUSE, 0, 0);
}

/* What must be there before the first line of the script runs. */
static int set_up(lua_State *L) {
  const plan *p = (const plan *)lua_touserdata(L, 1);
  option o;
  int i;
  load_library(L);
  for (i = 1; (o = read_option(p->argv, i)).id != OPTION_END; i = o.next) {
    switch (o.id) {
    case OPTION_ENV:
      call_module(L, "litellm.host.dotenv", "load", o.value);
      break;
    case OPTION_TRACE:
      call_module(L, "litellm.host.trace", "start", NULL);
      break;
    case OPTION_RECORD:
      call_module(L, "litellm.cassette", "record", o.value);
      break;
    case OPTION_REPLAY:
      call_module(L, "litellm.cassette", "replay", o.value);
      break;
    default: break;
    }
  }
  return 0;
}

/* A recording is complete when it was ended. */
static int end_tape(lua_State *L) {
  call_module(L, "litellm.cassette", "stop", NULL);
  return 0;
}

/* What fails here fails for reasons outside of the script: one line, no
 * traceback. */
static bool run_around(lua_State *L, lua_CFunction f, plan *p) {
  lua_pushcfunction(L, f);
  lua_pushlightuserdata(L, p);
  if (lua_pcall(L, 1, 0, 0) == LUA_OK) return true;
  luaL_tolstring(L, -1, NULL);
  script_report(L);
  return false;
}

static bool run_loaded(lua_State *L, int status, bool args) {
  if (status == LUA_OK) return script_run(L, args);
  script_report(L);
  return false;
}

static bool run_code(lua_State *L, char **argv) {
  option o;
  int i, status;
  hostlib_globals(L);
  for (i = 1; (o = read_option(argv, i)).id != OPTION_END; i = o.next) {
    if (o.id != OPTION_CODE) continue;
    status = luaL_loadbuffer(L, o.value, strlen(o.value), "=(-e)");
    if (!run_loaded(L, status, false)) return false;
  }
  return true;
}

static bool run_file(lua_State *L, const char *name) {
  return run_loaded(L, luaL_loadfile(L, strcmp(name, "-") ? name : NULL), true);
}

static int repl(lua_State *L) {
  call_module(L, "litellm.host.repl", "run", NULL);
  return 0;
}

static bool run_repl(lua_State *L) {
  hostlib_globals(L);
  lua_pushcfunction(L, script_traceback);
  lua_pushcfunction(L, repl);
  if (lua_pcall(L, 0, 0, -2) == LUA_OK) return true;
  script_report(L);
  return false;
}

static bool run_scripts(lua_State *L, plan *p) {
  const char *script = p->argv[p->script];
  if (p->code && !run_code(L, p->argv)) return false;
  if (script && !run_file(L, script)) return false;
  if (p->interactive) return run_repl(L);
  if (script || p->code) return true;
  return isatty(STDIN_FILENO) ? run_repl(L) : run_file(L, "-");
}

static bool run_plan(lua_State *L, plan *p) {
  bool ok = run_around(L, set_up, p) && run_scripts(L, p);
  if (p->tape && !interrupt_pending()) ok = run_around(L, end_tape, p) && ok;
  return ok;
}

static int pmain(lua_State *L) {
  plan *p = (plan *)lua_touserdata(L, 1);
  luaL_checkversion(L);
  luaL_openlibs(L);
  embedded_open(L);
  hostlib_open(L);
  script_arg(L, p->argv, p->argv[p->script] ? p->script : 0);
  interrupt_open(L);
  lua_settop(L, 0);
  lua_pushboolean(L, run_plan(L, p));
  return 1;
}

static int run(plan *p) {
  state s;
  bool ok;
  state_open(&s);
  if (s.L == NULL) {
    fputs("litelua: not enough memory for a Lua state\n", stderr);
    return STATUS_FAILED;
  }
  lua_pushcfunction(s.L, pmain);
  lua_pushlightuserdata(s.L, p);
  ok = lua_pcall(s.L, 1, 1, 0) == LUA_OK;
  if (!ok) script_report(s.L);
  ok = ok && lua_toboolean(s.L, -1);
  if (interrupt_pending()) return state_close(&s), STATUS_INT;
  interrupt_close();
  state_close(&s);
  return ok ? STATUS_OK : STATUS_FAILED;
}

int main(int argc, char **argv) {
  plan p = {0};
  char error[320];
  int status;
  if (argc > 1 && strcmp(argv[1], "mock") == 0) return gateway_main(argv + 1);
  status = read_plan(&p, argv);
  if (status >= 0) return status;
  if (p.mock && !gateway_start(error, sizeof error)) {
    fprintf(stderr, "litelua: %s\n", error);
    return STATUS_FAILED;
  }
  return run(&p);
}
