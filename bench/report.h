#ifndef REPORT_H
#define REPORT_H

#include <stddef.h>

/* What a scenario cost between report_begin and report_end, as a line of
 * numbers that the driver reads; client.lua prints the same. */
void report_begin(void);

/* count: of what was asked for; total: bytes (or numbers) that came; check: a
 * hash or sum of them, to compare with what others received. */
void report_end(long count, size_t total, double check);

/* Bytes of memory that each of `count` costs since the beginning. */
void report_memory(long count);

/* The times to the first byte, in seconds; sorts them. */
void report_first(double *times, long count);

/* Of some 4096 bytes out of all. */
double report_hash(const char *bytes, size_t n);

double report_now(void);

#endif
