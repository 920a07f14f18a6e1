#ifndef CHECK_H
#define CHECK_H

/* The whole of a test framework: CHECK counts, and says what failed where. */
#include <stdio.h>
#include <stdlib.h>

static int passed, failed;

#define CHECK(what) check((what), #what, __FILE__, __LINE__)

static void check(int ok, const char *what, const char *file, int line) {
  if (ok) {
    passed++;
    return;
  }
  failed++;
  printf("%s:%d: FAILED: %s\n", file, line, what);
}

static int report(void) {
  printf("%d passed, %d failed\n", passed, failed);
  return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

#endif
