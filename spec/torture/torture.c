/* torture RUNS SEED DIRECTORY [SCENARIO [STATE [FAILURE [AT]]]]
 *
 * Plays the scenarios of scenarios.lua again and again, each time in a Lua
 * state of its own, and each time another allocation fails. Afterwards the
 * answer must be right or an error that says so, the same state must still make
 * a good call, and once it is closed not a byte and no descriptor may be left.
 *
 * A sweep fails every allocation of a scenario, or RUNS of them, spread evenly
 * and moved by SEED. RUNS 0: every one. */
#include <curl/curl.h>
#include <dirent.h>
#include <lauxlib.h>
#include <lualib.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "heap.h"

enum { HANGS_AFTER = 20 /* seconds */, MOST_COMPLAINTS = 40 };

/* A state that has done nothing yet, or has played the scenario once. */
static const char *const states[] = {"cold", "warm"};
static const char *const failures[] = {"hiccup", "once", "kind gone", "gone"};

/* One run: what fails, when, in which scenario. */
typedef struct run {
  const char *scenario;
  int warm;
  heap_failure how;
  unsigned long at; /* 0: nothing fails */
  unsigned long counts[HEAP_KINDS];
} run;

typedef struct options {
  unsigned long runs, at;
  unsigned seed;
  const char *directory, *scenario, *state, *how;
} options;

int luaopen_litellm_core(lua_State *L);

static options opt;
static unsigned long passed, complaints;
static char where[128]; /* the run that is under way, for a crash */
static struct {
  char *text;
  size_t length;
} right; /* what the scenario gives */

/* ---- what is wrong ---- */

static void complain(const run *r, const char *what) {
  complaints++;
  printf("FAILED: '%s' %s '%s' %lu: %s\n", r->scenario, states[r->warm],
         failures[r->how], r->at, what);
  fflush(stdout);
  if (complaints < MOST_COMPLAINTS) return;
  printf("and so on\n%lu passed, %lu failed\n", passed, complaints);
  exit(EXIT_FAILURE);
}

static void on_signal(int number) {
  static const char text[] = "\n0 passed, 1 failed\n";
  const char *what = number == SIGALRM ? "HANGS: " : "CRASHED: ";
  if (write(STDOUT_FILENO, what, strlen(what)) > 0 &&
      write(STDOUT_FILENO, where, strlen(where)) > 0)
    (void)!write(STDOUT_FILENO, text, sizeof text - 1);
  _exit(EXIT_FAILURE);
}

static void watch(const run *r) {
  snprintf(where, sizeof where, "'%s' %s '%s' %lu", r->scenario,
           states[r->warm], failures[r->how], r->at);
  alarm(HANGS_AFTER);
}

static int open_descriptors(void) {
  DIR *d = opendir("/proc/self/fd");
  int n = 0;
  if (!d) return 0;
  while (readdir(d))
    n++;
  closedir(d);
  return n;
}

static void compare(const run *r, const heap_use *before) {
  static const char *const names[] = {"Lua", "libcurl", "litellm"};
  heap_use now = heap_in_use();
  char text[128];
  int kind;
  for (kind = 0; kind < HEAP_KINDS; kind++) {
    long blocks = now.blocks[kind] - before->blocks[kind];
    long bytes = now.bytes[kind] - before->bytes[kind];
    if (!blocks && !bytes) continue;
    snprintf(text, sizeof text, "%ld blocks, %ld bytes of %s are left", blocks,
             bytes, names[kind]);
    complain(r, text);
  }
}

/* ---- one run ---- */

/* Leaves the table of scenarios.lua on the stack. */
static int open_scenarios(lua_State *L) {
  luaL_openlibs(L);
  luaL_getsubtable(L, LUA_REGISTRYINDEX, LUA_PRELOAD_TABLE);
  lua_pushcfunction(L, luaopen_litellm_core);
  lua_setfield(L, -2, "litellm.core");
  lua_pop(L, 1);
  if (luaL_loadfile(L, "spec/torture/scenarios.lua") != LUA_OK) lua_error(L);
  lua_pushstring(L, opt.directory);
  lua_call(L, 1, 1);
  return 1;
}

static lua_State *open_state(void) {
  lua_State *L = lua_newstate(heap_lua, NULL);
  if (!L) abort();
  lua_pushcfunction(L, open_scenarios);
  if (lua_pcall(L, 0, 1, 0) == LUA_OK) return L;
  fprintf(stderr, "torture: %s\n", lua_tostring(L, -1));
  exit(2);
}

/* Calls a function of the table at index 1 with n arguments from the top. What
 * it raises, or returns first, is a complaint; the second is left on the stack.
 */
static void ask(const run *r, lua_State *L, const char *name, int n) {
  lua_getfield(L, 1, name);
  lua_insert(L, -1 - n);
  if (lua_pcall(L, n, 2, 0) != LUA_OK)
    complain(r, luaL_tolstring(L, -1, NULL));
  else if (!lua_isnil(L, -2))
    complain(r, luaL_tolstring(L, -2, NULL));
}

