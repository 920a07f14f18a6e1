/* What recordings need of a disk and Lua has not: directories, and a short name
 * for bytes. */
#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "binding.h"

static int push_problem(lua_State *L, int number) {
  lua_pushnil(L);
  lua_pushstring(L, strerror(number));
  return 2;
}

/* core.make_directory(path) -> true (also when it is there) | nil, message */
static int core_make_directory(lua_State *L) {
  const char *path = luaL_checkstring(L, 1);
  struct stat s;
  if (mkdir(path, 0777) != 0 && errno != EEXIST) return push_problem(L, errno);
  if (stat(path, &s) != 0) return push_problem(L, errno);
  if (!S_ISDIR(s.st_mode)) return push_problem(L, ENOTDIR);
  lua_pushboolean(L, 1);
  return 1;
}

/* The state of a listing, in a userdata so that an error on the way does not
 * leave the directory open. */
static int listing_gc(lua_State *L) {
  DIR **d = lua_touserdata(L, 1);
  if (*d) (void)closedir(*d);
  *d = NULL;
  return 0;
}

static DIR **new_listing(lua_State *L) {
  DIR **d = llb_newuserdata(L, sizeof *d);
  *d = NULL;
  lua_createtable(L, 0, 1);
  lua_pushcfunction(L, listing_gc);
  lua_setfield(L, -2, "__gc");
  lua_setmetatable(L, -2);
  return d;
}

/* core.list_directory(path) -> names, unsorted | nil, message */
static int core_list_directory(lua_State *L) {
  const char *path = luaL_checkstring(L, 1);
  const struct dirent *entry;
  DIR **d;
  int n = 0;
  lua_settop(L, 1);
  d = new_listing(L);
  if (!(*d = opendir(path))) return push_problem(L, errno);
  lua_newtable(L);
  while ((entry = readdir(*d))) {
    lua_pushstring(L, entry->d_name);
    lua_rawseti(L, 3, ++n);
  }
  (void)closedir(*d);
  *d = NULL;
  return 1;
}

/* core.hash(bytes) -> 16 hex digits: FNV-1a, to tell contents apart where
 * nobody has an interest in confusing them */
static int core_hash(lua_State *L) {
  size_t n, i;
  const char *s = luaL_checklstring(L, 1, &n);
  uint64_t h = UINT64_C(0xcbf29ce484222325);
  char text[17];
  for (i = 0; i < n; i++)
    h = (h ^ (unsigned char)s[i]) * UINT64_C(0x100000001b3);
  snprintf(text, sizeof text, "%016" PRIx64, h);
  lua_pushstring(L, text);
  return 1;
}

static const luaL_Reg functions[] = {{"make_directory", core_make_directory},
                                     {"list_directory", core_list_directory},
                                     {"hash", core_hash},
                                     {NULL, NULL}};

void llb_open_disk(lua_State *L) {
  luaL_setfuncs(L, functions, 0);
}
