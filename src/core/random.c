#include "random.h"

#include <stdio.h>

ll_status ll_random(void *bytes, size_t n) {
  FILE *f = fopen("/dev/urandom", "rb");
  size_t got;
  if (!f) return LL_BAD;
  got = fread(bytes, 1, n, f);
  fclose(f);
  return got == n ? LL_OK : LL_BAD;
}
