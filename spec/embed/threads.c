/* Threads with a Lua of their own each, which all use the library at once, and
 * leave it with streams in the middle: lua_close ends them. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include <lauxlib.h>
#include <litellm.h>
#include <lualib.h>

enum { THREADS = 4, ROUNDS = 2 };

static lua_State *open_state(void) {
  lua_State *L = luaL_newstate();
  if (!L) abort();
  luaL_openlibs(L);
  litellm_preload(L);
  return L;
}

static int run(lua_State *L, const char *path) {
  if (luaL_loadfile(L, path) == 0 && lua_pcall(L, 0, 0, 0) == 0) return 1;
  printf("FAILED: %s\n", lua_tostring(L, -1));
  return 0;
}

typedef struct worker {
  pthread_t thread;
  const char *path;
  int passed;
} worker;

static void *work(void *user) {
  worker *w = user;
  int i;
  for (i = 0; i < ROUNDS; i++) {
    lua_State *L = open_state();
    w->passed += run(L, w->path);
    lua_close(L);
  }
  return NULL;
}

/* Two states in one thread: the second works on when the first is closed in the
 * middle of its streams. */
static int side_by_side(const char *path) {
  lua_State *a = open_state(), *b = open_state();
  int passed = run(a, path) + run(b, path);
  lua_close(a);
  passed += run(b, path);
  lua_close(b);
  return passed;
}

int main(int argc, char **argv) {
  worker workers[THREADS];
  int i, passed, wanted = THREADS * ROUNDS + 3;
  if (argc != 2) return 2;
  passed = side_by_side(argv[1]);
  for (i = 0; i < THREADS; i++) {
    workers[i].path = argv[1];
    workers[i].passed = 0;
    if (pthread_create(&workers[i].thread, NULL, work, &workers[i])) return 1;
  }
  for (i = 0; i < THREADS; i++) {
    pthread_join(workers[i].thread, NULL);
    passed += workers[i].passed;
  }
  printf("%d passed, %d failed\n", passed, wanted - passed);
  return passed == wanted ? EXIT_SUCCESS : EXIT_FAILURE;
}
