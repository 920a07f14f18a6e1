#ifndef MOCK_H
#define MOCK_H

/* The offline gateway: every endpoint of a LiteLLM proxy, answered on a
 * loopback port by this process alone, the same answer for the same request.
 * It needs no network, key or model. */
typedef struct mock_options {
  const char *address; /* NULL: 127.0.0.1 */
  int port;            /* 0: any free one */
  const char *key;     /* every request must carry it; NULL: none is asked */
  double word_delay;   /* seconds between the words of a stream; < 0: 4 ms */
  int verbose;         /* a line a request on standard error */
  int parent;          /* return when the process that started this one ends */

  /* Called once, when connections are accepted. */
  void (*listening)(void *ctx, const char *address, int port);
  void *ctx;
} mock_options;

/* Serves until SIGINT, SIGTERM or, with `parent`, until the parent ends.
 * Returns 0 after such an end; on failure -1 with a message, one line without
 * a newline, in error[0 .. size). The caller's handlers of the two signals are
 * replaced while it runs. */
int mock_serve(const mock_options *opt, char *error, unsigned long size);

#endif
