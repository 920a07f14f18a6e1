#include <string.h>

#include "binding.h"
#include "process.h"
#include "random.h"

/* Random bytes in store: asking the system costs more than using them. */
typedef struct pool {
  unsigned char bytes[512];
  size_t left;
  unsigned long process; /* a child of fork must not use its parent's */
} pool;

/* n bytes that nobody else gets; NULL when the system has none. */
static const unsigned char *draw(pool *p, size_t n) {
  if (p->left < n || p->process != ll_process()) {
    p->left = 0;
    if (ll_random(p->bytes, 256) != LL_OK ||
        ll_random(p->bytes + 256, sizeof p->bytes - 256) != LL_OK)
      return NULL;
    p->left = sizeof p->bytes;
    p->process = ll_process();
  }
  p->left -= n;
  return p->bytes + p->left;
}

/* core.random(n) -> n random bytes as hexadecimal digits | nil */
static int core_random(lua_State *L) {
  static const char digits[] = "0123456789abcdef";
  pool *p = lua_touserdata(L, lua_upvalueindex(1));
  const unsigned char *bytes;
  char text[64];
  size_t i, n = (size_t)luaL_checknumber(L, 1);
  luaL_argcheck(L, n <= sizeof text / 2, 1, "at most 32 bytes");
  if (!(bytes = draw(p, n))) return 0;
  for (i = 0; i < n; i++) {
    text[2 * i] = digits[bytes[i] >> 4];
    text[2 * i + 1] = digits[bytes[i] & 15];
  }
  lua_pushlstring(L, text, 2 * n);
  return 1;
}

void llb_open_random(lua_State *L) {
  pool *p = llb_newuserdata(L, sizeof *p);
  memset(p, 0, sizeof *p);
  lua_pushcclosure(L, core_random, 1);
  lua_setfield(L, -2, "random");
}
