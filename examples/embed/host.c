/* A program with Lua and the library inside. It runs a script:
 *
 *     cc host.c $(pkg-config --cflags --libs litellm) -o host
 *     ./host script.lua "What is a lighthouse?"
 */
#include <stdio.h>
#include <stdlib.h>

#include <lauxlib.h>
#include <litellm.h>
#include <lualib.h>

static void push_arguments(lua_State *L, int argc, char **argv) {
  int i;
  lua_newtable(L);
  for (i = 0; i < argc; i++) {
    lua_pushstring(L, argv[i]);
    lua_rawseti(L, -2, i - 1); /* arg[0] is the script */
  }
  lua_setglobal(L, "arg");
}

int main(int argc, char **argv) {
  lua_State *L;
  int failed;
  if (argc < 2) {
    fprintf(stderr, "usage: %s script.lua [arguments]\n", argv[0]);
    return 2;
  }
  if (!(L = luaL_newstate())) return 1;
  luaL_openlibs(L);
  litellm_preload(L);
  push_arguments(L, argc, argv);
  failed = luaL_loadfile(L, argv[1]) || lua_pcall(L, 0, 0, 0);
  if (failed) fprintf(stderr, "%s\n", lua_tostring(L, -1));
  lua_close(L);
  return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
