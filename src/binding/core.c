#include "binding.h"

#define LL_EXPORT __attribute__((visibility("default")))

LL_EXPORT int luaopen_litellm_core(lua_State *L);

int luaopen_litellm_core(lua_State *L) {
  lua_newtable(L);
  llb_open_engine(L);
  llb_open_unchanged(L);
  llb_open_fields(L);
  llb_open_random(L);
  llb_open_profile(L);
  llb_open_transfer(L);
  llb_open_iterators(L);
  llb_open_disk(L);
  llb_open_json(L);
  llb_open_plain(L);
  llb_open_vector(L);
  return 1;
}
