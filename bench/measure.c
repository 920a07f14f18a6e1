/* measure COMMAND ...: runs it, and says on the last line of standard output
 * what it cost as a whole: seconds, seconds of CPU, and KiB at its peak. So
 * small that the peak is the command's own. */
#include <spawn.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>

extern char **environ;

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static double seconds(struct timeval t) {
  return (double)t.tv_sec + (double)t.tv_usec * 1e-6;
}

int main(int argc, char **argv) {
  struct rusage used;
  pid_t child;
  int status;
  double start = now();
  if (argc < 2) return 2;
  if (posix_spawnp(&child, argv[1], NULL, NULL, argv + 1, environ)) {
    perror(argv[1]);
    return 127;
  }
  if (wait4(child, &status, 0, &used) < 0) return 1;
  printf("all_wall=%.6f all_cpu=%.6f peak=%ld\n", now() - start,
         seconds(used.ru_utime) + seconds(used.ru_stime), used.ru_maxrss);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
