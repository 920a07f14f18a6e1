#ifndef USAGE_H
#define USAGE_H

#include "options.h"

/* Exit status of litelua. */
enum { STATUS_OK = 0, STATUS_FAILED = 1, STATUS_USAGE = 2, STATUS_INT = 130 };

/* Each returns the exit status that belongs to it. */
int usage_print(command c);
int usage_version(void);
/* Of an option that cannot be taken. */
int usage_option(command c, const option *o);
int usage_error(command c, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
