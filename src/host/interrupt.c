#include "interrupt.h"

#include <signal.h>
#include <string.h>
#include <unistd.h>

#include <lauxlib.h>

/* Seconds that a script has to end after Ctrl-C, if C code holds it. */
#define GRACE 1

/* Keys of the registry: their address is what counts. */
static const char handler_key = 'h', watched_key = 'w';

static lua_State *threads[2]; /* the main thread and the watched one */
static volatile sig_atomic_t pending, handled;

static void set_hooks(lua_Hook hook, int mask, int count) {
  int i;
  for (i = 0; i < 2; i++)
    if (threads[i]) lua_sethook(threads[i], hook, mask, count);
}

/* Runs in Lua code, between two instructions. An error that the script catches
 * comes again, until the script ends. */
static void on_hook(lua_State *L, lua_Debug *ar) {
  (void)ar;
  if (!pending) { /* a coroutine that inherited the hook */
    lua_sethook(L, NULL, 0, 0);
  } else if (handled) {
    interrupt_take();
    lua_rawgetp(L, LUA_REGISTRYINDEX, &handler_key);
    lua_call(L, 0, 0);
  } else {
    set_hooks(on_hook, LUA_MASKCOUNT, 1000);
    luaL_error(L, "interrupted");
  }
}

static void on_grace(int sig) {
  (void)sig;
  _exit(130);
}

/* As in lua.c: a signal cannot change a Lua state, but it may set a hook. */
static void on_signal(int sig) {
  if (pending) {
    signal(sig, SIG_DFL);
    raise(sig);
    return;
  }
  pending = 1;
  set_hooks(on_hook, LUA_MASKCALL | LUA_MASKRET | LUA_MASKCOUNT, 1);
  if (!handled) alarm(GRACE);
}

/* No SA_RESTART: a read or a wait that is cut short lets the hook run. */
static void catch_signal(int sig, void (*handler)(int)) {
  struct sigaction sa;
  memset(&sa, 0, sizeof sa);
  sa.sa_handler = handler;
  sigemptyset(&sa.sa_mask);
  sigaction(sig, &sa, NULL);
}

void interrupt_open(lua_State *L) {
  threads[0] = L;
  catch_signal(SIGALRM, on_grace);
  catch_signal(SIGINT, on_signal);
}

void interrupt_close(void) {
  catch_signal(SIGINT, SIG_DFL);
  threads[0] = threads[1] = NULL;
}

void interrupt_watch(lua_State *L) {
  if (L == threads[0]) return;
  threads[1] = L;
  lua_pushthread(L); /* kept alive as long as a signal may touch it */
  lua_rawsetp(L, LUA_REGISTRYINDEX, &watched_key);
}

void interrupt_handler(lua_State *L) {
  handled = !lua_isnil(L, -1);
  lua_rawsetp(L, LUA_REGISTRYINDEX, &handler_key);
}

bool interrupt_pending(void) {
  return pending != 0;
}

bool interrupt_take(void) {
  bool was = pending != 0;
  alarm(0);
  set_hooks(NULL, 0, 0);
  pending = 0;
  return was;
}
