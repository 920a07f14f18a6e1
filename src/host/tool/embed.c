/* embed FILE...: writes the C table of the Lua files that litelua has inside,
 * at build time. They are compiled, which takes litelua a seventh of the time
 * to load, and keep their names and lines for tracebacks.
 * lua/litellm/stream.lua is the module "litellm.stream" and the source
 * "litellm/stream.lua". */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <lauxlib.h>
#include <lua.h>

#define ROOT "lua/"
#define WIDTH 24 /* bytes a line */

static void fail(const char *name, const char *why) {
  fprintf(stderr, "embed: %s: %s\n", name, why);
  exit(1);
}

static const char *inside(const char *file) {
  if (strncmp(file, ROOT, strlen(ROOT)) != 0) fail(file, "not below " ROOT);
  return file + strlen(ROOT);
}

/* Leaves the text of the file on the stack. */
static void read_file(lua_State *L, const char *file) {
  luaL_Buffer text;
  char block[4096];
  size_t n;
  FILE *f = fopen(file, "rb");
  if (!f) fail(file, "cannot be opened");
  luaL_buffinit(L, &text);
  while ((n = fread(block, 1, sizeof block, f)) > 0)
    luaL_addlstring(&text, block, n);
  if (ferror(f)) fail(file, "cannot be read");
  fclose(f);
  luaL_pushresult(&text);
}

/* A lua_Writer; *ud counts the bytes of the array so far. */
static int write_bytes(lua_State *L, const void *bytes, size_t n, void *ud) {
  const unsigned char *p = (const unsigned char *)bytes;
  size_t *count = (size_t *)ud;
  (void)L;
  for (; n > 0; n--, p++)
    printf("%d,%s", *p, ++*count % WIDTH == 0 ? "\n" : "");
  return 0;
}

/* Writes the text on the stack compiled; its name is where it was read. */
static void write_compiled(lua_State *L, const char *file, size_t *count) {
  size_t n;
  const char *text = lua_tolstring(L, -1, &n);
  const char *name = lua_pushfstring(L, "@%s", inside(file));
  if (luaL_loadbuffer(L, text, n, name) != LUA_OK)
    fail(file, lua_tostring(L, -1));
  if (lua_dump(L, write_bytes, count, 0) != 0) fail(file, "cannot be dumped");
}

static void write_array(lua_State *L, const char *file, int number, bool text) {
  size_t count = 0;
  read_file(L, file);
  printf("static const unsigned char code%d[] = {\n", number);
  if (text)
    write_bytes(L, lua_tostring(L, -1), lua_rawlen(L, -1), &count);
  else
    write_compiled(L, file, &count);
  printf("};\n");
  lua_settop(L, 0);
}

/* "litellm/host/repl.lua" is "litellm.host.repl"; "litellm/init.lua" "litellm".
 */
static void write_name(const char *path) {
  size_t i, n = strlen(path) - strlen(".lua");
  if (n > 5 && strncmp(path + n - 5, "/init", 5) == 0) n -= 5;
  for (i = 0; i < n; i++)
    putchar(path[i] == '/' ? '.' : path[i]);
}

static void write_table(char **files, int n) {
  int i;
  printf("const embedded_module embedded_modules[] = {\n");
  for (i = 0; i < n; i++) {
    printf("  {\"");
    write_name(inside(files[i]));
    printf("\", \"@%s\", code%d, sizeof(code%d)},\n", inside(files[i]), i, i);
  }
  printf("  {0, 0, 0, 0},\n};\n");
}

int main(int argc, char **argv) {
  lua_State *L = luaL_newstate();
  bool text = argc > 1 && strcmp(argv[1], "-t") == 0;
  char **files = argv + 1 + text;
  int i;
  if (!L) fail(argv[0], "out of memory");
  printf("#include \"embedded.h\"\n");
  for (i = 0; files[i]; i++)
    write_array(L, files[i], i, text);
  write_table(files, i);
  lua_close(L);
  if (fflush(stdout) != 0 || ferror(stdout))
    fail("output", "cannot be written");
  return 0;
}
