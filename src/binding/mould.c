#include "mould.h"

#include <string.h>

#include "lint.h"

/* What a step does; the parts that it takes are the next ones in their list. */
enum { OPEN, CLOSE, KEY, FIELD, TEXT };

typedef struct step {
  int what;
  int items, fields, marked; /* of the table to OPEN */
} step;

/* ---- making one ---- */

typedef struct making {
  lua_State *L;
  ll_mould *mould;
  int parts, count;  /* where their list is on the stack, and how long */
  const void *delta; /* whose content is the text */
} making;

static void add(making *m, const step *s) {
  if (ll_buffer_append(&m->mould->steps, s, sizeof *s) != LL_OK)
    luaL_error(m->L, "not enough memory");
}

static void add_step(making *m, int what) {
  step s = {0, 0, 0, 0};
  s.what = what;
  add(m, &s);
}

static void add_part(making *m, int i) {
  lua_pushvalue(m->L, i);
  lua_rawseti(m->L, m->parts, ++m->count);
}

/* Only arrays have a metatable, see llb_set_array. */
static void add_open(making *m, int t) {
  lua_State *L = m->L;
  step s = {OPEN, 0, 0, 0};
  s.items = (int)lua_rawlen(L, t);
  for (lua_pushnil(L); lua_next(L, t); lua_pop(L, 1))
    s.fields++;
  s.fields = s.fields > s.items ? s.fields - s.items : 0;
  if (lua_getmetatable(L, t)) {
    lua_pop(L, 1);
    s.marked = 1;
  }
  add(m, &s);
}

static int is_text(making *m, int t, int key) {
  return lua_topointer(m->L, t) == m->delta &&
         lua_type(m->L, key) == LUA_TSTRING &&
         strcmp(lua_tostring(m->L, key), "content") == 0;
}

static void add_table(making *m, int t) {
  lua_State *L = m->L;
  int key = lua_gettop(L) + 1;
  luaL_checkstack(L, 8, "JSON nested too deep");
  add_open(m, t);
  for (lua_pushnil(L); lua_next(L, t); lua_pop(L, 1)) {
    add_part(m, key);
    if (lua_istable(L, key + 1)) {
      add_step(m, KEY);
      add_table(m, key + 1);
    } else if (is_text(m, t, key)) {
      add_step(m, TEXT);
    } else {
      add_part(m, key + 1);
      add_step(m, FIELD);
    }
  }
  add_step(m, CLOSE);
}

/* The delta of the only choice of the chunk at t. */
static const void *find_delta(lua_State *L, int t) {
  const void *delta;
  lua_getfield(L, t, "choices");
  lua_rawgeti(L, -1, 1);
  lua_getfield(L, -1, "delta");
  delta = lua_topointer(L, -1);
  lua_pop(L, 3);
  return delta;
}

void llb_mould_init(ll_mould *m) {
  ll_buffer_init(&m->steps, (size_t)-1);
  m->parts = 0;
}

void llb_mould_free(lua_State *L, ll_mould *m) {
  ll_buffer_free(&m->steps);
  if (m->parts) luaL_unref(L, LUA_REGISTRYINDEX, m->parts);
  m->parts = 0;
}

void llb_mould_make(lua_State *L, ll_mould *m) {
  making now;
  int chunk = lua_gettop(L);
  llb_mould_free(L, m);
  now.L = L;
  now.mould = m;
  now.parts = chunk + 1;
  now.count = 0;
  now.delta = find_delta(L, chunk);
  lua_newtable(L);
  add_table(&now, chunk);
  m->parts = luaL_ref(L, LUA_REGISTRYINDEX);
}

/* ---- casting ---- */

static void open_table(lua_State *L, const step *s) {
  luaL_checkstack(L, 8, "JSON nested too deep");
  lua_createtable(L, s->items, s->fields);
  if (s->marked) llb_set_array(L);
}

void llb_mould_cast(lua_State *L, const ll_mould *m, const char *text,
                    size_t len) {
  const step *s = (const void *)ll_buffer_begin(&m->steps);
  const step *end = s + m->steps.len / sizeof *s;
  int parts = lua_gettop(L) + 1, n = 0, depth = 0;
  lua_rawgeti(L, LUA_REGISTRYINDEX, m->parts);
  for (; s < end; s++) {
    if (s->what == OPEN) {
      open_table(L, s);
      depth++;
      continue;
    }
    if (s->what != CLOSE) lua_rawgeti(L, parts, ++n);
    if (s->what == KEY) continue;
    if (s->what == FIELD) lua_rawgeti(L, parts, ++n);
    if (s->what == TEXT) lua_pushlstring(L, text, len);
    if (s->what != CLOSE || --depth > 0) lua_rawset(L, -3);
  }
  lua_remove(L, parts);
}
