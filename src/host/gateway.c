#include "gateway.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include "mock/mock.h"
#include "options.h"
#include "usage.h"

/* The port of a LiteLLM proxy, so that clients find the mock where they look.
 */
#define DEFAULT_PORT 4000
#define HIGHEST_PORT 65535
#define LONGEST_DELAY_MS 60000

static pid_t child;

static void stop_child(void) {
  if (child <= 0) return;
  kill(child, SIGTERM);
  while (waitpid(child, NULL, 0) < 0 && errno == EINTR)
    continue;
  child = 0;
}

/* The child tells its parent one line: the URL, or "!" and what failed. */
static void tell(int *fd, const char *line) {
  size_t n = strlen(line);
  while (n > 0) {
    ssize_t put = write(*fd, line, n);
    if (put < 0 && errno == EINTR) continue;
    if (put <= 0) break;
    line += put;
    n -= (size_t)put;
  }
  close(*fd);
  *fd = -1;
}

static void child_listening(void *ctx, const char *address, int port) {
  char line[128];
  snprintf(line, sizeof line, "http://%s:%d", address, port);
  tell((int *)ctx, line);
}

/* A process group of its own: Ctrl-C is for the script. */
static void run_child(int fd) {
  char line[256] = "!";
  mock_options opt = {NULL, 0, NULL, -1, 0, 1, child_listening, NULL};
  opt.ctx = &fd;
  setpgid(0, 0);
  if (mock_serve(&opt, line + 1, sizeof line - 1) == 0) _exit(0);
  tell(&fd, line);
  _exit(1);
}

/* Reads to the end: 0 bytes mean that the child died without a word. */
static void hear(int fd, char *line, size_t size) {
  size_t n = 0;
  while (n + 1 < size) {
    ssize_t got = read(fd, line + n, size - n - 1);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) break;
    n += (size_t)got;
  }
  line[n] = '\0';
}

static bool point_environment(const char *url) {
  return setenv("LITELLM_PROXY_API_BASE", url, 1) == 0 &&
         setenv("LITELLM_PROXY_API_KEY", "sk-mock", 0) == 0;
}

static bool fail(char *error, size_t size, const char *why) {
  snprintf(error, size, "cannot start the mock gateway: %s", why);
  return false;
}

bool gateway_start(char *error, size_t size) {
  char line[256];
  int fd[2];
  if (pipe(fd) != 0) return fail(error, size, strerror(errno));
  child = fork();
  if (child < 0) return fail(error, size, strerror(errno));
  if (child == 0) {
    close(fd[0]);
    run_child(fd[1]);
  }
  atexit(stop_child);
  close(fd[1]);
  hear(fd[0], line, sizeof line);
  close(fd[0]);
  if (line[0] != 'h') return fail(error, size, line[0] ? line + 1 : "it died");
  if (!point_environment(line)) return fail(error, size, strerror(errno));
  return true;
}

static void say_listening(void *ctx, const char *address, int port) {
  const mock_options *opt = (const mock_options *)ctx;
  printf("mock gateway: LITELLM_PROXY_API_BASE=http://%s:%d", address, port);
  printf(" LITELLM_PROXY_API_KEY=%s\n", opt->key ? opt->key : "sk-any");
  fflush(stdout);
}

/* A decimal number up to `limit`, or -1. */
static long number(const char *text, long limit) {
  char *end;
  long n = strtol(text, &end, 10);
  return *text == '\0' || *end != '\0' || n < 0 || n > limit ? -1 : n;
}

static int not_a_number(const option *o, long limit) {
  return usage_error(COMMAND_MOCK,
                     "%s wants a whole number from 0 to %ld, not '%s'", o->text,
                     limit, o->value);
}

int gateway_main(char **argv) {
  mock_options opt = {NULL, DEFAULT_PORT, NULL, -1, 0, 0, say_listening, NULL};
  char error[256];
  option o;
  int i;
  opt.ctx = &opt;
  for (i = 1; (o = option_read(COMMAND_MOCK, argv, i)).id != OPTION_END;
       i = o.next) {
    long n = 0, limit = o.id == OPTION_PORT ? HIGHEST_PORT : LONGEST_DELAY_MS;
    switch (o.id) {
    case OPTION_PORT:
      n = number(o.value, limit);
      opt.port = (int)n;
      break;
    case OPTION_DELAY:
      n = number(o.value, limit);
      opt.word_delay = (double)n / 1000;
      break;
    case OPTION_KEY: opt.key = o.value; break;
    case OPTION_TRACE: opt.verbose = 1; break;
    case OPTION_HELP: return usage_print(COMMAND_MOCK);
    default: return usage_option(COMMAND_MOCK, &o);
    }
    if (n < 0) return not_a_number(&o, limit);
  }
  if (argv[o.next])
    return usage_error(COMMAND_MOCK, "mock takes no '%s'", argv[o.next]);
  if (mock_serve(&opt, error, sizeof error) == 0) return 0;
  fprintf(stderr, "litelua: mock: %s\n", error);
  return 1;
}
