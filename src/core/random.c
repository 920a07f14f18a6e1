#include "random.h"

#include <unistd.h>
#if defined(__APPLE__)
#include <sys/random.h>
#endif

ll_status ll_random(void *bytes, size_t n) {
  return getentropy(bytes, n) == 0 ? LL_OK : LL_BAD;
}
