#include "process.h"

#ifdef __linux__

/* Asking the kernel costs as much as a turn with nothing to do. glibc forgets
 * the handler when the module is unloaded; others are not known to. */
#include <pthread.h>

static pthread_once_t watched = PTHREAD_ONCE_INIT;
static unsigned long forks;

static void in_child(void) {
  forks++;
}

static void watch(void) {
  /* Without memory for it, a child is not told from its parent. */
  (void)pthread_atfork(0, 0, in_child);
}

unsigned long ll_process(void) {
  pthread_once(&watched, watch);
  return forks;
}

#else

#include <unistd.h>

unsigned long ll_process(void) {
  return (unsigned long)getpid();
}

#endif
