/* Debian compiles the archive of lua-cjson for programs, not for shared
 * objects. All of it can be linked into a module nevertheless but for the
 * address of stderr, where it writes before it aborts. The linker's
 * --wrap=stderr turns that into a variable of our own. */
#include <stdio.h>

extern FILE *__real_stderr;
extern FILE *__wrap_stderr;

FILE *__wrap_stderr;

__attribute__((constructor)) static void copy_stderr(void) {
  __wrap_stderr = __real_stderr;
}
