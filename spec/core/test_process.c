/* A child of fork is told from its parent, and frees the parent's engine
 * without harm. What that leaves alone is seen in spec/states_spec.lua. */
#include "process.h"

#include <sys/wait.h>
#include <unistd.h>

#include "check.h"
#include "engine.h"

/* What f says in a child: its exit status. */
static int in_child(int (*f)(ll_engine *), ll_engine *e) {
  int status = 0;
  pid_t pid = fork();
  if (pid == 0) _exit(f(e));
  waitpid(pid, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static int is_foreign(ll_engine *e) {
  return ll_engine_is_foreign(e);
}

static int grandchild_is_foreign(ll_engine *e) {
  ll_engine *own = ll_engine_new();
  return own && ll_engine_is_foreign(e) && !ll_engine_is_foreign(own) &&
         in_child(is_foreign, own);
}

static int free_it(ll_engine *e) {
  ll_engine_free(e);
  return 0;
}

int main(void) {
  unsigned long before = ll_process();
  ll_engine *e = ll_engine_new();
  CHECK(e != NULL);
  CHECK(!ll_engine_is_foreign(e));
  CHECK(in_child(is_foreign, e) == 1);
  CHECK(in_child(grandchild_is_foreign, e) == 1);
  CHECK(ll_process() == before);
  CHECK(in_child(free_it, e) == 0);
  CHECK(ll_engine_turn(e, 0) == 0);
  ll_engine_free(e);
  return report();
}
