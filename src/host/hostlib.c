#include "hostlib.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <lauxlib.h>

#include "interrupt.h"
#include "line.h"

static int host_on_interrupt(lua_State *L) {
  if (!lua_isnoneornil(L, 1)) luaL_checktype(L, 1, LUA_TFUNCTION);
  lua_settop(L, 1);
  interrupt_watch(L);
  interrupt_handler(L);
  return 0;
}

static int host_isatty(lua_State *L) {
  luaL_Stream *s = (luaL_Stream *)luaL_checkudata(L, 1, LUA_FILEHANDLE);
  lua_pushboolean(L, s->closef != NULL && isatty(fileno(s->f)));
  return 1;
}

/* A failing background function is called no more; its error is shown. */
static bool call_background(void *ctx) {
  lua_State *L = (lua_State *)ctx;
  lua_pushvalue(L, 3);
  if (lua_pcall(L, 0, 0, 0) == LUA_OK) return true;
  fprintf(stderr, "litelua: %s\n", luaL_tolstring(L, -1, NULL));
  lua_pop(L, 2);
  return false;
}

/* A failing completion completes nothing. */
static void call_completion(void *ctx, const char *text, size_t len,
                            int width) {
  lua_State *L = (lua_State *)ctx;
  int top = lua_gettop(L);
  lua_pushvalue(L, 4);
  lua_pushlstring(L, text, len);
  lua_pushinteger(L, width);
  if (lua_pcall(L, 2, 2, 0) == LUA_OK) {
    if (lua_isstring(L, -2)) line_insert(lua_tostring(L, -2));
    if (lua_isstring(L, -1)) line_show(lua_tostring(L, -1));
  }
  lua_settop(L, top);
}

/* readline(prompt [, fd, f [, complete]]) -> line | nil | nil, "interrupted".
 * f is called whenever fd is readable while the line is waited for;
 * complete(text, width) at Tab, with the line up to the cursor: it returns what
 * to insert, and what to show. */
static int host_readline(lua_State *L) {
  const char *prompt = luaL_optstring(L, 1, "");
  line_background background = {-1, call_background, NULL};
  line_completion completion = {call_completion, NULL};
  const char *text;
  size_t len;
  background.fd = (int)luaL_optinteger(L, 2, -1);
  background.ctx = completion.ctx = L;
  if (background.fd >= 0) luaL_checktype(L, 3, LUA_TFUNCTION);
  if (!lua_isnoneornil(L, 4)) luaL_checktype(L, 4, LUA_TFUNCTION);
  lua_settop(L, 4);
  switch (line_read(prompt, &background, &completion, &text, &len)) {
  case LINE_OK: lua_pushlstring(L, text, len); return 1;
  case LINE_INTERRUPTED:
    interrupt_take();
    lua_pushnil(L);
    lua_pushliteral(L, "interrupted");
    return 2;
  default: lua_pushnil(L); return 1;
  }
}

/* Makes the folders above the file at `path`, which is changed and restored. */
static bool make_parents(char *path) {
  char *p;
  for (p = strchr(path + 1, '/'); p; p = strchr(p + 1, '/')) {
    int failed;
    *p = '\0';
    failed = mkdir(path, 0700) != 0 && errno != EEXIST;
    *p = '/';
    if (failed) return false;
  }
  return true;
}

/* history(path) -> true | nil, message */
static int host_history(lua_State *L) {
  size_t len;
  const char *path = luaL_checklstring(L, 1, &len);
  char *copy = (char *)lua_newuserdatauv(L, len + 1, 0);
  memcpy(copy, path, len + 1);
  if (!make_parents(copy)) return luaL_fileresult(L, 0, path);
  if (!line_history(path)) return luaL_error(L, "not enough memory");
  lua_pushboolean(L, 1);
  return 1;
}

static int host_setenv(lua_State *L) {
  const char *name = luaL_checkstring(L, 1), *value = luaL_checkstring(L, 2);
  int unset = getenv(name) == NULL;
  if (unset && setenv(name, value, 0) != 0) return luaL_fileresult(L, 0, name);
  lua_pushboolean(L, unset);
  return 1;
}

static const luaL_Reg host[] = {{"on_interrupt", host_on_interrupt},
                                {"isatty", host_isatty},
                                {"readline", host_readline},
                                {"history", host_history},
                                {"setenv", host_setenv},
                                {NULL, NULL}};

static int open_host(lua_State *L) {
  luaL_newlib(L, host);
  lua_pushliteral(L, LITELUA_VERSION);
  lua_setfield(L, -2, "version");
  return 1;
}

void hostlib_open(lua_State *L) {
  luaL_getsubtable(L, LUA_REGISTRYINDEX, LUA_PRELOAD_TABLE);
  lua_pushcfunction(L, open_host);
  lua_setfield(L, -2, "litellm.host");
  lua_pop(L, 1);
}

void hostlib_globals(lua_State *L) {
  lua_getglobal(L, "require");
  lua_pushliteral(L, "litellm");
  lua_call(L, 1, 1);
  lua_setglobal(L, "litellm");
}
