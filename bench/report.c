#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "report.h"

static double wall, cpu;
static long resident;

static double seconds(clockid_t clock) {
  struct timespec t;
  clock_gettime(clock, &t);
  return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

double report_now(void) {
  return seconds(CLOCK_MONOTONIC);
}

/* A line of /proc/self/status, in KiB. */
static long memory(const char *name) {
  char line[256];
  long kib = 0;
  FILE *f = fopen("/proc/self/status", "r");
  if (!f) return 0;
  while (fgets(line, sizeof line, f))
    if (!strncmp(line, name, strlen(name)))
      kib = strtol(line + strlen(name), NULL, 10);
  fclose(f);
  return kib;
}

void report_begin(void) {
  resident = memory("VmRSS:");
  cpu = seconds(CLOCK_PROCESS_CPUTIME_ID);
  wall = report_now();
}

void report_end(long count, size_t total, double check) {
  double w = report_now() - wall;
  double c = seconds(CLOCK_PROCESS_CPUTIME_ID) - cpu;
  printf("wall=%.6f cpu=%.6f count=%ld total=%zu check=%.15g ", w, c, count,
         total, check);
}

void report_memory(long count) {
  long grown = memory("VmHWM:") - resident;
  printf("each=%.0f ", (double)grown * 1024 / (double)count);
}

static int compare(const void *a, const void *b) {
  const double *x = a, *y = b;
  return (*x > *y) - (*x < *y);
}

void report_first(double *times, long count) {
  qsort(times, (size_t)count, sizeof *times, compare);
  printf("first=%.7f ", times[count / 2]);
}

double report_hash(const char *bytes, size_t n) {
  size_t i, step = n / 4096 + 1;
  uint32_t h = 0;
  for (i = 0; i < n; i += step)
    h = h * 31 + (unsigned char)bytes[i];
  return h;
}
