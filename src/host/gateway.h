#ifndef GATEWAY_H
#define GATEWAY_H

#include <stdbool.h>
#include <stddef.h>

/* `litelua --mock`: starts the offline gateway in a process of its own, on a
 * free loopback port, and points the environment at it. It ends with this
 * process. On failure false, with one line in error[0 .. size). To be called
 * before anything else is there that a fork would copy. */
bool gateway_start(char *error, size_t size);

/* `litelua mock`: the gateway alone, in this process. Returns the exit status.
 * argv[0] is the word `mock`. */
int gateway_main(char **argv);

#endif
