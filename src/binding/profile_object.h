#ifndef LL_PROFILE_OBJECT_H
#define LL_PROFILE_OBJECT_H

#include "compat.h"
#include "profile.h"

typedef struct llb_profile {
  ll_profile *profile;
  unsigned pings_count : 1; /* comments are progress for the idle limit */
} llb_profile;

/* The profile at index i; raises when it is none. */
llb_profile *llb_check_profile(lua_State *L, int i);

#endif
