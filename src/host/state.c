#include "state.h"

#include <stdio.h>
#include <string.h>

static int panic(lua_State *L) {
  const char *message = lua_tostring(L, -1);
  fprintf(stderr, "litelua: %s\n", message ? message : "(no message)");
  return 0; /* to abort */
}

/* Whether it is a message to the one that shows warnings. */
static bool obey(state *s, const char *text) {
  if (*text != '@') return false;
  if (strcmp(text, "@on") == 0) s->warns = true;
  if (strcmp(text, "@off") == 0) s->warns = false;
  return true;
}

/* A lua_WarnFunction, as lauxlib's. */
static void warn(void *ud, const char *text, int to_be_continued) {
  state *s = (state *)ud;
  bool first = !s->warning;
  s->warning = to_be_continued;
  if (first && !to_be_continued && obey(s, text)) return;
  if (!s->warns) return;
  fprintf(stderr, "%s%s%s", first ? "Lua warning: " : "", text,
          to_be_continued ? "" : "\n");
  fflush(stderr);
}

void state_open(state *s) {
  memset(s, 0, sizeof *s);
  s->L = lua_newstate(heap_alloc, &s->heap);
  if (!s->L) return;
  lua_atpanic(s->L, panic);
  lua_setwarnf(s->L, warn, s);
}

void state_close(state *s) {
  lua_close(s->L);
  heap_free(&s->heap);
}