/* Where memory fails. Leaves whether it returned, and what. */
static void attempt(run *r, lua_State *L) {
  int status, base = lua_gettop(L);
  luaL_checkstack(L, 2 * LUA_MINSTACK, NULL);
  lua_pushnil(L);
  lua_getfield(L, 1, "attempt");
  heap_arm(r->how, r->at);
  status = lua_pcall(L, 0, 3, 0);
  heap_disarm(r->counts);
  lua_settop(L, base + 4);
  lua_pushboolean(L, status == LUA_OK);
  lua_replace(L, base + 1);
}

/* The first answer of a scenario, when nothing fails, is the right one. */
static void keep_answer(lua_State *L) {
  size_t n;
  const char *text = lua_tolstring(L, -1, &n);
  free(right.text);
  right.text = text ? malloc(n + 1) : NULL;
  if (!right.text) return;
  memcpy(right.text, text, n + 1);
  right.length = n;
}

static void judge(const run *r, lua_State *L) {
  if (r->at)
    lua_pushlstring(L, right.text ? right.text : "", right.length);
  else
    lua_pushnil(L);
  lua_insert(L, -5);
  ask(r, L, "judge", 5);
  if (!r->at) keep_answer(L);
}

static void play(run *r) {
  heap_use before = heap_in_use();
  int descriptors = open_descriptors();
  unsigned long complaints_before = complaints;
  lua_State *L = open_state();
  watch(r);
  lua_pushstring(L, r->scenario);
  lua_pushboolean(L, r->warm);
  ask(r, L, "prepare", 2);
  attempt(r, L);
  judge(r, L);
  lua_close(L);
  compare(r, &before);
  if (open_descriptors() != descriptors) complain(r, "a descriptor is open");
  if (complaints == complaints_before) passed++;
}

/* ---- many runs ---- */

/* The step from one allocation that fails to the next. */
static unsigned long stride(unsigned long allocations) {
  return opt.runs && allocations > opt.runs ? allocations / opt.runs : 1;
}

static void sweep(const char *scenario, int warm, heap_failure how,
                  unsigned long allocations) {
  run r = {scenario, warm, how, 0, {0}};
  unsigned long step = stride(allocations), from = 1;
  if (opt.at) {
    r.at = opt.at;
    play(&r);
    return;
  }
  for (; from <= allocations; from += step) {
    r.at = from + (unsigned long)rand() % step;
    play(&r);
  }
}

static int wanted(const char *name, const char *choice) {
  return !choice || strcmp(name, choice) == 0;
}

static void play_scenario(const char *name, int warm) {
  run good = {name, warm, HEAP_ONCE, 0, {0}};
  unsigned long all = 0, failed_before = complaints;
  int i;
  play(&good);
  for (i = 0; i < HEAP_KINDS; i++)
    all += good.counts[i];
  for (i = 0; i < HEAP_FAILURES; i++)
    if (wanted(failures[i], opt.how)) sweep(name, warm, (heap_failure)i, all);
  printf("%-12s %s: %6lu allocations (%lu Lua, %lu libcurl, %lu litellm)%s\n",
         name, states[warm], all, good.counts[HEAP_LUA], good.counts[HEAP_CURL],
         good.counts[HEAP_OURS], complaints == failed_before ? "" : ", FAILED");
  fflush(stdout);
}

/* The names, in a state that outlives all others. */
static void play_all(void) {
  lua_State *L = luaL_newstate();
  int i, warm;
  if (!L) abort();
  lua_pushcfunction(L, open_scenarios);
  lua_call(L, 0, 1);
  lua_getfield(L, -1, "names");
  for (i = 1; lua_rawgeti(L, -1, i) == LUA_TSTRING; lua_pop(L, 1), i++) {
    const char *name = lua_tostring(L, -1);
    for (warm = 0; wanted(name, opt.scenario) && warm < 2; warm++)
      if (wanted(states[warm], opt.state)) play_scenario(name, warm);
  }
  lua_close(L);
}

static void read_options(char **argv) {
  opt.runs = strtoul(argv[1], NULL, 10);
  opt.seed = (unsigned)strtoul(argv[2], NULL, 10);
  opt.directory = argv[3];
  if (!(opt.scenario = argv[4])) return;
  if (!(opt.state = argv[5])) return;
  if (!(opt.how = argv[6])) return;
  opt.at = argv[7] ? strtoul(argv[7], NULL, 10) : 0;
}

int main(int argc, char **argv) {
  static const int signals[] = {SIGSEGV, SIGBUS, SIGFPE, SIGABRT, SIGALRM};
  const run last = {"all", 0, HEAP_ONCE, 0, {0}};
  const heap_use nothing = {{0}, {0}};
  size_t i;
  if (argc < 4 || !heap_open()) return 2;
  read_options(argv);
  srand(opt.seed);
  for (i = 0; i < sizeof signals / sizeof *signals; i++)
    signal(signals[i], on_signal);
  play_all();
  free(right.text);
  heap_close();
  compare(&last, &nothing);
  printf("%lu passed, %lu failed\n", passed, complaints);
  return complaints ? EXIT_FAILURE : EXIT_SUCCESS;
}
